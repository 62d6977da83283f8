"""What supplies used in a day, summed to places of which enough contribute to be told."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl

from assets.declaration import Given, given
from assets.small_groups import LIMITS, Path, limit_of, told_places

# What a row stands for, by how far its path goes.
AREAS: Final = ("city", "zone", "quarter", "section")
_PLACES: Final = ("zone_name", "quarter_id", "section_id")
_ROME: Final = "Europe/Rome"
_PRECISION: Final = 6
MILLION: Final = 1e6
# Which limit holds for a day's electricity, heat or gas.
ENERGY: Final = "energy_by_day"
# What tables of consumption read beside readings, and the rules they follow.
READS: Final = {
    "sections": "bronze/istat/census_sections",
    "quarters": "silver/territory/quarters",
    "limits": LIMITS,
}
LITERATURE: Final = (
    "Minimum-count and dominance rules: Hundepool et al., Statistical Disclosure Control "
    "(2012), ch. 4; thresholds are the city's."
)


def day_in_rome(instant: str) -> pl.Expr:
    """The day of the city's clock in which an instant (UTC) of that column lies."""
    return pl.col(instant).dt.convert_time_zone(_ROME).dt.date()


def minutes_in_rome(day: str) -> pl.Expr:
    """How many minutes a day of the city's clock has: 1440, or an hour less or more."""
    midnight = pl.col(day).cast(pl.Datetime("us")).dt.replace_time_zone(_ROME)
    return (midnight.dt.offset_by("1d") - midnight).dt.total_minutes()


def said_last(readings: pl.DataFrame, *, who: str, at: str, amount: str) -> pl.DataFrame:
    """Each supply's readings as they were said last: `who`, `at`, `section_id`, `consumed_on`.

    `amount` is in whole millionths: exact, and so the same in whatever order they are added. Who is
    a number here, which tells supplies apart and no more. Days are those of the city's clock.
    """
    known = readings.select(
        "section_id", "window_on", at=at, amount=amount, who=pl.col(who).cast(pl.Categorical)
    ).with_columns(pl.col("who").to_physical())
    # In one delivery a supply says each instant once.
    if known["window_on"].n_unique() > 1:
        known = known.sort("window_on").unique(["who", "at"], keep="last")
    days = known.select("at").unique().with_columns(consumed_on=day_in_rome("at"))
    return (
        known.filter(pl.col("section_id").is_not_null() & pl.col("amount").is_not_null())
        .join(days, on="at")
        .select(
            "who",
            "at",
            "consumed_on",
            pl.col("section_id").cast(pl.Categorical),
            (pl.col("amount") * MILLION).round().cast(pl.Int64),
        )
    )


def of_supplies(said: pl.DataFrame, *, every_min: int) -> pl.DataFrame:
    """What each supply used in each day, of readings that are due every so many minutes."""
    return (
        said.group_by("consumed_on", "section_id", "who")
        .agg(pl.col("amount").sum() / MILLION, readings_count=pl.len().cast(pl.Int64))
        .with_columns(
            pl.col("section_id").cast(pl.String),
            due_count=minutes_in_rome("consumed_on") // every_min,
        )
    )


def in_order(column: str) -> pl.Expr:
    """The sum, least values first: added in the order of chance, floats differ in the last digit.

    Whoever computes the day again is to find the same number.
    """
    return pl.col(column).sort().sum()


def with_places(
    supplied: pl.DataFrame, sections: pl.DataFrame, quarters: pl.DataFrame
) -> pl.DataFrame:
    """Rows of sections with the quarter, the zone and the municipality of each; null if unknown."""
    where = sections.select("section_id", "quarter_id", "municipality_code").join(
        quarters.select("quarter_id", "zone_name"), on="quarter_id", how="left"
    )
    # One municipality: it is that of sections that the list does not have, too.
    municipality = pl.lit(where["municipality_code"].min(), pl.String)
    return supplied.join(
        where.unique("section_id", keep="first", maintain_order=True), on="section_id", how="left"
    ).with_columns(pl.col("municipality_code").fill_null(municipality))


def paths_of(parts: pl.DataFrame, *, names: Sequence[str] = _PLACES) -> list[Path]:
    """From the widest to the narrowest known place of each row."""
    found = []
    for row in parts.select(names).iter_rows():
        known = row.index(None) if None in row else len(row)
        found.append(tuple(row[:known]))
    return found


def by_area(
    supplies: pl.DataFrame,
    *,
    sections: pl.DataFrame,
    quarters: pl.DataFrame,
    limits: pl.DataFrame,
    subject: str,
) -> pl.DataFrame:
    """Sum supplies to sections, quarters, zones and the city, each in one row of a day.

    `supplies` has a row a supply and day: `consumed_on`, `section_id`, `amount`, and how many of
    the readings that were `due_count` came (`readings_count`). A section is told alone where the
    limit of the day allows; the rest of a quarter together, else with the rest of its zone or of
    the city (`assets.small_groups`). Days on which not even the city may be told have no row.
    """
    parts = with_places(
        supplies.group_by("consumed_on", "section_id").agg(
            in_order("amount"),
            largest=pl.col("amount").max(),
            contributors_count=pl.len().cast(pl.Int64),
            readings_count=pl.col("readings_count").sum().cast(pl.Int64),
            due_count=pl.col("due_count").sum().cast(pl.Int64),
        ),
        sections,
        quarters,
    ).sort("consumed_on", "section_id")
    days = [_told(day, limits, subject) for day in parts.partition_by("consumed_on") if day.height]
    told = pl.concat([_told(parts.clear(), limits, subject), *days])
    return (
        told.filter(pl.col("depth").is_not_null())
        .with_columns(
            pl.when(pl.col("depth") > at).then(name).alias(name) for at, name in enumerate(_PLACES)
        )
        .group_by("consumed_on", "depth", *_PLACES)
        .agg(
            pl.col("municipality_code").min(),
            in_order("amount").round(_PRECISION),
            pl.col("contributors_count", "readings_count", "due_count").sum(),
        )
        .select(
            "consumed_on",
            area_id=pl.coalesce(*reversed(_PLACES), "municipality_code"),
            area_code=pl.col("depth").replace_strict(
                dict(enumerate(AREAS)), return_dtype=pl.String
            ),
            **{name: pl.col(name) for name in _PLACES},
            amount="amount",
            contributors_count="contributors_count",
            readings_count="readings_count",
            completeness_ratio=(pl.col("readings_count") / pl.col("due_count")).clip(0, 1),
        )
        .sort("consumed_on", "area_id")
    )


def _told(day: pl.DataFrame, limits: pl.DataFrame, subject: str) -> pl.DataFrame:
    """The parts of one day with how many names of their path they are told under."""
    places: list[Path | None] = [None] * day.height
    limit = limit_of(limits, subject, day["consumed_on"][0]) if day.height else None
    if limit is not None:
        counts = day["contributors_count"].to_numpy()
        allowed = limit.allows(
            counts[:, np.newaxis],
            day["amount"].to_numpy()[:, np.newaxis],
            day["largest"].to_numpy()[:, np.newaxis],
        )
        places = told_places(paths_of(day), counts.tolist(), allowed)
    depths = [None if place is None else len(place) for place in places]
    return day.with_columns(depth=pl.Series(depths, dtype=pl.Int64))


# What decides whether a place is told alone, beside those who contribute.
LIMITED: Final = (
    "limits.least_count", "limits.largest_ratio", "limits.subject_code", "limits.valid_from_on",
)  # fmt: skip


def columns_of(
    amount: str, *, of: Sequence[str], day: str, described: str, read: Sequence[str] = ()
) -> dict[str, Given]:
    """What the columns of such a table say; `of` is what decides an amount, `day` its day.

    Inputs are named `readings`, `sections`, `quarters` and `limits`. `read` is what else decides
    how many readings came.
    """
    section = "readings.section_id"
    names = ("sections.municipality_code", "sections.quarter_id", "quarters.zone_name")
    decided = (*of, section, *names)
    return {
        "consumed_on": given("Day of the city's clock (Europe/Rome).", day),
        "area_id": given(
            "Section, quarter, zone or municipality: what is told of it is of those in it that "
            "no other row of the day tells.",
            section, *names, *LIMITED,
        ),
        "area_code": given("section, quarter, zone or city.", *decided),
        "zone_name": given("Zone; empty for the city.", section, *names),
        "quarter_id": given("Quarter; empty for zones and the city.", section, *names),
        "section_id": given("Census section; empty for whatever is wider.", section, *names),
        amount: given(described, *decided),
        "contributors_count": given("Supplies summed.", *decided),
        "readings_count": given("Readings that came.", *decided, *read),
        "completeness_ratio": given("Readings that came, of those that were due.", *decided, *read),
    }  # fmt: skip
