import shutil
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable

from infra.lake import Lake
from tests.promises.conftest import DAYS_COUNT
from tests.promises.town import FIRST_DAY, PARKING, PRESSURE, Town, days, rows_of

SILVER = "silver/air/air_quality_observed"
AIR = "bronze/arpa_lombardia/air_quality"
LAST_DAY = days(DAYS_COUNT)[-1]
NEXT_DAY = LAST_DAY + timedelta(days=1)
HEADER = "id_sosta;parcheggio;targa;intestatario;ingresso;uscita;importo;nota\r\n"


def sessions(town: Town, day: date) -> Path:
    return town.sources / "brescia_mobilita_files" / "sosta" / f"soste_{day}.csv"


def session(number: int, day: date, entered: str, left: str, *, park: str = "P-ARNALDO") -> str:
    on = f"{day:%d/%m/%Y}"
    plate = f"ZZ{number:03}ZZ"
    return f"{day:%Y%m%d}-9{number:05};{park};{plate};;{on} {entered};{on} {left};1,60;\r\n"


def dozen(number: int, day: date, entered: str, left: str) -> str:
    """Twelve cars: of fewer than ten nothing is shown."""
    return "".join(session(12 * number + n, day, entered, left) for n in range(12))


def files_by_window(town: Town, table: str) -> dict[str, set[str]]:
    """The data files of each window: a window not written again keeps its files."""
    found: dict[str, set[str]] = {}
    for path in DeltaTable(town.lake / table).file_uris():
        window = path.rpartition("window_on=")[2].partition("/")[0]
        found.setdefault(window, set()).add(path)
    return found


def changed(before: Mapping[str, set[str]], after: Mapping[str, set[str]]) -> list[str]:
    return sorted(day for day in before | after if before.get(day) != after.get(day))


def stood(town: Town, day: date, hour: int, *, park: str = "P-ARNALDO") -> float:
    """How many hours cars stood in a car park within an hour of UTC."""
    at = pl.datetime(day.year, day.month, day.day, hour, time_zone="UTC")
    rows = rows_of(town)[PRESSURE]
    chosen = rows.filter(pl.col("car_park_id") == park, pl.col("hour_at") == at)
    hours = chosen.select(pl.col("occupied_ratio") * pl.col("capacity_count"))
    return round(float(hours.to_series().sum()), 6)


def test_a_session_delivered_a_day_later_reopens_the_hours_of_its_own_day_and_no_other(
    landed: Town,
) -> None:
    sessions(landed, NEXT_DAY).write_text(
        HEADER
        + session(1, LAST_DAY, "10:05", "11:00", park="P-STAZIONE")
        + dozen(2, NEXT_DAY, "08:05", "09:00")
    )
    before, files = rows_of(landed)[PRESSURE], files_by_window(landed, PRESSURE)
    late = stood(landed, LAST_DAY, 9, park="P-STAZIONE")
    marks = Lake.open(landed.settings).marks(PRESSURE, days(DAYS_COUNT))

    summary = landed.run(PARKING, PRESSURE, first=NEXT_DAY, last=NEXT_DAY)

    assert summary.is_success, summary.failures
    assert stood(landed, LAST_DAY, 9, park="P-STAZIONE") == pytest.approx(late + 1)
    assert stood(landed, NEXT_DAY, 7) == 12
    # A session may last past midnight, so the day after the late row looks back on it.
    reopened = [str(LAST_DAY), str(NEXT_DAY)]
    assert changed(files, files_by_window(landed, PRESSURE)) == reopened
    after = rows_of(landed)[PRESSURE]
    untouched = pl.col("window_on") < LAST_DAY
    assert after.filter(untouched).equals(before.filter(untouched))
    assert Lake.open(landed.settings).marks(PRESSURE, days(DAYS_COUNT)) == marks


def test_a_day_between_computed_days_is_computed_once_its_rows_come_and_a_later_one_is_not(
    landed: Town,
) -> None:
    first, between, last = days(DAYS_COUNT)
    shutil.rmtree(landed.lake / PRESSURE)
    for day in (first, last):
        landed.run(PRESSURE, first=day, last=day)
    with sessions(landed, between).open("a") as lines:
        lines.write(session(1, between, "10:05", "11:00"))
    landed.run(PARKING, first=between, last=between)

    landed.run(PRESSURE, first=last, last=last)

    assert sorted(files_by_window(landed, PRESSURE)) == [str(first), str(between), str(last)]
    assert NEXT_DAY not in rows_of(landed)[PRESSURE]["window_on"]


def test_a_measure_delivered_a_day_later_reopens_its_own_day_in_silver(landed: Town) -> None:
    folder = landed.sources / "arpa_files" / "aria"
    first = (folder / f"aria_{FIRST_DAY}.json").read_text()
    records = [line for line in first.splitlines() if line.strip().startswith("{")]
    late = next(line.strip().rstrip(",") for line in records if '"VA"' in line)
    (folder / f"aria_{NEXT_DAY}.json").write_text(
        "[" + late.replace("T00:", "T05:", 1).replace('"valore": "', '"valore": "1') + "]"
    )
    files = files_by_window(landed, SILVER)

    summary = landed.run(AIR, SILVER, first=NEXT_DAY, last=NEXT_DAY)

    assert summary.is_success, summary.failures
    assert changed(files, files_by_window(landed, SILVER)) == [str(FIRST_DAY)]


@pytest.mark.parametrize("left", ["09:00", "11:00"])
def test_a_session_delivered_again_a_day_later_is_counted_once(landed: Town, left: str) -> None:
    day = NEXT_DAY + timedelta(days=1)
    sessions(landed, NEXT_DAY).write_text(HEADER + dozen(1, NEXT_DAY, "08:05", "09:00"))
    sessions(landed, day).write_text(
        HEADER + dozen(1, NEXT_DAY, "08:05", left) + session(2, day, "08:05", "09:00")
    )

    summary = landed.run(PARKING, PRESSURE, first=NEXT_DAY, last=day)

    assert summary.is_success, summary.failures
    assert stood(landed, NEXT_DAY, 7) == 12


def test_a_session_corrected_to_another_day_leaves_the_day_it_stood_on(landed: Town) -> None:
    day = NEXT_DAY + timedelta(days=1)
    first = dozen(1, NEXT_DAY, "08:05", "09:00")
    sessions(landed, NEXT_DAY).write_text(HEADER + first)
    landed.run(PARKING, PRESSURE, first=NEXT_DAY, last=NEXT_DAY)
    before = stood(landed, NEXT_DAY, 7)

    corrected = first.replace(f";{NEXT_DAY:%d/%m/%Y}", f";{day:%d/%m/%Y}")
    sessions(landed, day).write_text(HEADER + corrected)
    landed.run(PARKING, PRESSURE, first=day, last=day)
    moved = stood(landed, NEXT_DAY, 7), stood(landed, day, 7)
    sessions(landed, day).write_text(HEADER + dozen(2, day, "10:05", "11:00"))
    landed.run(PARKING, PRESSURE, first=day, last=day)

    assert before == 12
    assert moved == (0, 12)
    assert (stood(landed, NEXT_DAY, 7), stood(landed, day, 7)) == (12, 0)


@pytest.mark.parametrize("from_archive", [False, True])
def test_a_row_of_a_whole_file_that_moves_to_another_day_stands_there_alone(
    parks: Town, from_archive: bool
) -> None:
    first, second, third, fourth = days(4)
    file, counts = parks.sources / "town" / "counts.csv", "bronze/parks/counts"
    rows = f"spira;giorno;h1\nL2;{third};20\nL3;{fourth};30\n"
    file.write_text(f"{rows}L1;{first};10\n")
    parks.run(counts, first=first, last=third)

    file.write_text(f"{rows}L1;{second};10\n")
    summary = parks.run(counts, first=third, last=third)
    if from_archive:
        shutil.rmtree(parks.lake)
        summary = parks.run(counts, first=first, last=third, from_archive=True)

    assert summary.is_success, summary.failures
    stored = rows_of(parks)[counts].select("loop_id", "window_on")
    assert stored.rows() == [("L1", second), ("L2", third)]


@pytest.mark.parametrize("from_archive", [False, True])
def test_a_day_that_a_rolling_file_no_longer_holds_stays_as_it_was(
    parks: Town, from_archive: bool
) -> None:
    first, second, third, fourth = days(4)
    file, counts = parks.sources / "town" / "counts.csv", "bronze/parks/counts"
    header = "spira;giorno;h1\n"
    file.write_text(f"{header}L1;{first};10\nL2;{second};20\nL3;{third};30\n")
    parks.run(counts, first=first, last=third)

    file.write_text(f"{header}L1;{first};11\nL3;{third};30\nL4;{fourth};40\n")
    summary = parks.run(counts, first=fourth, last=fourth)
    warnings = summary.warnings
    if from_archive:
        shutil.rmtree(parks.lake)
        summary = parks.run(counts, first=first, last=fourth, from_archive=True)

    assert summary.is_success, summary.failures
    assert f"{second} (0 rows, 1 before)" in warnings[f"{counts}: drift"]
    stored = rows_of(parks)[counts].select("loop_id", "passages_count")
    assert sorted(stored.rows()) == [("L1", 11), ("L2", 20), ("L3", 30), ("L4", 40)]


def test_a_corrected_delivery_that_takes_a_session_away_takes_it_from_its_day(
    landed: Town,
) -> None:
    path = sessions(landed, LAST_DAY)
    lines = path.read_text().splitlines(keepends=True)
    at_ten = [line for line in lines if f"{LAST_DAY:%d/%m/%Y} 10:" in line.split(";")[4]]
    path.write_text("".join(line for line in lines if line != at_ten[0]))
    park = at_ten[0].split(";")[1]
    before, files = stood(landed, LAST_DAY, 9, park=park), files_by_window(landed, PRESSURE)

    landed.run(PARKING, PRESSURE, first=FIRST_DAY, last=LAST_DAY)

    assert stood(landed, LAST_DAY, 9, park=park) < before
    assert changed(files, files_by_window(landed, PRESSURE))[0] >= str(LAST_DAY - timedelta(days=1))
