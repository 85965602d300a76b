"""Which pictures are made for which purpose."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self


@dataclass(frozen=True, kw_only=True)
class Shape:
    bounds: tuple[int, ...]
    """Of the longer side, in pixels, smallest first."""
    fallback: int
    """The bound of the JPEG, for whoever can't show WebP."""
    ratio: float | None = None
    """Width to height; None: as it comes. What is over is cut off on both sides alike."""

    def crop(self, width: int, height: int) -> tuple[int, int, int, int]:
        """The box that is kept: left, upper, right, lower."""
        if self.ratio is None:
            return (0, 0, width, height)
        kept_width = min(width, max(1, round(height * self.ratio)))
        kept_height = min(height, max(1, round(width / self.ratio)))
        left, upper = (width - kept_width) // 2, (height - kept_height) // 2
        return (left, upper, left + kept_width, upper + kept_height)

    def at_most(self, bound: int) -> Self:
        """The same without what is larger."""
        bounds = tuple(one for one in self.bounds if one <= bound)
        return replace(self, bounds=bounds, fallback=min(self.fallback, bound))

    def sizes(self, width: int, height: int) -> Iterator[tuple[int, tuple[int, int]]]:
        """Each bound and the size within it; the first that holds the whole picture is the last."""
        for bound in self.bounds:
            yield bound, within(bound, width, height)
            if max(width, height) <= bound:
                return


def within(bound: int, width: int, height: int) -> tuple[int, int]:
    """The size with both sides at most `bound`, never larger than it is."""
    scale = min(1.0, bound / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


_WHOLE = Shape(bounds=(320, 640, 1280, 2048), fallback=1280)

STILLS = {
    "post": _WHOLE,
    "message": _WHOLE,
    "avatar": Shape(bounds=(128, 320, 640), fallback=320, ratio=1),
    "cover": Shape(bounds=(640, 1280, 2048), fallback=1280, ratio=3),
}
MOVING_AT_MOST = 640
"""The bound of animations: each frame costs what a picture costs."""
