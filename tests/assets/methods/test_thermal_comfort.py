from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.methods.thermal_comfort import (
    calendar_percentile,
    heat_index_f,
    run_lengths,
    saturation_kpa,
    utci_c,
)


# The reference vectors of CBE's comfort tools: air, radiant, humidity, wind, UTCI.
@pytest.mark.shows(
    "published",
    "gold/risk/daily_heat_by_station",
    source="CBE comfort tools, reference vectors of the UTCI",
)
@pytest.mark.parametrize(
    ("air", "radiant", "humidity", "wind", "felt"),
    [
        (25, 27, 50, 1, 25.2),
        (19, 14, 50, 1, 16.8),
        (27, 22, 50, 1, 25.5),
        (27, 22, 50, 10, 20.0),
    ],
)
def test_utci_is_that_of_the_published_reference_vectors(air, radiant, humidity, wind, felt):
    assert utci_c(air, radiant, humidity, wind) == pytest.approx(felt, abs=0.1)


# Corners of its range, from an implementation of its own (pythermalcomfort 4): each power counts.
@pytest.mark.parametrize(
    ("air", "radiant", "humidity", "wind", "felt"),
    [
        (-45, -60, 60, 16, -87.7489),
        (-20, 40, 90, 3, -10.4870),
        (0, 60, 30, 8, -2.3330),
        (35, 80, 60, 0.5, 48.9846),
        (45, 60, 30, 12, 53.3825),
        (48, 40, 20, 17, 53.3762),
        (10, -15, 100, 5, -7.4773),
        (30, 95, 50, 2, 45.7758),
    ],
)
def test_utci_agrees_with_another_implementation_far_from_comfort(
    air, radiant, humidity, wind, felt
):
    assert utci_c(air, radiant, humidity, wind) == pytest.approx(felt, abs=1e-3)


# Rothfusz (1990), as the National Weather Service's chart prints it: 106 and 118.
@pytest.mark.parametrize(("air", "humidity", "felt"), [(90, 70, 105.92), (100, 50, 118.3)])
def test_the_heat_index_is_that_of_the_weather_services_chart(air, humidity, felt):
    assert heat_index_f(air, humidity) == pytest.approx(felt, abs=0.05)


# FAO-56, annex 2, table 2.3: 2.338 kPa at 20 °C, 4.243 at 30.
@pytest.mark.parametrize(("air", "pressure"), [(20, 2.338), (30, 4.243)])
def test_saturation_is_that_of_the_table_of_fao_56(air, pressure):
    assert saturation_kpa(air) == pytest.approx(pressure, abs=0.01)


@pytest.mark.parametrize(
    ("air", "radiant", "humidity", "wind"),
    [(60, 60, 20, 1), (20, 95, 50, 1), (20, 20, 50, 0.1), (20, 20, 50, 20), (45, 45, 80, 1)],
)
def test_where_the_polynomial_was_not_made_for_it_there_is_no_utci(air, radiant, humidity, wind):
    assert np.isnan(utci_c(air, radiant, humidity, wind))


@given(air=st.floats(20, 35), wind=st.floats(0.5, 5), humidity=st.floats(20, 60))
def test_more_sun_on_the_body_never_feels_cooler(air, wind, humidity):
    felt = utci_c(air, air + np.array([0.0, 10.0, 20.0, 30.0]), humidity, wind)

    assert (np.diff(felt) > 0).all()


def test_three_hot_days_in_a_row_are_a_wave_and_two_are_not():
    days = [date(2024, 7, 1) + timedelta(days=n) for n in range(8)]

    lengths = run_lengths(days, [False, True, True, False, True, True, True, False])

    assert lengths.tolist() == [0, 0, 0, 0, 3, 3, 3, 0]


def test_a_missing_day_ends_a_wave():
    days = [date(2024, 7, n) for n in (1, 2, 3, 5, 6)]

    assert run_lengths(days, [True] * 5).tolist() == [3, 3, 3, 0, 0]


def test_the_limit_of_new_years_day_looks_at_december_too():
    days = [date(2023, 12, 28), date(2024, 1, 3), date(2024, 7, 1)]

    limits = calendar_percentile(days, [4.0, 6.0, 30.0], percentile=50)

    assert limits[1] == 5.0
    assert np.isnan(limits[100])
