"""How much heating and cooling the weather asked for, day by day, at each station."""

from typing import Final

import polars as pl

from assets.completeness import COMPLETENESS, completeness_columns, completeness_of
from assets.declaration import Declaration, given
from assets.editions import newest
from assets.measured import Measured, Value
from assets.methods.degree_days import cooling_degree_days, heating_degree_days, is_in_season
from assets.plots import line_chart
from assets.solar import solar_day
from assets.trust import health_columns, quality, suspect_days

_SUBJECT: Final = "degree_days_by_day"
_PRECISION: Final = 3
RULES: Final = ("heating_dpr412", "heating_eurostat", "cooling_eurostat")


def degree_days(
    observed: pl.DataFrame, *, rules: pl.DataFrame, health: pl.DataFrame, completeness: pl.DataFrame
) -> pl.DataFrame:
    """Give each day's mean temperature and its degree days, by Italian law and as Eurostat counts.

    A day is one of solar time (UTC+1), as stations count it. Its mean is that of the ten-minute
    measurements; with too few of them it has none. The Italian ones (gradi
    giorno) are nought out of the heating season. Rules are those of the newest edition. A day is
    suspect where the thermometer was.
    """
    rule = completeness_of(completeness, _SUBJECT)
    bad = suspect_days(health.filter(quantity_code="temp_c")).drop("quantity_code")
    days = (
        observed.with_columns(day_on=solar_day())
        .group_by("station_id", "day_on")
        .agg(
            temp_mean_c=pl.col("temp_c").sort().mean().round(_PRECISION),
            observations_count=pl.col("temp_c").count().cast(pl.Int64),
        )
        .join(bad, on=["station_id", "day_on"], how="left")
        .with_columns(completeness_ratio=(pl.col("observations_count") / rule.due).clip(0, 1))
        .with_columns(
            temp_mean_c=pl.when(pl.col("completeness_ratio") >= rule.least).then("temp_mean_c")
        )
    )
    held = {row["rule_code"]: row for row in newest(rules, "rule_code").iter_rows(named=True)}
    has_rules = set(RULES) <= set(held)
    first = held.get(RULES[0], {})
    return days.select(
        "station_id",
        "day_on",
        **{
            f"{code}_kd": _counted(code, held[code]) if has_rules else pl.lit(None, pl.Float64)
            for code in RULES
        },
        temp_mean_c="temp_mean_c",
        definition_from_on=pl.lit(first.get("valid_from_on"), pl.Date),
        completeness_ratio="completeness_ratio",
        observations_count="observations_count",
        quality_code=quality(
            no_data=pl.col("temp_mean_c").is_null() | pl.lit(not has_rules),
            unverified=pl.lit(not first.get("is_verified", False)),
            suspect=pl.col("is_suspect"),
            partial=pl.col("completeness_ratio") < rule.complete,
        ),
    ).sort("station_id", "day_on")


def _counted(code: str, rule: dict[str, float | str | None]) -> pl.Expr:
    """The degree days of one rule."""
    mean = pl.col("temp_mean_c")
    method = cooling_degree_days if code.startswith("cooling") else heating_degree_days
    base, threshold = float(rule["base_c"] or 0.0), float(rule["threshold_c"] or 0.0)
    begins, ends = (rule[name] for name in ("season_begins_name", "season_ends_name"))
    season = is_in_season(
        pl.col("day_on"),
        begins=None if begins is None else str(begins),
        ends=None if ends is None else str(ends),
    )
    asked = method(mean, base_c=base, threshold_c=threshold).round(_PRECISION)
    return pl.when(season).then(asked).when(mean.is_not_null()).then(0.0)


def _picture(frame: pl.DataFrame) -> str:
    """The means over the stations, day by day."""
    names = {"heating (law)": RULES[0], "heating (Eurostat)": RULES[1], "cooling": RULES[2]}
    daily = (
        frame.group_by("day_on")
        .agg(pl.col(f"{code}_kd").mean().alias(name) for name, code in names.items())
        .sort("day_on")
        .tail(366)
    )
    return line_chart(
        "Degree days",
        x=[f"{day:%d/%m}" for day in daily["day_on"]],
        series={name: daily[name].to_list() for name in names},
        unit="K d",
    )


_READ: Final = ("observed.temp_c",)
_MEAN: Final = (*_READ, *completeness_columns("completeness", "due_count", "least_ratio"))
_RULE: Final = tuple(
    f"rules.{name}"
    for name in (
        "rule_code", "base_c", "threshold_c", "season_begins_name", "season_ends_name",
        "valid_from_on",
    )
)  # fmt: skip
_NO_INTERVAL: Final = "la stazione è una sola e la sua incertezza non è pubblicata"

declaration = Declaration(
    function=degree_days,
    key="gold/energy/daily_degree_days_by_station",
    reads={
        "observed": "silver/weather/weather_observed",
        "rules": "bronze/definitions/degree_day_rules",
        "health": "silver/sensors/weather_sensor_health_by_day",
        "completeness": COMPLETENESS,
    },
    gives={
        "station_id": given("ARPA's id of the station.", "observed.station_id"),
        "day_on": given("Day of solar time.", "observed.observed_at"),
        "heating_dpr412_kd": given("Gradi giorno (D.P.R. 412/1993).", *_MEAN, *_RULE),
        "heating_eurostat_kd": given("Heating degree days (Eurostat).", *_MEAN, *_RULE),
        "cooling_eurostat_kd": given("Cooling degree days (Eurostat).", *_MEAN, *_RULE),
        "temp_mean_c": given("Mean temperature of the day.", *_MEAN),
        "definition_from_on": given("Day from which the law's rule holds.", *_RULE),
        "completeness_ratio": given(
            "Measurements, of those of a day.",
            *_READ, *completeness_columns("completeness", "due_count"),
        ),
        "observations_count": given("Measurements of temperature.", *_READ),
        "quality_code": given(
            "no_data of too few measurements; unverified while the law's numbers "
            "are from memory; suspect where the thermometer was.",
            *_MEAN, *_RULE, "completeness.complete_ratio", "rules.is_verified",
            *health_columns("health"),
        ),
    },
    key_columns=("station_id", "day_on"),
    window_by="day_on",
    lookback_days=1,
    title="Degree days by station and day",
    method_version="3",
    literature="D.P.R. 412/1993, art. 1, 9 and annex A; Eurostat, nrg_chdd.",
    plot=_picture,
    measured=Measured(
        entity="station_id",
        urn="urn:ngsi-ld:WeatherObserved:brescia:arpa_lombardia:",
        geometry="point",
        grain="day",
        period="day_on",
        definition_from="definition_from_on",
        values={
            "heating_dpr412_kd": Value("Gradi giorno", "K.d", no_interval=_NO_INTERVAL),
            "heating_eurostat_kd": Value(
                "Gradi giorno di riscaldamento (Eurostat)", "K.d", no_interval=_NO_INTERVAL
            ),
            "cooling_eurostat_kd": Value(
                "Gradi giorno di raffrescamento (Eurostat)", "K.d", no_interval=_NO_INTERVAL
            ),
        },
        title="Gradi giorno",
        how=(
            "Quanto manca alla temperatura media del giorno per arrivare a 20 gradi, nei mesi in "
            "cui si scalda. Quelli di Eurostat si contano da 18 gradi, se la media non supera i "
            "15, e d'estate oltre i 21, se la media arriva a 24."
        ),
        is_high_bad=None,
    ),
)  # fmt: skip
