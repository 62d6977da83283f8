"""What is written on a map: numbers where they fit, names beside points, never two on another."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Final

from assets.atlas.layout import RADIUS, Drawn, middle_on
from assets.atlas.places import Places
from assets.ground import Sheet

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

_MOST_LABELS: Final = 60
# How wide a letter is, and how high a line.
_LETTER: Final = (24, 52)
# Left, upper, right and lower edge.
Box = tuple[float, float, float, float]


def labels(drawn: Drawn, places: Places, said: Mapping[str, str]) -> list[str]:
    """What is told of each place, written on it where it fits, or beside a point."""
    if len(drawn.ids) > _MOST_LABELS:
        return []
    letter, line = _LETTER
    middles = [middle_on(drawn.sheet, shape) for shape in drawn.shapes]
    away = RADIUS + 20
    taken: list[Box] = []
    if drawn.is_point:
        taken = [(x - away, y - away, x + away, y + away) for x, y in middles]
    found = []
    for place, shape, (x, y) in zip(drawn.ids, drawn.shapes, middles, strict=True):
        text = said.get(place, "–")
        if shape.geom_type == "Point":
            name = places.name(place)
            wide = letter * max(len(name), len(text))
            for box, anchor, at in _beside(x, y, wide, line, away):
                is_within = box[0] >= 0 and box[2] <= drawn.sheet.width and box[1] >= 0
                if is_within and not _meets(box, taken):
                    taken.append(box)
                    found.append(
                        f"<text class='nota' text-anchor='{anchor}' x='{at}' y='{box[1] + 40:.0f}'>"
                        f"{escape(name)}<tspan class='forte' x='{at}' dy='{line}'>"
                        f"{escape(text)}</tspan></text>"
                    )
                    break
        elif shape.geom_type.endswith("Polygon") and _fits(
            drawn.sheet, shape, letter * len(text), line
        ):
            found.append(
                f"<text class='nota forte' text-anchor='middle' x='{x}' y='{y + 14}'>"
                f"{escape(text)}</text>"
            )
    return found


def _beside(x: int, y: int, wide: float, line: int, away: int) -> list[tuple[Box, str, int]]:
    """Where two lines of text may stand at a point: right, left, above, below."""
    tall = 2 * line
    return [
        ((x + away, y - line, x + away + wide, y + line), "start", x + away),
        ((x - away - wide, y - line, x - away, y + line), "end", x - away),
        ((x - wide / 2, y - away - tall, x + wide / 2, y - away), "middle", x),
        ((x - wide / 2, y + away, x + wide / 2, y + away + tall), "middle", x),
    ]


def _meets(box: Box, others: Sequence[Box]) -> bool:
    return any(
        box[0] < right and left < box[2] and box[1] < low and high < box[3]
        for left, high, right, low in others
    )


def _fits(sheet: Sheet, shape: "BaseGeometry", wide: float, line: float) -> bool:
    """Whether a text of this size has room within a shape, as far as its extent tells."""
    import numpy as np

    west, south, east, north = shape.bounds
    (left, top), (right, bottom) = sheet.steps(np.array([[west, north], [east, south]]))
    return bool(right - left > 1.15 * wide and bottom - top > 1.6 * line)
