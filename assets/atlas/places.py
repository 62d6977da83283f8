"""Where the places of an indicator are and what they are called; never anything of a person."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import polars as pl

from assets.measured import Measured
from assets.pictures import shapes_of
from assets.twin import Twin

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

_QUARTERS: Final = "silver/territory/quarters"
# Names of what a place stands in, where it has none of its own.
_OTHER_NAMES: Final = ("street_name", "station_name", "stop_name", "quarter_name")
_PLACED: Final = ("lat_deg", "lng_deg")


@dataclass(frozen=True)
class Places:
    """Shapes and names by the id of the place, and the quarter that each is in.

    A place without a shape is not among them; one without a name goes by its id.
    """

    shapes: Mapping[str, "BaseGeometry"] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    quarters: Mapping[str, str] = field(default_factory=dict)

    def name(self, place: object) -> str:
        """What people call a place."""
        return self.names.get(str(place), str(place))

    def full_name(self, place: object) -> str:
        """The same with the quarter, for who does not know the place."""
        quarter = self.quarters.get(str(place))
        return f"{self.name(place)}, {quarter}" if quarter else self.name(place)


def quarters_of(twin: Twin) -> Places:
    """The quarters of the city by name; none where nobody has delivered them."""
    if not twin.lake.exists(_QUARTERS):
        return Places()
    import shapely

    rows = (
        current(twin.lake.read(_QUARTERS))
        .select("quarter_id", "quarter_name", "border_geom")
        .collect()
        .drop_nulls()
        .sort("quarter_id")
    )
    ids = rows["quarter_id"].to_list()
    shapes = shapely.from_wkb(rows["border_geom"].to_numpy())
    names = dict(zip(ids, rows["quarter_name"].to_list(), strict=True))
    return Places(dict(zip(ids, shapes, strict=True)), names, names)


def places_of(rows: pl.DataFrame, measured: Measured, *, twin: Twin, quarters: Places) -> Places:
    """The places that rows are of: from their own columns, else from the table of their shapes."""
    import shapely

    known = rows.unique(measured.entity, keep="last", maintain_order=True).sort(measured.entity)
    ids = [str(one) for one in known[measured.entity]]
    table = _table(measured, twin)
    shapes: dict[str, BaseGeometry] = {}
    found = shapes_of(known, measured, table)
    if found is not None:
        has_shape = found.is_not_null().to_list()
        geometries = shapely.from_wkb(found.drop_nulls().to_numpy())
        there = [one for one, is_there in zip(ids, has_shape, strict=True) if is_there]
        shapes = {
            one: shape
            for one, shape in zip(there, geometries, strict=True)
            if shape is not None and not shape.is_empty
        }
    names = _names(known, measured, table)
    inside = {} if measured.geometry == "quarter" else _inside(shapes, quarters)
    return Places(shapes, names, inside)


def _table(measured: Measured, twin: Twin) -> pl.DataFrame | None:
    """Where the places are: of that table nothing is read but ids, names and coordinates.

    A table of persons has no places that anybody may be shown.
    """
    name = measured.shapes
    if not name or not twin.lake.exists(name):
        return None
    contract = twin.contract_of(name)
    if contract is not None and contract.is_personal:
        return None
    rows = current(twin.read(name))
    columns = rows.collect_schema().names()
    kept = [
        one
        for one in columns
        if one == measured.entity
        or one in (*_PLACED, _own_name(measured), *_OTHER_NAMES)
        or one.endswith("_geom")
    ]
    return rows.select(kept).collect()


def current(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Of a table that keeps its history what holds now, of any other all of it."""
    if "valid_to" not in rows.collect_schema().names():
        return rows
    return rows.filter(pl.col("valid_to").is_null())


def _own_name(measured: Measured) -> str:
    return f"{measured.entity.removesuffix('_id')}_name"


def _names(rows: pl.DataFrame, measured: Measured, table: pl.DataFrame | None) -> dict[str, str]:
    """The names of places: their own, in the rows or in the table of shapes, or the next best."""
    own = [(rows, _own_name(measured)), (table, _own_name(measured))]
    other = [(frame, name) for frame in (rows, table) for name in _OTHER_NAMES]
    for frame, name in [*own, *other]:
        if frame is None or name not in frame.columns or measured.entity not in frame.columns:
            continue
        known = frame.select(measured.entity, name).drop_nulls().unique(keep="first")
        pairs = known.sort(measured.entity, name).iter_rows()
        named = {str(place): str(text) for place, text in pairs}
        # A street has many stretches: what is no name of one place alone is told with the id.
        if len(set(named.values())) == len(named):
            return named
        return {one: f"{text} ({one})" for one, text in named.items()}
    return {}


def _inside(shapes: Mapping[str, "BaseGeometry"], quarters: Places) -> dict[str, str]:
    """The quarter in which the middle of each place lies."""
    if not shapes or not quarters.shapes:
        return {}
    import shapely

    names = [quarters.name(one) for one in quarters.shapes]
    tree = shapely.STRtree(list(quarters.shapes.values()))
    middles = [middle(one) for one in shapes.values()]
    of, within = tree.query(middles, predicate="within")
    ids = list(shapes)
    # On a border the first quarter has it.
    return {
        ids[place]: names[quarter]
        for place, quarter in sorted(zip(of, within, strict=True), reverse=True)
    }


def middle(shape: "BaseGeometry") -> "BaseGeometry":
    """A point of a place, half way along where it is a way."""
    import shapely

    if shape.geom_type == "LineString":
        return shapely.line_interpolate_point(shape, 0.5, normalized=True)
    return shapely.point_on_surface(shape)
