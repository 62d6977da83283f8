"""Rows stand as long as their contract says, in every version, and that is proved."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from assets.twin import Twin
from infra.errors import TwinError
from orchestration.jobs import upkeep_job
from orchestration.resources import OpenTwin
from quality.retention import LEDGER, keep_term, keep_terms, prove
from quality.tables import bronze_spec
from tests.promises.contracts import VISITS_HEADER, parks_town, write_contract
from tests.promises.town import FIRST_DAY, Town, days

VISITS_TABLE = "bronze/parks/visits"
REFUSED_TABLE = "quarantine/parks/visits"
# The contract keeps visits for 30 days: this evening the first day is one too many.
TODAY = FIRST_DAY + timedelta(days=31)
CARDS = """\
    title: Tessere dei parchi
    owner: team:parchi
    purpose: Sapere quante tessere ci sono.
    legal_basis: public_task
    retention_days: 30
    cadence: static
    source: {protocol: file, url: "{town}/cards.csv"}
    primary_key: [card_code]
    columns:
      card_code: {from: tessera, type: string}
    """


def deliver(town: Town, day: date, *, visits: int = 2) -> None:
    lines = [f"V{day:%d}{n};ZZ00{n}ZZ;DUCOS;{day} 10:05:00;1.50;\n" for n in range(visits)]
    refused = f"V{day:%d}9;ZZ009ZZ;ELSEWHERE;{day} 11:05:00;2.50;\n"
    path = town.sources / "town" / f"visits_{day}.csv"
    path.write_text(VISITS_HEADER + "".join(lines) + refused)


@pytest.fixture(scope="module")
def visited_once(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Three days of visits; the second was corrected, so that there are older versions."""
    town = parks_town(tmp_path_factory.mktemp("parks") / "town")
    for day in days(3):
        deliver(town, day)
    town.run(VISITS_TABLE, first=FIRST_DAY, last=days(3)[-1])
    deliver(town, days(2)[1], visits=3)
    town.run(VISITS_TABLE, first=FIRST_DAY, last=days(3)[-1])
    return town


@pytest.fixture
def visited(visited_once: Town, tmp_path: Path) -> Town:
    """The same, for a test that ends terms."""
    return visited_once.copied(tmp_path / "town")


def windows(twin: Twin, table: str, version: int | None = None) -> list[date]:
    return twin.lake.read(table, version=version).collect()["window_on"].unique().sort().to_list()


def test_rows_whose_term_has_ended_are_gone_in_every_version(visited: Town) -> None:
    twin = visited.twin()
    newest = twin.lake.version(VISITS_TABLE) or 0

    found = keep_term(twin.contracts["parks/visits"], twin.lake, today=TODAY)

    assert [kept.table for kept in found] == [REFUSED_TABLE, VISITS_TABLE]
    assert {kept.since for kept in found} == {days(2)[1]}
    for table in (VISITS_TABLE, REFUSED_TABLE):
        assert windows(twin, table) == days(3)[1:]
        assert not list((visited.lake / table).glob(f"window_on={FIRST_DAY}/*"))
    assert windows(twin, VISITS_TABLE, newest) == days(3)[1:]


def test_time_travel_within_the_term_works(visited: Town) -> None:
    twin = visited.twin()
    newest = twin.lake.version(VISITS_TABLE) or 0

    found = keep_term(twin.contracts["parks/visits"], twin.lake, today=TODAY)

    before = twin.lake.read(VISITS_TABLE, version=newest - 1).collect()
    now = twin.lake.read(VISITS_TABLE).collect()
    assert before.filter(pl.col("window_on") == days(2)[1]).height == 2
    assert now.filter(pl.col("window_on") == days(2)[1]).height == 3
    assert found[1].oldest == 0


def test_within_its_term_nothing_ends_and_nothing_is_written(visited: Town) -> None:
    twin = visited.twin()
    before = twin.lake.version(VISITS_TABLE)

    keep_term(twin.contracts["parks/visits"], twin.lake, today=TODAY - timedelta(days=1))

    assert twin.lake.version(VISITS_TABLE) == before
    assert windows(twin, VISITS_TABLE) == days(3)


def test_what_a_killed_writer_left_of_an_ended_window_goes_too(visited: Town) -> None:
    twin = visited.twin()
    stray = visited.lake / VISITS_TABLE / f"window_on={FIRST_DAY}" / "part-half.unfinished"
    stray.write_bytes(b"half")

    keep_term(twin.contracts["parks/visits"], twin.lake, today=TODAY)

    assert not stray.exists()


def test_the_proof_fails_while_a_row_is_left(visited: Town) -> None:
    twin = visited.twin()
    keep_term(twin.contracts["parks/visits"], twin.lake, today=TODAY)

    prove(VISITS_TABLE, twin.lake, since=days(2)[1], is_static=False)
    with pytest.raises(TwinError, match="2 files and 3 rows are older"):
        prove(VISITS_TABLE, twin.lake, since=days(3)[2], is_static=False)


def test_what_was_looked_at_stands_in_the_ledger_once_a_day(visited: Town) -> None:
    twin = visited.twin()
    contracts = {"parks/visits": twin.contracts["parks/visits"]}
    evening = datetime(TODAY.year, TODAY.month, TODAY.day, 20, tzinfo=UTC)

    keep_terms(contracts, twin.lake, now=evening)
    keep_terms(contracts, twin.lake, now=evening + timedelta(hours=1))

    rows = twin.lake.read(LEDGER).collect().sort("table_name")
    assert rows["table_name"].to_list() == [VISITS_TABLE, REFUSED_TABLE]
    assert rows["files_count"].to_list() == [0, 0]
    assert rows["oldest_version_id"].to_list() == [0, 0]


def test_rows_of_a_history_end_their_term_after_they_were_closed(tmp_path: Path) -> None:
    town = parks_town(tmp_path)
    write_contract(town.contracts or Path(), "parks/cards", CARDS)
    twin = town.twin()
    contract = twin.contracts["parks/cards"]
    for number, cards in enumerate((["C1", "C2"], ["C2"]), 1):
        twin.lake.merge_history(
            "bronze/parks/cards",
            pl.DataFrame({"card_code": cards}),
            primary_key=["card_code"],
            at=datetime(2025, 3, number, tzinfo=UTC),
            spec=bronze_spec(contract),
            notes={},
            mark=number,
        )

    keep_term(contract, twin.lake, today=date(2025, 4, 1))
    still = twin.lake.read("bronze/parks/cards").collect().height
    (kept,) = keep_term(contract, twin.lake, today=date(2025, 4, 2))

    assert still == 2
    assert kept.rows_count == 1
    assert twin.lake.read("bronze/parks/cards").collect()["card_code"].to_list() == ["C2"]
    assert kept.oldest == kept.newest
    with pytest.raises(TwinError):
        twin.lake.read("bronze/parks/cards", version=1).collect()


def test_the_nightly_job_ends_terms_and_shows_it_as_an_asset(visited: Town) -> None:
    twin = visited.twin()

    result = upkeep_job().execute_in_process(resources={"twin": OpenTwin(twin)})

    assert result.success
    shown = [
        event.asset_key
        for event in result.all_events
        if event.event_type == dg.DagsterEventType.ASSET_MATERIALIZATION
    ]
    assert shown == [dg.AssetKey(LEDGER.split("/"))]
    # The visits are of long ago: all of them have had their time.
    assert windows(twin, VISITS_TABLE) == []


def test_the_command_does_what_the_night_does(visited: Town) -> None:
    done = visited.command("upkeep")

    assert done.returncode == 0, done.stderr
    assert VISITS_TABLE in done.stdout
    assert windows(visited.twin(), VISITS_TABLE) == []
