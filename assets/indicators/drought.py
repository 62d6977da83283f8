"""How dry each month was, against the same month of forty years."""

from typing import Final

import numpy as np
import polars as pl

from assets.completeness import (
    COMPLETENESS,
    Completeness,
    completeness_columns,
    completeness_of,
)
from assets.declaration import Declaration, given
from assets.editions import dated
from assets.measured import Measured, Value
from assets.methods.standardised_index import spei, spi
from assets.plots import line_chart
from assets.trust import health_columns, quality, suspect_days

_SCORES: Final = ("spi1_index", "spi3_index", "spi12_index", "spei3_index")
_SUBJECT: Final = "drought_by_month"
_PRECISION: Final = 6


def drought(
    days: pl.DataFrame, *, bands: pl.DataFrame, health: pl.DataFrame, completeness: pl.DataFrame
) -> pl.DataFrame:
    """Give the SPI over 1, 3 and 12 months and the SPEI over 3, of each station and month.

    What is usual is all the years of the station. A month in which too many of the days
    are missing has no index, and neither have those whose sums reach into it. The level is that of
    the SPI over 3 months: 0 none, 1 mild to 4 extreme. A month is suspect where a sensor of the
    station was, on any day of those 3 months.
    """
    rule = completeness_of(completeness, _SUBJECT)
    monthly = _months(days, health, rule)
    parts = [_scored(part) for part in monthly.partition_by("station_id", maintain_order=True)]
    scored = pl.concat(parts) if parts else _scored(monthly)
    return _with_level(scored, bands, rule).sort("station_id", "month_on")


def _months(days: pl.DataFrame, health: pl.DataFrame, rule: Completeness) -> pl.DataFrame:
    """Rain and reference evapotranspiration of every month, those without any day included."""
    known = days.with_columns(
        et0_mm=pl.col("reference_mm"), month_on=pl.col("day_on").dt.month_start()
    )
    both = pl.col("rain_mm").is_not_null() & pl.col("et0_mm").is_not_null()
    sums = known.group_by("station_id", "month_on").agg(
        rain_mm=pl.col("rain_mm").filter(both).sort().sum(),
        et0_mm=pl.col("et0_mm").filter(both).sort().sum(),
        observations_count=both.sum().cast(pl.Int64),
    )
    spans = known.group_by("station_id").agg(
        first=pl.col("month_on").min(), last=pl.col("month_on").max()
    )
    months = spans.select(
        "station_id", month_on=pl.date_ranges("first", "last", "1mo", closed="both")
    ).explode("month_on")
    bad = (
        suspect_days(health)
        .select("station_id", "is_suspect", month_on=pl.col("day_on").dt.month_start())
        .unique()
    )
    complete = (
        pl.col("observations_count").fill_null(0) / pl.col("month_on").dt.month_end().dt.day()
    )
    return (
        months.join(sums, on=["station_id", "month_on"], how="left")
        .join(bad, on=["station_id", "month_on"], how="left")
        .with_columns(
            pl.col("observations_count").fill_null(0), completeness_ratio=complete.cast(pl.Float64)
        )
        .with_columns(
            pl.when(pl.col("completeness_ratio") >= rule.least).then(name).alias(name)
            for name in ("rain_mm", "et0_mm")
        )
        .sort("station_id", "month_on")
        .with_columns(
            is_suspect=pl.col("is_suspect")
            .is_not_null()
            .cast(pl.Int64)
            .rolling_max(3, min_samples=1)
            .over("station_id")
            .cast(pl.Boolean)
        )
    )


def _scored(months: pl.DataFrame) -> pl.DataFrame:
    """The indices of one station, whose months follow each other."""
    # The methods take years that begin in January.
    before = months["month_on"][0].month - 1 if months.height else 0
    rain = np.concatenate([np.full(before, np.nan), months["rain_mm"].to_numpy()])
    dry = np.concatenate(
        [np.full(before, np.nan), (months["rain_mm"] - months["et0_mm"]).to_numpy()]
    )
    found = {
        "spi1_index": spi(rain, 1), "spi3_index": spi(rain, 3), "spi12_index": spi(rain, 12),
        "spei3_index": spei(dry, 3),
    }  # fmt: skip
    # The same months on another machine give the same rows: the last digits differ there.
    return months.with_columns(
        pl.Series(name, np.round(values[before:], _PRECISION), dtype=pl.Float64).fill_nan(None)
        for name, values in found.items()
    )


def _with_level(months: pl.DataFrame, bands: pl.DataFrame, rule: Completeness) -> pl.DataFrame:
    """The class of drought of the edition in force, and how far the row may be relied on."""
    by_edition = dated(months, bands, day="month_on")
    reached = (
        by_edition.select("station_id", "month_on", "definition_code", "spi3_index")
        .join(bands.drop("valid_from_on"), on="definition_code")
        .filter(pl.col("spi3_index") <= pl.col("upper_index"))
        .group_by("station_id", "month_on")
        .agg(pl.col("band_level").max().alias("drought_level"))
    )
    is_known = pl.col("spi3_index").is_not_null()
    return by_edition.join(reached, on=["station_id", "month_on"], how="left").select(
        "station_id",
        "month_on",
        *_SCORES,
        drought_level=pl.when(is_known).then(pl.col("drought_level").fill_null(0)),
        rain_mm="rain_mm",
        evapotranspiration_mm="et0_mm",
        definition_from_on="valid_from_on",
        completeness_ratio="completeness_ratio",
        observations_count="observations_count",
        quality_code=quality(
            no_data=~is_known,
            suspect=pl.col("is_suspect"),
            partial=pl.col("completeness_ratio") < rule.complete,
        ),
    )


def _picture(frame: pl.DataFrame) -> str:
    """The last five years of the station with the longest record."""
    station = frame.group_by("station_id").len().sort("len", "station_id")["station_id"][-1]
    last = frame.filter(pl.col("station_id") == station).tail(60)
    return line_chart(
        "Months of drought in the last five years (4 is extreme)",
        x=[f"{month:%m/%y}" for month in last["month_on"]],
        series={"drought level": last["drought_level"].cast(pl.Float64).to_list()},
        unit="level",
    )


_DAYS: Final = ("days.rain_mm", "days.reference_mm")
_BALANCE: Final = (*_DAYS, *completeness_columns("completeness", "least_ratio"))
_NO_INTERVAL: Final = "la serie è una sola e l'indice è la sua graduatoria, non una stima"

declaration = Declaration(
    function=drought,
    key="gold/soil/monthly_drought_by_station",
    reads={
        "days": "silver/weather/weather_by_day",
        "bands": "bronze/definitions/drought_bands",
        "health": "silver/sensors/weather_sensor_health_by_day",
        "completeness": COMPLETENESS,
    },
    gives={
        "station_id": given("ARPA's id of the station.", "days.station_id"),
        "month_on": given("First day of the month.", "days.day_on"),
        "spi1_index": given("SPI over the month.", *_BALANCE),
        "spi3_index": given("SPI over this month and the two before.", *_BALANCE),
        "spi12_index": given("SPI over a year.", *_BALANCE),
        "spei3_index": given("SPEI (rain less evapotranspiration) over three months.", *_BALANCE),
        "drought_level": given(
            "By the SPI over three months: 0 none, 1 mild to 4 extreme.",
            *_BALANCE, "bands.upper_index", "bands.band_level", "bands.definition_code",
            "bands.valid_from_on",
        ),
        "rain_mm": given("Rain of the month.", *_BALANCE),
        "evapotranspiration_mm": given("Reference evapotranspiration of the month.", *_BALANCE),
        "definition_from_on": given(
            "Day from which the edition of the classes holds.", "bands.valid_from_on",
            "bands.definition_code",
        ),
        "completeness_ratio": given("Days with all measurements, of the month's.", *_DAYS),
        "observations_count": given("Days with all measurements.", *_DAYS),
        "quality_code": given(
            "no_data where there is no SPI over three months; suspect where a sensor was in them.",
            *_BALANCE, "completeness.complete_ratio", *health_columns("health"),
        ),
    },
    key_columns=("station_id", "month_on"),
    window_by=None,
    title="Drought by station and month",
    method_version="3",
    literature=(
        "SPI: McKee, Doesken & Kleist (1993). SPEI: Vicente-Serrano et al. (2010). "
        "Evapotranspiration: FAO-56."
    ),
    plot=_picture,
    measured=Measured(
        entity="station_id",
        urn="urn:ngsi-ld:WeatherObserved:brescia:arpa_lombardia:",
        geometry="point",
        grain="month",
        period="month_on",
        definition_from="definition_from_on",
        values={
            "spi3_index": Value("Pioggia di tre mesi (SPI-3)", "1", no_interval=_NO_INTERVAL),
            "spi1_index": Value("Pioggia di un mese (SPI-1)", "1", no_interval=_NO_INTERVAL),
            "spi12_index": Value("Pioggia di un anno (SPI-12)", "1", no_interval=_NO_INTERVAL),
            "spei3_index": Value("Bilancio di tre mesi (SPEI-3)", "1", no_interval=_NO_INTERVAL),
        },
        title="Siccità",
        how=(
            "La pioggia degli ultimi mesi è confrontata con quella degli stessi mesi di tutti gli "
            "anni: zero è la norma, -1 capita un anno su sei, -2 uno su quaranta. L'indice SPEI "
            "toglie alla pioggia l'acqua che l'erba e il suolo restituiscono all'aria."
        ),
        is_high_bad=False,
    ),
)  # fmt: skip
