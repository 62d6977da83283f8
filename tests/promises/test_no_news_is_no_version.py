import os
import re
import time
from datetime import timedelta

import polars as pl

from tests.promises.conftest import DAYS_COUNT
from tests.promises.town import (
    CAR_PARKS,
    ELECTRICITY,
    FIRST_DAY,
    PARKING,
    RESIDENTS,
    Town,
    assert_same_rows,
    days,
    listing,
    rows_of,
    versions_of,
)

LAST_DAY = days(DAYS_COUNT)[-1]


def test_a_second_run_with_nothing_new_writes_nothing(landed: Town) -> None:
    before = {place: listing(landed.home / place) for place in ("lake", "archive", "root.key.ring")}
    versions = versions_of(landed)

    summary = landed.run(first=FIRST_DAY, last=LAST_DAY)

    assert summary.is_success
    assert versions_of(landed) == versions
    assert {place: listing(landed.home / place) for place in before} == before
    assert [table.table for table in summary.tables if table.is_news] == []


def test_a_file_touched_but_not_changed_is_no_news(landed: Town) -> None:
    versions = versions_of(landed)
    for path in landed.sources.rglob("*.csv"):
        os.utime(path, (time.time(), time.time()))

    landed.run(PARKING, ELECTRICITY, RESIDENTS, first=FIRST_DAY, last=LAST_DAY)

    assert versions_of(landed) == versions


def test_a_new_day_without_a_new_file_adds_no_row(landed: Town) -> None:
    before = rows_of(landed)
    tables = (PARKING, ELECTRICITY, "gold/mobility/*", "gold/energy/*")

    summary = landed.run(*tables, first=FIRST_DAY, last=LAST_DAY + timedelta(days=1))

    assert summary.is_success, summary.failures
    assert_same_rows(rows_of(landed), before)


def test_a_delivery_that_comes_back_with_its_older_date_stands_and_is_then_no_news(
    landed: Town,
) -> None:
    path = landed.sources / "brescia_mobilita_files" / "sosta" / "parcheggi.json"
    first, changed_at = path.read_text(), path.stat().st_mtime
    capacities = current(landed)["capacity_count"].to_list()
    path.write_text(re.sub(r'"posti": \d+', '"posti": 77', first))
    landed.run(CAR_PARKS)
    path.write_text(first)
    os.utime(path, (changed_at, changed_at))

    landed.run(CAR_PARKS)
    versions = versions_of(landed)
    landed.run(CAR_PARKS)

    assert current(landed)["capacity_count"].to_list() == capacities
    assert versions_of(landed) == versions


def current(town: Town) -> pl.DataFrame:
    return rows_of(town)[CAR_PARKS].filter(pl.col("valid_to").is_null())
