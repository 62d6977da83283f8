"""Cycle lanes and tracks along streets."""

from typing import Annotated, Literal

import polars as pl
from pydantic import Field

from assets.scenarios.crashes import CRASHES, FACTORS, with_factor
from assets.scenarios.kind import Edit, Frames, Kind
from assets.scenarios.places import chosen_segments


class CycleLane(Edit):
    """Along which streets, how wide, and whether something keeps cars off it."""

    kind: Literal["cycle_lane"]
    streets: list[str] = Field(default_factory=list)
    segments: list[str] = Field(default_factory=list)
    width_m: Annotated[float, Field(ge=1, le=6)]
    is_protected: bool


def cycle_lane(edit: CycleLane, segments: pl.DataFrame) -> Frames:
    """Give stretches a lane, or a track where it is protected; one that has a track keeps it."""
    here = _without(edit, segments)
    return {
        "segments": segments.with_columns(
            cycle_code=pl.when(here).then(pl.lit(_code(edit))).otherwise(pl.col("cycle_code")),
            cycle_width_m=pl.when(here).then(edit.width_m).otherwise(pl.col("cycle_width_m")),
        )
    }


def fewer_crashes(
    edit: CycleLane, rows: pl.DataFrame, *, segments: pl.DataFrame, factors: pl.DataFrame
) -> pl.DataFrame:
    """Expected accidents with bicycles, where there was no such way before."""
    edges = segments.filter(_without(edit, segments))["edge_id"]
    return with_factor(rows, edges, factors, measure=_code(edit))


def _code(edit: CycleLane) -> str:
    return "track" if edit.is_protected else "lane"


def _without(edit: CycleLane, segments: pl.DataFrame) -> pl.Expr:
    """Chosen stretches that have neither a track nor what is planned."""
    where = chosen_segments(segments, streets=edit.streets, stretches=edit.segments)
    return where & ~pl.col("cycle_code").is_in(["track", _code(edit)]).fill_null(value=False)


kind = Kind(
    model=CycleLane,
    function=cycle_lane,
    reads={"segments": "silver/mobility/road_segment"},
    after={CRASHES: fewer_crashes},
    asks={"segments": "silver/mobility/road_segment", "factors": FACTORS},
    title="Tracciare una pista o corsia ciclabile",
    template="""\
  - kind: cycle_lane        # pista o corsia ciclabile
    streets: [Via Milano]   # nomi di strade; oppure
    segments: []            # codici di singoli tratti (edge_id)
    width_m: 2.5            # larghezza in metri
    is_protected: true      # separata dalle auto; false: solo dipinta
""",
    source=(
        "stress: Furth (2022); incidenti: Lusk et al. (2011) per le piste protette, Teschke et al. "
        "(2012) per le corsie dipinte, con l'intervallo a memoria. Chi passerebbe alla bici non è "
        "stimato"
    ),
)
