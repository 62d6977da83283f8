"""Small maps of an indicator: its cells, areas, stretches of road or points, coloured by class."""

from collections.abc import Sequence
from html import escape
from itertools import chain
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.ground import Sheet
from assets.plots import MAX_SVG, svg_page

# From pale to dark, told apart without colour vision too; missing values are hatched.
_BAD: Final = ("#ffffcc", "#fed976", "#fd8d3c", "#e31a1c", "#800026")
_PLAIN: Final = ("#f7fbff", "#c6dbef", "#6baed6", "#2171b5", "#08306b")
_SIZE: Final = 460
_TOP: Final = 30
# Finest first: a map that is too large is drawn on a coarser grid.
_GRIDS: Final = (2000, 1000, 500, 250)
# What cannot be drawn otherwise is drawn as squares, so many a side.
_SQUARES: Final = 56


def palette(*, is_high_bad: bool | None) -> tuple[str, ...]:
    """Five colours from the least to the greatest: dark is where to look."""
    if is_high_bad is None:
        return _PLAIN
    return _BAD if is_high_bad else tuple(reversed(_BAD))


def class_breaks(values: pl.Series, *, classes: int = 5) -> list[float]:
    """The lower limits of classes with about as many different values each, from the second on.

    A value that is common, such as zero, takes one class and not most of them. Empty and infinite
    values are left out; few different values make few classes.
    """
    numbers = values.cast(pl.Float64).drop_nulls()
    numbers = numbers.filter(numbers.is_finite()).unique()
    limits = [numbers.quantile(n / classes, "nearest") for n in range(1, classes)]
    least = numbers.min()
    return sorted({limit for limit in limits if limit is not None and limit != least})


def cell_shapes(cells: pl.Series) -> pl.Series:
    """The WKB hexagons of H3 cells, WGS 84; null where there is no such cell.

    Among cells of several resolutions the larger are without the smaller, as the rest of a cell is.
    """
    import h3
    import shapely

    valid = [cell if cell is not None and h3.is_valid_cell(cell) else None for cell in cells]
    sizes = np.array([-1 if cell is None else h3.get_resolution(cell) for cell in valid])
    hexagons = np.full(len(valid), None, dtype=object)
    hexagons[sizes >= 0] = _hexagons([cell for cell in valid if cell is not None])
    whole = hexagons.copy()
    for size in np.unique(sizes[sizes >= 0])[:-1]:
        smaller = shapely.union_all(whole[sizes > size])
        hexagons[sizes == size] = shapely.difference(whole[sizes == size], smaller)
    return pl.Series("shape_geom", list(shapely.to_wkb(hexagons)), dtype=pl.Binary)


def _hexagons(cells: list[str]) -> NDArray[np.object_]:
    import h3
    import shapely

    if not cells:
        return np.empty(0, dtype=object)
    corners = [h3.cell_to_boundary(cell) for cell in cells]
    places = np.concatenate([np.array(one) for one in corners])[:, ::-1]
    cell = np.repeat(np.arange(len(cells)), [len(one) for one in corners])
    hexagons: NDArray[np.object_] = shapely.polygons(shapely.linearrings(places, indices=cell))
    return hexagons


def point_shapes(lat: pl.Series, lng: pl.Series) -> pl.Series:
    """The WKB points of coordinates, WGS 84; null where one is missing."""
    import shapely

    x, y = (one.cast(pl.Float64).to_numpy() for one in (lng, lat))
    points = shapely.to_wkb(shapely.points(x, y))
    points[(lat.is_null() | lng.is_null()).to_numpy()] = None
    # Of an array that begins with a missing one polars cannot tell what it holds.
    return pl.Series("shape_geom", points.tolist(), dtype=pl.Binary)


def shape_map(
    title: str, shapes: pl.Series, values: pl.Series, *, legend: str, is_high_bad: bool | None
) -> str:
    """An SVG map of shapes (WKB, WGS 84) coloured by five classes of their values.

    North is up and distances are true at the middle latitude. Shapes without a value are grey,
    rows without a shape are left out. It has 45 kB at most, on a coarser grid if need be.
    """
    import shapely

    has_shape = shapes.is_not_null()
    geometries = shapely.from_wkb(shapes.filter(has_shape).to_numpy())
    numbers = values.filter(has_shape).cast(pl.Float64)
    breaks = class_breaks(numbers)
    colours = chosen_colours(palette(is_high_bad=is_high_bad), len(breaks) + 1)
    levels = np.searchsorted(breaks, numbers.to_numpy(), side="right")
    levels[numbers.is_null().to_numpy()] = -1
    drawn = (_drawn(geometries, levels, colours, grid) for grid in _GRIDS)
    # So many shapes that even a coarse grid is too large: neighbours of one class are drawn as one.
    fewer = (_drawn(*merged(geometries, levels), colours, grid) for grid in _GRIDS)
    squares = (_squares(geometries, levels, colours) for _ in range(1))
    for parts in chain(drawn, fewer, squares):
        shown = [*parts, *_legend(breaks, colours, legend)]
        picture = svg_page(title, _SIZE + 190, _SIZE + _TOP + 10, shown)
        if len(picture.encode()) <= MAX_SVG:
            break
    return picture


def _squares(geometries: np.ndarray, levels: np.ndarray, colours: Sequence[str]) -> list[str]:
    """Where shapes have their corners, in coarse squares, each with its highest class."""
    import shapely

    sheet = Sheet.over(tuple(shapely.total_bounds(geometries)), longest=_SQUARES - 1, margin=0)
    points, of = shapely.get_coordinates(geometries, return_index=True)
    highest: dict[tuple[int, int], int] = {}
    for (x, y), level in zip(sheet.steps(points).tolist(), levels[of].tolist(), strict=True):
        highest[x, y] = max(level, highest.get((x, y), -1))
    parts = [f"<g transform='translate(4 {_TOP}) scale({_SIZE / _SQUARES:.5f})'>"]
    for level in range(-1, len(colours)):
        path = "".join(f"M{x} {y}h1" for (x, y), its in sorted(highest.items()) if its == level)
        colour = colours[level] if level >= 0 else "#ddd"
        parts.append(
            f"<path transform='translate(0 .5)' stroke='{colour}' stroke-width='1' d='{path}'/>"
        )
    return [*parts, "</g>"]


def merged(geometries: np.ndarray, levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One geometry a class."""
    import shapely

    present = np.unique(levels)
    return np.array([shapely.union_all(geometries[levels == one]) for one in present]), present


def chosen_colours(colours: Sequence[str], count: int) -> list[str]:
    """So many of the colours, from one end to the other."""
    if count == 1:
        return [colours[len(colours) // 2]]
    return [colours[round(n * (len(colours) - 1) / (count - 1))] for n in range(count)]


def _drawn(
    geometries: np.ndarray, levels: np.ndarray, colours: Sequence[str], grid: int
) -> list[str]:
    """One path a colour: the areas, lines or points of its class, in whole steps of the grid."""
    import shapely

    if not len(geometries):
        return [f"<text x='6' y='{_TOP + 20}'>Nothing to draw.</text>"]
    # Room for a point's radius at the edges.
    bounds = tuple(shapely.total_bounds(geometries))
    sheet = Sheet.over(bounds, longest=grid * 0.94, margin=grid * 0.03)
    is_area = all(one.geom_type.endswith("Polygon") for one in geometries)
    unit = grid / _SIZE
    parts = [f"<g transform='translate(4 {_TOP}) scale({1 / unit:.5f})'>"]
    for level in range(-1, len(colours)):
        chosen = [one for one, its in zip(geometries, levels, strict=True) if its == level]
        path = "".join(sheet.path(one) for one in chosen)
        if not path:
            continue
        colour = colours[level] if level >= 0 else "url(#none)"
        if is_area:
            edge = "#999" if level < 0 else "#666"
            look = f"fill='{colour}' stroke='{edge}' stroke-width='{0.3 * unit:.2f}'"
            parts.append(f"<path {look} fill-rule='evenodd' d='{path}'/>")
            continue
        width = (8 if chosen[0].geom_type.endswith("Point") else 2.5) * unit
        # A dark edge, so that pale colours show on white.
        for stroke, wide in (
            ("#555", width + 1.4 * unit),
            (colour if level >= 0 else "#ddd", width),
        ):
            look = f"fill='none' stroke='{stroke}' stroke-width='{wide:.1f}'"
            parts.append(f"<path {look} stroke-linecap='round' d='{path}'/>")
    return [*parts, "</g>"]


def _legend(breaks: Sequence[float], colours: Sequence[str], text: str) -> list[str]:
    """The classes with their limits, greatest on top, and what hatching means."""
    x, y = _SIZE + 14, _TOP + 16
    parts = [f"<text x='{x}' y='{y}' font-weight='600'>{escape(text)}</text>"]
    names = [f"below {breaks[0]:.4g}"] if breaks else ["all the same"]
    names += [f"from {one:.4g}" for one in breaks]
    for colour, name in reversed(list(zip(colours, names, strict=True))):
        y += 22
        parts.append(
            f"<rect x='{x}' y='{y - 11}' width='14' height='14' fill='{colour}' stroke='#666'/>"
            f"<text x='{x + 20}' y='{y}'>{escape(name)}</text>"
        )
    y += 22
    parts.append(
        f"<rect x='{x}' y='{y - 11}' width='14' height='14' fill='url(#none)' stroke='#666'/>"
        f"<text x='{x + 20}' y='{y}'>no value</text>"
    )
    return parts
