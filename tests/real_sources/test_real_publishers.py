"""The contracts of the real publishers, which are off until GEMELLO_CONTRACTS names them."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from assets.twin import Twin
from infra.adapters.file import FileAdapter
from infra.settings import Settings
from infra.simulator.publishers import Offer, PublisherServer, Record
from infra.windows import Window
from quality.contract.check import check_contract
from quality.contract.load import BUILT_IN, contract_folders, load_contract, load_contracts
from quality.contract.model import Contract
from quality.landing import Landing, land
from tests.infra.adapters.waiting import Waiting
from tests.real_sources.real_files import REAL_FILES, REAL_SOURCES
from tests.transit.feeds import FEED, zipped

pytestmark = pytest.mark.filterwarnings("ignore::infra.errors.GemelloWarning")
FOLDERS: Final = contract_folders([REAL_SOURCES])
NOW: Final = datetime(2026, 11, 1, 12, tzinfo=UTC)
every_contract = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
on_a_portal = pytest.mark.parametrize(
    "folder",
    [folder for folder in FOLDERS if load_contract(folder).source.protocol == "socrata"],
    ids=lambda folder: folder.name,
)
of_a_timetable = pytest.mark.parametrize(
    "folder",
    [folder for folder in FOLDERS if load_contract(folder).source.protocol == "gtfs"],
    ids=lambda folder: folder.name,
)
# What the documentation says that these columns look like.
SAID: Final = {
    "data": "2026-08-01T10:00:00.000",
    "stato": "VA",
    "storico": "N",
    "codice_istat": "17029",
    "mese": "Agosto",
    "anno": "2026",
    "arrivi": "24450",
    "presenze": "Dato riservato",
    "permanenza_media": "2,2",
    "datastart": "1990-10-11T00:00:00.000",
    "datastop": None,
    "lat": "45.5",
    "lng": "10.2",
    "idoperatore": "1",
    "valore": "7.5",
    "quota": "120",
}


def row_of(contract: Contract, number: int) -> Record:
    said = {name: SAID.get(name, f"{name} {number}") for name in contract.source.select}
    ids = {":id": f"row-{number}", ":updated_at": "2026-09-01T00:00:00.000Z"}
    return {**ids, **said}


def landed(contract: Contract, adapter: object, folder: Path) -> Landing:
    twin = Twin.here(Settings.load({}, folder))
    window = Window.always()
    if contract.since is not None:
        window = Window.of(datetime(2026, 8, 1, tzinfo=UTC).date(), contract.cadence)
    return land(contract, window, at=twin.workplace, adapter=adapter, notes={}, now=NOW)


@every_contract
def test_a_real_contract_is_in_order_and_says_how_it_was_verified(folder: Path) -> None:
    assert check_contract(folder) == []
    assert load_contract(folder).verified is not None


def test_real_contracts_stand_beside_those_of_the_demo_and_are_off_by_default(
    tmp_path: Path,
) -> None:
    both = load_contracts([BUILT_IN, REAL_SOURCES])
    by_default = Twin.here(Settings.load({}, tmp_path)).contracts

    assert len(both) == len(by_default) + len(FOLDERS)


@every_contract
def test_a_real_publisher_is_asked_over_an_encrypted_line_and_slowly(folder: Path) -> None:
    source = load_contract(folder).source

    assert source.url.startswith("https://")
    assert "{" not in source.url.replace("{window", "")


@on_a_portal
def test_a_portal_is_asked_for_exactly_what_the_contract_speaks_of(folder: Path) -> None:
    contract = load_contract(folder)

    assert set(contract.source.select) == {*contract.delivered, *contract.dropped}


@on_a_portal
def test_rows_as_they_are_documented_land(folder: Path, tmp_path: Path) -> None:
    contract = load_contract(folder)
    rows = [row_of(contract, number) for number in range(1)]
    names = [part.id for part in contract.source.datasets]
    matching = (
        rows
        if "provincia" not in contract.source.select
        else [
            {**row, "provincia": "BS", "tipo_struttura": "Totale", "cittadinanza_turisti": "Totale"}
            for row in rows
        ]
    )
    sensors = [word.strip("' ") for word in (contract.source.where or "").split("'")]
    known = next((word for word in sensors if word.isdigit()), "1")
    matching = [{**row, "idsensore": known} for row in matching]

    with PublisherServer({name: Offer(records=lambda: matching) for name in names}) as server:
        source = contract.source.model_copy(update={"url": server.url})
        landing = landed(contract, source.timed(Waiting().time()), tmp_path)

    assert (landing.kept_count, landing.refused_count) == (1, 0)
    assert landing.drift is not None
    assert landing.drift.missing == ()


@of_a_timetable
def test_a_timetable_by_the_standard_lands_row_for_row(folder: Path, tmp_path: Path) -> None:
    contract = load_contract(folder)
    table = contract.source.table
    rows_count = FEED.get(f"{table}.txt", "\n").count("\n") - 1

    with PublisherServer({"orari": Offer(files=lambda: {"zip": zipped(FEED)})}) as server:
        source = contract.source.model_copy(update={"url": f"{server.url}/files/orari/zip"})
        landing = landed(contract, source.timed(Waiting().time()), tmp_path)

    assert (landing.kept_count, landing.refused_count) == (rows_count, 0)


@pytest.mark.real_data
@pytest.mark.skipif(not REAL_FILES.is_dir(), reason="the recorded real files are not there")
def test_the_recorded_registry_of_air_sensors_lands_row_for_row(tmp_path: Path) -> None:
    contract = load_contract(REAL_SOURCES / "arpa_lombardia" / "air_sensors")
    recorded = REAL_FILES / "air_meteo" / "dati_lombardia_stazioni_qualita_aria.csv"
    first, *rows = csv.reader(io.StringIO(recorded.read_text(encoding="utf-8")))
    header = tuple(name.lower() for name in first)
    adapter = FileAdapter(protocol="file", url=str(recorded), header=header, skip_rows=1)

    landing = landed(contract, adapter, tmp_path)

    assert set(contract.delivered) <= set(header)
    assert (landing.delivered_count, landing.kept_count) == (len(rows), len(rows))
