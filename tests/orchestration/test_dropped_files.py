import json
import os
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from assets.twin import Twin
from orchestration.definitions import build
from orchestration.drops import look
from orchestration.resources import OpenTwin
from tests.promises.contracts import (
    COUNTS,
    VISITS_HEADER,
    parks_town,
    write_contract,
)
from tests.promises.town import Town, rows_of

VISITS_KEYS = {"bronze/parks/visits", "quarantine/parks/visits"}
LATER = timedelta(minutes=5)


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return parks_town(tmp_path)


def drop(town: Town, name: str, text: str = "anything") -> Path:
    path = town.sources / "town" / name
    path.write_text(text)
    return path


def looking(town: Town, publisher: str = "parks") -> Callable[..., tuple[list[dg.RunRequest], str]]:
    """A look of the publisher's sensor, so long after now, and what it remembers."""
    twin = town.twin()
    contracts = [c for c in twin.contracts.values() if c.publisher == publisher]

    def at(after: timedelta, cursor: str | None = None) -> tuple[list[dg.RunRequest], str]:
        seen = look(contracts, cursor, twin=twin, now=datetime.now(UTC) + after)
        return list(seen.requests), seen.cursor

    return at


def asked(requests: list[dg.RunRequest]) -> list[tuple[set[str], str | None, str | None]]:
    return [
        (
            {key.to_user_string() for key in request.asset_selection or ()},
            request.tags.get("gemello/from"),
            request.tags.get("gemello/to"),
        )
        for request in requests
    ]


def test_a_new_file_has_its_own_window_asked_for(town: Town):
    looks = looking(town)
    _, cursor = looks(LATER)
    drop(town, "visits_2025-03-24.csv")

    requests, _ = looks(LATER, cursor)

    assert asked(requests) == [(VISITS_KEYS, "2025-03-24", "2025-03-24")]


def test_the_same_file_is_asked_for_once(town: Town):
    looks = looking(town)
    drop(town, "visits_2025-03-24.csv")
    first, cursor = looks(LATER)

    second, cursor = looks(2 * LATER, cursor)
    a_day_later, _ = looks(timedelta(days=2), cursor)

    assert len(first) == 1
    assert second == []
    assert a_day_later == []


def test_a_file_that_was_corrected_is_asked_for_again(town: Town):
    looks = looking(town)
    drop(town, "visits_2025-03-24.csv")
    (first,), cursor = looks(LATER)
    drop(town, "visits_2025-03-24.csv", "something else")

    (second,), _ = looks(2 * LATER, cursor)

    assert asked([second]) == asked([first])
    assert second.run_key != first.run_key


def test_a_file_that_is_still_being_sent_is_left_until_it_rests(town: Town):
    looks = looking(town)
    _, cursor = looks(timedelta())
    drop(town, "visits_2025-03-24.csv")

    at_once, cursor = looks(timedelta(seconds=30), cursor)
    at_rest, _ = looks(timedelta(seconds=90), cursor)

    assert at_once == []
    assert asked(at_rest) == [(VISITS_KEYS, "2025-03-24", "2025-03-24")]


def test_a_file_moved_in_with_an_old_date_is_new(town: Town, tmp_path: Path):
    looks = looking(town)
    _, cursor = looks(LATER)
    elsewhere = tmp_path / "elsewhere.csv"
    elsewhere.write_text("anything")
    os.utime(elsewhere, (time.time() - 9e6, time.time() - 9e6))
    elsewhere.rename(town.sources / "town" / "visits_2025-01-02.csv")

    requests, _ = looks(LATER, cursor)

    assert asked(requests) == [(VISITS_KEYS, "2025-01-02", "2025-01-02")]


def test_files_of_days_in_a_row_are_one_run_and_a_day_far_from_them_another(town: Town):
    looks = looking(town)
    for day in ("2025-03-24", "2025-03-25", "2025-03-26", "2025-01-02"):
        drop(town, f"visits_{day}.csv")

    requests, _ = looks(LATER)

    assert asked(requests) == [
        (VISITS_KEYS, "2025-01-02", "2025-01-02"),
        (VISITS_KEYS, "2025-03-24", "2025-03-26"),
    ]


def test_many_scattered_days_are_one_run_with_what_lies_between(town: Town):
    looks = looking(town)
    for day in (2, 5, 8, 11, 14):
        drop(town, f"visits_2025-03-{day:02}.csv")

    requests, _ = looks(LATER)

    assert asked(requests) == [(VISITS_KEYS, "2025-03-02", "2025-03-14")]


def test_lists_and_files_of_many_days_are_asked_for_whole_and_together(town: Town):
    looks = looking(town)
    drop(town, "places.csv")
    drop(town, "counts_of_spring.csv")

    requests, _ = looks(LATER)

    whole = {f"{s}/parks/{d}" for s in ("bronze", "quarantine") for d in ("places", "counts")}
    assert asked(requests) == [(whole, None, None)]


@pytest.mark.parametrize("name", ["visits_yesterday.csv", "visits_2025-03-24.csv.part", "note.txt"])
def test_a_file_whose_name_says_no_window_is_none_of_ours(town: Town, name: str):
    looks = looking(town)
    drop(town, name)

    requests, _ = looks(LATER)

    assert requests == []


def test_what_lay_there_before_the_first_look_is_left_to_a_run_by_hand(town: Town):
    looks = looking(town)
    drop(town, "visits_2025-03-24.csv")

    first, cursor = looks(timedelta(days=3))
    second, _ = looks(timedelta(days=3) + LATER, cursor)

    assert first == []
    assert second == []


def test_what_is_remembered_does_not_grow_with_the_years(town: Town):
    looks = looking(town)
    for number in range(50):
        day = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=number)
        drop(town, f"visits_{day:%Y-%m-%d}.csv")
    _, cursor = looks(LATER)

    _, two_days_later = looks(timedelta(days=2), cursor)
    _, empty = looking(parks_town(town.home / "empty"))(timedelta(days=2))

    assert len(cursor) > 50 * 16
    assert len(two_days_later) == len(empty)


def test_a_data_set_whose_place_is_unknown_does_not_hold_up_the_others(tmp_path: Path):
    town = parks_town(tmp_path)
    write_contract(tmp_path / "contracts", "parks/counts", COUNTS.replace("{town}", "{nowhere}"))
    settings = town.settings
    here = {"town": str(town.sources / "town")}
    twin = Twin(type(settings)(**{**vars(settings), "sources": here, "sources_base": ""}))
    drop(town, "visits_2025-03-24.csv")
    contracts = [c for c in twin.contracts.values() if c.publisher == "parks"]

    seen = look(contracts, None, twin=twin, now=datetime.now(UTC) + LATER)

    assert asked(list(seen.requests)) == [(VISITS_KEYS, "2025-03-24", "2025-03-24")]
    assert len(seen.silent) == 1
    assert "{nowhere}" in seen.silent[0]


def test_what_a_sensor_asks_for_lands_the_window_that_was_left_and_no_other(town: Town):
    looks = looking(town)
    drop(town, "visits_2025-03-23.csv", VISITS_HEADER + "1;AB123CD;DUCOS;23/03/2025 10:00;1,00;\n")
    _, cursor = looks(LATER)
    drop(town, "visits_2025-03-24.csv", VISITS_HEADER + "2;AB123CD;DUCOS;24/03/2025 10:00;1,00;\n")
    (request,), _ = looks(2 * LATER, cursor)
    opened = dg.ResourceDefinition.hardcoded_resource(OpenTwin(town.twin()))
    job = build(town.twin(), opened=opened).resolve_implicit_global_asset_job_def()

    with dg.DagsterInstance.ephemeral() as instance:
        done = job.get_subset(
            asset_selection=frozenset(request.asset_selection or ()),
            asset_check_selection=frozenset(request.asset_check_keys or ()),
        ).execute_in_process(instance=instance, tags=request.tags, raise_on_error=False)

    assert done.success
    assert rows_of(town)["bronze/parks/visits"]["window_on"].to_list() == [date(2025, 3, 24)]


def test_the_sensor_of_a_publisher_remembers_where_it_was(town: Town):
    opened = OpenTwin(town.twin())
    definitions = build(town.twin())
    sensor = definitions.resolve_sensor_def("dropped_files_parks")

    with (
        dg.DagsterInstance.ephemeral() as instance,
        dg.build_sensor_context(
            instance, definitions=definitions, resources={"twin": opened}
        ) as context,
    ):
        tick = sensor.evaluate_tick(context)

    assert tick.run_requests == []
    assert set(json.loads(tick.cursor or "{}")) == {"parks/visits", "parks/counts", "parks/places"}
