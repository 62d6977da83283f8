from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from assets.coarser import alone_and_together

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
