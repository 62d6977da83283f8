"""How much electricity each census section used, day by day."""

from typing import Final

import polars as pl

from assets.declaration import Declaration, given
from assets.measured import Measured, Value
from assets.plots import line_chart

# No section is shown that would let somebody guess a household: at least so many meters, and no
# meter with more than this share of the day (the dominance rule of energy statistics).
LEAST_METERS: Final = 10
LARGEST_SHARE: Final = 0.25
# A day with fewer of its quarter hours than this is not a day's consumption.
_LEAST_COMPLETE: Final = 0.75
_COMPLETE: Final = 0.95
_QUARTER_MIN: Final = 15
# Of each meter and instant the last reading counts, where there is one.
_COUNTED: Final = ("readings.energy_kwh", "readings.meter_pid")


def electricity_by_section(readings: pl.DataFrame) -> pl.DataFrame:
    """Sum each section's electricity over each day of the city's clock.

    Sections with fewer than 10 meters, or in which one meter has more than a quarter of the day's
    use, have no row. Days on which less than three quarters of the readings came have no row. The
    day has 92 or 100 quarter hours when the clock changes.
    """
    latest = readings.sort("window_on").unique(["meter_pid", "read_at"], keep="last")
    by_meter = (
        latest.filter(pl.col("energy_kwh").is_not_null())
        .with_columns(consumed_on=pl.col("read_at").dt.convert_time_zone("Europe/Rome").dt.date())
        .group_by("section_id", "consumed_on", "meter_pid")
        .agg(_total("energy_kwh"), readings_count=pl.len())
    )
    return (
        by_meter.group_by("section_id", "consumed_on")
        .agg(
            _total("energy_kwh"),
            largest_kwh=pl.col("energy_kwh").max(),
            meters_count=pl.len().cast(pl.Int64),
            readings_count=pl.col("readings_count").sum().cast(pl.Int64),
        )
        .with_columns(
            completeness_ratio=pl.col("readings_count")
            / (pl.col("meters_count") * _quarters_of("consumed_on"))
        )
        .filter(
            (pl.col("meters_count") >= LEAST_METERS)
            & (pl.col("largest_kwh") <= LARGEST_SHARE * pl.col("energy_kwh"))
            & (pl.col("completeness_ratio") >= _LEAST_COMPLETE)
        )
        .select(
            "section_id",
            "consumed_on",
            "energy_kwh",
            "meters_count",
            "readings_count",
            "completeness_ratio",
            observations_count="readings_count",
            quality_code=pl.when(pl.col("completeness_ratio") < _COMPLETE)
            .then(pl.lit("partial"))
            .otherwise(pl.lit("ok")),
        )
        .sort("section_id", "consumed_on")
    )


def _total(column: str) -> pl.Expr:
    """The sum, least values first: added in the order of chance, floats differ in the last digit.

    Whoever computes the day again is to find the same number.
    """
    return pl.col(column).sort().sum()


def _quarters_of(day: str) -> pl.Expr:
    """How many quarter hours a day of the city's clock has: 96, or 92 or 100."""
    midnight = pl.col(day).cast(pl.Datetime("us")).dt.replace_time_zone("Europe/Rome")
    return (midnight.dt.offset_by("1d") - midnight).dt.total_minutes() / _QUARTER_MIN


def _picture(frame: pl.DataFrame) -> str:
    """The city's day by day, and the sections in the middle and at both ends."""
    daily = (
        frame.group_by("consumed_on")
        .agg(
            pl.col("energy_kwh").median().alias("median section"),
            pl.col("energy_kwh").quantile(0.1).alias("lowest tenth below"),
            pl.col("energy_kwh").quantile(0.9).alias("highest tenth above"),
        )
        .sort("consumed_on")
    )
    return line_chart(
        "Electricity of a census section in a day",
        x=[f"{day:%d/%m}" for day in daily["consumed_on"]],
        series={name: daily[name].to_list() for name in daily.columns[1:]},
        unit="kWh",
    )


declaration = Declaration(
    function=electricity_by_section,
    key="gold/energy/daily_electricity_by_section",
    reads={"readings": "bronze/a2a/electricity_readings"},
    gives={
        "section_id": given("Census section (ISTAT).", "readings.section_id"),
        "consumed_on": given("Day of the city's clock (Europe/Rome).", "readings.read_at"),
        "energy_kwh": given("Electricity used in the day.", *_COUNTED),
        "meters_count": given("Meters that gave a reading.", *_COUNTED),
        "readings_count": given("Quarter-hour readings summed.", *_COUNTED),
        "completeness_ratio": given("Readings that came, of those the meters owed.", *_COUNTED),
        "observations_count": given("Quarter-hour readings summed.", *_COUNTED),
        "quality_code": given("partial where less than 95 % of the readings came.", *_COUNTED),
    },
    key_columns=("section_id", "consumed_on"),
    window_by="consumed_on",
    lookback_days=1,
    title="Electricity by census section and day",
    method_version="1",
    literature=(
        "Minimum-count and dominance rules: Hundepool et al., Statistical Disclosure Control "
        "(2012), ch. 4; thresholds are the city's."
    ),
    plot=_picture,
    measured=Measured(
        entity="section_id",
        urn="urn:ngsi-ld:CensusSection:brescia:istat:",
        geometry="section",
        shapes="silver/services/population_by_section",
        grain="day",
        period="consumed_on",
        values={
            "energy_kwh": Value(
                "Energia elettrica prelevata",
                "kW.h",
                no_interval="è la somma di tutti i contatori letti, non una stima da un campione",
            )
        },
        title="Energia elettrica per sezione di censimento",
        how=(
            "La somma dei prelievi di tutti i contatori di una sezione in un giorno. Le sezioni "
            "con meno di dieci contatori, o in cui un contatore pesa più di un quarto, non si "
            "mostrano, perché non si riconosca nessuno."
        ),
        is_high_bad=None,
    ),
)
