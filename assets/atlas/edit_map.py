"""Where a scenario's edits are: a small map over the quarters."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from assets.atlas.layout import Drawn
from assets.atlas.places import Places, current
from assets.maps import cell_shapes, point_shapes
from assets.scenarios.kind import EditProblem
from assets.scenarios.places import chosen_segments
from assets.twin import Twin

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

_STREETS: Final = "silver/mobility/road_segment"
_SECTIONS: Final = "silver/services/population_by_section"
_LONGEST: Final = 480
# Of more than so many stretches the page would grow, and nobody could tell them apart.
_MOST: Final = 500


def edit_map(edits: Iterable[Mapping[str, Any]], *, twin: Twin, quarters: Places) -> str:
    """The places of edits as SVG; nothing where none names a place, or they are of all the city."""
    shapes = [shape for edit in edits for shape in _shapes(edit, twin, quarters)]
    if not quarters.shapes or not shapes or len(shapes) > _MOST:
        return ""
    places = Places({str(number): shape for number, shape in enumerate(shapes)})
    drawn = Drawn.of(places, quarters, longest=_LONGEST)
    if drawn is None:
        return ""
    title = escape("Mappa: dove si interverrebbe nella città", quote=True)
    marks = "".join(_mark(drawn, shape) for shape in drawn.shapes)
    return (
        f'<svg class="piccola" viewBox="0 0 {drawn.sheet.width} {drawn.sheet.height}" role="img" '
        f'aria-label="{title}"><path class="citta" d="{drawn.outline}"/>{marks}</svg>'
    )


def _mark(drawn: Drawn, shape: "BaseGeometry") -> str:
    import shapely

    if shape.geom_type == "Point":
        ((x, y),) = drawn.sheet.steps(shapely.get_coordinates(shape))
        return f'<circle cx="{x}" cy="{y}" r="7" fill="#9a3412"/>'
    paint = 'fill="#9a3412" fill-opacity=".55" stroke="#7c2d12" stroke-width="1.5"'
    if not shape.geom_type.endswith("Polygon"):
        paint = 'fill="none" stroke="#9a3412" stroke-width="6" stroke-linecap="round"'
    return f'<path d="{drawn.sheet.path(shape)}" {paint}/>'


def _shapes(edit: Mapping[str, Any], twin: Twin, quarters: Places) -> list["BaseGeometry"]:
    """The places that an edit names, as shapes; what is not there any more has none."""
    cells = edit.get("cells") or []
    sections = [*(edit.get("sections") or []), *filter(None, [edit.get("section")])]
    found = [
        *_known(cell_shapes(pl.Series(cells, dtype=pl.String))),
        *(quarters.shapes[one] for one in edit.get("quarters") or [] if one in quarters.shapes),
    ]
    if sections and twin.lake.exists(_SECTIONS):
        where = pl.col("section_id").is_in(sections)
        rows = current(twin.lake.read(_SECTIONS)).filter(where).select("border_geom").collect()
        found += _known(rows["border_geom"])
    if any(edit.get(name) for name in ("streets", "segments", "classes")):
        found += _streets(edit, twin)
    if edit.get("lat_deg") is not None:
        lat, lng = (pl.Series([edit[name]], dtype=pl.Float64) for name in ("lat_deg", "lng_deg"))
        found += _known(point_shapes(lat, lng))
    return found


def _streets(edit: Mapping[str, Any], twin: Twin) -> list["BaseGeometry"]:
    if not twin.lake.exists(_STREETS):
        return []
    wanted = ("edge_id", "street_name", "class_code", "line_geom")
    rows = current(twin.lake.read(_STREETS)).select(wanted).collect()
    streets, stretches, classes = (
        edit.get(name) or [] for name in ("streets", "segments", "classes")
    )
    try:
        where = chosen_segments(rows, streets=streets, stretches=stretches, classes=classes)
    except EditProblem:
        return []
    return _known(rows.filter(where)["line_geom"])


def _known(shapes: pl.Series) -> list["BaseGeometry"]:
    import shapely

    return [one for one in shapely.from_wkb(shapes.drop_nulls().to_numpy()) if not one.is_empty]
