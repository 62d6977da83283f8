from collections import defaultdict
from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.small_groups import (
    Limit,
    Path,
    alone_and_together,
    limit_of,
    newest_limit,
    told_places,
    with_least,
)

LIMITS = pl.read_csv("assets/definitions/disclosure_limits.csv", try_parse_dates=True)
TEN = Limit(10, 0.25)


def told(parts: dict[Path, list[float]], limit: Limit = TEN) -> dict[Path, Path | None]:
    sizes = [len(amounts) for amounts in parts.values()]
    return dict(zip(parts, told_places(list(parts), sizes, allowed(parts, limit)), strict=True))


def allowed(parts: dict[Path, list[float]], limit: Limit):
    amounts = list(parts.values())
    return limit.allows(
        np.array([[len(one)] for one in amounts], dtype=np.int64),
        np.array([[sum(one)] for one in amounts], dtype=float),
        np.array([[max(one, default=0.0)] for one in amounts], dtype=float),
    )


def test_who_is_enough_stands_alone_and_the_others_of_a_quarter_together():
    places = told(
        {
            ("N", "Q1", "a"): [1.0] * 12,
            ("N", "Q1", "b"): [1.0] * 6,
            ("N", "Q1", "c"): [1.0] * 5,
            ("N", "Q2", "d"): [1.0] * 10,
        }
    )

    assert list(places.values()) == [("N", "Q1", "a"), ("N", "Q1"), ("N", "Q1"), ("N", "Q2", "d")]


def test_a_rest_that_is_too_few_is_joined_by_the_smallest_that_stood_alone():
    places = told(
        {
            ("N", "Q1", "a"): [1.0] * 30,
            ("N", "Q1", "b"): [1.0] * 12,
            ("N", "Q1", "c"): [1.0] * 3,
        }
    )

    assert list(places.values()) == [("N", "Q1", "a"), ("N", "Q1"), ("N", "Q1")]


def test_one_that_dominates_is_told_where_it_does_not():
    places = told(
        {
            ("N", "Q1", "a"): [1.0] * 11 + [20.0],
            ("N", "Q1", "b"): [1.0] * 12,
            ("N", "Q2", "c"): [1.0] * 60,
        }
    )

    assert list(places.values()) == [("N",), ("N",), ("N",)]


def test_a_quarter_too_small_for_itself_is_told_with_the_rest_of_its_zone():
    places = told(
        {
            ("N", "Q1", "a"): [1.0] * 9,
            ("N", "Q2", "b"): [1.0] * 9,
            ("N", "Q3", "c"): [1.0] * 20,
            ("S", "Q4", "d"): [1.0] * 20,
        }
    )

    assert list(places.values()) == [("N",), ("N",), ("N", "Q3", "c"), ("S", "Q4", "d")]


def test_a_part_of_unknown_place_is_told_with_the_rest_of_the_city():
    places = told({(): [1.0] * 3, ("N", "Q1", "a"): [1.0] * 10, ("S", "Q2", "b"): [1.0] * 11})

    assert list(places.values()) == [(), (), ("S", "Q2", "b")]


@pytest.mark.parametrize("amounts", [[1.0] * 9, [1.0] * 11 + [90.0], []])
def test_a_city_that_is_too_few_or_dominated_is_not_told(amounts):
    assert list(told({("N", "Q1", "a"): amounts}).values()) == [None]


def test_no_parts_are_told_nowhere():
    assert told_places([], [], lambda parts: True) == []


def test_each_number_that_is_told_has_enough_who_contribute_to_it():
    counts = np.array([[12, 12], [12, 4], [9, 9]])
    nothing = np.zeros((3, 2))
    enough = Limit(10, None).allows(counts, nothing, nothing)

    assert [enough([0]), enough([1]), enough([2]), enough([1, 2])] == [True, False, False, True]


def test_the_limit_is_that_of_the_day():
    later = LIMITS.with_columns(valid_from_on=pl.lit(date(2026, 1, 1)), least_count=pl.lit(20))
    both = pl.concat([later, LIMITS], how="vertical_relaxed")

    assert limit_of(both, "energy_by_day", date(2025, 12, 31)) == Limit(10, 0.25)
    assert limit_of(both, "energy_by_day", date(2026, 1, 1)) == Limit(20, 0.25)
    assert limit_of(both, "energy_by_day", date(2024, 12, 31)) is None


def test_each_row_has_the_limit_of_its_day_and_none_passes_before_the_first_edition():
    later = LIMITS.with_columns(valid_from_on=pl.lit(date(2026, 1, 1)), least_count=pl.lit(20))
    both = pl.concat([later, LIMITS], how="vertical_relaxed")
    rows = pl.DataFrame(
        {
            "day_on": [date(2026, 1, 1), date(2025, 12, 31), date(2024, 12, 31)],
            "cars_count": [19, 19, 2**30],
        }
    )

    limited = with_least(rows, both, "parking_by_hour", day="day_on")

    passing = limited.filter(pl.col("cars_count") >= pl.col("least_count"))
    assert passing.select("day_on", "least_count").rows() == [(date(2025, 12, 31), 10)]


def test_the_newest_limit_is_of_all_years_and_nothing_passes_without_one():
    later = LIMITS.with_columns(valid_from_on=pl.lit(date(2026, 1, 1)), least_count=pl.lit(20))
    both = pl.concat([later, LIMITS], how="vertical_relaxed")

    assert newest_limit(both, "firms") == Limit(20, None)
    assert newest_limit(LIMITS.clear(), "firms").least_count > 2**30


AMOUNTS = st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0, 9.0]), min_size=1, max_size=14)
CITY = st.dictionaries(
    st.tuples(st.sampled_from("NS"), st.sampled_from("12"), st.sampled_from("abcd")),
    AMOUNTS,
    min_size=1,
    max_size=14,
)


@settings(max_examples=60, deadline=None)
@given(CITY)
def test_whatever_sums_of_places_are_told_none_is_of_too_few_nor_can_be_made_of_them(parts):
    places = told(parts)
    is_allowed = allowed(parts, TEN)
    numbers = {path: number for number, path in enumerate(parts)}

    if None in places.values():
        assert set(places.values()) == {None}
        assert not is_allowed(range(len(parts)))
        return
    rows = defaultdict(list)
    for path, place in places.items():
        assert place == path[: len(place)]
        rows[place].append(numbers[path])
    # Rows do not overlap and leave nothing out: each may be told, and so may whatever is left of
    # a zone, a quarter or the city when other rows are taken away, which is rows again.
    assert sorted(number for row in rows.values() for number in row) == list(range(len(parts)))
    assert all(is_allowed(row) for row in rows.values())
    for depth in (1, 2):
        for place in {row[:depth] for row in rows if len(row) >= depth}:
            whole = {number for path, number in numbers.items() if path[:depth] == place}
            inside = {n for row, its in rows.items() if row[:depth] == place for n in its}
            assert inside == whole


LEAST = 10


def split(sizes: Sequence[int]) -> tuple[list[str], list[str]]:
    """Parts of these sizes, the smallest first, of which a group needs ten."""
    known = {f"{n}": size for n, size in enumerate(sorted(sizes))}
    return alone_and_together(
        list(known), lambda parts: sum(known[part] for part in parts) >= LEAST
    )


def test_a_small_part_takes_the_next_with_it():
    assert split([3, 12, 40]) == (["2"], ["0", "1"])


def test_small_parts_that_are_enough_together_take_no_other():
    assert split([4, 6, 40]) == (["2"], ["0", "1"])


def test_parts_that_are_all_large_are_all_told():
    assert split([10, 20]) == (["0", "1"], [])


def test_too_few_in_all_are_not_told():
    assert split([4, 5]) == ([], [])


@given(sizes=st.lists(st.integers(0, 30), max_size=8))
def test_every_part_is_told_once_or_none_is_and_what_is_left_of_the_total_is_never_small(sizes):
    alone, together = split(sizes)

    known = {f"{n}": size for n, size in enumerate(sorted(sizes))}
    assert alone + together == [] or sorted(alone + together) == sorted(known)
    assert all(known[part] >= LEAST for part in alone)
    assert not together or sum(known[part] for part in together) >= LEAST
    assert (alone + together == []) == (sum(sizes) < LEAST)
