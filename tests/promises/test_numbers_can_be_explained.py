from collections.abc import Callable
from dataclasses import replace

import polars as pl
import pytest

from assets.derived_assets import find_declarations
from assets.explaining import explain
from infra.errors import UsageError
from tests.command_line import Said, call
from tests.promises.town import ELECTRICITY, PRESSURE, RESIDENTS, Town

DECLARATIONS = find_declarations()
ENERGY = "gold/energy/daily_electricity_by_section"
CONSUMED = "silver/energy/electricity_consumption_by_day"
Gemello = Callable[..., Said]


@pytest.fixture
def gemello(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Gemello:
    def run(town: Town, *arguments: str) -> Said:
        return call(arguments, town.environment, monkeypatch=monkeypatch, capfd=capfd)

    return run


def a_key(town: Town, table: str) -> dict[str, str]:
    frame = pl.read_delta(str(town.lake / table)).sort(pl.all())
    row = frame.row(frame.height // 2, named=True)
    return {
        name: f"{row[name]:%Y-%m-%dT%H:%M:%SZ}" if name.endswith("_at") else str(row[name])
        for name in DECLARATIONS[table].key_columns
        if name != "valid_from"
    }


def options(key: dict[str, str]) -> list[str]:
    return [part for name, value in key.items() for part in ("--key", f"{name}={value}")]


@pytest.mark.parametrize(
    "table",
    [
        PRESSURE,
        ENERGY,
        "gold/air/hourly_european_air_quality_index",
        "silver/mobility/off_street_parking",
    ],
)
def test_a_number_computed_again_from_the_versions_it_read_is_the_same(landed_once, table):
    found = explain(
        DECLARATIONS[table], DECLARATIONS, a_key(landed_once, table), landed_once.twin()
    )

    assert found.is_same is True
    assert {one.table for one in found.inputs} == set(DECLARATIONS[table].reads.values())
    assert all(one.version <= one.newest for one in found.inputs)


def test_an_explanation_names_formula_inputs_contract_and_method(landed_once, gemello):
    told = ("Statistical Disclosure Control", "source/a2a/electricity_readings")
    for table, words in {
        ENERGY: (*told, "La somma dei prelievi", "the same, bit by bit"),
        CONSUMED: (*told, "contract a2a/electricity_readings", "the same, bit by bit"),
    }.items():
        said = gemello(landed_once, "explain", table, *options(a_key(landed_once, table)))

        assert said.code == 0
        assert [one for one in words if one not in said.text] == []


def test_a_number_is_computed_from_the_version_it_read_and_not_from_the_newest(landed):
    key = a_key(landed, CONSUMED)
    lake = landed.twin().lake
    lake.upkeep.rewrite(
        ELECTRICITY, lambda rows: rows.with_columns(pl.col("energy_kwh") * 2), job="other",
        notes={},
    )  # fmt: skip

    found = explain(DECLARATIONS[CONSUMED], DECLARATIONS, key, landed.twin())

    assert found.inputs[0].version < found.inputs[0].newest
    assert found.is_same is True


def test_a_number_whose_inputs_were_purged_says_that_it_cannot_be_computed_again(landed):
    key = a_key(landed, CONSUMED)
    lake = landed.twin().lake
    lake.upkeep.rewrite(
        ELECTRICITY, lambda rows: rows.head(rows.height - 1), job="erasure ER-1",
        notes={"erasure": "ER-1"},
    )  # fmt: skip
    lake.upkeep.purge(ELECTRICITY, job="erasure ER-1")

    found = explain(DECLARATIONS[CONSUMED], DECLARATIONS, key, landed.twin())

    assert found.is_same is None
    assert "were erased since" in found.why_not


def test_a_number_of_a_method_that_read_other_tables_says_so_and_what_it_read(landed_once):
    now = DECLARATIONS[ENERGY]
    (name, table), *_ = now.reads.items()
    changed = replace(now, reads={**now.reads, name: RESIDENTS})

    found = explain(changed, DECLARATIONS, a_key(landed_once, ENERGY), landed_once.twin())

    assert found.is_same is None
    assert "reads other tables" in found.why_not
    assert table in {one.table for one in found.inputs}


def test_a_key_that_is_no_row_is_told_how_keys_are_written(landed_once):
    twin = landed_once.twin()

    with pytest.raises(UsageError, match="give --key section_id=… --key consumed_on=…"):
        explain(DECLARATIONS[ENERGY], DECLARATIONS, {"section_id": "1"}, twin)
    with pytest.raises(UsageError, match=r"no such row; its keys are written such as section_id="):
        explain(DECLARATIONS[ENERGY], DECLARATIONS, {"section_id": "1", "consumed_on": "x"}, twin)


def test_a_table_that_nobody_computes_is_told_which_are(landed_once, gemello):
    said = gemello(landed_once, "explain", "bronze/a2a/electricity_readings")

    assert said.code == 2
    assert ENERGY in said.text
