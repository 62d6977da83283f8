from dataclasses import replace

import dagster as dg
import polars as pl
import pytest
from deltalake import DeltaTable

from assets.columns import schema_of
from assets.declaration import Declaration, given
from assets.derived_assets import derived_asset, find_declarations
from orchestration.resources import OpenTwin
from orchestration.runner import RunSummary
from quality.disclosure.policy import Records
from tests.promises.checks import checks_of, metadata_of
from tests.promises.town import CAR_PARKS, PARKING, PRESSURE, Town, simulated_town
from tests.quality.disclosure.outsider import intervals

pytestmark = pytest.mark.slow

CRASHES = "bronze/comune_brescia/crashes"
BY_SEVERITY = "open/safety/yearly_crashes_by_severity"
ENTRIES = "open/mobility/daily_parking_entries"
RAW = "open/safety/crashes_one_by_one"
LEAST = 10


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    datasets = [key.removeprefix("bronze/") for key in (CRASHES, PARKING, CAR_PARKS)]
    town = simulated_town(tmp_path_factory.mktemp("town"), days=3, only=datasets)
    read = (
        "silver/mobility/off_street_parking",
        "bronze/definitions/completeness_rules",
        "bronze/definitions/disclosure_limits",
    )
    done = town.run(CRASHES, PARKING, CAR_PARKS, *read, PRESSURE, ENTRIES)
    assert done.is_success, done.failures
    return town


@pytest.fixture(scope="module")
def crashes_published(town: Town) -> RunSummary:
    return town.run(BY_SEVERITY)


def stored(town: Town, table: str) -> pl.DataFrame:
    """The rows of a table as any reader of Delta sees them."""
    rows = pl.from_arrow(DeltaTable(str(town.lake / table)).to_pyarrow_table())
    assert isinstance(rows, pl.DataFrame)
    return rows


def materialize(declaration: Declaration, town: Town) -> dg.ExecuteInProcessResult:
    twin = town.twin()
    declarations = find_declarations() | {declaration.key: declaration}
    return dg.materialize(
        [
            derived_asset(
                declaration,
                declarations,
                twin,
                schema=schema_of(declaration, declarations, twin),
            )
        ],
        resources={"twin": dg.ResourceDefinition.hardcoded_resource(OpenTwin(twin))},
        raise_on_error=False,
    )


@pytest.mark.parametrize(
    ("table", "count"), [(BY_SEVERITY, "crashes_count"), (ENTRIES, "entries_count")]
)
def test_no_count_below_ten_is_published_and_some_are_withheld(
    town, crashes_published, table, count
):
    rows = stored(town, table)

    shown = rows[count].drop_nulls()
    assert shown.filter((shown > 0) & (shown < LEAST)).is_empty()
    assert 0 < rows["is_withheld"].sum() < rows.height / 2
    assert (rows[count].is_null() == rows["is_withheld"]).all()


def test_whoever_has_the_published_years_cannot_work_a_withheld_count_out(town, crashes_published):
    units = find_declarations()[BY_SEVERITY].function(town.twin().read(CRASHES).collect())
    keys = ["mode_code", "severity_code"]

    for (year,), rows in stored(town, BY_SEVERITY).group_by("occurred_year"):
        true = units.filter(occurred_year=year).group_by(keys).len()
        found = intervals(rows, keys, "crashes_count", known_to_be=range(rows.height))
        for at, (least, most) in found.items():
            cell = rows.select(keys).row(at, named=True)
            size = true.filter(**cell)["len"].sum()
            if "totale" not in cell.values() and 0 < size < LEAST:
                assert least <= 1 + 1e-5
                assert most >= LEAST - 1e-5


def test_the_run_says_what_the_gate_measured_and_what_was_lost(town, crashes_published):
    check = checks_of(town, crashes_published)["disclosure"]

    said = metadata_of(check)
    assert check.passed, check.description
    assert "cells are withheld for their own sake" in (check.description or "")
    assert said["k"] >= LEAST
    assert said["distinct_l: severity_code"] >= 2
    assert said["singling_out: described_count"] == said["linkage: linked_count"] == 0
    assert said["linkage: highest_probability"] <= 1 / LEAST
    assert said["inference of severity_code: targets_count"] > 100
    assert said["thresholds: k"] == LEAST


def test_a_table_under_its_thresholds_cannot_be_materialised(town):
    def crashes_one_by_one(crashes: pl.DataFrame) -> pl.DataFrame:
        return crashes.select("occurred_on", "edge_id", "severity_code")

    careless = Declaration(
        function=crashes_one_by_one,
        key=RAW,
        reads={"crashes": CRASHES},
        gives={
            name: given("As the register says.", f"crashes.{name}")
            for name in ("occurred_on", "edge_id", "severity_code")
        },
        key_columns=(),
        window_by=None,
        title="Crashes one by one",
        method_version="1",
        literature="None.",
        release=Records(("occurred_on", "edge_id"), ("severity_code",)),
    )
    careless.check()

    done = materialize(careless, town)

    checks = {check.check_name: check for check in done.get_asset_check_evaluations()}
    said = checks["disclosure"].description or ""
    assert not done.success
    assert not checks["disclosure"].passed
    assert "k is below 10 in" in said
    assert "make occurred_on or edge_id coarser" in said
    assert f"gemello run --select {RAW}" in str(metadata_of(checks["disclosure"]))
    assert not town.twin().lake.exists(RAW)
    edges = town.twin().read(CRASHES).collect()["edge_id"].drop_nulls().unique()
    assert not any(edge in str(checks) for edge in edges)


def test_what_was_published_before_stays_when_the_table_comes_under_its_thresholds(
    town, crashes_published
):
    before = town.twin().lake.version(BY_SEVERITY)
    declared = find_declarations()[BY_SEVERITY]
    # Cells are withheld until they hold: only rows as they are can be under their thresholds.
    finer = replace(
        declared,
        function=lambda crashes: declared.function(crashes).with_columns(
            crashes_count=pl.lit(1, pl.Int64), is_withheld=pl.lit(False)
        ),
        release=Records(("occurred_year", "mode_code"), ("severity_code",)),
        key_columns=(),
    )

    done = materialize(finer, town)

    assert not done.success
    assert town.twin().lake.version(BY_SEVERITY) == before
