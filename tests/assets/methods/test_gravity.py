import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.methods.gravity import deterrence, geh, trips


@pytest.mark.shows(
    "published",
    "gold/mobility/modelled_traffic_by_segment",
    source="IIT Bombay, singly constrained gravity model",
)
def test_trips_are_those_of_the_virtual_laboratory_of_iit_bombay():
    # Urban transportation systems planning laboratory, IIT Bombay, "singly constrained gravity
    # model": friction 10 - 0.5 c of the costs 3 10 15, 10 5 10, 15 10 5.
    friction = [[8.5, 5.0, 2.5], [5.0, 7.5, 5.0], [2.5, 5.0, 7.5]]

    found = trips([10, 15, 8], [7, 16, 10], friction)

    published = [[3.617, 4.8632, 1.5198], [2.561, 8.7805, 3.6585], [0.8116, 3.7101, 3.4783]]
    assert found == pytest.approx(np.array(published), abs=1e-4)


def test_trips_of_the_first_district_are_those_of_the_textbook():
    # Garber & Hoel, Traffic and Highway Engineering, 5th edition, problem 12-9, first iteration.
    found = trips([3400.0], [2800, 6500, 2550, 4400], [[1.51, 0.92, 0.71, 0.97]])

    assert found[0, :2].round().tolist() == [883, 1248]


cities = st.integers(2, 8).flatmap(
    lambda n: st.tuples(
        st.lists(st.floats(0, 1e4), min_size=n, max_size=n),
        st.lists(st.floats(0.1, 1e3), min_size=n, max_size=n),
        st.lists(st.floats(0, 60), min_size=n * n, max_size=n * n),
    )
)


@settings(max_examples=40)
@given(cities, st.floats(1, 5))
def test_nobody_is_lost_and_more_that_attracts_never_draws_fewer(city, times):
    begun, pull, minutes = (np.array(one) for one in city)
    friction = deterrence(minutes.reshape(len(begun), -1), scale=10)

    found = trips(begun, pull, friction)

    assert found.sum(axis=1) == pytest.approx(begun, rel=1e-9)
    more = trips(begun, pull * np.r_[times, np.ones(len(pull) - 1)], friction)
    assert (more[:, 0] >= found[:, 0] * (1 - 1e-12)).all()
    assert (more[:, 1:] <= found[:, 1:] * (1 + 1e-12)).all()


def test_whoever_reaches_nothing_goes_nowhere():
    cut_off = deterrence([[1.0, 2.0], [np.inf, np.inf]], scale=10)

    assert trips([5, 7], [1, 1], cut_off).sum(axis=1).tolist() == [pytest.approx(5), 0.0]


@pytest.mark.parametrize(
    ("modelled", "counted", "value"), [(100, 100, 0), (0, 0, 0), (150, 50, 10)]
)
def test_geh_of_a_street_by_hand(modelled, counted, value):
    # √(2 · 100² / 200) = 10.
    assert geh([modelled], [counted]).tolist() == [value]
