import numpy as np
import pytest

from assets.methods.placebo import placebo_dates, placebo_places, ranked
from assets.methods.scaled_error import scaled_error


def gap(series: np.ndarray, at: int) -> float:
    return float(series[at:].mean() - series[:at].mean())


def test_an_effect_is_ranked_by_its_size_whatever_its_direction():
    found = ranked(-3.0, [1.0, -2.0, 4.0, float("nan")])

    assert (found.rank, found.count, found.p_value) == (2, 3, 0.5)


def test_without_placebos_nothing_is_told():
    assert ranked(3.0, []).p_value == 1.0


def test_placebo_dates_end_before_the_action():
    series = np.array([0.0, 0, 0, 0, 0, 0, 9, 9, 9])

    found = placebo_dates(series, first_after=6, after=2, least_before=2, estimate=gap)

    # They begin at the steps 2, 3 and 4, and see nothing of the nines.
    assert found.tolist() == [0.0, 0.0, 0.0]


def test_a_place_is_compared_with_all_others():
    places = np.array([[0.0, 0, 0], [0, 0, 6]])

    found = placebo_places(places, estimate=lambda one, others: float(one[1] - others[1].mean()))

    assert found.tolist() == [-3.0, -3.0, 6.0]


def test_one_place_has_nothing_to_be_compared_with():
    assert placebo_places(np.zeros((4, 1)), estimate=lambda one, others: 1.0).size == 0


@pytest.mark.parametrize(
    ("expected", "season", "error"),
    [([1.0, 2, 3, 4], 1, 0.0), ([0.0, 1, 2, 3], 1, 1.0), ([0.0, 1, 2, 3], 2, 0.5)],
)
def test_an_error_of_one_is_that_of_the_naive_forecast(
    expected: list[float], season: int, error: float
):
    assert scaled_error([1.0, 2, 3, 4], expected, season=season) == error
