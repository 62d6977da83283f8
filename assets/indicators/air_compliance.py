"""Whether each station's air keeps the law: the statistics of each year against their limits."""

from typing import Final

import polars as pl

from assets.completeness import COMPLETENESS, completeness_columns, completeness_of
from assets.declaration import Declaration, given
from assets.measured import Measured, Value
from assets.methods.air_statistics import by_statistic
from assets.plots import heat_table
from assets.trust import health_columns, quality, suspect_days

# How many of its hours a mean needs.
_MEAN: Final = "air_mean"
_HOURS_A_DAY: Final = 24
_PRECISION: Final = 3
# What is the same in all rows of a rule.
_OF_RULE: Final = (
    "pollutant_code", "kind_code", "statistic_code", "limit_ugm3", "allowed_count", "least_ratio",
    "is_verified", "valid_from_on", "valid_to_on",
)  # fmt: skip
_COLOURS: Final = ((0.0, "#d9ead3"), (0.8, "#ffe599"), (1.0, "#f6a04d"), (1.2, "#cc0000"))


def air_compliance(
    observed: pl.DataFrame,
    limits: pl.DataFrame,
    health: pl.DataFrame,
    completeness: pl.DataFrame,
) -> pl.DataFrame:
    """Give each station's statistic for each rule and year, and whether the rule is broken.

    Of a rule on a year the statistic is the mean so far; of one that allows so many exceedances it
    is the highest value but so many, which is above the limit exactly where there are more than
    allowed, and empty while there are no more values than that; of a threshold that does not count
    them it is the highest. Nothing is projected: a year that is not over, or of which too little
    was measured, is judged only where more exceedances came than the whole year may have. A single
    hour breaks no rule on a year. Information and alert thresholds are counted, not judged. Rules
    that do not hold yet are told beside those in force. Ozone's target is the law's for a mean of
    three years, and is held to each year here.
    """
    least = completeness_of(completeness, _MEAN).least
    values = by_statistic(observed, least=least).with_columns(
        year_on=pl.col("day_on").dt.truncate("1y")
    )
    sensor_day = ["station_id", "pollutant_code", "day_on"]
    suspect = suspect_days(health, quantity="pollutant_code")
    newest_on = values["day_on"].max()
    judged = _judged(
        values.with_columns(newest_on=pl.lit(newest_on, dtype=pl.Date))
        .join(suspect, on=sensor_day, how="left")
        .join(limits, on=["pollutant_code", "statistic_code"], how="inner")
    )
    stations = observed.group_by("station_id").agg(pl.col("station_name").sort().last())
    return (
        judged.join(stations, on="station_id", how="left")
        .select(
            "station_id",
            "rule_code",
            "year_on",
            "station_name",
            "pollutant_code",
            "kind_code",
            statistic_ugm3=pl.col("statistic_ugm3").round(_PRECISION),
            limit_ugm3="limit_ugm3",
            exceedances_count="exceedances_count",
            allowed_count="allowed_count",
            is_broken="is_broken",
            is_in_force=(pl.col("year_on") >= pl.col("valid_from_on"))
            & (pl.col("year_on") <= pl.col("valid_to_on")).fill_null(value=True),
            definition_from_on="valid_from_on",
            completeness_ratio="completeness_ratio",
            observations_count="observations_count",
            quality_code=quality(
                unverified=~pl.col("is_verified"),
                suspect=pl.col("is_suspect"),
                partial=~pl.col("is_whole"),
            ),
        )
        .sort("station_id", "rule_code", "year_on")
    )


def _judged(values: pl.DataFrame) -> pl.DataFrame:
    """Each year's statistic under each rule, how much of the year it is of, and the judgement."""
    value, allowed = pl.col("value_ugm3"), pl.col("allowed_count")
    highest_but = value.sort(descending=True).slice(allowed.fill_null(0).first(), 1).first()
    is_mean = pl.col("statistic_code") == "year_mean"
    ends_on = pl.col("year_on").dt.offset_by("1y")
    by_hour = pl.col("statistic_code").is_in(["hour_mean", "year_mean"])
    days = (ends_on - pl.col("year_on")).dt.total_days()
    due = pl.when(by_hour).then(days * _HOURS_A_DAY).otherwise(days)
    is_over = pl.col("newest_on").dt.offset_by("1d") >= ends_on
    return (
        values.group_by("station_id", "rule_code", "year_on")
        .agg(
            pl.col(_OF_RULE).first(),
            # Summed in order: the same values give the same mean.
            mean=value.sort().mean(),
            highest_but=highest_but,
            above_count=(value > pl.col("limit_ugm3")).sum().cast(pl.Int64),
            observations_count=pl.len().cast(pl.Int64),
            newest_on=pl.col("newest_on").first(),
            is_suspect=pl.col("is_suspect").any(),
        )
        .with_columns(
            statistic_ugm3=pl.when(is_mean).then("mean").otherwise("highest_but"),
            exceedances_count=pl.when(~is_mean).then("above_count"),
            completeness_ratio=(pl.col("observations_count") / due).clip(0, 1),
        )
        .with_columns(is_whole=is_over & (pl.col("completeness_ratio") >= pl.col("least_ratio")))
        .with_columns(
            is_broken=pl.when(is_mean & pl.col("is_whole"))
            .then(pl.col("statistic_ugm3") > pl.col("limit_ugm3"))
            .when(pl.col("exceedances_count") > allowed)
            .then(pl.lit(value=True))
            .when(pl.col("is_whole") & allowed.is_not_null())
            .then(pl.lit(value=False))
        )
    )


def _picture(frame: pl.DataFrame) -> str:
    """The newest year against the rules in force: a row a rule, a column a station."""
    newest = frame.filter(pl.col("is_in_force") & (pl.col("year_on") == pl.col("year_on").max()))
    shares = newest.select(
        "rule_code", "station_id", pl.col("statistic_ugm3") / pl.col("limit_ugm3")
    )
    return heat_table(
        "Statistics of the newest year over their limits",
        rows=newest["rule_code"].unique().sort().to_list(),
        columns=newest["station_id"].unique().sort().to_list(),
        values={(rule, station): share for rule, station, share in shares.rows()},
        colours=_COLOURS,
        legend="share of the limit",
    )


_VALUES: Final = (
    "observed.value_ugm3", "observed.pollutant_code",
    *completeness_columns("completeness", "least_ratio"),
)  # fmt: skip
_RULE: Final = ("limits.pollutant_code", "limits.statistic_code")
_STATISTIC: Final = (*_VALUES, *_RULE, "limits.allowed_count")
_JUDGED: Final = (*_STATISTIC, "limits.limit_ugm3", "limits.least_ratio")
_NO_INTERVAL: Final = "l'agenzia non pubblica l'incertezza"

declaration = Declaration(
    function=air_compliance,
    key="gold/air/yearly_compliance_by_station",
    reads={
        "observed": "silver/air/air_quality_observed",
        "limits": "bronze/definitions/air_quality_limits",
        "health": "silver/sensors/air_sensor_health_by_day",
        "completeness": COMPLETENESS,
    },
    gives={
        "station_id": given("ARPA's id of the station.", "observed.station_id"),
        "rule_code": given("The rule.", "limits.rule_code"),
        "year_on": given("First day of the year, of solar time.", "observed.observed_at"),
        "station_name": given("Name of the station.", "observed.station_name"),
        "pollutant_code": given("The pollutant.", "observed.pollutant_code", *_RULE),
        "kind_code": given("limit, target, information or alert.", "limits.kind_code"),
        "statistic_ugm3": given(
            "Mean of the year so far, or the highest value but as many as are allowed.",
            *_STATISTIC,
        ),
        "limit_ugm3": given("What it must not exceed.", "limits.limit_ugm3"),
        "exceedances_count": given(
            "Hours or days above the limit; empty for means of years.",
            *_VALUES, *_RULE, "limits.limit_ugm3",
        ),
        "allowed_count": given(
            "So many a year are allowed; empty where the rule does not count.",
            "limits.allowed_count",
        ),
        "is_broken": given("Whether the rule is broken; empty where it is open.", *_JUDGED),
        "is_in_force": given(
            "Whether the rule holds in that year.", "limits.valid_from_on", "limits.valid_to_on"
        ),
        "definition_from_on": given("Day from which the rule holds.", "limits.valid_from_on"),
        "completeness_ratio": given(
            "Hours or days measured, of those of the whole year.", *_VALUES, *_RULE
        ),
        "observations_count": given("Hours or days measured.", *_VALUES, *_RULE),
        "quality_code": given(
            "partial in a year that is not over, suspect where a sensor was on any of its days, "
            "unverified where the limit was not read at its source.",
            *_JUDGED, "limits.is_verified", *health_columns("health"),
        ),
    },
    key_columns=("station_id", "rule_code", "year_on"),
    window_by=None,
    title="Air against the law, by station, rule and year",
    method_version="1",
    literature=(
        "Directive 2008/50/EC, Annexes I, VII, XI and XII; Directive (EU) 2024/2881, Annex I, from "
        "a transcription; limits are versioned rows."
    ),
    plot=_picture,
    measured=Measured(
        entity="station_id",
        urn="urn:ngsi-ld:AirQualityObserved:brescia:arpa_lombardia:",
        geometry="point",
        shapes="silver/air/air_quality_station",
        grain="year",
        period="year_on",
        by=("rule_code",),
        definition_from="definition_from_on",
        values={
            "statistic_ugm3": Value(
                "Valore da confrontare con il limite", "ug/m3", no_interval=_NO_INTERVAL
            ),
            "exceedances_count": Value("Superamenti", "1", no_interval=_NO_INTERVAL),
        },
        title="Aria e limiti di legge",
        how=(
            "Per ogni regola della legge si calcola dalle ore misurate ciò che va confrontato con "
            "il limite: la media dell'anno, oppure quanti giorni o ore lo superano. Un giorno "
            "conta se ne sono state misurate almeno 18 ore. Un anno non finito non si giudica e "
            "non si proietta: si dice rotta solo la regola che ha già più superamenti di quanti "
            "l'anno intero ne ammette. Le regole del 2030 stanno accanto a quelle di oggi."
        ),
    ),
)  # fmt: skip
