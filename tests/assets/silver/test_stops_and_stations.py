from datetime import UTC, datetime

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from assets.silver.bike_hire_docking_station import bike_hire_docking_station
from assets.silver.passengers_by_stop import passengers_by_stop
from tests.assets.indicators.defined import DISCLOSURE

EIGHT = datetime(2025, 3, 24, 8, tzinfo=UTC)


def validations(*held: tuple[str, str | None, int]) -> pl.DataFrame:
    """Stop, card and minutes past eight."""
    return pl.DataFrame(
        [(stop, card, EIGHT.replace(minute=minute)) for stop, card, minute in held],
        schema={
            "stop_id": pl.String,
            "card_pid": pl.String,
            "validated_at": pl.Datetime("us", "UTC"),
        },
        orient="row",
    )


def test_ten_cards_are_counted_and_nine_are_not():
    ten = [("M01", f"c{n}", 15) for n in range(10)]
    nine = [("M02", f"c{n}", 30) for n in range(9)]

    found = passengers_by_stop(validations(*ten, ("M01", "c0", 45), *nine), DISCLOSURE)

    rows = found.select("stop_id", "hour_at", "passengers_count", "is_withheld").rows()
    assert rows == [("M01", EIGHT, 11, False), ("M02", EIGHT, None, True)]


def test_one_card_that_is_held_out_ten_times_is_one_and_so_are_cards_not_read():
    often = [("M01", "c", 5 * n) for n in range(10)]
    unread = [("M02", None, 5 * n) for n in range(10)]

    found = passengers_by_stop(validations(*often, *unread), DISCLOSURE)

    assert found["passengers_count"].to_list() == [None, None]


held_out = st.lists(
    st.tuples(st.sampled_from(["M01", "M02"]), st.sampled_from([f"c{n}" for n in range(14)]),
              st.sampled_from([0, 15, 30, 45])), max_size=60
)  # fmt: skip


@given(held_out, st.randoms())
def test_no_count_is_of_fewer_than_ten_cards_in_any_order_of_rows(rows, random):
    found = passengers_by_stop(validations(*rows), DISCLOSURE)

    for stop, count in found.select("stop_id", "passengers_count").rows():
        cards = {card for at, card, _ in rows if at == stop}
        assert (count is None) == (len(cards) < 10)
    random.shuffle(rows)
    assert passengers_by_stop(validations(*rows), DISCLOSURE).equals(found)


def test_nobody_at_any_stop_is_an_empty_table():
    assert passengers_by_stop(validations(), DISCLOSURE).is_empty()


def test_a_station_keeps_its_docks_and_place():
    stations = pl.DataFrame(
        {
            "station_id": ["2", "1"],
            "station_name": ["Stazione", "Vittoria"],
            "docks_count": [30, 20],
            "lat_deg": [45.53, 45.54],
            "lng_deg": [10.21, 10.22],
        }
    )

    found = bike_hire_docking_station(stations)

    assert found["entity_id"][0].endswith(":BikeHireDockingStation:brescia:brescia_mobilita:1")
    assert found["docks_count"].to_list() == [20, 30]
