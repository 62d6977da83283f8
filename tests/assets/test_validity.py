from datetime import UTC, datetime, timedelta
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.validity import one_at_a_time, since_ever, united, while_both
from infra.lake.merging import history_after

START = datetime(2025, 3, 1, tzinfo=UTC)
SCHEMA = {
    "thing_id": pl.String(),
    "name": pl.String(),
    "valid_from": pl.Datetime("us", "UTC"),
    "valid_to": pl.Datetime("us", "UTC"),
}
Spell = tuple[str, str, int, int | None]


def on(day: int | None) -> datetime | None:
    return None if day is None else START + timedelta(days=day)


def spells(*rows: Spell) -> pl.DataFrame:
    told = [(thing, name, on(since), on(until)) for thing, name, since, until in rows]
    return pl.DataFrame(told, schema=SCHEMA, orient="row")


def days_of(rows: pl.DataFrame) -> list[Spell]:
    def day(at: datetime | None) -> int | None:
        return None if at is None else (at - START).days

    return [
        (thing, name, (since - START).days, day(until))
        for thing, name, since, until in rows.select(*SCHEMA).rows()
    ]


def names_on(rows: pl.DataFrame, thing: str, day: int) -> set[str]:
    at = on(day)
    holds = (pl.col("valid_from") <= at) & (
        pl.col("valid_to").is_null() | (pl.col("valid_to") > at)
    )
    return set(rows.filter(holds, pl.col("thing_id") == thing)["name"])


spell = st.tuples(
    st.sampled_from("ab"),
    st.sampled_from("xy"),
    st.integers(0, 6),
    st.none() | st.integers(1, 5),
).map(lambda one: (*one[:3], None if one[3] is None else one[2] + one[3]))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("a", "x", 0, 2), ("a", "x", 2, None)], [("a", "x", 0, None)]),
        ([("a", "x", 0, 5), ("a", "x", 2, 3)], [("a", "x", 0, 5)]),
        ([("a", "x", 0, 2), ("a", "x", 3, 4)], [("a", "x", 0, 2), ("a", "x", 3, 4)]),
        ([("a", "x", 0, 2), ("a", "y", 2, 4)], [("a", "x", 0, 2), ("a", "y", 2, 4)]),
    ],
)
def test_what_is_said_of_touching_times_is_said_once(rows: list[Spell], expected: list[Spell]):
    assert days_of(united(spells(*rows))) == expected


@settings(max_examples=60)
@given(st.lists(spell, max_size=8))
def test_uniting_rows_changes_nothing_of_what_was_true_on_any_day(rows: list[Spell]):
    told = spells(*rows)

    once = united(told)

    for day in range(13):
        for thing in "ab":
            assert names_on(once, thing, day) == names_on(told, thing, day)
    assert once.equals(united(told.reverse()))


@settings(max_examples=60)
@given(st.lists(spell, max_size=8))
def test_of_each_thing_one_row_holds_at_a_time(rows: list[Spell]):
    told = united(spells(*rows))

    held = one_at_a_time(told, "thing_id")

    for day in range(13):
        for thing in "ab":
            assert len(names_on(held, thing, day)) <= 1
            assert names_on(held, thing, day) <= names_on(told, thing, day)
    assert held.select("thing_id", "valid_from").is_unique().all()


def test_of_two_rows_at_a_time_the_one_that_began_last_is_believed():
    told = spells(("a", "x", 0, None), ("a", "y", 3, None), ("b", "x", 1, 2))

    held = one_at_a_time(told, "thing_id")

    assert days_of(held) == [("a", "x", 0, 3), ("a", "y", 3, None), ("b", "x", 1, 2)]


def test_two_rows_belong_together_while_both_hold():
    left = spells(("a", "x", 0, 4), ("b", "x", 0, None))
    right = spells(("a", "y", 2, None), ("b", "y", 5, 6), ("a", "z", 4, None))

    found = while_both(left, right.rename({"name": "other"}), on="thing_id").sort("thing_id")

    assert days_of(found) == [("a", "x", 2, 4), ("b", "x", 5, 6)]
    assert found["other"].to_list() == ["y", "y"]


def test_a_table_without_history_has_held_since_ever():
    held = since_ever(pl.DataFrame({"thing_id": ["a"]}))

    assert held.row(0) == ("a", datetime(1970, 1, 1, tzinfo=UTC), None)


@settings(max_examples=40)
@given(st.lists(st.dictionaries(st.sampled_from("ab"), st.sampled_from("xy")), max_size=6))
def test_a_thing_that_changes_has_rows_that_abut_and_never_overlap(
    deliveries: list[dict[str, str]],
):
    history = pl.DataFrame(schema=SCHEMA)
    for day, names in enumerate(deliveries):
        said = {"thing_id": list(names), "name": list(names.values())}
        delivery = pl.DataFrame(said, schema={"thing_id": pl.String, "name": pl.String})
        at = START + timedelta(days=day)
        history = history_after(history, delivery, primary_key=("thing_id",), at=at)

    held = one_at_a_time(united(history), "thing_id")

    # What each delivery said holds from it to the next one, the last one until now.
    for day, names in enumerate(deliveries):
        for thing in "ab":
            assert names_on(held, thing, day) == ({names[thing]} if thing in names else set())
    rows = days_of(held)
    for before, after in pairwise(rows):
        if before[0] == after[0]:
            assert before[3] is not None
            assert before[3] <= after[2]
            # A gap is one in which nothing was said, and what abuts has changed.
            assert (before[3] == after[2]) == (before[0] in deliveries[after[2] - 1])
            assert before[3] != after[2] or before[1] != after[1]
