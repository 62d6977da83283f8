"""A lake at the moments of an erasure, with everything in it that other tools leave behind."""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import polars as pl
from deltalake import DeltaTable

from infra.lake import Lake
from infra.scan import scan
from quality.contract.load import load_contract
from quality.tables import bronze_key, bronze_spec
from tests.infra.lake.tables import days, lake_at
from tests.promises.contracts import VISITS, write_contract
from tests.promises.erased_town import HOLDERS

VISITS_TABLE: Final = "bronze/parks/visits"
HOLDERS_TABLE: Final = "bronze/canary/holders"
TABLES: Final = (VISITS_TABLE, HOLDERS_TABLE)
# Of the person who is erased: pseudonyms, an instant, and the places they alone were at. Least of
# all values, so that they are what statistics show.
PID: Final = "1aacanarypid0001"
HELD_PID: Final = "1aacanarypid0002"
AT: Final = datetime(2025, 1, 1, 0, 0, 0, 700777, tzinfo=UTC)
PARK: Final = "AACANARYPARK"
ZONE: Final = "AACANARYZONE"
OTHER: Final = "1bbcanarypid0003"  # whom another tool deletes in its own way
PERSONAL: Final = (PID, HELD_PID, "00:00:00.700777")
PLAIN: Final = (PARK, ZONE)  # what is not personal by itself, and so may have statistics
_NOON: Final = datetime(2025, 1, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Stages:
    """The lake as it is written, after another tool was at it, and after each step that erases."""

    written: Path
    touched: Path
    rewritten: Path
    purged: Path


def stages_in(folder: Path) -> Stages:
    """Write two tables as their contracts say, let another tool at them, erase a person."""
    stages = Stages(*(folder / name for name in ("written", "touched", "rewritten", "purged")))
    _write(lake_at(str(stages.written)), folder / "contracts")
    shutil.copytree(stages.written, stages.touched)
    for table in TABLES:
        another_tool(stages.touched / table)
    shutil.copytree(stages.touched, stages.rewritten)
    upkeep = lake_at(str(stages.rewritten)).upkeep
    for table, name in ((VISITS_TABLE, "vehicle_pid"), (HOLDERS_TABLE, "owner_pid")):
        upkeep.rewrite(
            table,
            lambda rows, name=name: rows.filter(~pl.col(name).is_in([PID, HELD_PID])),
            job="ER-1",
            notes={"erasure": "ER-1"},
        )
    shutil.copytree(stages.rewritten, stages.purged)
    for table in TABLES:
        lake_at(str(stages.purged)).upkeep.purge(table, job="ER-1")
    return stages


def _write(lake: Lake, contracts: Path) -> None:
    visits = load_contract(write_contract(contracts, "parks/visits", VISITS))
    rows = pl.DataFrame(
        {
            "visit_pid": [PID, OTHER, "1cc"],
            "vehicle_pid": [PID, OTHER, "1cc"],
            "park_id": [PARK, "DUCOS", "DUCOS"],
            "came_at": [AT, _NOON, _NOON],
            "paid_eur": [0.5, 1.0, 2.0],
            "window_on": [AT.date()] * 3,
        },
        schema=bronze_spec(visits).with_own("window_on"),
    )
    for _ in range(2):
        lake.replace_windows(
            bronze_key(visits),
            rows,
            window=days(1, 1),
            spec=bronze_spec(visits),
            notes={},
            marks={},
        )
    holders = load_contract(write_contract(contracts, "canary/holders", HOLDERS))
    for number in range(2):
        people = pl.DataFrame(
            {"owner_pid": [HELD_PID, OTHER, "1cc"], "zone_code": [ZONE, "Z1", f"Z{number}"]},
            schema=bronze_spec(holders).schema,
        )
        lake.merge_history(
            bronze_key(holders),
            people,
            primary_key=["owner_pid"],
            at=_NOON + timedelta(days=number),
            spec=bronze_spec(holders),
            notes={},
            mark=number,
        )
    for table in TABLES:
        DeltaTable(lake.uri(table)).create_checkpoint()


def another_tool(table: Path) -> None:
    """What Spark or a script may do to a table: features we never use, and a file left lying."""
    opened = DeltaTable(table)
    orphan = table / "part-00000-orphan.parquet"
    pl.DataFrame({"a": [PID, HELD_PID]}).write_parquet(orphan)
    opened.alter.set_table_properties({"delta.enableChangeDataFeed": "true"})
    name = "vehicle_pid" if "vehicle_pid" in opened.schema().to_arrow().names else "owner_pid"
    DeltaTable(table).delete(f"{name} = '{OTHER}'")


def places_of(lake: Path, *values: str) -> set[str]:
    """The files of a lake that show any of these values, in raw bytes or decoded."""
    hits = scan(lake, values)
    assert all(hit.canary >= 0 for hit in hits), hits
    return {hit.path for hit in hits}


def log_of(places: set[str]) -> set[str]:
    """Those of these files that are of a Delta log."""
    return {path for path in places if "/_delta_log/" in path}
