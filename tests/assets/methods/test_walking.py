import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.methods.walking import (
    Snapped,
    Streets,
    metres_of,
    metres_to_nearest,
    network,
    snap,
    tobler_kmh,
    walking_seconds,
)

# 3.6 km/h: a metre a second.
SLOW = 3.6


def at(*nodes: int) -> Snapped:
    return Snapped(np.array(nodes), np.zeros(len(nodes)))


def test_a_walker_is_as_fast_on_a_slope_as_tobler_published():
    # Tobler (1993), NCGIA 93-1: 5 km/h on the level, 6 down a slope of 5 %; the same speeds at
    # equal distances from there.
    assert tobler_kmh(0.0) == pytest.approx(5.037, abs=5e-4)
    assert tobler_kmh(-0.05) == pytest.approx(6.0)
    assert tobler_kmh([0.05, -0.15]) == pytest.approx([4.228, 4.228], abs=5e-4)


def test_whoever_walks_a_metre_a_second_is_slower_uphill():
    level, up, down = walking_seconds([100, 100, 100], [0.0, 0.1, -0.05], level_kmh=SLOW)

    assert level == pytest.approx(100)
    assert up == pytest.approx(100 * np.exp(0.35))
    assert down == pytest.approx(100 * np.exp(-0.175))


def test_the_way_round_is_taken_where_it_is_shorter():
    #  0 --50-- 1 --50-- 2,  0 --130-- 2 and, slower, 0 --70-- 1;  3 lies alone
    streets = Streets(
        network([0, 1, 0, 0], [1, 2, 2, 1], [50, 50, 130, 70], [50, 50, 130, 70], nodes_count=4), 1
    )

    times = streets.walks(at(0, 3), at(0, 1, 2, 3))

    assert times.tolist() == [[0, 50, 100, np.inf], [np.inf, np.inf, np.inf, 0]]
    assert streets.walks(at(0), at(1, 2), limit_s=99).tolist() == [[50, np.inf]]


def test_uphill_and_downhill_are_told_apart_from_either_end():
    streets = Streets(network([0], [1], [90], [60], nodes_count=2), 1)

    assert streets.walks(at(0), at(1)).tolist() == [[90]]
    # More origins than targets: the search runs backwards.
    assert streets.walks(at(0, 1), at(1)).tolist() == [[90], [0]]
    assert streets.walks(at(0, 1), at(0)).tolist() == [[0], [60]]


def test_the_steps_to_the_street_count():
    streets = Streets(network([0], [1], [60], [60], nodes_count=2), 2.0)
    home, shop = Snapped(np.array([0]), np.array([10.0])), Snapped(np.array([1]), np.array([5.0]))

    assert streets.walks(home, shop).tolist() == [[60 + 2 * 15]]
    assert streets.walks(home, shop, limit_s=80).tolist() == [[np.inf]]


def test_a_point_is_snapped_to_the_nearest_crossing_within_reach():
    found = snap([[0, 3], [0, 90], [np.nan, 0]], [[0, 0], [0, 100]], farthest_m=9)

    assert found.node.tolist() == [0, -1, -1]
    assert found.metres.tolist() == [3.0, np.inf, np.inf]
    assert snap([[0, 0]], [], farthest_m=9).node.tolist() == [-1]


def test_a_degree_of_latitude_is_111_kilometres():
    south, north = metres_of([45, 46], [10, 10], middle_lat_deg=45.5)

    assert np.linalg.norm(north - south) == pytest.approx(111_195, abs=1)


@st.composite
def cities(draw: st.DrawFn) -> tuple[np.ndarray, ...]:
    nodes = draw(st.integers(2, 12))
    random = np.random.default_rng(draw(st.integers(0, 2**31)))
    count = draw(st.integers(1, 25))
    ends = random.integers(0, nodes, (2, count))
    lengths, slopes = random.uniform(1, 500, count), random.uniform(-0.2, 0.2, count)
    return np.array(nodes), *ends, lengths, slopes


def all_times(city: tuple[np.ndarray, ...], *, is_level: bool) -> np.ndarray:
    nodes, start, end, lengths, slopes = city
    slopes = slopes * (not is_level)
    there, back = (walking_seconds(lengths, one, level_kmh=4.5) for one in (slopes, -slopes))
    streets = Streets(network(start, end, there, back, nodes_count=int(nodes)), 1)
    return streets.walks(at(*range(nodes)), at(*range(nodes)))


@given(cities())
def test_no_detour_is_shorter_than_the_shortest_way(city):
    times = all_times(city, is_level=False)

    detours = (times[:, :, None] + times[None, :, :]).min(axis=1)
    assert np.all(times <= detours + 1e-6)


@given(cities())
def test_on_the_level_the_way_back_is_as_long(city):
    times = all_times(city, is_level=True)

    assert np.allclose(times, times.T)


@given(cities())
def test_a_street_more_makes_no_way_longer(city):
    nodes, *rest = city
    fewer = (nodes, *(one[:-1] for one in rest))

    assert np.all(all_times(city, is_level=False) <= all_times(fewer, is_level=False) + 1e-6)


@pytest.mark.parametrize("call", [
    lambda: walking_seconds([0], [0], level_kmh=4.5),
    lambda: walking_seconds([1], [0], level_kmh=0),
    lambda: network([0], [1], [0], [1], nodes_count=2),
])  # fmt: skip
def test_a_way_without_length_is_refused(call):
    with pytest.raises(ValueError, match="above nought"):
        call()


def test_the_nearest_of_some_places_is_found_from_every_crossing():
    #  0 --100-- 1 --50-- 2 --70-- 3,  4 lies alone
    streets = network([0, 1, 2], [1, 2, 3], [100, 50, 70], [100, 50, 70], nodes_count=5)

    from_two = metres_to_nearest(streets, [2], [0.0])
    from_both = metres_to_nearest(streets, [2, 0, 0], [0.0, 60.0, 10.0])

    assert from_two.tolist() == [150, 50, 0, 70, np.inf]
    assert from_both.tolist() == [10, 50, 0, 70, np.inf]
    assert np.isinf(metres_to_nearest(streets, [], [])).all()


@given(cities(), st.lists(st.tuples(st.integers(0, 11), st.floats(0, 300)), max_size=4))
def test_one_search_from_all_places_finds_what_a_search_from_each_finds(city, places):
    nodes, start, end, lengths, slopes = city
    there, back = (walking_seconds(lengths, one, level_kmh=4.5) for one in (slopes, -slopes))
    matrix = network(start, end, there, back, nodes_count=int(nodes))
    gates = [(gate % int(nodes), beyond) for gate, beyond in places]

    found = metres_to_nearest(matrix, [one[0] for one in gates], [one[1] for one in gates])

    each = all_times(city, is_level=False)
    nearest = [min((each[n, g] + b for g, b in gates), default=np.inf) for n in range(int(nodes))]
    assert np.allclose(found, nearest)
