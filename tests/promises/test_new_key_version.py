import shutil
from datetime import date

import polars as pl
from deltalake import DeltaTable

from tests.promises.contracts import VISITS_HEADER, edit_contract
from tests.promises.test_replay import replayed
from tests.promises.town import FIRST_DAY, Town, assert_same_rows, days, rows_of

VISITS = "bronze/parks/visits"
SECOND_DAY = days(2)[1]


def visits(town: Town, day: date, *lines: str) -> None:
    text = "".join(
        f"{name};{plate};{park};{day} 10:05:00;1.50;\n"
        for name, plate, park in map(str.split, lines)
    )
    (town.sources / "town" / f"visits_{day}.csv").write_text(VISITS_HEADER + text)


def land(town: Town, *, from_archive: bool = False) -> None:
    summary = town.run(VISITS, first=FIRST_DAY, last=SECOND_DAY, from_archive=from_archive)
    assert summary.is_success, summary.failures


def versions(town: Town, table: str = VISITS) -> dict[date, set[str]]:
    """The versions of the key that each day's pseudonyms of visits carry."""
    rows = rows_of(town)[table].drop_nulls("visit_pid")
    grouped = rows.group_by("window_on").agg(pl.col("visit_pid").str.head(1).unique())
    return {day: set(found) for day, found in grouped.iter_rows()}


def test_days_landed_before_a_new_key_come_back_from_the_archive_as_they_were(parks: Town) -> None:
    visits(parks, FIRST_DAY, "V1 ZZ001ZZ DUCOS", "V2 ZZ002ZZ ELSEWHERE")
    land(parks)
    parks.twin().keyring.new("parks")
    visits(parks, SECOND_DAY, "V1 ZZ001ZZ DUCOS")
    land(parks)
    before = rows_of(parks)
    shutil.rmtree(parks.lake)
    shutil.rmtree(parks.sources)
    parks.twin().keyring.new("parks")

    land(parks, from_archive=True)

    assert versions(parks) == {FIRST_DAY: {"1"}, SECOND_DAY: {"2"}}
    assert_same_rows(rows_of(parks), before)


def test_a_day_that_comes_again_after_a_new_key_is_wholly_under_one_version(parks: Town) -> None:
    visits(parks, FIRST_DAY, "V1 ZZ001ZZ DUCOS", "V2 ZZ002ZZ DUCOS")
    visits(parks, SECOND_DAY, "V3 ZZ001ZZ DUCOS")
    land(parks)
    parks.twin().keyring.new("parks")

    land(parks)
    unchanged = versions(parks)
    visits(parks, FIRST_DAY, "V1 ZZ001ZZ DUCOS", "V2 ZZ002ZZ CASTELLI", "V4 ZZ004ZZ DUCOS")
    land(parks)

    assert unchanged == {FIRST_DAY: {"1"}, SECOND_DAY: {"1"}}
    assert versions(parks) == {FIRST_DAY: {"2"}, SECOND_DAY: {"1"}}


def test_a_changed_contract_does_not_change_the_pseudonyms_of_what_it_reads_again(
    parks: Town,
) -> None:
    visits(parks, FIRST_DAY, "V1 ZZ001ZZ DUCOS", "V2 ZZ002ZZ TARELLO")
    land(parks)
    parks.twin().keyring.new("parks")
    edit_contract(parks, "parks/visits", "[DUCOS, CASTELLI]", "[DUCOS, CASTELLI, TARELLO]")

    land(parks)

    assert rows_of(parks)[VISITS].height == 2
    assert versions(parks) == {FIRST_DAY: {"1"}}


def test_rows_replayed_after_a_new_key_join_their_day_under_its_version(parks: Town) -> None:
    visits(parks, FIRST_DAY, "V1 ZZ001ZZ DUCOS", "V1 ZZ001ZZ TARELLO", "V2 ZZ002ZZ TARELLO")
    land(parks)
    parks.twin().keyring.new("parks")
    edit_contract(parks, "parks/visits", "[DUCOS, CASTELLI]", "[DUCOS, CASTELLI, TARELLO]")

    result = replayed(parks, "visits")

    rows = rows_of(parks)
    assert (result.released_count, rows[VISITS].height) == (1, 2)
    assert versions(parks) == {FIRST_DAY: {"1"}}
    assert rows["quarantine/parks/visits"]["rule"].to_list() == ["duplicate_key"]


def test_each_commit_says_which_key_its_pseudonyms_were_made_with(parks: Town) -> None:
    visits(parks, FIRST_DAY, "V1 ZZ001ZZ DUCOS")
    land(parks)
    keyring = parks.twin().keyring
    first = keyring.key_id("parks")
    keyring.new("parks")
    visits(parks, SECOND_DAY, "V2 ZZ001ZZ DUCOS")
    land(parks)

    commits = DeltaTable(parks.lake / VISITS).history()

    said = [commit["gemello.key"] for commit in commits if "gemello.key" in commit]
    assert said == [keyring.key_id("parks"), first]
    assert first != keyring.key_id("parks")
