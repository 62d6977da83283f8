import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.methods.standardised_index import LIMIT, spei, spi, summed

# Rain (mm) of 123 Januaries of a division of the United States: tests/fixture/
# precips_mm_monthly.npy of monocongo/climate_indices (BSD-3), whose spi_01_gamma.npy has these
# SPI-1 values for them.
JANUARIES = [
    37.31, 63.26, 21.58, 8.94, 91.18, 67.66, 44.00, 17.93, 106.07, 74.79, 10.31, 79.13, 16.83,
    43.70, 38.55, 25.64, 8.62, 102.64, 50.44, 43.06, 71.19, 22.70, 16.49, 42.47, 35.94, 30.43,
    3.70, 17.62, 3.11, 98.80, 116.88, 142.21, 26.13, 14.17, 27.49, 68.59, 136.40, 71.90, 34.53,
    40.95, 7.14, 64.20, 23.68, 30.07, 48.91, 35.15, 79.58, 39.47, 30.72, 43.17, 59.93, 22.29,
    41.94, 74.79, 4.53, 16.23, 15.13, 11.84, 113.30, 27.76, 14.07, 14.65, 6.50, 172.80, 25.28,
    7.17, 64.54, 52.84, 20.00, 10.84, 24.38, 91.59, 54.30, 36.27, 110.93, 75.29, 16.73, 31.29,
    57.63, 32.71, 11.42, 22.08, 52.46, 54.47, 48.87, 49.55, 11.26, 13.09, 219.16, 9.42, 6.61,
    56.18, 55.57, 50.52, 18.72, 8.71, 61.70, 30.58, 157.01, 71.43, 58.06, 45.55, 75.42, 49.56,
    87.79, 24.99, 11.39, 39.47, 13.48, 58.23, 19.40, 7.57, 39.88, 12.69, 4.65, 33.92, 100.04,
    5.55, 10.14, 56.58, 16.80, 142.17, 34.89,
]  # fmt: skip
PUBLISHED = {0: 0.0269, 3: -1.3097, 26: -1.9268, 63: 2.3479, 88: 2.8460, 98: 2.1603, 122: -0.0490}


def months(januaries: list[float]) -> np.ndarray:
    year = np.full((len(januaries), 12), np.nan)
    year[:, 0] = januaries
    return year.ravel()


def test_the_spi_of_a_century_of_januaries_is_the_published_one():
    scores = spi(months(JANUARIES), 1)[::12]

    for year, published in PUBLISHED.items():
        assert scores[year] == pytest.approx(published, abs=2e-3)


def test_a_sum_over_months_needs_all_of_them():
    assert summed([1, 2, np.nan, 4, 5, 6], 2).tolist()[3:] == pytest.approx(
        [np.nan, 9, 11], nan_ok=True
    )
    assert np.isnan(summed([1, 2, 3], 3)[:2]).all()


rains = st.lists(st.floats(0.5, 300), min_size=20, max_size=60, unique=True)


@given(rains, st.floats(0.1, 10))
def test_rain_in_inches_is_as_rare_as_in_millimetres(rain, factor):
    here, there = (spi(months(list(np.array(rain) * by)), 1)[::12] for by in (1, factor))

    assert there == pytest.approx(here, abs=1e-6)


@pytest.mark.shows("property", "gold/soil/monthly_drought_by_station")
@given(rains)
def test_a_wetter_month_has_no_lower_index(rain):
    for index in (spi, spei):
        scores = index(months(rain), 1)[::12]
        in_order = scores[np.argsort(rain)]

        assert np.isnan(in_order).all() or (np.diff(in_order) >= -1e-9).all()
        assert (np.abs(in_order[~np.isnan(in_order)]) <= LIMIT).all()


def test_months_without_rain_are_as_rare_as_their_share():
    # One January of four is dry: a chance of 0.25 is a score of -0.674.
    rain = [0.0 if year % 4 == 0 else 20.0 + year for year in range(40)]

    assert spi(months(rain), 1)[0] == pytest.approx(-0.6745, abs=1e-3)


def test_balances_drawn_from_a_log_logistic_distribution_have_normal_scores():
    # Vicente-Serrano et al. (2010), eq. 4, with origin -60, scale 80 and shape 5.
    chance = (np.arange(4000) + 0.5) / 4000
    balance = -60 + 80 * (chance / (1 - chance)) ** (1 / 5)

    scores = spei(months(list(balance)), 1)[::12]

    assert scores[[92, 635, 2000, 3364]] == pytest.approx([-1.99, -1.0, 0.0, 1.0], abs=0.03)


def test_what_is_usual_is_taken_from_the_years_of_reference():
    wetter = [*JANUARIES[:60], *(2 * np.array(JANUARIES[60:]))]

    before, all_years = (
        spi(months(wetter), 1, reference=years)[::12] for years in (slice(0, 60), slice(None))
    )

    assert before[60:].mean() > all_years[60:].mean()


def test_three_years_are_too_few_for_an_index():
    assert np.isnan(spi(months([10.0, 20.0, 30.0]), 1)).all()
