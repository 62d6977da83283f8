"""The load curves of places: electricity by quarter hour, where many meters contribute."""

from typing import Final

import numpy as np
import polars as pl

from assets.consumption import (
    AREAS,
    ENERGY,
    LIMITED,
    LITERATURE,
    MILLION,
    READS,
    in_order,
    paths_of,
    said_last,
    with_places,
)
from assets.declaration import Declaration, given
from assets.small_groups import Path, limit_of, told_places

_BY_QUARTER_HOUR: Final = "energy_by_quarter_hour"
_PLACES: Final = ("zone_name", "quarter_id")
_PRECISION: Final = 6


def electricity_load(
    readings: pl.DataFrame, sections: pl.DataFrame, quarters: pl.DataFrame, limits: pl.DataFrame
) -> pl.DataFrame:
    """Sum the electricity of quarters, zones and the city over each quarter hour.

    Places are first told by what holds for days, and then by what holds for quarter hours, each of
    which has to have enough meters and none that dominates: so a curve is always that of whole rows
    of the consumption by day, and nothing is left between the two. The rest of a zone or of the
    city is one curve. Days on which not even the city may be told have none.
    """
    said = said_last(readings, who="meter_pid", at="read_at", amount="energy_kwh")
    placed = with_places(
        said.select(pl.col("section_id").unique().cast(pl.String)), sections, quarters
    ).with_columns(
        pl.col("section_id").cast(pl.Categorical),
        quarter_id=pl.when(pl.col("zone_name").is_not_null()).then("quarter_id"),
    )
    # Quarters by a number while there are many rows.
    numbers = placed.select(_PLACES).unique().sort(_PLACES, nulls_last=True).with_row_index("place")
    placed = placed.join(numbers, on=_PLACES, nulls_equal=True)
    of_day = said.join(placed.select("section_id", "place"), on="section_id")
    days = _summed(of_day.group_by("consumed_on", "place", "who").agg(pl.col("amount").sum()))
    slots = _summed(of_day, "at").with_columns(
        municipality_code=pl.lit(placed["municipality_code"].min(), pl.String)
    )
    keys = ("consumed_on", *_PLACES)
    days, slots = (one.join(numbers, on="place").drop("place") for one in (days, slots))
    depths = [
        _depths(day, slots.filter(pl.col("consumed_on") == day["consumed_on"][0]), limits)
        for day in days.sort(keys, nulls_last=True).partition_by("consumed_on", maintain_order=True)
    ]
    none = days.clear().select(*keys, depth=pl.lit(None, pl.Int64))
    return (
        slots.join(pl.concat([none, *depths]), on=keys, nulls_equal=True)
        .with_columns(
            pl.when(pl.col("depth") > at).then(name).alias(name) for at, name in enumerate(_PLACES)
        )
        .group_by("consumed_on", "at", "depth", *_PLACES)
        .agg(
            in_order("energy_kwh").round(_PRECISION),
            pl.col("meters_count").sum(),
            pl.col("municipality_code").min(),
        )
        .select(
            consumed_on="consumed_on",
            from_at="at",
            area_id=pl.coalesce(*reversed(_PLACES), "municipality_code"),
            area_code=pl.col("depth").replace_strict(
                dict(enumerate(AREAS)), return_dtype=pl.String
            ),
            **{name: pl.col(name) for name in _PLACES},
            energy_kwh="energy_kwh",
            contributors_count="meters_count",
        )
        .sort("from_at", "area_id")
    )


def _summed(rows: pl.DataFrame, *by: str) -> pl.DataFrame:
    """What the meters of each quarter used in each day, and how much the largest of them."""
    return rows.group_by("consumed_on", "place", *by).agg(
        energy_kwh=pl.col("amount").sum() / MILLION,
        largest_kwh=pl.col("amount").max() / MILLION,
        meters_count=pl.len().cast(pl.Int64),
    )


def _depths(day: pl.DataFrame, slots: pl.DataFrame, limits: pl.DataFrame) -> pl.DataFrame:
    """The quarters of one day with how many names of their path they are told under."""
    on = day["consumed_on"][0]
    daily, hourly = limit_of(limits, ENERGY, on), limit_of(limits, _BY_QUARTER_HOUR, on)
    paths, sizes = paths_of(day, names=_PLACES), day["meters_count"].to_list()
    places: list[Path | None] = [None] * day.height
    if daily is not None and hourly is not None:
        first = told_places(paths, sizes, daily.allows(*(_columns(day, name) for name in _COUNTED)))
        # What the day tells as one is one: curves are of such rows, or of several.
        rows = sorted({path for path in first if path is not None})
        member = np.array([[path == row for path in first] for row in rows], dtype=float)
        if rows:
            numbers = [_matrix(day, slots, name) for name in _COUNTED]
            counts, totals = (member @ numbers[at] for at in (0, 1))
            largest = np.stack([numbers[2][one > 0].max(axis=0) for one in member])
            second = told_places(
                rows, (member @ np.array(sizes)).tolist(),
                hourly.allows(counts.astype(np.int64), totals, largest),
            )  # fmt: skip
            of_row = dict(zip(rows, second, strict=True))
            places = [None if path is None else of_row[path] for path in first]
    depths = [None if place is None else len(place) for place in places]
    return (
        day.select("consumed_on", *_PLACES)
        .with_columns(depth=pl.Series(depths, dtype=pl.Int64))
        .filter(pl.col("depth").is_not_null())
    )


_COUNTED: Final = ("meters_count", "energy_kwh", "largest_kwh")


def _columns(day: pl.DataFrame, name: str) -> np.ndarray:
    return day[name].to_numpy()[:, np.newaxis]


def _matrix(day: pl.DataFrame, slots: pl.DataFrame, name: str) -> np.ndarray:
    """One number of each quarter (rows, as in `day`) in each quarter hour; 0 if none."""
    wide = (
        day.select(_PLACES)
        .join(
            slots.sort("at").pivot("at", index=_PLACES, values=name),
            on=_PLACES,
            how="left",
            nulls_equal=True,
            maintain_order="left",
        )
        .drop(_PLACES)
        .fill_null(0)
    )
    return wide.to_numpy().astype(float)


_NAMES: Final = (
    "sections.municipality_code", "sections.quarter_id", "quarters.quarter_id",
    "quarters.zone_name",
)  # fmt: skip
_DECIDED: Final = (
    "readings.energy_kwh", "readings.meter_pid", "readings.section_id", "sections.section_id",
    *_NAMES,
)  # fmt: skip

declaration = Declaration(
    function=electricity_load,
    key="silver/energy/electricity_load_by_quarter_hour",
    reads={"readings": "bronze/a2a/electricity_readings", **READS},
    gives={
        "consumed_on": given(
            "Day of the city's clock (Europe/Rome), by which a curve is judged.", "readings.read_at"
        ),
        "from_at": given("Start of the quarter hour, UTC.", "readings.read_at"),
        "area_id": given(
            "Quarter, zone or municipality: what is told of it is of those in it that no other "
            "row of the quarter hour tells.",
            *_NAMES,
            *LIMITED,
        ),
        "area_code": given("quarter, zone or city.", *_DECIDED),
        "zone_name": given("Zone; empty for the city.", *_NAMES),
        "quarter_id": given("Quarter; empty for zones and the city.", *_NAMES),
        "energy_kwh": given("Electricity used in the quarter hour.", *_DECIDED),
        "contributors_count": given("Meters summed.", *_DECIDED),
    },
    key_columns=("from_at", "area_id"),
    window_by="consumed_on",
    lookback_days=1,
    title="Load curves by place",
    method_version="1",
    literature=LITERATURE,
)
