"""Scenarios beside each other: one row an indicator and group or place, the differences of each."""

from collections.abc import Sequence
from typing import Final, Literal

import polars as pl

from assets.scenarios.impact import ALL

By = Literal["city", "place", "quarter", "age"]
_GROUP: Final = {
    "quarter": ("quarter_id",),
    "age": ("age_code",),
    "city": (),
    "place": ("entity_id", "period_start"),
}


def compared(
    rows: pl.DataFrame, scenarios: Sequence[str], *, by: By, indicator: str = ""
) -> pl.DataFrame:
    """Give each number that one of the scenarios changes, with the differences of all of them.

    `rows` are those of groups, or for `by` place those of places. Columns: `indicator_id`, those of
    the group, `unit`, `baseline_value`, and for each scenario `<name> delta`, `<name> lo` and so
    on; empty where a scenario does not touch it. The greatest changes (of the baseline) come first.
    """
    key = ["indicator_id", *_GROUP[by]]
    chosen = _of_groups(rows, by).filter(
        pl.col("indicator_id").str.contains(indicator, literal=True)
    )
    told = ["delta", "lo", "hi"]
    told += [] if by == "place" else ["winners_count", "losers_count"]
    of_each = [
        chosen.filter(pl.col("scenario_id") == name).select(
            *key, *(pl.col(one).alias(f"{name} {one}") for one in told)
        )
        for name in scenarios
    ]
    whole = (
        chosen.filter(pl.col("scenario_id").is_in(list(scenarios)))
        .sort("scenario_id")
        .group_by(key, maintain_order=True)
        .agg(pl.col("unit", "baseline_value").first())
    )
    for one in of_each:
        whole = whole.join(one, on=key, how="left", nulls_equal=True, maintain_order="left")
    greatest = pl.max_horizontal(pl.col(f"{name} delta").abs() for name in scenarios)
    share = greatest / pl.max_horizontal(pl.col("baseline_value").abs(), 1e-9)
    return whole.filter(greatest > 0).sort(-share, *key)


def _of_groups(rows: pl.DataFrame, by: By) -> pl.DataFrame:
    if by == "place":
        return rows
    kept = {
        "city": (pl.col("quarter_id") == ALL) & (pl.col("age_code") == ALL),
        "quarter": (pl.col("quarter_id") != ALL) & (pl.col("age_code") == ALL),
        "age": (pl.col("quarter_id") == ALL) & (pl.col("age_code") != ALL),
    }
    return rows.filter(kept[by])
