"""The maps of the atlas as SVG in the page: places coloured by class, over the city's quarters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from assets.atlas.classes import Classes
from assets.atlas.places import Places, middle
from assets.ground import Sheet

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

_LONGEST: Final = 2000
_MARGIN: Final = 70
_SMALL: Final = 240
# Above so many places none has a name of its own on the map: the table has them.
_MOST_NAMED: Final = 1600
_MOST_LABELS: Final = 60
_LETTER: Final = (24, 52)
_RADIUS: Final = 30
_BAR_KM: Final = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)

# Left, upper, right and lower edge.
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Drawn:
    """Places in the order in which they are drawn, on a sheet that holds the city, too."""

    sheet: Sheet
    ids: tuple[str, ...]
    shapes: Sequence["BaseGeometry"]
    outline: str

    @classmethod
    def of(cls, places: Places, quarters: Places, *, longest: int = _LONGEST) -> "Drawn | None":
        """All places and the quarters on one sheet; None where no place has a shape."""
        if not places.shapes:
            return None
        import shapely

        shapes = list(places.shapes.values())
        around = [*shapes, *quarters.shapes.values()]
        margin = _MARGIN * longest / _LONGEST
        sheet = Sheet.over(tuple(shapely.total_bounds(around)), longest=longest, margin=margin)
        outline = "".join(sheet.path(one) for one in quarters.shapes.values())
        return cls(sheet, tuple(places.shapes), shapes, outline)

    @property
    def is_area(self) -> bool:
        """Whether places have ground, and not only a line or a point."""
        return all(one.geom_type.endswith("Polygon") for one in self.shapes)


def outlines(drawn: Drawn) -> str:
    """What all maps of a page share: hatching, the dots of the darkest class, the quarters."""
    return (
        "<svg class='defs' aria-hidden='true' focusable='false' width='0' height='0'><defs>"
        "<pattern id='nessuno' width='26' height='26' patternUnits='userSpaceOnUse'>"
        "<rect width='26' height='26' fill='#fff'/>"
        "<path d='M0 26L26 0' stroke='#767676' stroke-width='4'/></pattern>"
        + "".join(_dots(name) for name in ("male", "piano"))
        + f"<path id='citta' d='{drawn.outline}'/></defs></svg>"
    )


def _dots(name: str) -> str:
    return (
        f"<pattern id='{name}' width='18' height='18' patternUnits='userSpaceOnUse'>"
        f"<rect class='fondo-{name}' width='18' height='18'/>"
        "<circle cx='9' cy='9' r='2.6' fill='#fff'/></pattern>"
    )


def city_map(
    drawn: Drawn,
    places: Places,
    *,
    id_: str,
    title: str,
    values: Mapping[str, float],
    said: Mapping[str, str],
    classes: Classes,
) -> str:
    """A map of places by id: `said` is what is told of each, and written where there is room."""
    sheet, is_area = drawn.sheet, drawn.is_area
    named = len(drawn.ids) <= _MOST_NAMED
    parts = []
    for place, shape in zip(drawn.ids, drawn.shapes, strict=True):
        name = ""
        if named:
            text = f"{places.full_name(place)}: {said.get(place, 'senza valore')}"
            name = f"<title>{escape(text)}</title>"
        parts.append(_shape(sheet, shape, _key(classes, values.get(place)), name))
    kind = "aree" if is_area else "punti" if _is_point(drawn) else "linee"
    city = "<use class='citta' href='#citta'/>" if drawn.outline else ""
    shapes = f"<g class='luoghi {kind}'>{''.join(parts)}</g>"
    return (
        f"<svg class='mappa' viewBox='0 0 {sheet.width} {sheet.height}' role='img' "
        f"aria-labelledby='{id_}-t'><title id='{id_}-t'>{escape(title)}</title>"
        f"{shapes + city if is_area else city + shapes}"
        f"{''.join(_labels(drawn, places, said))}{_scale(sheet)}</svg>"
    )


def _key(classes: Classes, value: float | None) -> str:
    """What the class of a value is called in the page: its colour, or n for none."""
    colour = classes.colour(value)
    return "n" if colour is None else str(colour)


def _is_point(drawn: Drawn) -> bool:
    return all(one.geom_type.endswith("Point") for one in drawn.shapes)


def _shape(sheet: Sheet, shape: "BaseGeometry", colour: str, name: str) -> str:
    if shape.geom_type == "Point":
        (x, y), *_ = _middle(sheet, shape)
        radius = _RADIUS if colour == "n" else _RADIUS + 4 * int(colour)
        return f"<circle class='p k{colour}' cx='{x}' cy='{y}' r='{radius}'>{name}</circle>"
    return f"<path class='p k{colour}' d='{sheet.path(shape)}'>{name}</path>"


def _middle(sheet: Sheet, shape: "BaseGeometry") -> list[tuple[int, int]]:
    import shapely

    points = sheet.steps(shapely.get_coordinates(middle(shape)))
    return [(int(x), int(y)) for x, y in points]


def _labels(drawn: Drawn, places: Places, said: Mapping[str, str]) -> list[str]:
    """What is told of each place, written on it where it fits, or beside a point."""
    if len(drawn.ids) > _MOST_LABELS:
        return []
    letter, line = _LETTER
    middles = [_middle(drawn.sheet, shape)[0] for shape in drawn.shapes]
    away = _RADIUS + 20
    taken: list[Box] = []
    if _is_point(drawn):
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


def _scale(sheet: Sheet) -> str:
    """How long a distance is on the map, and where north is."""
    most = sheet.width / 4
    fitting = [one for one in _BAR_KM if one * sheet.steps_a_km <= most]
    km = fitting[-1] if fitting else _BAR_KM[0]
    long = round(km * sheet.steps_a_km)
    text = f"{km:g}".replace(".", ",")
    y = sheet.height - 26
    return (
        f"<g class='scala'><path d='M20 {y - 16}v16h{long}v-16' fill='none'/>"
        f"<text x='{20 + long + 16}' y='{y}'>{text} km</text>"
        f"<path d='M{sheet.width - 48} 92v-66m-18 24l18-24 18 24' fill='none'/>"
        f"<text x='{sheet.width - 48}' y='140' text-anchor='middle'>N</text></g>"
    )


def small_map(
    places: Places, quarters: Places, *, title: str, values: Mapping[str, float], classes: Classes
) -> str:
    """A map a thumb wide, for the page of the city: a shape a class and no names."""
    drawn = Drawn.of(places, quarters, longest=_SMALL)
    if drawn is None:
        return ""
    import shapely

    by_colour: dict[str, list[BaseGeometry]] = {}
    for place, shape in zip(drawn.ids, drawn.shapes, strict=True):
        by_colour.setdefault(_key(classes, values.get(place)), []).append(shape)
    kind = "aree" if drawn.is_area else "punti" if _is_point(drawn) else "linee"
    parts = []
    for colour, shapes in sorted(by_colour.items()):
        if kind == "punti":
            parts += [_dot(drawn.sheet, shape, colour) for shape in shapes]
            continue
        whole = shapely.union_all(shapes) if drawn.is_area else None
        path = drawn.sheet.path(whole) if whole is not None else "".join(
            dict.fromkeys(drawn.sheet.path(one) for one in shapes)
        )  # fmt: skip
        parts.append(f"<path class='k{colour}' d='{path}'/>")
    city = f"<path class='citta' d='{drawn.outline}'/>"
    shown = f"<g class='{kind}'>{''.join(parts)}</g>"
    return (
        f"<svg class='piccola' viewBox='0 0 {drawn.sheet.width} {drawn.sheet.height}' role='img' "
        f'aria-label="{escape(title)}">{shown + city if drawn.is_area else city + shown}</svg>'
    )


def _dot(sheet: Sheet, shape: "BaseGeometry", colour: str) -> str:
    (x, y), *_ = _middle(sheet, shape)
    return f"<circle class='k{colour}' cx='{x}' cy='{y}' r='8'/>"
