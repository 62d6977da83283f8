from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.indicators.hourly_traffic_state import declaration, hourly_traffic_state
from assets.measured import check_trust
from assets.silver.traffic_detector_health import traffic_detector_health
from assets.silver.traffic_flow_observed import traffic_flow_observed
from infra.simulator.city import City
from infra.simulator.datasets.traffic_flow import STUCK_DAY, STUCK_DETECTOR, batches, detectors
from quality.contract.load import BUILT_IN, load_contract
from tests.assets.indicators.defined import COMPLETENESS, LIMITS, defined

BANDS = pl.read_csv("assets/definitions/level_of_service.csv", try_parse_dates=True)
RULES = defined("traffic_rules")
# Midnight in Brescia, in winter.
MIDNIGHT = datetime(2025, 1, 13, 23, tzinfo=UTC)
SEGMENTS = pl.DataFrame({"edge_id": ["E1"], "capacity_count": [900]})


def seen(speeds: list[float | None], vehicles: int = 100) -> pl.DataFrame:
    """Quarter hours from midnight on: five hours of free traffic at 15 m/s, then these speeds."""
    at_night: list[float | None] = [15.0] * 20
    found = at_night + speeds
    return pl.DataFrame(
        {
            "detector_id": "SP0001",
            "edge_id": "E1",
            "street_name": "Via Prova",
            "observed_at": [MIDNIGHT + timedelta(minutes=15 * n) for n in range(len(found))],
            "vehicles_count": [vehicles + n % 2 for n in range(len(found))],
            "speed_ms": pl.Series(found, dtype=pl.Float64),
        }
    )


def state(observed: pl.DataFrame, rules: pl.DataFrame = RULES) -> pl.DataFrame:
    health = traffic_detector_health(observed, LIMITS)
    found = hourly_traffic_state(
        observed, SEGMENTS, BANDS, health=health, rules=rules, completeness=COMPLETENESS
    )
    assert declaration.measured is not None
    check_trust("traffic", found, declaration.measured)
    return found


@pytest.mark.shows(
    "published", "gold/mobility/hourly_traffic_state", source="FHWA (2006), Travel Time Reliability"
)
def test_a_way_of_15_minutes_that_takes_24_has_an_index_of_1_6():
    # FHWA (2006), Travel Time Reliability: 24 minutes for a way of 15 in light traffic is 1.60.
    row = state(seen([15.0 / 1.6] * 4)).row(-1, named=True)

    assert row["travel_time_index"] == pytest.approx(1.6)
    assert row["free_flow_kmh"] == pytest.approx(54.0)
    assert row["speed_kmh"] == pytest.approx(54.0 / 1.6)
    assert (row["service_code"], row["service_level"]) == ("C", 3)
    assert row["quality_code"] == "unverified"


def test_four_quarter_hours_of_a_hundred_cars_fill_a_lane_of_nine_hundred_by_four_ninths():
    row = state(seen([15.0] * 4).with_columns(vehicles_count=100)).row(0, named=True)

    assert row["saturation_ratio"] == pytest.approx(400 / 900)
    assert row["vehicles_count"] == 400


def test_half_an_hour_is_half_complete_and_its_saturation_is_that_of_the_hour():
    row = state(seen([7.5] * 2).with_columns(vehicles_count=100)).row(-1, named=True)

    assert (row["completeness_ratio"], row["observations_count"]) == (0.5, 2)
    assert row["saturation_ratio"] == pytest.approx(400 / 900)


def test_an_hour_without_speeds_has_no_index():
    row = state(seen([None] * 4)).row(-1, named=True)

    assert (row["travel_time_index"], row["quality_code"]) == (None, "no_data")


def test_the_time_to_plan_needs_three_days_at_the_same_hour():
    days = pl.concat(
        [
            seen([15.0 / index] * 4).with_columns(pl.col("observed_at").dt.offset_by(f"{n}d"))
            for n, index in enumerate([1.0, 1.0, 2.0])
        ]
    )

    at_five = state(days).filter(pl.col("hour_at").dt.hour() == 4)

    assert at_five["planning_time_index"].to_list() == [None, None, pytest.approx(2.0)]
    assert at_five["planning_days_count"].to_list() == [1, 2, 3]


def test_another_rule_asks_for_other_hours_days_and_shares():
    first = seen([30.0] * 4)
    days = pl.concat([first, first.with_columns(pl.col("observed_at").dt.offset_by("1d"))])

    def told(**changed: float) -> pl.DataFrame:
        changes = {name: pl.lit(one).cast(RULES.schema[name]) for name, one in changed.items()}
        return state(days, RULES.with_columns(**changes))

    # Five hours at 15 m/s and one at 30: that one counts as night only until six.
    assert told()["free_flow_kmh"].drop_nulls().unique().to_list() == [pytest.approx(54.0)]
    longer = told(free_until_h=6, free_flow_ratio=1.0)
    assert longer["free_flow_kmh"].drop_nulls().unique().to_list() == [pytest.approx(108.0)]
    assert told(window_d=1)["planning_days_count"].max() == 1
    assert told()["planning_days_count"].max() == 2


def test_before_the_first_rule_no_index_is_known():
    found = state(seen([7.5] * 4), RULES.clear())

    assert found["travel_time_index"].null_count() == found.height
    assert found["quality_code"].unique().to_list() == ["no_data"]


def test_no_rule_may_ask_for_more_days_than_are_read():
    contract = load_contract(BUILT_IN / "definitions" / "traffic_rules")
    asked = [one.arguments for one in contract.expectations]

    (most,) = (
        one["max_value"] for one in asked if one["column"] == "window_d" and "max_value" in one
    )

    assert most == declaration.lookback_days + 1


speeds_of_a_day = st.lists(st.floats(1, 40), min_size=4, max_size=24)


@pytest.mark.shows("property", "gold/mobility/hourly_traffic_state")
@settings(max_examples=25)
@given(speeds_of_a_day, st.randoms())
def test_no_index_is_below_one_and_none_hangs_on_the_order_of_rows(speeds, random):
    observed = seen(speeds)
    order = list(range(observed.height))
    random.shuffle(order)

    found = state(observed)

    assert found["travel_time_index"].min() >= 1
    assert found.equals(state(observed[order]))


def test_what_comes_later_changes_no_day_before_it():
    first = seen([12.0] * 40)
    later = first.with_columns(
        pl.col("observed_at").dt.offset_by("2d"), speed_ms=pl.col("speed_ms") * 3
    )

    alone, together = state(first), state(pl.concat([first, later]))

    assert together.filter(pl.col("hour_at") <= alone["hour_at"].max()).equals(alone)


def test_nothing_seen_is_an_empty_table():
    found = state(seen([]).clear())

    assert found.height == 0


@pytest.fixture(scope="module")
def simulated() -> tuple[City, pl.DataFrame]:
    city = City(profile="small", seed=7, start=date(2025, 3, 24), days=STUCK_DAY + 1)
    delivered = pl.concat([batch.rows for batch in batches(city)])
    at = (pl.col("Data") + " " + pl.col("Ora")).str.to_datetime("%d/%m/%Y %H:%M%:z", time_unit="us")
    flow = delivered.select(
        window_on=at.dt.date(),
        detector_id="Spira",
        edge_id="Arco",
        street_name="Località",
        observed_at=at.dt.convert_time_zone("UTC"),
        vehicles_count="Veicoli",
        occupancy_pct="Occupazione %",
        speed_kmh="Velocità km/h",
    )
    segments = city.streets.edges.select("edge_id", capacity_count="capacity_vph")
    observed = traffic_flow_observed(flow)
    health = traffic_detector_health(observed, LIMITS)
    return city, hourly_traffic_state(
        observed, segments, BANDS, health=health, rules=RULES, completeness=COMPLETENESS
    )


@pytest.mark.shows("planted", "gold/mobility/hourly_traffic_state")
def test_the_detector_that_stood_still_in_the_simulated_city_is_suspect(simulated):
    city, found = simulated
    stuck = detectors(city)["detector_id"][STUCK_DETECTOR]

    suspect = found.filter(pl.col("quality_code") == "suspect")

    assert suspect["detector_id"].unique().to_list() == [stuck]
    assert suspect["hour_at"].dt.date().unique().to_list() == [city.planted_day(STUCK_DAY)]
    assert suspect.height >= 10


def test_free_traffic_in_the_simulated_city_goes_at_its_limit(simulated):
    city, found = simulated
    limits = detectors(city).select("detector_id", "limit_kmh")

    ratios = (
        found.drop_nulls("free_flow_kmh")
        .join(limits, on="detector_id")
        .select(pl.col("free_flow_kmh") / pl.col("limit_kmh"))
        .to_series()
    )

    # Planted: 0.95 of the limit with an error of 5 %, of which this is the 85th percentile.
    assert ratios.median() == pytest.approx(0.95 * 1.052, abs=0.015)
