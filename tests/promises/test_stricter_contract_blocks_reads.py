from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.errors import ContractError
from infra.scan import scan
from orchestration.cli.reading import ask
from quality.contract.load import load_contract
from quality.contract.model import Contract
from quality.stricter import bring_up
from tests.promises.contracts import VISITS_HEADER, edit_contract, parks_town
from tests.promises.town import FIRST_DAY, PARKING, PRESSURE, Town, days, rows_of

VISITS_TABLE = "bronze/parks/visits"
QUERY = "SELECT count(*) FROM bronze.parks.visits"


@pytest.fixture(scope="module")
def visited_once(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """The parks with a day of visits in the lake, one of them in quarantine."""
    parks = parks_town(tmp_path_factory.mktemp("parks"))
    (parks.sources / "town" / f"visits_{FIRST_DAY}.csv").write_text(
        VISITS_HEADER
        + f"V1;ZZ001ZZ;DUCOS;{FIRST_DAY} 10:05:00;1.50;\n"
        + f"V2;ZZ002ZZ;ELSEWHERE;{FIRST_DAY} 11:05:00;2.50;\n"
    )
    summary = parks.run(VISITS_TABLE, first=FIRST_DAY, last=FIRST_DAY)
    assert summary.is_success, summary.failures
    return parks


@pytest.fixture
def visited(visited_once: Town, tmp_path: Path) -> Town:
    """The same, for a test that changes its contract or its lake."""
    return visited_once.copied(tmp_path / "parks")


@pytest.mark.parametrize(
    ("column", "old", "new"),
    [
        (
            "park_id",
            "park_id: {from: parco, type: string}",
            "park_pid: {from: parco, type: string, personal: indirect, treatment: pseudonymise}",
        ),
        ("came_at", "truncate: 15m", "truncate: 1h"),
        ("paid_eur", "  paid_eur: {from: pagato, type: float}\n", ""),
        ("vehicle_pid", "key_domain: parks", "key_domain: gardens"),
        ("paid_eur", "pagato, type: float", "pagato, type: float, treatment: {round_to: 5}"),
    ],
    ids=["pseudonymised", "coarser time", "dropped", "other key domain", "rounded"],
)
def test_a_contract_made_stricter_blocks_reading_until_it_is_put_back(
    visited: Town, column: str, old: str, new: str
) -> None:
    path = (visited.contracts or Path()) / "parks" / "visits" / "contract.yaml"
    agreed = path.read_text()
    stricter = agreed.partition("expectations:")[0].replace(old, new)

    path.write_text(stricter)

    with pytest.raises(ContractError, match=f"visits may not be read.*stricter.*{column}"):
        ask(visited.twin(), QUERY, limit=1)
    with pytest.raises(ContractError, match="may not be read"):
        visited.twin().read("quarantine/parks/visits")
    path.write_text(agreed)
    assert ask(visited.twin(), QUERY, limit=1)[1] == [(1,)]


def test_what_landed_under_a_looser_contract_stays_blocked_after_a_stricter_landing(
    visited: Town,
) -> None:
    edit_contract(visited, "parks/visits", "truncate: 15m", "truncate: 1h")

    visited.run(VISITS_TABLE, first=FIRST_DAY, last=FIRST_DAY)

    with pytest.raises(ContractError, match="may not be read"):
        ask(visited.twin(), QUERY, limit=1)


def test_a_contract_made_looser_and_put_back_blocks_what_landed_in_between(visited: Town) -> None:
    edit_contract(visited, "parks/visits", "truncate: 15m", "truncate: 1m")
    visited.run(VISITS_TABLE, first=FIRST_DAY, last=FIRST_DAY)
    assert ask(visited.twin(), QUERY, limit=1)[1] == [(1,)]

    edit_contract(visited, "parks/visits", "truncate: 1m", "truncate: 15m")

    with pytest.raises(ContractError, match="may not be read"):
        ask(visited.twin(), QUERY, limit=1)


@pytest.mark.parametrize(
    ("old", "new", "column", "kept"),
    [
        ("truncate: 15m", "truncate: 1h", "came_at", [datetime(2025, 3, 24, 9, tzinfo=UTC)]),
        ("pagato, type: float", "pagato, type: float, treatment: {round_to: 5}", "paid_eur", [0.0]),
        ("  paid_eur: {from: pagato, type: float}\n", "", "paid_eur", None),
        (
            "park_id: {from: parco, type: string}",
            "park_pid: {from: parco, type: string, personal: indirect, treatment: pseudonymise}",
            "park_id",
            None,
        ),
    ],
    ids=["coarser time", "rounded", "dropped", "pseudonymised"],
)
def test_a_table_rewritten_after_its_contract_became_stricter_shows_no_more_and_opens(
    visited: Town, old: str, new: str, column: str, kept: list[object] | None
) -> None:
    path = (visited.contracts or Path()) / "parks" / "visits" / "contract.yaml"
    path.write_text(path.read_text().partition("expectations:")[0].replace(old, new))
    twin = visited.twin()
    before = twin.lake.version(VISITS_TABLE) or 0

    done = bring_up(twin.contracts["parks/visits"], twin.lake, code="test")

    assert [one.table for one in done] == ["quarantine/parks/visits", VISITS_TABLE]
    rows = visited.twin().read(VISITS_TABLE).collect()
    assert rows.height == 1
    assert (rows[column].to_list() if kept else column in rows.columns) == (kept or False)
    assert twin.lake.upkeep.oldest_readable(VISITS_TABLE) > before
    left = twin.lake.upkeep.traces(VISITS_TABLE, allowed=["park_id", "paid_eur"])
    assert left.other_files == ()
    assert bring_up(twin.contracts["parks/visits"], twin.lake, code="test") == []
    assert scan(visited.lake / VISITS_TABLE, ["DUCOS"]) == [] or "park_id" in rows.columns


def test_rows_that_lose_their_key_go_and_come_back_from_sealed_deliveries(visited: Town) -> None:
    edit_contract(visited, "parks/visits", "key_domain: parks", "key_domain: gardens")
    twin = visited.twin()

    (refused, bronze) = bring_up(twin.contracts["parks/visits"], twin.lake, code="test")

    assert (refused.lost_count, bronze.lost_count) == (0, 1)
    assert ask(visited.twin(), QUERY, limit=1)[1] == [(0,)]
    visited.run(VISITS_TABLE, first=FIRST_DAY, last=FIRST_DAY, from_archive=True)
    assert ask(visited.twin(), QUERY, limit=1)[1] == [(1,)]


def test_the_command_says_what_it_rewrote_and_what_it_emptied(visited: Town) -> None:
    edit_contract(visited, "parks/visits", "truncate: 15m", "truncate: 1h")

    done = visited.command("upkeep", "rewrite", "parks/visits")
    again = visited.command("upkeep", "rewrite")

    assert "bronze/parks/visits: 1 row rewritten. coarser came_at" in done.stdout
    assert "nothing was rewritten" in again.stdout


def test_an_indicator_does_not_read_a_table_whose_contract_became_stricter(landed: Town) -> None:
    before = rows_of(landed)[PRESSURE]
    key = PARKING.removeprefix("bronze/")
    twin = landed.twin()
    folder = twin.contracts[key].folder or Path()
    twin.contracts[key] = _edited(
        folder, landed.home / "edited" / key, "truncate: 15m", "truncate: 1h"
    )
    (landed.lake / PRESSURE / "_delta_log").rename(landed.home / "log set aside")

    with pytest.raises(ContractError, match="may not be read"):
        twin.read(PARKING)
    blocked = landed.run(PRESSURE, first=FIRST_DAY, last=days(3)[-1], twin=twin)
    (landed.home / "log set aside").rename(landed.lake / PRESSURE / "_delta_log")

    (message,) = blocked.failures.values()
    assert "parking_sessions may not be read: its contract became stricter" in message
    assert landed.run(PRESSURE, first=FIRST_DAY, last=days(3)[-1]).is_success
    assert rows_of(landed)[PRESSURE].equals(before)


def _edited(folder: Path, copy: Path, old: str, new: str) -> Contract:
    copy.mkdir(parents=True)
    text = (folder / "contract.yaml").read_text().replace(old, new)
    (copy / "contract.yaml").write_text(text)
    (copy.parent / "publisher.yaml").write_text((folder.parent / "publisher.yaml").read_text())
    return load_contract(copy)
