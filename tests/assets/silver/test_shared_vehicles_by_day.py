import pytest

from assets.silver import shared_vehicles_by_day as shared
from tests.assets.indicators.defined import DISCLOSURE
from tests.assets.silver.state_frames import Row, inputs_of, on


def rental(number: int, *, customer: int | None = None, **more: object) -> Row:
    return {
        "window_on": on(0).date(),
        "rental_pid": f"r{number}",
        "vehicle_code": "auto",
        "customer_pid": f"c{number if customer is None else customer}",
        "started_at": on(0),
        "distance_km": 2.0,
        **more,
    }


def told(*rows: Row) -> list[tuple[object, ...]]:
    read = inputs_of(shared.declaration, rentals=list(rows), limits=DISCLOSURE.to_dicts())
    found = shared.shared_vehicles_by_day(**read)
    return found.select("rentals_count", "customers_count", "distance_km").rows()


@pytest.mark.parametrize(("customers", "expected"), [(10, [(12, 10, 2.0)]), (9, [])])
def test_a_kind_is_told_from_ten_customers_on_however_often_they_rent(
    customers: int, expected: list[tuple[object, ...]]
):
    assert told(*(rental(number, customer=number % customers) for number in range(12))) == expected


def test_kinds_and_days_are_counted_apart():
    cars = [rental(number) for number in range(10)]
    scooters = [rental(number, vehicle_code="scooter") for number in range(20, 29)]
    tomorrow = [rental(number, started_at=on(1)) for number in range(30, 39)]

    assert told(*cars, *scooters, *tomorrow) == [(10, 10, 2.0)]


def test_a_rental_that_is_said_again_counts_once_as_it_was_said_last():
    rentals = [rental(number) for number in range(10)]
    later = rental(0, window_on=on(1).date(), distance_km=12.0)

    assert told(*rentals, later) == told(later, *rentals) == [(10, 10, 3.0)]


def test_a_rental_without_a_customer_is_no_tenth_one():
    rentals = [rental(number) for number in range(9)]

    assert told(*rentals, rental(9, customer_pid=None)) == []
