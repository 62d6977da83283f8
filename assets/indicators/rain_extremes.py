"""How rare the rain of each day was: its return period, from an hour to a day."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from assets.completeness import COMPLETENESS, completeness_columns, completeness_of
from assets.declaration import Declaration, given
from assets.measured import Measured, Value
from assets.methods.extreme_values import DepthDuration, fit_depth_duration
from assets.methods.rain_lines import longest, maxima_by_station
from assets.solar import solar_day
from assets.trust import SUSPECT, health_columns, suspect_days

_SUBJECT: Final = "rain_extremes_by_day"
# How many years of maxima a line needs.
_LINES: Final = "rain_lines"
_STEP_MIN: Final = 10
_DRAWS: Final = 200
_CONFIDENCE: Final = 0.90
# Longer periods than this are not told from forty years.
_LONGEST_YEARS: Final = 1000.0
_COLUMNS: Final = {
    "station_id": pl.String(), "day_on": pl.Date(), "duration_h": pl.Int64(),
    "depth_mm": pl.Float64(), "return_period_year": pl.Float64(),
    "return_period_lo_year": pl.Float64(), "return_period_hi_year": pl.Float64(),
    "definition_from_on": pl.Date(), "completeness_ratio": pl.Float64(),
    "observations_count": pl.Int64(), "quality_code": pl.String(),
}  # fmt: skip


def rain_extremes(
    observed: pl.DataFrame,
    *,
    maxima: pl.DataFrame,
    health: pl.DataFrame,
    completeness: pl.DataFrame,
) -> pl.DataFrame:
    """Give the deepest rain of 1, 3, 6, 12 and 24 hours that ended on each day, and its rarity.

    Days are those of solar time. A rain is told where enough of its ten minutes came; its return
    period (years) is that of the station's line of rain possibility, between 1 and 1000, with a
    90 % interval by parametric bootstrap. Stations with too few years of maxima take the line of
    the one that has most, and say so: modelled. A rain is suspect where its gauge was, on the
    day or the one before.
    """
    rule = completeness_of(completeness, _SUBJECT)
    lines = _lines(maxima, completeness_of(completeness, _LINES).least_count)
    hours = sorted(maxima["duration_code"].str.extract(r"^(\d+)").cast(pl.Int64).unique())
    deepest = [_deepest(observed, hours=one, least=rule.least) for one in hours if one]
    frames = [
        _told(part, station=str(station), hours=int(duration), lines=lines, edition=rule.edition)
        for frame in deepest
        for (station, duration), part in frame.group_by("station_id", "duration_h")
    ]
    empty = pl.DataFrame(schema=_COLUMNS)
    found = pl.concat([empty, *frames]).join(
        _suspect(health), on=["station_id", "day_on"], how="left"
    )
    is_suspect = pl.col("is_suspect").fill_null(value=False) & (pl.col("quality_code") == "ok")
    code = pl.when(is_suspect).then(pl.lit(SUSPECT)).otherwise("quality_code")
    return (
        found.with_columns(quality_code=code)
        .select(list(_COLUMNS))
        .sort("station_id", "day_on", "duration_h")
    )


def _suspect(health: pl.DataFrame) -> pl.DataFrame:
    """The days of each station with a rain of which its gauge may have made up a part."""
    bad = suspect_days(health.filter(quantity_code="rain_mm"))
    days = [pl.col("day_on"), pl.col("day_on").dt.offset_by("1d")]
    return (
        bad.with_columns(day_on=pl.concat_list(days))
        .explode("day_on")
        .select("station_id", "day_on", "is_suspect")
        .unique()
    )


@dataclass(frozen=True)
class _Line:
    """A station's line, how many years it is made of, and lines of samples drawn from it."""

    line: DepthDuration
    years: int
    drawn: list[DepthDuration]


def _lines(maxima: pl.DataFrame, least_years: int) -> dict[str, _Line]:
    """The lines of the stations with enough years."""
    samples = maxima_by_station(maxima, least_years=least_years)
    return {station: _line(its) for station, its in samples.items() if len(its) >= 2}


def _line(samples: dict[float, np.ndarray]) -> _Line:
    line = fit_depth_duration(samples)
    years = max(len(one) for one in samples.values())
    # All durations share the years' luck: a wet year is wet for long and for short rain.
    growth = line.growth.sample((_DRAWS, years), seed=1)
    drawn = [
        fit_depth_duration({hours: line.a1_mm * hours**line.n * one for hours in samples})
        for one in growth
    ]
    return _Line(line, years, drawn)


def _deepest(observed: pl.DataFrame, *, hours: int, least: float) -> pl.DataFrame:
    """The deepest rain of so many hours that ended on each day of each station."""
    steps = hours * 60 // _STEP_MIN
    return (
        observed.filter(pl.col("rain_mm").is_not_null())
        .sort("station_id", "observed_at")
        .rolling("observed_at", period=f"{hours}h", group_by="station_id")
        .agg(depth_mm=pl.col("rain_mm").sum(), observations_count=pl.len().cast(pl.Int64))
        .with_columns(
            completeness_ratio=(pl.col("observations_count") / steps).clip(upper_bound=1.0),
            day_on=solar_day(),
            duration_h=pl.lit(hours, pl.Int64),
            depth_mm=pl.col("depth_mm").round(3),
        )
        .filter(pl.col("completeness_ratio") >= least)
        .sort("depth_mm", "observed_at", descending=[True, False])
        .unique(["station_id", "day_on"], keep="first")
        .sort("station_id", "day_on")
    )


def _told(
    days: pl.DataFrame,
    *,
    station: str,
    hours: int,
    lines: dict[str, _Line],
    edition: pl.Expr,
) -> pl.DataFrame:
    """The return periods of one station and duration; none where no station has a line."""
    most = longest({one: its.years for one, its in lines.items()})
    taken = lines.get(station if station in lines else most or "")
    depths = days["depth_mm"].to_numpy()
    period = low = high = np.full(len(depths), np.nan)
    if taken is not None:
        tail = (1 - _CONFIDENCE) / 2
        all_periods = np.stack([_years(one, hours, depths) for one in taken.drawn])
        period = _years(taken.line, hours, depths)
        low = np.minimum(np.quantile(all_periods, tail, axis=0), period)
        high = np.maximum(np.quantile(all_periods, 1 - tail, axis=0), period)
    quality = "no_data" if taken is None else ("ok" if station in lines else "modelled")
    values = {
        "return_period_year": period,
        "return_period_lo_year": low,
        "return_period_hi_year": high,
    }
    return days.with_columns(
        *(pl.Series(name, np.round(its, 3)).fill_nan(None) for name, its in values.items()),
        quality_code=pl.lit(quality),
        definition_from_on=edition,
    ).select(list(_COLUMNS))


def _years(line: DepthDuration, hours: int, depths: np.ndarray) -> np.ndarray:
    return np.clip(line.period_years(hours, depths), 1.0, _LONGEST_YEARS)


_DEPTH: Final = (
    "observed.rain_mm", "maxima.duration_code",
    *completeness_columns("completeness", "least_ratio"),
)  # fmt: skip
_PERIOD: Final = (*_DEPTH, "maxima.rain_mm", "maxima.observed_year", "completeness.least_count")

declaration = Declaration(
    function=rain_extremes,
    key="gold/weather/daily_rain_extremes",
    reads={
        "observed": "silver/weather/weather_observed",
        "maxima": "bronze/arpa_lombardia/rain_maxima",
        "health": "silver/sensors/weather_sensor_health_by_day",
        "completeness": COMPLETENESS,
    },
    gives={
        "station_id": given("ARPA's id of the station.", "observed.station_id"),
        "day_on": given("Day of solar time on which the rain ended.", "observed.observed_at"),
        "duration_h": given("Hours of rain taken together.", "maxima.duration_code"),
        "depth_mm": given("The deepest rain of so many hours.", *_DEPTH),
        "return_period_year": given("Once in how many years it rains so.", *_PERIOD),
        "return_period_lo_year": given("Lower end of its 90 % interval.", *_PERIOD),
        "return_period_hi_year": given("Upper end of its 90 % interval.", *_PERIOD),
        "definition_from_on": given(
            "Day from which the rule of completeness holds.", *completeness_columns("completeness")
        ),
        "completeness_ratio": given("Ten minutes that came, of the duration's.", *_DEPTH),
        "observations_count": given("Ten minutes summed.", *_DEPTH),
        "quality_code": given(
            "modelled where the station takes another one's line, suspect where its gauge was.",
            "maxima.station_id", *_PERIOD, *health_columns("health"),
        ),
    },
    key_columns=("station_id", "day_on", "duration_h"),
    window_by="day_on",
    lookback_days=2,
    title="Rain extremes by station, day and duration",
    method_version="4",
    literature=(
        "GEV by L-moments: Hosking (1990). Scale-invariant line of rain possibility: Burlando & "
        "Rosso (1996); ARPA Lombardia's form, De Michele, Rosso & Rulli (2005)."
    ),
    measured=Measured(
        entity="station_id",
        urn="urn:ngsi-ld:WeatherObserved:brescia:arpa_lombardia:",
        geometry="point",
        grain="day",
        period="day_on",
        by=("duration_h",),
        definition_from="definition_from_on",
        values={
            "return_period_year": Value(
                "Tempo di ritorno", "a", low="return_period_lo_year",
                high="return_period_hi_year", level=_CONFIDENCE,
            ),
            "depth_mm": Value(
                "Pioggia", "mm", no_interval="è la misura del pluviometro, senza incertezza"
            ),
        },
        title="Piogge rare",
        how=(
            "Per ogni giorno si cerca la pioggia più forte in una, tre, sei, dodici e 24 ore, e la "
            "si confronta con i massimi di ogni anno: il tempo di ritorno dice ogni quanti "
            "anni, in media, ne cade tanta."
        ),
    ),
)  # fmt: skip
