from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.methods.energy_signature import energy_signature
from infra.simulator.city import City
from infra.simulator.datasets import heat_readings

NO_NUMBERS = np.empty(0)


def a_year(seed: int = 1) -> np.ndarray:
    days = np.arange(365)
    noise = np.random.default_rng(seed).normal(0, 3, 365)
    return np.asarray(12.5 - 10.5 * np.cos(2 * np.pi * days / 365) + noise)


@pytest.mark.parametrize(
    ("base", "slope", "change_c"), [(200.0, 55.0, 15.37), (0.0, 1.25, 18.0), (1e6, 3e4, 9.999)]
)
def test_days_without_noise_give_the_change_point_to_a_millionth(base, slope, change_c):
    mean_c = a_year()

    found = energy_signature(base + slope * np.maximum(0, change_c - mean_c), mean_c)

    assert found is not None
    assert found.change_c == pytest.approx(change_c, abs=1e-6)
    assert found.slope == pytest.approx(slope, rel=1e-6)
    assert found.base == pytest.approx(base, rel=1e-6, abs=1e-6)
    assert found.cv_ratio < 1e-9


def test_a_change_point_at_a_measured_temperature_is_found_there():
    mean_c = np.array([0.0, 5.0, 10.0, 15.0, 20.0, 25.0])

    found = energy_signature(3 + np.maximum(0, 10 - mean_c), mean_c)

    assert found is not None
    assert (found.base, found.slope, found.change_c) == pytest.approx((3, 1, 10))


@settings(max_examples=30, deadline=None)
@given(
    st.floats(-20, 20), st.floats(0.01, 100), st.randoms(use_true_random=False), st.integers(0, 99)
)
def test_other_units_other_zeros_and_another_order_of_days_change_it_as_they_should(
    warmer, factor, random, seed
):
    mean_c = a_year(seed)[:120]
    energy = 100 + 7 * np.maximum(0, 12 - mean_c) + np.random.default_rng(seed).normal(0, 5, 120)
    order = list(range(120))
    random.shuffle(order)

    first = energy_signature(energy, mean_c)
    other = energy_signature(factor * energy[order], (mean_c + warmer)[order])
    same = energy_signature(energy[order], mean_c[order])

    assert first is not None
    assert other is not None
    assert same == first
    assert other.slope == pytest.approx(factor * first.slope, rel=1e-6)
    assert other.base == pytest.approx(factor * first.base, rel=1e-6)
    assert other.change_c == pytest.approx(first.change_c + warmer, abs=1e-6)
    assert other.change_half == pytest.approx(first.change_half, rel=1e-6)


def test_intervals_hold_the_truth_as_often_as_they_say():
    mean_c = a_year()
    truth = 200 + 55 * np.maximum(0, 15.4 - mean_c)
    chance = np.random.default_rng(7)
    held = np.zeros(3)
    for _ in range(100):
        found = energy_signature(truth + chance.normal(0, 30, 365), mean_c)
        assert found is not None
        held += [
            abs(found.base - 200) <= found.base_half,
            abs(found.slope - 55) <= found.slope_half,
            abs(found.change_c - 15.4) <= found.change_half,
        ]

    assert ((held >= 88) & (held <= 100)).all()


@pytest.mark.parametrize(
    ("energy", "mean_c"),
    [
        (NO_NUMBERS, NO_NUMBERS),
        (np.array([4.0, 3.0, 2.0]), np.array([1.0, 2.0, 3.0])),
        (np.full(20, 5.0), np.full(20, 3.0)),
        (np.arange(20.0), np.arange(20.0)),  # more energy where it is warmer
        (np.full(20, np.nan), np.arange(20.0)),
    ],
)
def test_where_there_is_no_signature_there_is_none(energy, mean_c):
    assert energy_signature(energy, mean_c) is None


def test_missing_days_are_left_out():
    mean_c = a_year()
    energy = 200 + 55 * np.maximum(0, 15.4 - mean_c)
    energy[5], mean_c[9] = np.nan, np.nan

    found = energy_signature(energy, mean_c)

    assert found is not None
    assert found.days_count == 363
    assert found.change_c == pytest.approx(15.4)


def test_planted_signatures_and_the_retrofit_of_the_simulated_city_are_found_again():
    city = City(profile="small", days=330, seed=7, start=date(2024, 8, 1))
    homes = heat_readings.substations(city).filter(pl.col("use") == "residenziale")
    is_better = pl.col("retrofit_ratio") < 1
    factors = {}
    for better in (False, True):
        some = homes.filter(is_better == better)
        energy, mean_c = [], []
        for batch in heat_readings.batches(city):
            rows = batch.rows.filter(pl.col("sottocentrale").is_in(some["meter"].implode()))
            energy.append(1000 * rows["energia_mwh"].sum())
            hours = rows["ts"].unique().str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_zone="UTC")
            mean_c.append(city.sky.at(city.sky.temp_c, hours.sort().to_list()).mean())
        found = energy_signature(np.array(energy), np.array(mean_c))
        assert found is not None
        weight = some["slope_kwh_a_degree"]
        # Hours that cross the change point smooth it by less than half a degree.
        balance = float((some["balance_c"] * weight).sum()) / float(weight.sum())
        assert found.change_c == pytest.approx(balance, abs=0.5)
        factors[better] = found.slope / (24 * float(weight.sum()))

    # The hours' profile is the same for both: what is between them is the retrofit.
    (planted,) = homes.filter(is_better)["retrofit_ratio"].unique()
    assert factors[True] / factors[False] == pytest.approx(planted, rel=0.02)
    assert factors[False] == pytest.approx(0.9, abs=0.03)
