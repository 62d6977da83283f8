"""The maps of the atlas as SVG in the page: places coloured by class, over the city's quarters."""

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Final

from assets.atlas.classes import Classes
from assets.atlas.labels import labels
from assets.atlas.layout import RADIUS, Drawn, middle_on
from assets.atlas.places import Places
from assets.ground import Sheet

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

_SMALL: Final = 240
# Above so many places none has a name of its own on the map: the table has them.
_MOST_NAMED: Final = 1600
_BAR_KM: Final = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)


def outlines(drawn: Drawn) -> str:
    """What all maps of a page share: hatching, the dots of the darkest class, the quarters."""
    return (
        "<svg class='defs' aria-hidden='true' focusable='false' width='0' height='0'><defs>"
        "<pattern id='nessuno' width='26' height='26' patternUnits='userSpaceOnUse'>"
        "<rect width='26' height='26' fill='#fff'/>"
        "<path d='M0 26L26 0' stroke='#767676' stroke-width='4'/></pattern>"
        + "".join(_dots(name) for name in ("male", "piano"))
        + f"<path id='citta' d='{drawn.outline}'/>{_ways(drawn)}</defs></svg>"
    )


def _ways(drawn: Drawn) -> str:
    """All lines at once, to be drawn dark under the coloured ones: pale ones are seen by it."""
    if drawn.is_area or drawn.is_point:
        return ""
    ways = "".join(drawn.sheet.path(one) for one in drawn.shapes)
    return f"<path id='vie' d='{ways}'/>"


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
    is_painted: bool,
) -> str:
    """A map of places by id: `said` is what is told of each, and written where there is room.

    Very many places have no names on it, and are a shape a class, unless the map `is_painted`
    again for other codes.
    """
    sheet, is_area = drawn.sheet, drawn.is_area
    colours = [_key(classes, values.get(place)) for place in drawn.ids]
    parts = []
    if len(drawn.ids) <= _MOST_NAMED:
        for place, shape, colour in zip(drawn.ids, drawn.shapes, colours, strict=True):
            text = f"{places.full_name(place)}: {said.get(place, 'senza valore')}"
            parts.append(_shape(sheet, shape, colour, f"<title>{escape(text)}</title>"))
    elif is_painted or drawn.is_point:
        parts = [
            _shape(sheet, shape, colour, "")
            for shape, colour in zip(drawn.shapes, colours, strict=True)
        ]
    else:
        paths: dict[str, list[str]] = {}
        for shape, colour in zip(drawn.shapes, colours, strict=True):
            paths.setdefault(colour, []).append(sheet.path(shape))
        # The darkest are drawn last, over the others.
        keys = sorted(paths, key=lambda key: (key != "n", key))
        parts = [f"<path class='k{key}' d='{''.join(paths[key])}'/>" for key in keys]
    kind = "aree" if is_area else "punti" if drawn.is_point else "linee"
    city = "<use class='citta' href='#citta'/>" if drawn.outline else ""
    edge = "<use class='orlo' href='#vie'/>" if kind == "linee" else ""
    shapes = f"{edge}<g class='luoghi {kind}'>{''.join(parts)}</g>"
    return (
        f"<svg class='mappa' viewBox='0 0 {sheet.width} {sheet.height}' role='img' "
        f"aria-labelledby='{id_}-t'><title id='{id_}-t'>{escape(title)}</title>"
        f"{shapes + city if is_area else city + shapes}"
        f"{''.join(labels(drawn, places, said))}{_scale(sheet)}</svg>"
    )


def _key(classes: Classes, value: float | None) -> str:
    """What the class of a value is called in the page: its colour, or n for none."""
    colour = classes.colour(value)
    return "n" if colour is None else str(colour)


def _shape(sheet: Sheet, shape: "BaseGeometry", colour: str, name: str) -> str:
    if shape.geom_type == "Point":
        x, y = middle_on(sheet, shape)
        radius = RADIUS if colour == "n" else RADIUS + 4 * int(colour)
        return f"<circle class='p k{colour}' cx='{x}' cy='{y}' r='{radius}'>{name}</circle>"
    return f"<path class='p k{colour}' d='{sheet.path(shape)}'>{name}</path>"


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
    kind = "aree" if drawn.is_area else "punti" if drawn.is_point else "linee"
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
    x, y = middle_on(sheet, shape)
    return f"<circle class='k{colour}' cx='{x}' cy='{y}' r='8'/>"
