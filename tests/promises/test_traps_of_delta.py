"""Known ways in which a Delta table shows what its rows do not, or no longer, hold."""

import shutil
import traceback
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from infra.errors import TwinError
from infra.lake import Lake, TableSpec
from tests.infra.lake.tables import days, lake_at
from tests.promises.delta_stages import (
    HELD_PID,
    HOLDERS_TABLE,
    OTHER,
    PERSONAL,
    PID,
    PLAIN,
    TABLES,
    VISITS_TABLE,
    Stages,
    log_of,
    places_of,
    stages_in,
)

CODES = TableSpec(pl.Schema({"person_pid": pl.String, "place_code": pl.String}))
CODES_TABLE = "bronze/parks/codes"
LONE = "1zzcanarypid0009"


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Stages:
    """The same for all tests, to be looked at only."""
    return stages_in(tmp_path_factory.mktemp("stages"))


def test_the_log_shows_least_and_greatest_values_of_nothing_personal(stages: Stages) -> None:
    shown = log_of(places_of(stages.written, *PLAIN))

    assert len({path for path in shown if path.endswith(".json")}) >= 2
    assert len({path for path in shown if path.endswith(".checkpoint.parquet")}) == 2
    assert log_of(places_of(stages.written, *PERSONAL)) == set()


def test_no_checkpoint_of_before_an_erasure_shows_what_the_rows_were(stages: Stages) -> None:
    before = log_of(places_of(stages.rewritten, *PLAIN))

    assert any(path.endswith(".checkpoint.parquet") for path in before)
    assert log_of(places_of(stages.purged, *PLAIN)) == set()


def test_after_an_erasure_no_file_of_an_older_version_holds_the_person(stages: Stages) -> None:
    for pid, table in ((PID, VISITS_TABLE), (HELD_PID, HOLDERS_TABLE)):
        newest = pl.read_delta(str(stages.rewritten / table))
        assert not any(pid in rows for rows in newest.select(pl.col(pl.String)).iter_columns())
        assert places_of(stages.rewritten / table, pid)

        assert places_of(stages.purged / table, pid) == set()


def test_a_file_that_no_version_knows_goes_with_the_erasure(stages: Stages, tmp_path: Path) -> None:
    for table in TABLES:
        lite = shutil.copytree(stages.rewritten / table, tmp_path / table)
        DeltaTable(lite).vacuum(
            retention_hours=0, enforce_retention_duration=False, dry_run=False, full=False
        )
        assert [path.name for path in lite.glob("*orphan*")] == ["part-00000-orphan.parquet"]

        assert list((stages.purged / table).glob("*orphan*")) == []


def test_rows_that_a_change_feed_copied_go_with_the_erasure(stages: Stages) -> None:
    for table in TABLES:
        copied = places_of(stages.touched / table, OTHER)
        assert any("_change_data/" in path for path in copied)

        assert list((stages.purged / table).rglob("_change_data/*.parquet")) == []


def test_no_table_of_ours_copies_what_changes(stages: Stages) -> None:
    for table in TABLES:
        properties = DeltaTable(stages.written / table).metadata().configuration

        assert properties.get("delta.enableChangeDataFeed", "false") == "false"
        assert not (stages.written / table / "_change_data").exists()


def test_a_commit_of_ours_does_not_say_whose_rows_it_removed(stages: Stages) -> None:
    theirs = log_of(places_of(stages.touched, OTHER))
    assert len(theirs) == len(TABLES)

    assert log_of(places_of(stages.rewritten, PID, HELD_PID)) == set()


def test_no_name_of_a_folder_or_file_says_more_than_a_day(stages: Stages) -> None:
    windows, history = (DeltaTable(stages.written / table) for table in TABLES)

    assert windows.metadata().partition_columns == ["window_on"]
    assert history.metadata().partition_columns == []
    folders = {path.parent.name for path in (stages.written / VISITS_TABLE).rglob("part-*")}
    assert folders == {"window_on=2025-01-01"}


def test_a_rule_that_another_tool_set_on_a_table_fails_without_showing_the_row(
    tmp_path: Path,
) -> None:
    lake = coded(tmp_path)
    rows = pl.DataFrame({"person_pid": [LONE], "place_code": ["Z"]})
    table = DeltaTable(lake.uri(CODES_TABLE))
    table.alter.add_constraint({"early": "place_code < 'B'"})
    with pytest.raises(DeltaError, match=LONE):
        DeltaTable(lake.uri(CODES_TABLE)).merge(
            rows, predicate="false", source_alias="s", target_alias="t"
        ).when_not_matched_insert_all().execute()

    with pytest.raises(TwinError) as refused:
        lake.replace_all(CODES_TABLE, rows, spec=CODES, notes={}, mark=2)

    assert LONE not in "".join(traceback.format_exception(refused.value))


def test_no_parquet_file_says_between_which_values_its_pseudonyms_lie(stages: Stages) -> None:
    for table in TABLES:
        shown = {name for path in parts(stages.written / table) for name in with_extremes(path)}

        assert shown <= {"zone_code"}
    assert "zone_code" in shown  # the look is not blind: this one may have them


def parts(table: Path) -> list[Path]:
    return [path for path in table.rglob("*.parquet") if "_delta_log" not in path.parts]


def with_extremes(path: Path) -> set[str]:
    footer = pq.read_metadata(path)
    groups = [footer.row_group(number) for number in range(footer.num_row_groups)]
    columns = [group.column(at) for group in groups for at in range(footer.num_columns)]
    return {
        column.path_in_schema
        for column in columns
        if column.statistics is not None and column.statistics.has_min_max
    }


def test_rows_that_were_cut_off_do_not_come_along_in_a_dictionary(tmp_path: Path) -> None:
    rows = pl.DataFrame({"person_pid": ["1aa", LONE], "place_code": ["A", "B"]})
    sliced = rows.with_columns(pl.all().cast(pl.Categorical)).to_arrow().slice(0, 1)
    (tmp_path / "arrow").mkdir()
    pq.write_table(sliced, tmp_path / "arrow" / "sliced.parquet")
    with pa.ipc.new_file(tmp_path / "arrow" / "sliced.arrow", sliced.schema) as writer:
        writer.write_table(sliced)
    assert places_of(tmp_path / "arrow", LONE)
    with pytest.raises(TwinError, match="Delta cannot hold the type Categorical"):
        TableSpec(pl.Schema({"place_code": pl.Categorical()}))

    coded(tmp_path / "lake", rows)

    assert places_of(tmp_path / "lake", LONE) == set()


def coded(folder: Path, rows: pl.DataFrame | None = None) -> Lake:
    """A lake with a list and a table of windows, each with the first of these rows."""
    lake = lake_at(str(folder))
    rows = pl.DataFrame(schema=CODES.schema) if rows is None else rows
    lake.replace_all(CODES_TABLE, rows.head(1), spec=CODES, notes={}, mark=1)
    dated = rows.head(1).with_columns(pl.lit(days(1, 1).start).alias("window_on"))
    lake.replace_windows(
        f"{CODES_TABLE}_by_day", dated, window=days(1, 1), spec=CODES, notes={}, marks={}
    )
    return lake


def test_rows_are_rewritten_and_not_only_marked_as_deleted(tmp_path: Path) -> None:
    lake = coded(tmp_path, pl.DataFrame({"person_pid": [LONE], "place_code": ["A"]}))
    for table in lake.tables():
        DeltaTable(lake.uri(table)).alter.set_table_properties(
            {"delta.enableDeletionVectors": "true"}, raise_if_not_exists=False
        )
        assert places_of(Path(lake.uri(table)), LONE)

        lake.upkeep.rewrite(table, pl.DataFrame.clear, job="ER-1", notes={})
        lake.upkeep.purge(table, job="ER-1")

        assert places_of(Path(lake.uri(table)), LONE) == set()
        assert list(Path(lake.uri(table)).rglob("*.bin")) == []
