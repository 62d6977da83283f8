"""What people look at first in an indicator: its map, its worst places, the city as a whole."""

from typing import Final

import polars as pl

from assets.declaration import Declaration
from assets.maps import (
    cell_shapes,
    chosen_colours,
    class_breaks,
    palette,
    point_shapes,
    shape_map,
)
from assets.measured import Measured
from assets.plots import heat_table, line_chart
from infra.errors import TwinError

_WORST: Final = 10
_PERIODS: Final = 180


def newest(frame: pl.DataFrame, measured: Measured) -> pl.DataFrame:
    """The rows of the newest period; all of a state without periods."""
    if measured.period is None:
        return frame
    return frame.filter(pl.col(measured.period) == pl.col(measured.period).max())


def shown(frame: pl.DataFrame, measured: Measured) -> pl.DataFrame:
    """The rows of the newest period that are drawn; all of them where none are such."""
    rows = newest(frame, measured)
    chosen = rows.filter(**measured.drawn) if measured.drawn else rows
    return chosen if chosen.height else rows


def shapes_of(
    frame: pl.DataFrame, measured: Measured, shapes: pl.DataFrame | None
) -> pl.Series | None:
    """The geometry (WKB) of each row; None where the indicator has none.

    `shapes` is the table that `measured.shapes` names: its column that ends in `_geom`, or its
    latitudes and longitudes. Cells of H3 need none, and neither do rows with their own coordinates.
    """
    if measured.geometry == "cell":
        return cell_shapes(frame[measured.entity])
    has_own = {"lat_deg", "lng_deg"} <= set(frame.columns)
    if not has_own and shapes is None:
        return None
    placed = frame if has_own or shapes is None else _joined(frame, measured, shapes)
    geometries = [name for name in placed.columns if name.endswith("_geom")]
    if geometries:
        return placed[geometries[0]]
    return point_shapes(placed["lat_deg"], placed["lng_deg"])


def _joined(frame: pl.DataFrame, measured: Measured, shapes: pl.DataFrame) -> pl.DataFrame:
    """Each row with where it is, in the order of the rows."""
    where = [
        name for name in shapes.columns if name.endswith("_geom") or name in ("lat_deg", "lng_deg")
    ]
    if measured.entity not in shapes.columns or not where:
        raise TwinError(
            f"{measured.shapes} is to give the places of {measured.entity}: it needs that column, "
            "and one that ends in _geom or lat_deg and lng_deg"
        )
    if "valid_to" in shapes.columns:
        shapes = shapes.filter(pl.col("valid_to").is_null())
    places = shapes.select(measured.entity, *where).unique(measured.entity, keep="first")
    return frame.select(measured.entity).join(
        places, on=measured.entity, how="left", maintain_order="left"
    )


def map_of(
    declaration: Declaration, frame: pl.DataFrame, shapes: pl.DataFrame | None
) -> str | None:
    """An SVG map of the first value in the newest period; None where there is nothing to place.

    The title says which of several rows a place are drawn. Where there are still several, such as
    of several pollutants, it is the worst.
    """
    measured = declaration.measured
    if measured is None:
        return None
    value = next(iter(measured.values))
    chosen = shown(frame, measured)
    rows = one_a_place(chosen, measured, value)
    geometries = shapes_of(rows, measured, shapes)
    if geometries is None or geometries.is_null().all():
        return None
    said = [one for name, one in measured.drawn.items() if set(chosen[name]) == {one}]
    return shape_map(
        ": ".join([declaration.title, ", ".join(said)]) if said else declaration.title,
        geometries,
        rows[value],
        legend=f"{value}",
        is_high_bad=measured.is_high_bad,
    )


def series_of(declaration: Declaration, frame: pl.DataFrame) -> str | None:
    """A chart of the first value, for a table with neither a map nor a picture of its own.

    The last periods as a line a place; without periods a coloured row a place or code. Of many, the
    worst ones.
    """
    measured = declaration.measured
    if measured is None:
        return None
    value = next(iter(measured.values))
    known = frame.filter(pl.col(value).is_not_null())
    drawn = known.filter(**measured.drawn) if measured.drawn else known
    known = drawn if drawn.height else known
    if known.is_empty():
        return None
    numbers = known.select(pl.col(value).cast(pl.Float64)).to_series()
    name = pl.concat_str(
        [pl.col(one).cast(pl.String) for one in (measured.entity, *measured.by)], separator=" "
    )
    order = worst(known, measured).select(name=name)["name"].to_list()
    named = known.with_columns(name=name, number=numbers)
    if measured.period is None:
        breaks = [float(numbers.to_numpy().min()), *class_breaks(numbers)]
        colours = chosen_colours(palette(is_high_bad=measured.is_high_bad), len(breaks))
        pairs = dict(named.select("name", "number").iter_rows())
        return heat_table(
            declaration.title, rows=order, columns=[value],
            values={(one, value): pairs.get(one) for one in order},
            colours=list(zip(breaks, colours, strict=True)), legend=value,
        )  # fmt: skip
    periods = named[measured.period].unique().sort().tail(_PERIODS)
    by_name = {
        one: dict(named.filter(pl.col("name") == one).select(measured.period, "number").iter_rows())
        for one in order
    }
    return line_chart(
        declaration.title,
        x=[f"{at:%d/%m/%y}" for at in periods],
        series={one: [line.get(at) for at in periods] for one, line in by_name.items()},
        unit=value,
    )


def one_a_place(rows: pl.DataFrame, measured: Measured, value: str) -> pl.DataFrame:
    """Of each place the row whose value is worst (the greatest, where neither end is bad)."""
    is_low_bad = measured.is_high_bad is False
    return rows.sort(
        value,
        *measured.by,
        descending=[not is_low_bad, *[False] * len(measured.by)],
        nulls_last=True,
    ).unique(measured.entity, keep="first", maintain_order=True)


def worst(frame: pl.DataFrame, measured: Measured) -> pl.DataFrame:
    """The ten drawn rows of the newest period where the first value is worst, with their trust."""
    value = next(iter(measured.values))
    known = shown(frame, measured).filter(pl.col(value).is_not_null())
    columns = [
        measured.entity,
        *measured.by,
        *measured.values,
        "completeness_ratio",
        "quality_code",
    ]
    order = known.sort(
        value, measured.entity, *measured.by,
        descending=[measured.is_high_bad is not False, False, *[False] * len(measured.by)],
    )  # fmt: skip
    return order.select(columns).head(_WORST)


def as_table(frame: pl.DataFrame) -> str:
    """A few rows as a Markdown table."""
    lines = [" | ".join(frame.columns), " | ".join("---" for _ in frame.columns)]
    lines += [" | ".join(_text(cell) for cell in row) for row in frame.iter_rows()]
    return "\n".join(f"| {line} |" for line in lines)


def _text(cell: object) -> str:
    if cell is None:
        return "–"
    text = f"{cell:.4g}" if isinstance(cell, float) else str(cell)
    return text.replace("|", "\\|").replace("`", "'")
