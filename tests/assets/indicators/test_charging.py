from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.indicators.charging import TOLD, charging, declaration
from assets.measured import check_trust
from infra.simulator.city import City
from infra.simulator.datasets import charging_sessions, charging_stations

LIMITS = pl.read_csv("assets/definitions/disclosure_limits.csv", try_parse_dates=True)
STATIONS = pl.DataFrame(
    {
        "station_id": ["A", "B", "C"],
        "quarter_id": ["QA", "QB", "QC"],
        "zone_name": ["Nord", "Nord", "Sud"],
        "sockets_count": [2, 6, 4],
    }
)
NOON = datetime(2025, 3, 24, 11, tzinfo=UTC)  # of the city's clock
SCHEMA = {
    "session_pid": pl.String, "card_pid": pl.String, "station_id": pl.String,
    "started_at": pl.Datetime("us", "UTC"), "ended_at": pl.Datetime("us", "UTC"),
    "energy_kwh": pl.Float64, "window_on": pl.Date,
}  # fmt: skip

# Where a charge takes place, minutes after noon, how long it takes, and its energy.
Charge = tuple[str, int, int, float]


def sessions(charges: Sequence[Charge], *, cards: Sequence[str] = ()) -> pl.DataFrame:
    rows = []
    for number, (station, after, lasting, kwh) in enumerate(charges):
        begun = NOON + timedelta(minutes=after)
        card = cards[number] if cards else f"card{number}"
        ended = begun + timedelta(minutes=lasting)
        rows.append((f"s{number}", card, station, begun, ended, kwh, NOON.date()))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def told(frame: pl.DataFrame) -> dict[tuple[str, int], tuple[str, float]]:
    found = charging(frame, STATIONS, LIMITS).filter(pl.col("demand_kwh") > 0)
    return {
        (quarter, at.hour): (code, round(kwh, 3))
        for quarter, at, code, kwh in found.select(
            "quarter_id", "hour_at", "told_code", "demand_kwh"
        ).rows()
    }


def test_ten_cards_of_one_hour_are_told_of_their_quarter_and_spread_over_the_hours():
    found = told(sessions([("A", 30, 60, 10.0)] * 10))

    assert found == {("QA", 11): ("quarter", 50.0), ("QA", 12): ("quarter", 50.0)}


def test_half_an_hour_of_ten_cars_on_two_sockets_is_more_than_there_are():
    found = charging(sessions([("B", 0, 30, 1.0)] * 10), STATIONS, LIMITS)

    row = found.filter(quarter_id="QB", hour_at=NOON).row(0, named=True)
    assert row["occupancy_ratio"] == pytest.approx(10 * 0.5 / 6, abs=1e-6)


def test_few_cards_of_a_quarter_are_told_of_their_zone_by_sockets():
    found = told(sessions([("A", 0, 60, 10.0)] * 4 + [("B", 0, 60, 10.0)] * 6))

    assert found == {("QA", 11): ("zone", 25.0), ("QB", 11): ("zone", 75.0)}


def test_hours_of_few_cards_are_told_together_and_a_day_of_few_not_at_all():
    few = [("A", 0, 60, 12.0)] * 5 + [("C", 120, 60, 12.0)] * 5

    hours = told(sessions(few))

    # From noon to six o'clock, three quarters.
    assert {code for code, _ in hours.values()} == {"city_hours"}
    assert len(hours) == 6 * 3
    assert sum(kwh for _, kwh in hours.values()) == pytest.approx(120, abs=0.02)
    assert told(sessions(few[:9])) == {}


def test_a_charge_without_energy_or_that_ends_before_it_begins_is_left_out_and_said():
    charges = [("A", 0, 60, 10.0)] * 12
    readings = sessions(charges).with_columns(
        energy_kwh=pl.when(pl.col("session_pid") != "s3").then("energy_kwh"),
        ended_at=pl.when(pl.col("session_pid") != "s4").then("ended_at").otherwise(
            pl.col("started_at").dt.offset_by("-1h")
        ),
        card_pid=pl.when(pl.col("session_pid") != "s5").then("card_pid"),
    )  # fmt: skip

    found = charging(readings, STATIONS, LIMITS)

    assert found["demand_kwh"].sum() == pytest.approx(100.0)
    assert found["completeness_ratio"].unique().to_list() == pytest.approx([10 / 12])


def test_a_card_that_charges_ten_times_is_one():
    charges = [("A", 0, 60, 10.0)] * 10

    assert told(sessions(charges, cards=["the same"] * 10)) == {}


def test_a_lorry_that_takes_more_than_a_quarter_of_an_hours_energy_is_told_with_more_around_it():
    charges = [("A", 0, 60, 10.0)] * 11 + [("A", 0, 60, 60.0)]

    assert told(sessions(charges)) == {}
    with_others = told(sessions([*charges, *[("C", 0, 60, 10.0)] * 12]))
    assert {code for code, _ in with_others.values()} == {"city"}


def test_the_last_word_on_a_charge_counts():
    first = sessions([("A", 0, 60, 10.0)] * 10)
    later = first.with_columns(energy_kwh=pl.lit(2.0), window_on=pl.lit(date(2025, 3, 25)))

    assert told(pl.concat([later, first])) == {("QA", 11): ("quarter", 20.0)}


@pytest.mark.shows("property", "gold/energy/hourly_charging_by_quarter")
@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("ABC"), st.integers(0, 40).map(lambda n: 15 * n),
            st.integers(0, 12).map(lambda n: 15 * n), st.sampled_from([0.5, 7.0, 20.0]),
        ),
        min_size=10, max_size=40,
    ),
    st.randoms(use_true_random=False),
)  # fmt: skip
def test_all_that_is_charged_in_a_day_that_is_told_is_told_once_in_any_order(charges, random):
    frame = sessions(charges)
    order = list(range(frame.height))
    random.shuffle(order)

    found = charging(frame, STATIONS, LIMITS)

    assert found.equals(charging(frame[order], STATIONS, LIMITS))
    if found.height and found["day_on"].n_unique() == 1 and not any(
        after + max(lasting, 15) > 12 * 60 for _, after, lasting, _ in charges
    ):  # fmt: skip
        assert found["demand_kwh"].sum() == pytest.approx(sum(c[3] for c in charges), abs=1e-3)
    assert found["observations_count"].min() is None or found["observations_count"].min() >= 10


@pytest.mark.shows("planted", "gold/energy/hourly_charging_by_quarter")
def test_the_simulated_citys_charges_are_all_told():
    city = City(profile="small", days=3, seed=7, start=date(2025, 3, 24))
    listed = charging_stations.stations(city)
    stations = listed.select(
        station_id="codice", sockets_count="prese", zone_name=pl.lit("Nord"),
        quarter_id=pl.format("Q{}", pl.int_range(pl.len()) % 7),
    )  # fmt: skip
    at = "%Y-%m-%dT%H:%M:%SZ"
    charged = pl.concat(
        batch.rows.select(
            session_pid="id",
            card_pid="cdr_token.uid",
            station_id="cdr_location.evse_id",
            started_at=pl.col("start_date_time").str.to_datetime(at, time_zone="UTC"),
            ended_at=pl.col("end_date_time").str.to_datetime(at, time_zone="UTC"),
            energy_kwh="total_energy",
            window_on=pl.lit(batch.day),
        ).with_columns(pl.col("started_at", "ended_at").dt.truncate("15m"))
        for batch in charging_sessions.batches(city)
    )

    found = charging(charged, stations, LIMITS)

    known = found.filter(pl.col("day_on").is_in(city.dates))
    assert known["demand_kwh"].sum() == pytest.approx(charged["energy_kwh"].sum(), rel=0.02)
    assert set(found["told_code"]) <= set(TOLD)
    assert found["observations_count"].min() >= 10
    check_trust("charging", found, declaration.measured)
