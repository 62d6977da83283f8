"""What an intervention does to expected accidents: a factor with its interval, from a definition.

No indicator holds it: expected accidents follow from traffic, length and those seen, not from what
a street looks like.
"""

from typing import Final

import polars as pl

from assets.editions import newest

CRASHES: Final = "gold/mobility/cycle_danger_by_segment"
FACTORS: Final = "bronze/definitions/crash_factors"
_BIKE: Final = "bicicletta"
_NUMBERS: Final = ("expected{}_count", "danger_per_km{}_index", "danger_per_bike_km{}_index")


def with_factor(
    rows: pl.DataFrame, edges: pl.Series, factors: pl.DataFrame, *, measure: str
) -> pl.DataFrame:
    """Multiply the expected accidents with bicycles on these stretches by a measure's factor.

    Each end of the interval moves by as much as that end of the factor moves the number, so that
    the difference has the factor's interval; only that is told, not these ends. A factor that
    nobody has read at its source makes the number unverified. Without a factor for the measure
    nothing changes.
    """
    held = newest(factors).filter(
        pl.col("measure_code") == measure, pl.col("mode_code") == _BIKE
    )  # fmt: skip
    if held.is_empty():
        return rows
    factor = held.row(0, named=True)
    here = pl.col("edge_id").is_in(edges.implode())
    changed = {
        name.format(end): pl.when(here)
        .then(_moved(name, end, factor[f"factor{end}_index"]))
        .otherwise(pl.col(name.format(end)))
        for name in _NUMBERS
        for end in ("", "_low", "_high")
    }
    is_unverified = here & (pl.col("quality_code") != "no_data") & (not factor["is_verified"])
    return rows.with_columns(
        **changed,
        quality_code=pl.when(is_unverified)
        .then(pl.lit("unverified"))
        .otherwise(pl.col("quality_code")),
    )


def _moved(name: str, end: str, factor: float) -> pl.Expr:
    more = pl.col(name.format("")) * (factor - 1)
    return pl.col(name.format(end)) + more
