import json
import shutil

from tests.promises.conftest import DAYS_COUNT
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
