from datetime import date, timedelta
from itertools import combinations
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from infra.errors import KeyDestroyed
from infra.keys import Keyring
from infra.scan import scan
from quality.privacy.pseudonyms import pseudonyms
from tests.promises.contracts import VISITS_HEADER
from tests.promises.test_rotation import turned
from tests.promises.town import FIRST_DAY, Town, days, rows_of

VISITS = "bronze/parks/visits"
DAYS = days(3)
PLATES = pl.Series([f"ZZ{number:03}ZZ" for number in range(20)])


@pytest.fixture
def town(parks: Town) -> Town:
    """The same twenty cars, in the same order, on three days; one row of each day is refused."""
    for day in DAYS:
        rows = "".join(
            f"V{day.day}{number};{plate};{'DUCOS' if number else 'NOWHERE'};{day} 10:05:00;1.50;\n"
            for number, plate in enumerate(PLATES)
        )
        (parks.sources / "town" / f"visits_{day}.csv").write_text(VISITS_HEADER + rows)
    summary = parks.run(VISITS, first=FIRST_DAY, last=DAYS[-1])
    assert summary.is_success, summary.failures
    return parks


def cars_of_days(town: Town) -> list[set[str]]:
    """For each day the pseudonyms of its cars in any table."""
    found: dict[date, set[str]] = {day: set() for day in DAYS}
    for frame in rows_of(town).values():
        if "vehicle_pid" in frame.columns:
            for day, pid in frame.select("window_on", "vehicle_pid").drop_nulls().iter_rows():
                found[day].add(pid)
    return list(found.values())


def assert_apart(cars: list[set[str]]) -> None:
    assert [len(day) for day in cars] == [19, 19, 19]
    assert len(set.union(*cars)) == 3 * 19


def test_no_car_has_the_same_pseudonym_on_two_days_in_any_table_before_or_after_a_rotation(
    town: Town,
) -> None:
    before = cars_of_days(town)

    turned(town)

    assert_apart(before)
    assert_apart(cars_of_days(town))
    assert not set.union(*before) & set.union(*cars_of_days(town))


def test_all_plates_under_all_keys_match_no_day_whose_key_was_destroyed(town: Town) -> None:
    keyring = town.twin().keyring
    live = guessed(keyring)
    assert set.union(*cars_of_days(town)) < live

    keyring.expire_epochs(DAYS[-1] + timedelta(days=1))

    assert not guessed(keyring) & set.union(*cars_of_days(town))
    assert_apart(cars_of_days(town))


def test_days_whose_keys_were_destroyed_rotate_too(town: Town) -> None:
    before = cars_of_days(town)
    town.twin().keyring.expire_epochs(DAYS[-1] + timedelta(days=1))

    turned(town)

    assert_apart(cars_of_days(town))
    assert not set.union(*before) & set.union(*cars_of_days(town))


def test_what_is_left_of_days_that_are_over_leads_from_none_to_another(town: Town) -> None:
    twin = town.twin()
    named = {pid: plate for day in DAYS for pid, plate in plates_of(twin.keyring, day).items()}
    end = date(2100, 1, 1)

    twin.archive.expire(end)
    twin.keyring.expire_epochs(end)

    files = sorted((town.lake / VISITS).rglob("*.parquet"))
    log = "".join(path.read_text() for path in (town.lake / VISITS).rglob("*.json"))
    orders = [[named[pid] for pid in pl.read_parquet(path)["vehicle_pid"]] for path in files]
    assert [len(order) for order in orders] == [19, 19, 19]
    assert [sorted(order) for order in orders] == [sorted(PLATES[1:])] * 3
    for one, other in combinations(orders, 2):
        assert sum(first == second for first, second in zip(one, other, strict=True)) < 6
    assert not any(pid in log for pid in named)
    assert not any(has_statistics(path) for path in files)
    refused = pl.read_delta(str(town.lake / "quarantine/parks/visits"))
    assert refused.height == refused["vehicle_pid"].null_count() == 3
    assert twin.archive.deliveries("parks/visits") == []
    assert [*town.home.rglob("*.sealed"), *town.home.rglob("archive/keys/**/*.key")] == []
    assert scan(town.home, PLATES.to_list()) == []


def has_statistics(path: Path) -> bool:
    """Whether the least and the greatest pseudonym of a day stand beside its rows."""
    group = pq.read_metadata(path).row_group(0)
    columns = [group.column(place) for place in range(group.num_columns)]
    (found,) = [column for column in columns if column.path_in_schema == "vehicle_pid"]
    return found.is_stats_set and found.statistics.has_min_max


def plates_of(keyring: Keyring, day: date) -> dict[str, str]:
    """Whose pseudonym is whose on a day, for who has its key."""
    made = pseudonyms(PLATES, "IT_PLATE", keyring.pseudonym_key("parks", epoch=day))
    return dict(zip(made, PLATES, strict=True))


def guessed(keyring: Keyring) -> set[str]:
    """All pseudonyms of all plates that can be made with what is left of the keys."""
    keys = [keyring.pseudonym_key("parks")]
    for day in DAYS:
        try:
            keys.append(keyring.pseudonym_key("parks", epoch=day))
        except KeyDestroyed:
            continue
    return {pid for key in keys for pid in pseudonyms(PLATES, "IT_PLATE", key)}
