import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

import polars as pl
import pytest

from assets.twin import Twin
from infra.settings import Settings
from quality.contract.load import contract_folders, load_contract
from tests.real_sources.landings import Landed, land_real, tables_of
from tests.real_sources.real_files import (
    CONTRACTS,
    REAL_FILES,
    WRITTEN,
    Row,
    delivered,
    expected,
)

COMMAND: Final = Path(sys.executable).with_name("gemello")
Landings = Callable[[str], Landed]

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(
        not REAL_FILES.is_dir(), reason="the recorded real files are not beside the repository"
    ),
]
WITH_RECORDED_URL: Final = [name for name in WRITTEN if (CONTRACTS / name).is_dir()]
every_data_set = pytest.mark.parametrize("name", WRITTEN)


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Landings:
    known: dict[str, Landed] = {}

    def landed_once(name: str) -> Landed:
        if name not in known:
            known[name] = land_real(name, tmp_path_factory.mktemp(name.replace("/", "_")))
        return known[name]

    return landed_once


def refused_places(landed: Landed) -> set[tuple[int, int]]:
    return set(landed.quarantine.select("payload_index", "row_index").iter_rows())


def kept_rows(name: str, landed: Landed) -> list[Row]:
    places = refused_places(landed)
    return [row for row in delivered(name) if (row.file, row.line) not in places]


def test_every_contract_has_its_files_described() -> None:
    folders = contract_folders([CONTRACTS])

    assert {f"{path.parent.name}/{path.name}" for path in folders} == set(WITH_RECORDED_URL)


@every_data_set
def test_every_delivered_row_is_kept_or_set_aside(name: str, landed: Landings) -> None:
    rows_count = len(delivered(name))

    got = landed(name)

    assert got.landing.delivered_count == rows_count
    assert got.bronze.height + got.quarantine.height == rows_count
    assert Counter(got.quarantine["rule"]) == Counter(WRITTEN[name].refused)


@every_data_set
def test_every_kept_cell_is_what_the_publisher_wrote(name: str, landed: Landings) -> None:
    got = landed(name)
    columns = [*got.contract.stored, *([] if got.contract.is_static else ["window_on"])]

    wanted = Counter(expected(row, got.contract) for row in kept_rows(name, got))

    assert Counter(got.bronze.select(columns).iter_rows()) == wanted


@every_data_set
def test_a_reason_says_what_is_wrong_and_shows_no_cell(name: str, landed: Landings) -> None:
    got = landed(name)
    places = refused_places(got)
    told = " ".join(got.quarantine["reason"].unique())

    for row in delivered(name):
        if (row.file, row.line) in places:
            words = [cell for cell in row.cells.values() if len(cell) > len("2025")]
            assert not [word for word in words if word in told]
    assert all(re.match(r"[a-z0-9_, ]+: \w", reason) for reason in got.quarantine["reason"])


@every_data_set
def test_an_empty_cell_is_null_and_never_zero(name: str, landed: Landings) -> None:
    got = landed(name)
    rows = kept_rows(name, got)

    for column, about in got.contract.stored.items():
        empty = sum(all(not row.cells.get(part) for part in about.source) for row in rows)
        assert (column, got.bronze[column].null_count()) == (column, empty)


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("aci/yearly_road_accidents", "region_code"),
        ("aci/yearly_road_accidents", "province_code"),
        ("aci/yearly_road_accidents", "municipality_code"),
        ("istat/yearly_population", "municipality_code"),
        ("protezione_civile/daily_provinces", "province_code"),
        ("protezione_civile/daily_regions", "region_code"),
        ("regione_lombardia/monthly_tourism", "municipality_code"),
    ],
)
def test_codes_keep_their_leading_zeros(name: str, column: str, landed: Landings) -> None:
    got = landed(name)
    source = got.contract.columns[column].source[0]
    zeros = sum(row.cells[source].startswith("0") for row in kept_rows(name, got))

    assert zeros > 0
    assert got.bronze[column].str.starts_with("0").sum() == zeros


def test_a_header_with_white_space_still_names_its_column(landed: Landings) -> None:
    stations = landed("brescia_mobilita/bike_stations").bronze

    assert stations["lat_deg"].is_between(45, 46).all()
    assert stations.height == 94


def test_a_number_mangled_by_a_spreadsheet_goes_to_quarantine(landed: Landings) -> None:
    refused = landed("brescia_mobilita/bike_stations").quarantine

    assert refused["reason"].to_list() == ["lat_deg: not a number; lng_deg: not a number"]
    assert refused["station_id"].to_list() == ["95"]
    assert refused["row_index"].to_list() == [96]


def test_windows_1252_is_recognised(landed: Landings) -> None:
    places = landed("provincia_trento/daily_road_counts").bronze["place_name"].unique()

    assert {"Roverè della Luna", "Revò"} <= set(places)


def test_a_broken_loop_is_not_an_empty_road(landed: Landings) -> None:
    loops = landed("comune_bologna/half_hourly_loop_counts").bronze["vehicles_count"]

    assert loops.null_count() == 14_749 - 48  # 48 of the empty cells are of the row without a day
    assert (loops == 0).sum() < loops.null_count()


def test_columns_that_came_later_are_null_before(landed: Landings) -> None:
    regions = landed("protezione_civile/daily_regions").bronze
    is_late = pl.col("reported_at").dt.date() >= pl.date(2021, 1, 15)

    for name in ("antigen_swabs_count", "nuts2_code"):
        assert regions.filter(~is_late)[name].null_count() == 3 * 21
        assert regions.filter(is_late)[name].null_count() == 0


def test_fewer_cases_than_the_day_before_are_no_mistake(landed: Landings) -> None:
    regions = landed("protezione_civile/daily_regions").bronze

    assert regions.filter(pl.col("positive_change_count") < 0).height > 0


def test_cases_without_a_province_are_kept(landed: Landings) -> None:
    provinces = landed("protezione_civile/daily_provinces").bronze
    nowhere = provinces.filter(pl.col("province_sign_code").is_null())

    assert nowhere.height == 21 + 5 * 42
    assert nowhere.filter(pl.col("cases_count") > 0).height > 0


def test_notes_on_single_patients_are_not_stored(landed: Landings) -> None:
    regions = landed("protezione_civile/daily_regions")

    assert regions.landing.drift is not None
    assert regions.landing.drift.dropped_seen == ("note", "note_test", "note_casi")
    assert not [name for name in regions.bronze.columns if "note" in name]


def test_the_first_of_two_trees_with_one_number_is_kept(landed: Landings) -> None:
    trees = landed("comune_alessandria/trees")
    both = pl.concat([trees.bronze["tree_id"], trees.quarantine["tree_id"]])

    assert trees.bronze["tree_id"].n_unique() == trees.bronze.height
    assert both.n_unique() == trees.bronze.height


@pytest.mark.slow
def test_a_whole_city_of_contracts_runs_from_the_command_line(
    tmp_path: Path, landed: Landings
) -> None:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GEMELLO_")},
        "GEMELLO_CONTRACTS": str(CONTRACTS),
        "GEMELLO_SOURCES": f"real_files={REAL_FILES}",
        "DAGSTER_DISABLE_TELEMETRY": "1",
    }
    chosen = " or ".join(f'key:"bronze/{name}"' for name in WITH_RECORDED_URL)

    done = subprocess.run(
        [COMMAND, "run", "--select", chosen],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    twin = Twin.here(Settings.load({}, tmp_path))
    for name in WITH_RECORDED_URL:
        bronze, quarantine = tables_of(twin, load_contract(CONTRACTS / name))
        alone = landed(name)
        assert (name, bronze.height) == (name, alone.bronze.height)
        assert (name, quarantine.height) == (name, alone.quarantine.height)
