"""Zona 30: streets on which nobody may drive faster than 30 km/h."""

from typing import Annotated, Final, Literal

import polars as pl
from pydantic import Field

from assets.scenarios.crashes import CRASHES, FACTORS, with_factor
from assets.scenarios.kind import Edit, Frames, Kind
from assets.scenarios.places import chosen_segments

_STREETS: Final = "silver/mobility/road_segment"
StreetClass = Literal["local", "collector", "arterial"]


class Zona30(Edit):
    """Which streets: by name, by stretch, or all of some classes; and the limit."""

    kind: Literal["zona30"]
    streets: list[str] = Field(default_factory=list)
    segments: list[str] = Field(default_factory=list)
    classes: list[StreetClass] = Field(default_factory=list)
    limit_kmh: Annotated[float, Field(ge=5, le=30)] = 30.0


def zona30(edit: Zona30, segments: pl.DataFrame) -> Frames:
    """Lower the limit of the streets where it is higher."""
    limit = pl.when(_slowed(edit, segments)).then(edit.limit_kmh).otherwise(pl.col("limit_kmh"))
    return {"segments": segments.with_columns(limit_kmh=limit)}


def fewer_crashes(
    edit: Zona30, rows: pl.DataFrame, *, segments: pl.DataFrame, factors: pl.DataFrame
) -> pl.DataFrame:
    """Expected accidents with bicycles, where the limit is lowered."""
    edges = segments.filter(_slowed(edit, segments))["edge_id"]
    return with_factor(rows, edges, factors, measure="zona30")


def _slowed(edit: Zona30, segments: pl.DataFrame) -> pl.Expr:
    where = chosen_segments(
        segments, streets=edit.streets, stretches=edit.segments, classes=edit.classes
    )
    return where & (pl.col("limit_kmh") > edit.limit_kmh)


kind = Kind(
    model=Zona30,
    function=zona30,
    reads={"segments": _STREETS},
    after={CRASHES: fewer_crashes},
    asks={"segments": _STREETS, "factors": FACTORS},
    title="Istituire una zona 30",
    template="""\
  - kind: zona30            # zona 30
    streets: []             # nomi di strade; oppure
    segments: []            # codici di singoli tratti (edge_id); vuoti: tutte quelle delle classi
    classes: [collector]    # classi di strada: local, collector, arterial
    limit_kmh: 30           # limite in km/h
""",
    source=(
        "traffico: modello di equilibrio; incidenti in bicicletta: Grundy et al. (2009), BMJ, "
        "zone a 20 miglia orarie di Londra, con l'intervallo a memoria"
    ),
)
