"""What the forecasts were worth, once the truth had come: the ledger of their scores."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import polars as pl

from assets.completeness import COMPLETENESS, completeness_columns, completeness_of
from assets.declaration import Declaration, given
from assets.forecast_tables import LEVELS, Target
from assets.forecast_targets import (
    ELECTRICITY,
    NIGHTS,
    PARKING,
    PASSENGERS,
    PM10,
    TRAFFIC,
    series_of,
)
from assets.measured import Measured, Value
from assets.methods.forecast_scores import coverage, mae, pinball
from assets.plots import line_chart
from assets.trust import quality

_SUBJECT: Final = "forecast_score_by_day"
_PRECISION: Final = 4
_ROME: Final = "Europe/Rome"
# Each target by the input of its forecasts; that of what came is named after it.
SCORED: Final[Mapping[str, Target]] = {
    "traffic": TRAFFIC,
    "pm10": PM10,
    "electricity": ELECTRICITY,
    "passengers": PASSENGERS,
    "parking": PARKING,
    "nights": NIGHTS,
}
_SCHEMA: Final = pl.Schema(
    {
        "target_code": pl.String(), "scored_on": pl.Date(), "mase_ratio": pl.Float64(),
        "naive_mase_ratio": pl.Float64(), "pinball_ratio": pl.Float64(),
        "coverage_80_ratio": pl.Float64(), "coverage_95_ratio": pl.Float64(),
        "harmonic_ratio": pl.Float64(), "completeness_ratio": pl.Float64(),
        "observations_count": pl.Int64(),
    }
)  # fmt: skip


def forecast_scores(
    *,
    traffic: pl.DataFrame,
    traffic_truth: pl.DataFrame,
    pm10: pl.DataFrame,
    pm10_truth: pl.DataFrame,
    electricity: pl.DataFrame,
    electricity_truth: pl.DataFrame,
    passengers: pl.DataFrame,
    passengers_truth: pl.DataFrame,
    parking: pl.DataFrame,
    parking_truth: pl.DataFrame,
    nights: pl.DataFrame,
    nights_truth: pl.DataFrame,
    completeness: pl.DataFrame,
) -> pl.DataFrame:
    """Hold the forecasts of each day to what came: MASE, pinball loss, coverage of 80 and 95 %.

    Errors of all places and leads together, each in units of its series' own mean step from season
    to season when the forecast was issued: below 1 is better than repeating the last season was
    then. The pinball loss is the mean over both ends of both intervals, in the same units. Days are
    those of what is forecast. A day of which nothing has come has no row; how much of it is missing
    before it is partial is a row of `completeness`.
    """
    inputs = {
        "traffic": (traffic, traffic_truth),
        "pm10": (pm10, pm10_truth),
        "electricity": (electricity, electricity_truth),
        "passengers": (passengers, passengers_truth),
        "parking": (parking, parking_truth),
        "nights": (nights, nights_truth),
    }
    rows = [
        _of_day(target.code, day)
        for name, target in SCORED.items()
        for day in _paired(
            inputs[name][0], series_of(target, inputs[name][1], completeness), target
        )
    ]
    rule = completeness_of(completeness, _SUBJECT)
    found = pl.DataFrame([row for row in rows if row["observations_count"]], schema=_SCHEMA)
    return found.with_columns(
        definition_from_on=rule.edition,
        quality_code=quality(
            no_data=pl.col("mase_ratio").is_null(),
            partial=pl.col("completeness_ratio") < rule.complete,
        ),
    ).sort("target_code", "scored_on")


def _paired(issued: pl.DataFrame, series: pl.DataFrame, target: Target) -> list[pl.DataFrame]:
    """The forecasts of each day beside what came; null where nothing did."""
    local = pl.col(target.at)
    if target is ELECTRICITY:
        # Its curves are of days of the city's clock.
        local = local.dt.convert_time_zone(_ROME)
    truth = series.select(
        target.entity, pl.col("at").alias(target.at), truth=pl.col("value").cast(pl.Float64)
    )
    numbers = {target.value: "point"} | {target.named(name): name for name in _NAMED}
    return (
        issued.join(truth, on=[target.entity, target.at], how="left")
        .with_columns(scored_on=local.dt.date() if target.step == "hour" else local)
        .sort("scored_on", target.entity, "issued_at", target.lead)
        .with_columns(pl.col(*numbers).cast(pl.Float64).fill_null(float("nan")))
        .rename(numbers)
        .partition_by("scored_on", maintain_order=True)
    )


_NAMED: Final = (
    "naive", "scale", *(f"{side}_{level}" for level in LEVELS for side in ("low", "high")),
)  # fmt: skip


def _of_day(code: str, day: pl.DataFrame) -> dict[str, object]:
    """The scores of the forecasts of a day, as a row."""
    known = day.drop_nulls("truth")
    truth, *numbers = (known[name].to_numpy() for name in ("truth", "point", *_NAMED))
    point, naive, scale, *edges = numbers
    # A series that never changed has no step to measure by.
    by = np.where(scale > 0, scale, np.nan)
    scaled = truth / by
    intervals = dict(zip(LEVELS, zip(edges[::2], edges[1::2], strict=True), strict=True))
    losses = [
        pinball(scaled, edge / by, share=share)
        for level, (low, high) in intervals.items()
        for edge, share in ((low, (1 - level / 100) / 2), (high, (1 + level / 100) / 2))
    ]
    held = {
        f"coverage_{level}_ratio": coverage(truth, *interval)
        for level, interval in intervals.items()
    }
    scores = {
        "mase_ratio": mae(scaled, point / by),
        "naive_mase_ratio": mae(scaled, naive / by),
        "pinball_ratio": mae(np.mean(losses, axis=0), np.zeros(known.height)),
        **held,
    }
    is_harmonic = (known["model_code"] == "harmonic").mean()
    return {
        "target_code": code,
        "scored_on": day["scored_on"][0],
        **{name: None if np.isnan(one) else round(one, _PRECISION) for name, one in scores.items()},
        "harmonic_ratio": is_harmonic,
        "completeness_ratio": round(known.height / day.height, _PRECISION),
        "observations_count": known.height,
    }


def _picture(frame: pl.DataFrame) -> str:
    """The scaled error of each target, the last three months."""
    wide = frame.sort("scored_on").pivot("target_code", index="scored_on", values="mase_ratio")
    last = wide.tail(92)
    return line_chart(
        "Error of the forecasts, in steps from season to season",
        x=[f"{day:%d/%m}" for day in last["scored_on"]],
        series={name: last[name].to_list() for name in sorted(last.columns) if name != "scored_on"},
        unit="",
    )


def _all(*, of: Callable[[Target], tuple[str, ...]], truth: bool = True) -> tuple[str, ...]:
    """Columns of the forecasts of all targets, and all that decides what came."""
    own = (
        f"{name}.{column}"
        for name, target in SCORED.items()
        for column in (target.entity, target.at, *of(target))
    )
    return (*own, *(_TRUTH if truth else ()))


_TRUTH: Final = (
    "traffic_truth.vehicles_count", "traffic_truth.observed_at", "traffic_truth.detector_id",
    "pm10_truth.value_ugm3", "pm10_truth.pollutant_code", "pm10_truth.observed_at",
    "pm10_truth.station_id", "electricity_truth.energy_kwh", "electricity_truth.from_at",
    "electricity_truth.area_id", "passengers_truth.passengers_count", "passengers_truth.hour_at",
    "passengers_truth.stop_id", "parking_truth.free_count", "parking_truth.is_open",
    "parking_truth.observed_at", "parking_truth.car_park_id", "nights_truth.nights_count",
    "nights_truth.quality_code", "nights_truth.day_on", "nights_truth.municipality_code",
    *completeness_columns("completeness", "least_ratio"),
)  # fmt: skip
_NO_INTERVAL: Final = "è il conto di tutte le previsioni di quel giorno, non una stima"


def _edges(level: int) -> Callable[[Target], tuple[str, ...]]:
    return lambda target: (target.named(f"low_{level}"), target.named(f"high_{level}"))


declaration = Declaration(
    function=forecast_scores,
    key="gold/actions/daily_forecast_score_by_target",
    reads={
        "traffic": "gold/mobility/hourly_traffic_forecast_by_detector",
        "traffic_truth": "silver/mobility/traffic_flow_observed",
        "pm10": "gold/air/daily_pm10_forecast_by_station",
        "pm10_truth": "silver/air/air_quality_observed",
        "electricity": "gold/energy/hourly_electricity_forecast_by_area",
        "electricity_truth": "silver/energy/electricity_load_by_quarter_hour",
        "passengers": "gold/mobility/daily_passengers_forecast_by_stop",
        "passengers_truth": "silver/mobility/passengers_by_stop",
        "parking": "gold/mobility/hourly_parking_forecast_by_car_park",
        "parking_truth": "silver/mobility/off_street_parking_observed",
        "nights": "gold/tourism/daily_overnight_stays_forecast_by_municipality",
        "nights_truth": "gold/tourism/daily_overnight_stays",
        "completeness": COMPLETENESS,
    },
    gives={
        "target_code": given("What was forecast.", *_all(of=lambda _: ())),
        "scored_on": given("Day that was forecast.", *_all(of=lambda _: ())),
        "mase_ratio": given(
            "Mean absolute scaled error.", *_all(of=lambda one: (one.value, one.named("scale")))
        ),
        "naive_mase_ratio": given(
            "The same of the seasonal naive.",
            *_all(of=lambda one: (one.named("naive"), one.named("scale"))),
        ),
        "pinball_ratio": given(
            "Mean pinball loss of the ends of both intervals, scaled.",
            *_all(of=lambda one: (*one.bounds, one.named("scale"))),
        ),
        "coverage_80_ratio": given("Truths within the interval of 80 %.", *_all(of=_edges(80))),
        "coverage_95_ratio": given("Truths within the interval of 95 %.", *_all(of=_edges(95))),
        "harmonic_ratio": given(
            "Forecasts that were not the naive one.", *_all(of=lambda _: ("model_code",))
        ),
        "completeness_ratio": given(
            "Forecasts of the day of which the truth came.", *_all(of=lambda _: ())
        ),
        "observations_count": given("Forecasts scored.", *_all(of=lambda _: ())),
        "definition_from_on": given(
            "Day from which the rule of completeness holds.", *completeness_columns("completeness")
        ),
        "quality_code": given(
            "partial as the rule says; no_data where there was no step to measure errors by.",
            *_all(of=lambda one: (one.value, one.named("scale"))),
            *completeness_columns("completeness", "complete_ratio"),
        ),
    },
    key_columns=("target_code", "scored_on"),
    window_by="scored_on",
    # Forecasts are read from as far back as they reach; late truth is of its own day.
    looks_back={
        "traffic": 1, "pm10": 3, "electricity": 2, "passengers": 7, "parking": 1, "nights": 60,
        "pm10_truth": 1, "passengers_truth": 1,
    },
    title="Scores of the forecasts",
    method_version="1",
    literature=(
        "Mean absolute scaled error: Hyndman & Koehler, International Journal of Forecasting 22 "
        "(2006), with the season's step. Pinball loss: Koenker & Bassett, Econometrica 46 (1978)."
    ),
    plot=_picture,
    measured=Measured(
        entity="target_code",
        urn="urn:ngsi-ld:ForecastScore:brescia:gemello:",
        geometry="city",
        grain="day",
        period="scored_on",
        definition_from="definition_from_on",
        values={
            "mase_ratio": Value("Errore in passi stagionali", "1", no_interval=_NO_INTERVAL),
            "naive_mase_ratio": Value(
                "Lo stesso, ripetendo la settimana prima", "1", no_interval=_NO_INTERVAL
            ),
            "coverage_80_ratio": Value(
                "Casi dentro l'intervallo all'80 %", "1", no_interval=_NO_INTERVAL
            ),
            "coverage_95_ratio": Value(
                "Casi dentro l'intervallo al 95 %", "1", no_interval=_NO_INTERVAL
            ),
        },
        title="Quanto valgono le previsioni",
        how=(
            "Quando arriva il dato vero, ogni previsione già emessa si confronta con quello. "
            "L'errore si misura in passi stagionali: 1 è quanto la serie cambiava di solito da una "
            "settimana all'altra, meno di 1 è meglio. Accanto, quante volte il vero è caduto "
            "negli intervalli all'80 e al 95 %."
        ),
    ),
)  # fmt: skip
