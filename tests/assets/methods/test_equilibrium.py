import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.methods.equilibrium import Network, assign, bpr


def network(*links: tuple[int, int, float, float, float, float]) -> Network:
    columns = [np.array(one) for one in zip(*links, strict=True)]
    return Network(columns[0], columns[1], *(one.astype(float) for one in columns[2:]))


# Braess (1968): six drivers from 0 to 3; two links take 10 x, two 50 + x, the new one 10 + x.
# Links of time a + c x are a · (1 + c/a · x): a capacity of 1 and a power of 1.
BEFORE = (
    (0, 1, 1e-6, 1.0, 10e6, 1.0), (0, 2, 50.0, 1.0, 1 / 50, 1.0),
    (1, 3, 50.0, 1.0, 1 / 50, 1.0), (2, 3, 1e-6, 1.0, 10e6, 1.0),
)  # fmt: skip
NEW_ROAD = (1, 2, 10.0, 1.0, 1 / 10, 1.0)


def six_drivers() -> np.ndarray:
    trips = np.zeros((4, 4))
    trips[0, 3] = 6.0
    return trips


@pytest.mark.shows("published", "gold/mobility/modelled_traffic_by_segment", source="Braess (1968)")
@pytest.mark.parametrize(("links", "minutes"), [(BEFORE, 83.0), ((*BEFORE, NEW_ROAD), 92.0)])
def test_a_new_road_makes_everybody_later_as_braess_says(links, minutes):
    found = assign(network(*links), six_drivers(), gap=1e-7, most_rounds=3000)

    assert (found.flow * found.time).sum() / 6 == pytest.approx(minutes, abs=0.05)


def test_a_full_road_takes_fifteen_in_a_hundred_longer():
    assert bpr([0, 1.0, 1.2]).tolist() == pytest.approx([1.0, 1.15, 1.31104])


def grid(seed: int) -> Network:
    random = np.random.default_rng(seed)
    links = []
    for a in range(9):
        for b in (a + 1, a + 3):
            if b < 9 and not (b == a + 1 and b % 3 == 0):
                time, capacity = random.uniform(1, 5), random.uniform(50, 200)
                links += [(a, b, time, capacity, 0.15, 4.0), (b, a, time, capacity, 0.15, 4.0)]
    return network(*links)


@given(st.integers(0, 2**31))
@settings(max_examples=15)
def test_in_equilibrium_nobody_gains_by_another_way(seed):
    streets = grid(seed)
    trips = np.random.default_rng(seed).uniform(0, 60, (9, 9))

    found = assign(streets, trips, gap=1e-3)

    assert found.gap < 1e-3
    assert (found.flow >= -1e-9).all()
    for node in range(9):
        leaves = found.flow[streets.from_node == node].sum()
        comes = found.flow[streets.to_node == node].sum()
        begin, end = trips[node].sum() - trips[node, node], trips[:, node].sum() - trips[node, node]
        assert leaves - comes == pytest.approx(begin - end, abs=1e-6)


def test_of_two_equal_roads_each_takes_half():
    two = network(
        (0, 1, 10.0, 100.0, 0.15, 4.0), (0, 2, 5.0, 100.0, 0.15, 4.0), (2, 1, 5.0, 1e9, 0.0, 4.0)
    )
    trips = np.zeros((2, 2))
    trips[0, 1] = 300.0

    found = assign(two, trips, gap=1e-6)

    assert found.time[0] == pytest.approx(found.time[1] + found.time[2], rel=1e-3)
    assert found.flow[0] + found.flow[1] == pytest.approx(300)


def test_trips_to_where_no_road_leads_are_counted_and_not_lost():
    one_way = network((0, 1, 1.0, 10.0, 0.15, 4.0))

    found = assign(one_way, np.array([[0, 5.0], [7.0, 0]]))

    assert found.unserved == 7.0
    assert found.flow.tolist() == [5.0]


def test_no_trip_passes_through_a_zone():
    # 0 and 1 are zones; the way from 2 to 3 through zone 1 is shorter and closed.
    streets = network(
        (0, 2, 1.0, 10.0, 0.0, 1.0), (2, 1, 1.0, 10.0, 0.0, 1.0), (1, 3, 1.0, 10.0, 0.0, 1.0),
        (2, 3, 9.0, 10.0, 0.0, 1.0), (3, 4, 1.0, 10.0, 0.0, 1.0),
    )  # fmt: skip
    trips = np.zeros((5, 5))
    trips[0, 4] = 1.0
    closed = Network(**{**streets.__dict__, "first_through": 2})

    assert assign(streets, trips).time @ assign(streets, trips).flow == pytest.approx(4.0)
    assert assign(closed, trips).time @ assign(closed, trips).flow == pytest.approx(11.0)
