from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.methods.sensor_health import drift_a_day, longest_still_h, spikes

MIDNIGHT = datetime(2025, 3, 23, 23, tzinfo=UTC)


def hours(**sensors: list[float | None]) -> pl.DataFrame:
    return pl.concat(
        pl.DataFrame(
            {
                "sensor_id": name,
                "quantity_code": "NO2",
                "observed_at": [MIDNIGHT + timedelta(hours=n) for n in range(len(values))],
                "value": values,
            },
            schema_overrides={"value": pl.Float64},
        )
        for name, values in sensors.items()
    )


def test_a_value_that_does_not_move_stands_still_until_it_moves():
    still = longest_still_h(hours(a=[1.0, 5.0, 5.0, 5.0, 2.0, *[3.0] * 19]))

    assert still["still_h"].to_list() == [18.0]


def test_a_standstill_goes_on_over_midnight_and_over_gaps():
    values = [7.0, *[4.0] * 20, None, None, *[4.0] * 3]

    still = longest_still_h(hours(a=values)).sort("day_on")

    assert still["still_h"].to_list() == [22.0, 24.0]


def test_one_value_far_from_those_around_it_is_a_spike():
    wave = [20 + 5 * np.sin(n / 4) for n in range(24)]
    odd = [*wave[:12], 90.0, *wave[13:]]

    assert spikes(hours(a=wave, b=odd), floor=1.0).sort("sensor_id")["spikes_count"].to_list() == [
        0,
        1,
    ]


def test_a_sensor_that_leaves_its_neighbours_drifts_by_so_much_a_day():
    random = np.random.default_rng(1)
    weather = 30 + 5 * np.sin(np.arange(24 * 6) / 5)

    def probe(away: float) -> list[float]:
        return list(
            weather + random.normal(0, 0.2, len(weather)) + away * np.arange(len(weather)) / 24
        )

    found = drift_a_day(hours(a=probe(0), b=probe(0), c=probe(0.8), d=probe(0))).sort("sensor_id")

    assert found["drift_a_day"].to_list() == pytest.approx([0, 0, 0.8, 0], abs=0.06)


def test_without_two_neighbours_or_two_days_nothing_is_said_of_drift():
    lonely = drift_a_day(hours(a=[1.0] * 144, b=[2.0] * 144))
    short = drift_a_day(hours(a=[1.0] * 12, b=[2.0] * 12, c=[3.0] * 12))

    assert lonely.height == 0
    assert short["drift_a_day"].to_list() == [None] * 3


@given(st.integers(0, 2**31), st.floats(-50, 50), st.floats(0.1, 20))
@settings(max_examples=25)
def test_another_zero_and_another_unit_change_no_spike_and_scale_the_drift(seed, zero, unit):
    random = np.random.default_rng(seed)
    sensors = {name: list(random.normal(20, 3, 120)) for name in "abcd"}
    other = {name: [zero + unit * value for value in values] for name, values in sensors.items()}

    here, there = (spikes(hours(**one)).sort("sensor_id", "day_on") for one in (sensors, other))
    assert here["spikes_count"].to_list() == there["spikes_count"].to_list()
    before, after = (drift_a_day(hours(**one)).sort("sensor_id") for one in (sensors, other))
    assert after["drift_a_day"].to_list() == pytest.approx(
        [unit * slope for slope in before["drift_a_day"]], abs=1e-6
    )
