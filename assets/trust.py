"""How far a row may be relied on: the worst of what is known of it, and of its sensors."""

from typing import Final

import polars as pl

from assets.measured import QUALITY

SUSPECT: Final = "suspect"


def quality(**when: pl.Expr) -> pl.Expr:
    """The worst code whose condition holds, ok where none does; unknown conditions do not hold.

    `quality(partial=…, suspect=…)`: worst is what stands last in `QUALITY`.
    """
    unknown = sorted(set(when) - set(QUALITY))
    if unknown:
        raise ValueError(f"quality: {unknown[0]} is not of the closed list: {', '.join(QUALITY)}")
    found = pl.lit("ok")
    for code in QUALITY:
        if code in when:
            holds = when[code].fill_null(value=False)
            found = pl.when(holds).then(pl.lit(code)).otherwise(found)
    return found


def suspect_days(health: pl.DataFrame, *, quantity: str = "quantity_code") -> pl.DataFrame:
    """The days of solar time on which a sensor could not be believed, to be joined to what it says.

    One row a `station_id`, quantity (under that name) and `day_on`, with `is_suspect`, which is
    always true.
    """
    return (
        health.filter(pl.col("quality_code") == SUSPECT)
        .select(
            "station_id",
            pl.col("quantity_code").alias(quantity),
            "day_on",
            is_suspect=pl.lit(value=True),
        )
        .unique(maintain_order=True)
    )


def health_columns(health: str) -> tuple[str, ...]:
    """What a quality is made of that is suspect where a sensor was, by the input's name."""
    columns = ("quality_code", "quantity_code", "station_id", "day_on")
    return tuple(f"{health}.{name}" for name in columns)
