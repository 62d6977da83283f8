import hashlib
import json
import shutil
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from assets.resuming import landed_since
from assets.twin import utc_now
from infra.lake import Lake
from infra.windows import Window
from quality.by_window import land_by_window
from quality.landing import Landing
from tests.promises.contracts import VISITS_HEADER, parks_town
from tests.promises.town import (
    CAR_PARKS,
    FIRST_DAY,
    PARKING,
    Town,
    assert_same_rows,
    days,
    rows_of,
    simulated_town,
)

# One process has them all: what they compare with is made once.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("backfill")]

DAYS_COUNT = 10
TABLES = (
    PARKING,
    CAR_PARKS,
    "bronze/arpa_lombardia/air_quality",
    "bronze/arpa_lombardia/weather",
    "bronze/definitions/*",
    "silver/*",
    "gold/mobility/*",
    "gold/air/*",
)
VISITS = "bronze/parks/visits"
# What a delivery is called and until when it is kept are those of the day it was sealed.
OF_THE_DELIVERY = ("delivery_id", "sealed_until_on")


@pytest.fixture(scope="module")
def by_day(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Ten days, each run when it was over: the files of later days were not there yet."""
    town = simulated_town(tmp_path_factory.mktemp("town"), days=DAYS_COUNT)
    later = town.sources.parent / "later"
    for day in days(DAYS_COUNT):
        for path in sorted(town.sources.rglob("*")):
            if path.is_file() and any(name in path.name for name in _names(day)):
                target = later / path.relative_to(town.sources)
                target.parent.mkdir(parents=True, exist_ok=True)
                path.rename(target)
    for day in days(DAYS_COUNT):
        for path in sorted(later.rglob("*")):
            if path.is_file() and any(name in path.name for name in _names(day)):
                path.rename(town.sources / path.relative_to(later))
        summary = town.run(*TABLES, first=day, last=day)
        assert summary.is_success, summary.failures
    return town


def _names(day: date) -> tuple[str, str]:
    return f"{day}", f"{day:%Y%m%d}"


def empty_lake(town: Town, folder: Path) -> Town:
    """The same publishers, keys and sealed deliveries, but not a table."""
    shutil.copytree(town.sources, folder / "sources")
    shutil.copytree(town.home, folder / "home", ignore=shutil.ignore_patterns("lake", "dagster"))
    return Town(home=folder / "home", sources=folder / "sources")


@pytest.mark.longest
def test_one_backfill_gives_the_rows_that_ten_daily_runs_gave(by_day: Town, tmp_path: Path):
    town = empty_lake(by_day, tmp_path)

    summary = town.run(*TABLES, first=FIRST_DAY, last=days(DAYS_COUNT)[-1])

    assert summary.is_success, summary.failures
    assert_same_rows(rows_of(town), rows_of(by_day), but_for=OF_THE_DELIVERY)


def test_a_backfill_from_the_archive_gives_the_same_rows(by_day: Town, tmp_path: Path):
    town = empty_lake(by_day, tmp_path)
    shutil.rmtree(town.sources)

    last = days(DAYS_COUNT)[-1]
    summary = town.run(*TABLES, first=FIRST_DAY, last=last, from_archive=True)

    assert summary.is_success, summary.failures
    assert_same_rows(rows_of(town), rows_of(by_day))


def visits(town: Town, day: date, *, park: str = "DUCOS", count: int = 1) -> None:
    rows = "".join(
        f"{day:%Y%m%d}{number};ZZ{number:03}ZZ;{park};{day} 10:05:00;1.50;\n"
        for number in range(count)
    )
    (town.sources / "town" / f"visits_{day}.csv").write_text(VISITS_HEADER + rows)


def land(town: Town, first: date, last: date, **options: object) -> Landing:
    twin = town.twin()
    contract = twin.contracts["parks/visits"]
    return land_by_window(
        contract,
        Window.between(first, last, "daily"),
        at=twin.workplace,
        adapter=twin.adapter(contract),
        notes={},
        now=utc_now(),
        **options,  # type: ignore[arg-type] # whichever a test gives
    )


class Stopped(Exception):
    """The process is killed at this point."""


@pytest.fixture
def parks_of_nine_days(tmp_path: Path) -> Town:
    town = parks_town(tmp_path)
    for day in days(9):
        visits(town, day)
    return town


def test_a_backfill_that_was_killed_goes_on_where_it_stopped(parks_of_nine_days: Town):
    town, begun, seen = parks_of_nine_days, utc_now(), []
    last = days(9)[-1]

    def stop_at_the_fourth(landing: Landing) -> None:
        seen.extend(landing.windows)
        if len(seen) == 4:
            raise Stopped

    with pytest.raises(Stopped):
        land(town, FIRST_DAY, last, landed=stop_at_the_fourth)
    for day in seen:  # whatever was done needs its file no more
        (town.sources / "town" / f"visits_{day}.csv").unlink()

    twin = town.twin()
    done = landed_since(begun.isoformat(), twin.contracts["parks/visits"], twin)
    rest = land(town, FIRST_DAY, last, done=done)

    assert done == set(seen) == set(days(9)[:4])
    assert rest.windows == tuple(days(9)[4:])
    assert rows_of(town)[VISITS].height == 9


def test_the_same_command_goes_on_with_a_run_that_was_killed(parks_of_nine_days: Town):
    town, last = parks_of_nine_days, days(9)[-1]
    half = days(9)[:5]
    begun = utc_now()
    assert town.run(VISITS, first=FIRST_DAY, last=half[-1]).is_success
    asked = {"select": f'key:"{VISITS}"', "from": str(FIRST_DAY), "to": str(last)}
    _was_killed(town, {**asked, "from_archive": False}, begun.isoformat())
    for day in half:
        visits(town, day, count=2)  # a second look would see this

    again = town.run(VISITS, first=FIRST_DAY, last=last)
    anew = town.run(VISITS, first=FIRST_DAY, last=last)

    assert again.is_success
    assert anew.is_success
    commits = Lake.open(town.settings).history(VISITS)
    spans = [each.notes["windows"] for each in reversed(commits) if "windows" in each.notes]
    written = [str(start) for span in spans for start in _windows(span).starts()]
    assert written == [str(day) for day in [*half, *days(9)[5:], *half]]


def _windows(span: str) -> Window:
    first, _, end = span.partition("/")
    return Window("daily", date.fromisoformat(first), date.fromisoformat(end))


def _was_killed(town: Town, asked: dict[str, object], begun: str) -> None:
    text = json.dumps(asked, sort_keys=True)
    name = hashlib.sha256(text.encode()).hexdigest()[:16]
    folder = town.home / "backfills"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps({**asked, "begun": begun}))


def test_a_day_that_is_refused_does_not_hold_up_the_days_around_it(parks_of_nine_days: Town):
    town, bad = parks_of_nine_days, days(9)[4]
    visits(town, bad, park="NOWHERE")

    summary = town.run(VISITS, first=FIRST_DAY, last=days(9)[-1])

    assert summary.families == {"refused"}
    (said,) = summary.failures.values()
    assert f"1 of 9 new deliveries was refused ({bad}), the others landed" in said
    assert sorted(rows_of(town)[VISITS]["window_on"]) == [day for day in days(9) if day != bad]


def test_days_without_a_file_hold_up_nothing(parks_of_nine_days: Town):
    town = parks_of_nine_days
    for day in days(9)[1:8]:
        (town.sources / "town" / f"visits_{day}.csv").unlink()

    landing = land(town, FIRST_DAY, FIRST_DAY + timedelta(days=60))

    assert landing.windows == (days(9)[0], days(9)[8])


def test_what_is_made_of_a_refused_delivery_is_rebuilt_from_the_one_before_it(tmp_path: Path):
    town = parks_town(tmp_path)
    visits(town, FIRST_DAY)
    assert town.run(VISITS, first=FIRST_DAY, last=FIRST_DAY).is_success
    before = rows_of(town)
    visits(town, FIRST_DAY, park="NOWHERE")
    assert not town.run(VISITS, first=FIRST_DAY, last=FIRST_DAY).is_success
    shutil.rmtree(town.lake)

    summary = town.run(VISITS, first=FIRST_DAY, last=FIRST_DAY, from_archive=True)

    assert summary.is_success, summary.failures
    assert_same_rows(rows_of(town), before)


def test_how_far_a_backfill_is_can_be_heard(parks_of_nine_days: Town):
    heard: list[tuple[int, int]] = []

    land(parks_of_nine_days, FIRST_DAY, days(9)[-1], told=lambda done, of: heard.append((done, of)))

    assert heard[0] == (4, 9)
    assert heard[-1] == (9, 9)
    assert heard == sorted(heard)


def test_windows_of_one_row_and_of_many_are_the_same_tables(tmp_path: Path):
    town = parks_town(tmp_path)
    for number, day in enumerate(days(6)):
        visits(town, day, count=1 + 40 * (number % 2))

    land(town, FIRST_DAY, days(6)[-1])

    counts = rows_of(town)[VISITS].group_by("window_on").len().sort("window_on")["len"]
    assert counts.to_list() == [1, 41, 1, 41, 1, 41]
    assert rows_of(town)[VISITS].select(pl.col("visit_pid").n_unique()).item() == 126
