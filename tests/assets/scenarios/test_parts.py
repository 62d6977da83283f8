"""What is computed for the places of an edit alone is what the whole city gives."""

import inspect
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.declaration import Declaration
from assets.derived_assets import find_declarations
from assets.scenarios.running import Outcome, outcome_of
from assets.twin import Twin
from tests.assets.scenarios.small_lake import RAIN, cells, scenario, small_lake

DECLARATIONS = find_declarations()
HELD = {RAIN}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("plans")


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    return small_lake(tmp_path_factory.mktemp("lake"))


def whole(declarations: Mapping[str, Declaration]) -> dict[str, Declaration]:
    """The same tables, none of which says how it divides."""
    return {key: replace(one, parts=()) for key, one in declarations.items()}


def same(one: Outcome, other: Outcome) -> bool:
    return set(one.indicators) == set(other.indicators) and all(
        pair.planned.equals(other.indicators[key].planned)
        and pair.baseline.equals(other.indicators[key].baseline)
        for key, pair in one.indicators.items()
    )


def test_every_table_that_divides_is_held_to_the_whole_city():
    assert {key for key, one in DECLARATIONS.items() if one.parts} == HELD


@settings(max_examples=4)
@given(data=st.data())
def test_rain_of_cells_is_that_of_the_whole_ground(twin, folder, data):
    where = st.lists(st.sampled_from(cells()), min_size=1, max_size=3, unique=True)
    edits = [
        f"kind: deseal, cells: {data.draw(where)}, "
        f"removed_ratio: {data.draw(st.floats(0.01, 1))}, above_ratio: {above}"
        for above in data.draw(st.lists(st.sampled_from([0.0, 0.5]), min_size=1, max_size=2))
    ]
    plan, known = scenario(folder, "celle", *edits), {RAIN: DECLARATIONS[RAIN]}

    assert same(outcome_of(plan, known, twin), outcome_of(plan, whole(known), twin))


def test_of_the_ground_only_that_around_the_cells_is_looked_at(twin, folder):
    (parts,) = DECLARATIONS[RAIN].parts
    seen = []

    def each(terrain: pl.DataFrame, **others: pl.DataFrame) -> pl.DataFrame:
        seen.append(terrain)
        return parts.each(terrain, **others)

    each.__signature__ = inspect.signature(parts.each)
    known = {RAIN: replace(DECLARATIONS[RAIN], parts=(replace(parts, each=each),))}

    one = f"kind: deseal, cells: ['{cells()[0]}'], removed_ratio: 1"
    outcome_of(scenario(folder, "una", one), known, twin)

    ground = twin.lake.read("bronze/regione_lombardia/terrain").collect()
    assert 0 < seen[0].height < ground.height / 2
