from random import Random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.errors import TwinError
from quality.differential.bounding import Clamp, Question, bounded

QUESTION = Question(
    domain="transit",
    unit="card_pid",
    cells=("stop_id",),
    most_cells=2,
    epsilon=0.5,
    count="passengers_count",
    sums={"paid_eur": Clamp(step=0.5, most=4.0)},
)


def rides(seed: int) -> pl.DataFrame:
    chance = Random(seed)
    rows_count = chance.randint(5, 120)
    return pl.DataFrame(
        {
            "card_pid": chance.choices([f"card {n}" for n in range(9)], k=rows_count),
            "stop_id": chance.choices("abcdef", k=rows_count),
            "paid_eur": [chance.uniform(-1, 6) for _ in range(rows_count)],
        }
    )


def numbers(units: pl.DataFrame) -> dict[str, tuple[int, int]]:
    found = bounded(units, QUESTION).group_by("stop_id").agg(pl.len(), pl.col("paid_eur").sum())
    return {stop: (count, steps) for stop, count, steps in found.iter_rows()}


@settings(max_examples=60)
@given(seed=st.integers(0, 10**6), card=st.integers(0, 8))
def test_one_person_more_changes_so_many_cells_by_so_much_and_no_others(seed, card):
    units = rides(seed)

    everybody = numbers(units)
    others = numbers(units.filter(pl.col("card_pid") != f"card {card}"))

    stops = set(everybody) | set(others)
    changes = [
        (everybody.get(stop, (0, 0))[at] - others.get(stop, (0, 0))[at])
        for at in (0, 1)
        for stop in stops
    ]
    counts, steps = changes[: len(stops)], changes[len(stops) :]
    assert sum(map(abs, counts)) <= QUESTION.most_cells
    assert sum(map(abs, steps)) <= QUESTION.most_cells * QUESTION.sums["paid_eur"].most_steps


def test_who_rides_three_times_from_a_stop_counts_once_there_and_pays_up_to_the_most():
    units = pl.DataFrame({"card_pid": ["c"] * 3, "stop_id": ["a"] * 3, "paid_eur": [2.2, 2.2, 2.2]})

    assert numbers(units) == {"a": (1, 8)}


def test_rows_without_a_person_count_nowhere():
    units = pl.DataFrame(
        {"card_pid": [None, "c"], "stop_id": ["a", None], "paid_eur": [1.0, 1.0]},
        schema_overrides={"card_pid": pl.String},
    )

    assert numbers(units) == {}


@pytest.mark.parametrize(
    "wrong",
    [
        {"most_cells": 0},
        {"epsilon": 0.0},
        {"sums": {"paid_eur": Clamp(step=0.0, most=4.0)}},
        {"sums": {"paid_eur": Clamp(step=5.0, most=4.0)}},
    ],
)
def test_a_question_that_promises_nothing_is_refused(wrong):
    from dataclasses import replace

    with pytest.raises(TwinError, match="open/x/y: "):
        replace(QUESTION, **wrong).check("open/x/y")
