from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.silver.bike_count_observed import bike_count_observed
from assets.silver.road_accident import road_accident
from assets.silver.traffic_flow_observed import traffic_flow_observed

EIGHT = datetime(2025, 3, 24, 8, tzinfo=UTC)


def flow(*rows: tuple[int, int, float | None], window: int = 24) -> pl.DataFrame:
    """Minutes after eight, vehicles, km/h."""
    return pl.DataFrame(
        {
            "window_on": [date(2025, 3, window)] * len(rows),
            "detector_id": "SP0001",
            "edge_id": "E1",
            "street_name": "Via Prova",
            "observed_at": [EIGHT + timedelta(minutes=minutes) for minutes, _, _ in rows],
            "vehicles_count": [vehicles for _, vehicles, _ in rows],
            "occupancy_pct": 20.0,
            "speed_kmh": pl.Series([speed for _, _, speed in rows], dtype=pl.Float64),
        }
    )


def test_a_quarter_hour_is_in_metres_a_second_and_shares():
    (row,) = traffic_flow_observed(flow((0, 100, 36.0))).iter_rows(named=True)

    assert (row["vehicles_count"], row["speed_ms"], row["occupancy_ratio"]) == (
        100,
        pytest.approx(10.0),
        0.2,
    )
    assert row["entity_id"] == "urn:ngsi-ld:TrafficFlowObserved:brescia:comune_brescia:SP0001"


def test_what_is_said_later_of_the_same_quarter_hour_counts():
    said = pl.concat([flow((0, 70, 36.0), window=25), flow((0, 100, 36.0), window=24)])

    assert traffic_flow_observed(said)["vehicles_count"].to_list() == [70]


def test_five_minutes_add_up_and_speed_is_by_the_time_vehicles_took():
    # One vehicle each at 30 and at 60 km/h take 3 minutes for 2 km: 40 km/h.
    found = traffic_flow_observed(flow((0, 1, 30.0), (5, 1, 60.0), (10, 0, 90.0)))

    assert found["vehicles_count"].to_list() == [2]
    assert found["speed_ms"].item() * 3.6 == pytest.approx(40.0, rel=1e-4)


def test_a_detector_without_speeds_keeps_its_vehicles():
    found = traffic_flow_observed(flow((0, 5, None)))

    assert found.select("vehicles_count", "speed_ms").rows() == [(5, None)]


@given(
    st.lists(
        st.tuples(st.integers(0, 95), st.integers(0, 400)), min_size=1, unique_by=lambda r: r[0]
    ),
    st.randoms(),
)
def test_no_vehicle_is_lost_or_counted_twice_in_any_order(rows, random):
    known = [(5 * step, vehicles, 40.0) for step, vehicles in rows]
    shuffled = list(known)
    random.shuffle(shuffled)

    one, other = traffic_flow_observed(flow(*known)), traffic_flow_observed(flow(*shuffled))

    assert one.equals(other)
    assert one["vehicles_count"].sum() == sum(vehicles for _, vehicles in rows)


def test_an_hour_in_which_the_counter_was_broken_has_no_number():
    counts = pl.DataFrame(
        {
            "window_on": [date(2025, 1, 1)] * 2,
            "counter_id": "CB01",
            "street_name": "Via Prova",
            "counted_at": [EIGHT, EIGHT + timedelta(hours=1)],
            "bikes_count": [12, None],
        }
    )

    assert bike_count_observed(counts)["bikes_count"].to_list() == [12, None]


def crashes(*rows: tuple[date | None, str, str]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "crash_pid": [f"p{n}" for n in range(len(rows))],
            "occurred_on": pl.Series([row[0] for row in rows], dtype=pl.Date),
            "edge_id": [row[1] for row in rows],
            "cell_id": "891f9a",
            "severity_code": [row[2] for row in rows],
            "mode_code": "bicicletta",
            "persons_count": 2,
        }
    )


EDGES = pl.DataFrame({"edge_id": ["E1", "E2"]})
DAY = date(2025, 3, 24)


def test_an_accident_has_no_person_and_no_pseudonym():
    found = road_accident(crashes((DAY, "E1", "feriti")), EDGES)

    assert not {"crash_pid", "persons_count", "narrative_text"} & set(found.columns)
    assert found.select("accident_id", "edge_id").rows() == [("20250324-0001", "E1")]


def test_a_street_that_is_not_in_the_network_is_left_empty():
    found = road_accident(crashes((DAY, "E9", "feriti"), (None, "E1", "feriti")), EDGES)

    assert found["edge_id"].to_list() == [None]


@given(
    st.lists(
        st.tuples(
            st.sampled_from([DAY, date(2025, 3, 25)]),
            st.sampled_from(["E1", "E2"]),
            st.sampled_from(["feriti", "mortale"]),
        ),
        min_size=1,
    ),
    st.randoms(),
)
def test_accidents_keep_their_number_in_whatever_order_they_come(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)

    one, other = (road_accident(crashes(*some), EDGES) for some in (rows, shuffled))

    assert one.equals(other)
    assert one["accident_id"].n_unique() == len(rows)
