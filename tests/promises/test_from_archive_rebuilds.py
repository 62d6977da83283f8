import json
import os
import shutil
from pathlib import Path

import pytest

from tests.promises.conftest import DAYS_COUNT
from tests.promises.contracts import VISITS_HEADER, edit_contract
from tests.promises.town import (
    CAR_PARKS,
    FIRST_DAY,
    PARKING,
    Town,
    assert_same_rows,
    days,
    rows_of,
    versions_of,
)

# One process has them all: what they compare with is made once.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("from_archive")]

LAST_DAY = days(DAYS_COUNT)[-1]


def second_deliveries(town: Town) -> None:
    """A car park closes, another grows; a day of parking sessions comes again, corrected."""
    folder = town.sources / "brescia_mobilita_files" / "sosta"
    parks = json.loads((folder / "parcheggi.json").read_text())
    listed = parks["dati"]["parcheggi"]
    listed.pop()
    listed[0]["posti"] += 10
    (folder / "parcheggi.json").write_text(json.dumps(parks))
    sessions = folder / f"soste_{LAST_DAY}.csv"
    lines = sessions.read_text().splitlines(keepends=True)
    sessions.write_text("".join(lines[:-40]))


def test_a_lake_that_was_lost_comes_back_from_the_sealed_deliveries_row_for_row(
    landed: Town,
) -> None:
    second_deliveries(landed)
    mobility = (CAR_PARKS, PARKING, "silver/mobility/*", "gold/mobility/*")
    assert landed.run(*mobility, first=FIRST_DAY, last=LAST_DAY).is_success
    before = rows_of(landed)
    shutil.rmtree(landed.lake)
    shutil.rmtree(landed.sources)

    summary = landed.run(first=FIRST_DAY, last=LAST_DAY, from_archive=True)

    assert summary.is_success, summary.failures
    assert before[CAR_PARKS].filter(before[CAR_PARKS]["valid_to"].is_not_null()).height == 2
    assert before["quarantine/brescia_mobilita/parking_sessions"].height
    assert_same_rows(rows_of(landed), before)


def test_rebuilding_what_is_there_already_changes_nothing(landed: Town) -> None:
    second_deliveries(landed)
    tables = (CAR_PARKS, PARKING)
    landed.run(*tables, first=FIRST_DAY, last=LAST_DAY)
    before, versions = rows_of(landed), versions_of(landed)

    summary = landed.run(*tables, first=FIRST_DAY, last=LAST_DAY, from_archive=True)

    assert summary.is_success, summary.failures
    assert versions_of(landed) == versions
    assert_same_rows(rows_of(landed), before)


def lost_and_rebuilt(town: Town, table: str) -> None:
    shutil.rmtree(town.lake)
    summary = town.run(table, first=FIRST_DAY, last=LAST_DAY, from_archive=True)
    assert summary.is_success, summary.failures


def deliveries_of(dataset: str, town: Town, version: str) -> tuple[Path, str]:
    """A file of a data set, and a text of it that tells its versions apart."""
    folder, number = town.sources / "town", ord(version)
    return {
        "visits": (
            folder / f"visits_{FIRST_DAY}.csv",
            f"{VISITS_HEADER}V{number};ZZ001ZZ;DUCOS;{FIRST_DAY} 10:05:00;1.50;\n"
            f"W{number};ZZ001ZZ;ELSEWHERE;{FIRST_DAY} 10:05:00;1.50;\n",
        ),
        "counts": (
            folder / "counts.csv",
            f"spira;giorno;h1;h2\nL1;{FIRST_DAY};{number};900\nL1;{LAST_DAY};1;2\n",
        ),
        "places": (folder / "places.csv", f"codice,nome,area\nP1,Ducos,{number}\nP2,X,-1\n"),
    }[dataset]


@pytest.mark.parametrize("dataset", ["visits", "counts", "places"])
def test_a_delivery_that_came_back_after_another_is_what_a_rebuild_ends_with(
    parks: Town, dataset: str
) -> None:
    table = f"bronze/parks/{dataset}"
    for number, version in enumerate("ABA"):
        path, text = deliveries_of(dataset, parks, version)
        path.write_text(text)
        os.utime(path, (1_700_000_000 + number, 1_700_000_000 + number))
        summary = parks.run(table, first=FIRST_DAY, last=LAST_DAY)
        assert summary.is_success, summary.failures
    before = rows_of(parks)

    lost_and_rebuilt(parks, table)

    assert before[f"quarantine/parks/{dataset}"].height
    assert_same_rows(rows_of(parks), before)


@pytest.mark.parametrize("dataset", ["visits", "counts", "places"])
def test_a_delivery_that_was_refused_is_not_what_a_rebuild_ends_with(
    parks: Town, dataset: str
) -> None:
    table, bad = f"bronze/parks/{dataset}", "expect_table_row_count_to_be_between"
    path = (parks.contracts or Path()) / "parks" / dataset / "contract.yaml"
    path.write_text(f"{path.read_text()}  - {bad}: {{min_value: 1, max_value: 4}}\n")
    file, text = deliveries_of(dataset, parks, "A")
    file.write_text(text)
    assert parks.run(table, first=FIRST_DAY, last=LAST_DAY).is_success
    before = rows_of(parks)
    last_line = text.splitlines(keepends=True)[-1]
    file.write_text(text + 5 * last_line)
    refused = parks.run(table, first=FIRST_DAY, last=LAST_DAY)

    lost_and_rebuilt(parks, table)

    assert refused.failures
    assert_same_rows(rows_of(parks), before)


def test_quarantine_says_the_day_on_which_the_sealed_delivery_really_ends(parks: Town) -> None:
    path, text = deliveries_of("visits", parks, "A")
    path.write_text(text)
    table, refused = "bronze/parks/visits", "quarantine/parks/visits"
    edit_contract(
        parks, "parks/visits", "retention_days: 30", "retention_days: 30\narchive_days: 3"
    )
    parks.run(table, first=FIRST_DAY, last=FIRST_DAY)
    edit_contract(parks, "parks/visits", "archive_days: 3", "archive_days: 9")
    edit_contract(parks, "parks/visits", "max_value: 80", "max_value: 90")

    parks.run(table, first=FIRST_DAY, last=FIRST_DAY)

    (sealed,) = parks.twin().archive.deliveries("parks/visits")
    assert versions_of(parks)[refused] > 1
    assert rows_of(parks)[refused]["sealed_until_on"].to_list() == [sealed.expires_on]
