"""Closing streets to motor traffic."""

from typing import Literal

import polars as pl
from pydantic import Field

from assets.scenarios.kind import Edit, Frames, Kind
from assets.scenarios.places import chosen_segments


class CloseRoad(Edit):
    """Which streets are closed: by name, or stretch by stretch."""

    kind: Literal["close_road"]
    streets: list[str] = Field(default_factory=list)
    segments: list[str] = Field(default_factory=list)


def close_road(edit: CloseRoad, segments: pl.DataFrame) -> Frames:
    """Close stretches to motor traffic: nobody may drive there at any speed.

    Who walks or rides a bicycle passes as before.
    """
    where = chosen_segments(segments, streets=edit.streets, stretches=edit.segments)
    limit = pl.when(where).then(0.0).otherwise(pl.col("limit_kmh"))
    return {"segments": segments.with_columns(limit_kmh=limit)}


kind = Kind(
    model=CloseRoad,
    function=close_road,
    reads={"segments": "silver/mobility/road_segment"},
    title="Chiudere strade al traffico a motore",
    template="""\
  - kind: close_road        # chiudere al traffico a motore; a piedi e in bici si passa
    streets: [Via Milano]   # nomi di strade; oppure
    segments: []            # codici di singoli tratti (edge_id)
""",
    source="il traffico si ridistribuisce secondo il modello di equilibrio (Beckmann 1956)",
)
