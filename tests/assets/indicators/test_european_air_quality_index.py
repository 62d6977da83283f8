from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.indicators.european_air_quality_index import european_air_quality_index
from assets.twin import DEFINITIONS
from tests.assets.indicators.defined import COMPLETENESS
from tests.assets.indicators.health_frames import HEALTHY, suspect

NOON = datetime(2025, 3, 24, 12, tzinfo=UTC)
INSTANT = pl.Datetime("us", "UTC")


@pytest.fixture(scope="module")
def bands() -> pl.DataFrame:
    return pl.read_csv(DEFINITIONS / "air_quality_index_bands.csv", try_parse_dates=True)


def observed(*rows: tuple[str, str, datetime, float | None]) -> pl.DataFrame:
    return pl.DataFrame(
        [(station, f"Station {station}", *rest) for station, *rest in rows],
        schema={
            "station_id": pl.String,
            "station_name": pl.String,
            "pollutant_code": pl.String,
            "observed_at": INSTANT,
            "value_ugm3": pl.Float64,
        },
        orient="row",
    )


# The reference vectors of the current edition: whole micrograms, half up, upper limit included.
@pytest.mark.shows(
    "published",
    "gold/air/hourly_european_air_quality_index",
    source="EEA, bands of the European air quality index",
)
@pytest.mark.parametrize(
    ("pollutant", "value", "level"),
    [
        ("PM10", 15.49, 1),
        ("PM10", 15.5, 2),
        ("PM10", 120.4, 3),
        ("PM10", 120.5, 4),
        ("PM2.5", 5.0, 1),
        ("NO2", 25.4, 2),
        ("O3", 180.0, 5),
        ("O3", 181.0, 6),
        ("SO2", 5000.0, 6),
    ],
)
def test_a_single_pollutant_gives_the_level_of_the_published_bands(bands, pollutant, value, level):
    result = european_air_quality_index(
        observed(("s", pollutant, NOON, value)), bands, HEALTHY, COMPLETENESS
    )

    assert result["air_quality_level"].to_list() == [level]


def test_the_worst_pollutant_decides_and_is_named(bands):
    air = observed(("s", "PM10", NOON, 10.0), ("s", "O3", NOON, 130.0), ("s", "NO2", NOON, 5.0))

    row = european_air_quality_index(air, bands, HEALTHY, COMPLETENESS).row(0, named=True)

    assert (row["air_quality_level"], row["worst_pollutant_code"]) == (4, "O3")
    assert (row["pollutants_count"], row["completeness_ratio"]) == (3, 0.6)


def test_an_hour_without_any_value_has_no_index(bands):
    assert european_air_quality_index(
        observed(("s", "O3", NOON, None)), bands, HEALTHY, COMPLETENESS
    ).is_empty()


def test_the_edition_in_force_on_the_day_is_used(bands):
    in_2019 = datetime(2019, 5, 1, 12, tzinfo=UTC)
    air = observed(("s", "O3", in_2019, 110.0), ("s", "O3", NOON, 110.0))

    result = european_air_quality_index(air, bands, HEALTHY, COMPLETENESS)

    assert result["definition_code"].to_list() == ["eea_2017", "eea_2024"]
    assert result["air_quality_level"].to_list() == [2, 3]


def test_older_editions_average_particles_over_a_day_of_at_least_eighteen_hours(bands):
    start = datetime(2021, 5, 1, tzinfo=UTC)
    air = observed(*(("s", "PM10", start + timedelta(hours=n), 45.0) for n in range(18)))

    result = european_air_quality_index(air, bands, HEALTHY, COMPLETENESS)

    assert result["hour_at"].to_list() == [start + timedelta(hours=17)]
    assert result["air_quality_level"].to_list() == [3]


@pytest.mark.shows("property", "gold/air/hourly_european_air_quality_index")
@settings(max_examples=25)
@given(st.sampled_from(["PM10", "PM2.5", "NO2", "O3", "SO2"]), st.floats(0, 900), st.floats(0, 900))
def test_more_of_a_pollutant_never_makes_the_air_better(bands, pollutant, less, more):
    low, high = sorted([less, more])
    other = ("s", "O3" if pollutant != "O3" else "NO2", NOON, 30.0)

    levels = [
        european_air_quality_index(
            observed(("s", pollutant, NOON, value), other), bands, HEALTHY, COMPLETENESS
        )["air_quality_level"].item()
        for value in (low, high)
    ]

    assert levels == sorted(levels)


def test_the_hours_of_a_suspect_sensor_are_suspect_and_no_others(bands):
    health = suspect("s", "NO2", NOON.date())
    day = timedelta(days=1)
    air = observed(
        ("s", "NO2", NOON, 5.0), ("s", "PM10", NOON, 90.0),
        ("s", "NO2", NOON + day, 5.0), ("t", "NO2", NOON, 5.0), ("s", "PM10", NOON - day, 90.0),
    )  # fmt: skip

    result = european_air_quality_index(air, bands, health, COMPLETENESS)

    told = result.select("station_id", "hour_at", "quality_code").rows()
    assert [row[:2] for row in told if row[2] == "suspect"] == [("s", NOON)]
    assert {row[2] for row in told} == {"suspect", "partial"}
