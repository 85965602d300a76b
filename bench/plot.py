"""The picture of `results.md`: CPU of each action, as bars of web and Redis."""

from xml.sax.saxutils import escape

from bench.actions import LOG_IN
from bench.figures import Figures, Measured
from bench.loading import middle

LEFT, WIDTH, ROW, TOP = 330, 620, 26, 40
COLOURS = {"web": "#3b6ea5", "redis-feeds": "#c0504d", "projector": "#9bbb59"}
LABELS = {"web": "web", "redis-feeds": "Redis", "projector": "projector"}


def plot(figures: Figures) -> str:
    """An SVG with a bar for each action and for the floor; a mark shows what an action may take."""
    rows = [one for one in (*figures.actions, *figures.floor) if one.name != LOG_IN]
    widest = max(max(_total(one), one.may_take or 0) for one in rows)
    scale = (WIDTH - 60) / widest
    height = TOP + ROW * len(rows) + 20
    bars = [part for n, one in enumerate(rows) for part in _bar(one, TOP + ROW * n, scale)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH}" height="{height}">',
            "<style>text { font: 12px sans-serif }</style>",
            '<rect width="100%" height="100%" fill="white"/>',
            *_legend(),
            *bars,
            "</svg>\n",
        ]
    )


def _total(one: Measured) -> float:
    return sum(middle(one.alone).cpu.get(name, 0) for name in COLOURS)


def _legend() -> list[str]:
    parts = ['<text x="10" y="20" font-weight="bold">ms of CPU a request, at one connection</text>']
    for n, (name, colour) in enumerate(COLOURS.items()):
        x = LEFT + 90 * n
        parts.append(f'<rect x="{x}" y="10" width="12" height="12" fill="{colour}"/>')
        parts.append(f'<text x="{x + 17}" y="20">{LABELS[name]}</text>')
    x = LEFT + 90 * len(COLOURS)
    parts.append(f'<line x1="{x}" y1="9" x2="{x}" y2="23" stroke="black" stroke-width="2"/>')
    parts.append(f'<text x="{x + 8}" y="20">what it may take</text>')
    return parts


def _bar(one: Measured, y: int, scale: float) -> list[str]:
    parts = [f'<text x="{LEFT - 8}" y="{y + 15}" text-anchor="end">{escape(one.name)}</text>']
    x = float(LEFT)
    for name, colour in COLOURS.items():
        width = middle(one.alone).cpu.get(name, 0) * scale
        parts.append(
            f'<rect x="{x:.1f}" y="{y + 3}" width="{width:.1f}" height="{ROW - 8}" fill="{colour}"/>'
        )
        x += width
    parts.append(f'<text x="{x + 6:.1f}" y="{y + 16}">{_total(one):.2f}</text>')
    if one.may_take is not None:
        mark = LEFT + one.may_take * scale
        parts.append(
            f'<line x1="{mark:.1f}" y1="{y}" x2="{mark:.1f}" y2="{y + ROW - 2}" stroke="black" stroke-width="2"/>'
        )
    return parts
