"""The pages of an export: plain HTML that needs nothing but itself, and runs and loads nothing."""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from accounts.exports import PROFILE
from echomate.privacy import Exporter, Row

ROWS_AT_MOST = 1000
"""Of a page."""
NOTHING = "\N{EN DASH}"
CONTENT = "<!-- content -->"
STYLE = """
:root { color-scheme: light dark; }
body { max-width: 42rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; font: 1rem/1.5 system-ui, sans-serif; }
article { padding: .75rem 0; border-top: 1px solid #8886; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 0; }
dt, .about { opacity: .7; }
dd { margin: 0; overflow-wrap: anywhere; white-space: pre-line; } dd dl { grid-column: 1 / -1; }
p { margin: .25rem 0; } nav { margin: 1.5rem 0; } nav a { margin-right: 1rem; }
@media (max-width: 32rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .5rem; } }
"""


@dataclass(frozen=True, slots=True)
class Contents:
    """A line of the index."""

    title: str
    rows: int
    page: str
    file: str


def page_name(name: str, number: int) -> str:
    return f"pages/{name}-{number}.html"


def index(context: Mapping[str, Any], profile: Iterable[Row], contents: Sequence[Contents]) -> str:
    about = format_html_join("\n", "{}", ((facts(row),) for row in profile))
    known = {"profile": about, "profile_file": f"{PROFILE}.jsonl", "contents": contents}
    return render_to_string("accounts/export/index.html", {**_layout(context), **known})


def pages(context: Mapping[str, Any], exporter: Exporter, rows: Iterator[Row]) -> Iterator[tuple[str, str]]:
    """The pages of an exporter's rows in parts, each with the page's name."""
    number = 1
    row: Row | None = next(rows, None)
    while row is not None:
        name = page_name(exporter.name, number)
        head, _, foot = _frame(context, exporter, number)
        yield name, head
        place = 0
        while row is not None and place < ROWS_AT_MOST:
            yield name, format_html("<article>{}</article>\n", (exporter.show or facts)(row))
            row, place = next(rows, None), place + 1
        yield name, _link_to_next(exporter, number) + foot if row is not None else foot
        number += 1


def _frame(context: Mapping[str, Any], exporter: Exporter, number: int) -> tuple[str, str, str]:
    title = str(exporter.title) if number == 1 else f"{exporter.title} ({number})"
    before = f"{exporter.name}-{number - 1}.html" if number > 1 else ""
    known = {**_layout(context), "title": title, "before": before}
    return render_to_string("accounts/export/page.html", known).partition(CONTENT)


def _link_to_next(exporter: Exporter, number: int) -> str:
    page = f"{exporter.name}-{number + 1}.html"
    return format_html('<nav><a href="{}">{}</a></nav>\n', page, gettext("Further"))


def facts(row: Row) -> SafeString:
    """Names and values, whatever they are."""
    lines = ((_label(name), _value(value)) for name, value in row.items())
    return format_html("<dl>{}</dl>", format_html_join("", "<dt>{}</dt><dd>{}</dd>", lines))


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _value(value: Any) -> str:
    match value:
        case None | "":
            return NOTHING
        case bool():
            return gettext("yes") if value else gettext("no")
        case Mapping():
            return facts(value)
        case list() | tuple():
            return ", ".join(map(str, value)) or NOTHING
    return str(value)


def _layout(context: Mapping[str, Any]) -> dict[str, Any]:
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    return {**context, "style": SafeString(STYLE), "style_digest": digest}
