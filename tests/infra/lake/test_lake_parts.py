from concurrent.futures import ThreadPoolExecutor

import polars as pl
import pytest

from infra.errors import TwinError
from infra.lake import Lake, TableSpec

TABLE = "gold/actions/plans"
SPEC = TableSpec(pl.Schema({"plan_id": pl.String, "trees_count": pl.Int64}))


def put(lake: Lake, plan: str, *counts: int) -> int:
    rows = pl.DataFrame(
        {"plan_id": [plan] * len(counts), "trees_count": counts}, schema=SPEC.schema
    )
    return lake.replace_part(TABLE, rows, of={"plan_id": plan}, spec=SPEC, notes={"run": "r"})


def known(lake: Lake) -> list[tuple[str, int]]:
    return sorted(lake.read(TABLE).collect().rows())


def test_a_part_takes_the_place_of_its_former_rows_and_leaves_others(lake: Lake) -> None:
    put(lake, "a", 1, 2)
    put(lake, "b", 3)

    put(lake, "a", 4)

    assert known(lake) == [("a", 4), ("b", 3)]


def test_no_rows_take_a_part_away_and_earlier_versions_show_it(lake: Lake) -> None:
    before = put(lake, "a", 1)

    put(lake, "a")

    assert known(lake) == []
    assert lake.read(TABLE, version=before).collect().rows() == [("a", 1)]


def test_rows_of_another_part_are_refused(lake: Lake) -> None:
    rows = pl.DataFrame({"plan_id": ["b"], "trees_count": [1]}, schema=SPEC.schema)

    with pytest.raises(TwinError, match="another part than plan_id"):
        lake.replace_part(TABLE, rows, of={"plan_id": "a"}, spec=SPEC, notes={})

    assert not lake.exists(TABLE)


def test_of_writers_at_once_none_loses_its_part(lake: Lake) -> None:
    plans = ["a", "b", "c", "d"]

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda plan: put(lake, plan, 1), plans))

    assert known(lake) == [(plan, 1) for plan in plans]
