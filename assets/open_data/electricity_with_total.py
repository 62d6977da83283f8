"""How much electricity each census section and the city used, day by day, for everyone."""

from typing import Final

import polars as pl

from assets.completeness import COMPLETENESS, completeness_columns, completeness_of
from assets.consumption import day_in_rome, minutes_in_rome
from assets.declaration import Declaration, given
from quality.disclosure.policy import Cells

# Which part of its quarter hours a meter needs to say something of a day.
_SUBJECT: Final = "electricity_by_day"
_EVERY_MIN: Final = 15


def electricity_with_total(readings: pl.DataFrame, completeness: pl.DataFrame) -> pl.DataFrame:
    """Sum each meter's electricity over each day of the city's clock, for sections and the city.

    Meters of which too few quarter hours of a day came by the rule of `completeness`, or that gave
    energy back, are left out of that day, and of its total.
    """
    least = completeness_of(completeness, _SUBJECT).least
    due = minutes_in_rome("consumed_on") / _EVERY_MIN
    return (
        readings.sort("window_on")
        .unique(["meter_pid", "read_at"], keep="last")
        .filter(pl.col("energy_kwh").is_not_null() & pl.col("section_id").is_not_null())
        .with_columns(consumed_on=day_in_rome("read_at"))
        .group_by("section_id", "consumed_on", "meter_pid")
        # Floats added in the order of chance differ in the last digit.
        .agg(pl.col("energy_kwh").sort().sum(), came=pl.len())
        .filter((pl.col("came") >= least * due) & (pl.col("energy_kwh") >= 0))
        .select("section_id", "consumed_on", "energy_kwh")
    )


_RULE: Final = completeness_columns("completeness", "least_ratio")

declaration = Declaration(
    function=electricity_with_total,
    key="open/energy/daily_electricity_by_section",
    reads={"readings": "bronze/a2a/electricity_readings", "completeness": COMPLETENESS},
    gives={
        "consumed_on": given("Day of the city's clock (Europe/Rome).", "readings.read_at"),
        "section_id": given("Census section (ISTAT); or 'totale'.", "readings.section_id"),
        "meters_count": given("Meters summed; empty where withheld.", "readings.meter_pid", *_RULE),
        "energy_kwh": given(
            "Electricity used in the day; empty where withheld.",
            "readings.energy_kwh",
            "readings.meter_pid",
            *_RULE,
        ),
        "is_withheld": given(
            "Whether the cell is withheld, so that no household is recognised.",
            "readings.meter_pid",
            "readings.energy_kwh",
            *_RULE,
        ),
    },
    key_columns=("consumed_on", "section_id"),
    window_by="consumed_on",
    lookback_days=1,
    title="Electricity by census section and day, with the city's total",
    method_version="2",
    literature=(
        "Minimum count, dominance and p% rule: Hundepool et al., Statistical Disclosure Control "
        "(2012), ch. 4; thresholds are the city's."
    ),
    release=Cells(
        quasi_identifiers=("section_id",),
        sums=("energy_kwh",),
        within=("consumed_on",),
        count="meters_count",
    ),
)
