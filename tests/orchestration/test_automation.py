from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._utils.schedules import schedule_execution_time_iterator

from assets.derived_assets import find_declarations
from assets.twin import Twin
from orchestration.definitions import build
from orchestration.resources import OpenTwin
from tests.orchestration.asking import Daemon, at
from tests.promises.contracts import VISITS, parks_town, write_contract
from tests.promises.town import Town

pytestmark = pytest.mark.slow

PARKING = "bronze/brescia_mobilita/parking_sessions"
CAR_PARKS = "bronze/brescia_mobilita/car_parks"
OFF_STREET = "silver/mobility/off_street_parking"
PRESSURE = "gold/mobility/hourly_parking_pressure"
ENTRIES = "open/mobility/daily_parking_entries"
AIR = "bronze/arpa_lombardia/air_quality"
OBSERVED = "silver/air/air_quality_observed"
INDEX = "gold/air/hourly_european_air_quality_index"
HEALTH = "silver/sensors/sensor_health_by_day"
AIR_HEALTH = "silver/sensors/air_sensor_health_by_day"
STATION = "silver/air/air_quality_station"
LAST = "silver/state/last_observation_by_day"
FORECAST = "gold/air/daily_pm10_forecast_by_station"
PARAMETERS = "silver/air/pm10_forecast_parameters"
SCORES = "gold/actions/daily_forecast_score_by_target"
ENTITY = "silver/state/entity"
RELATION = "silver/state/relation"
VISITS_TABLE = "bronze/parks/visits"


@pytest.fixture
def town(tmp_path: Path) -> Town:
    town = parks_town(tmp_path)
    write_contract(
        tmp_path / "contracts",
        "parks/visits_of_today",
        VISITS.replace("cadence: daily", "cadence: daily\n    refresh: hourly"),
    )
    write_contract(
        tmp_path / "contracts",
        "parks/visits_by_month",
        VISITS.replace("cadence: daily", "cadence: monthly"),
    )
    return town


@pytest.fixture
def twin(town: Town) -> Twin:
    return town.twin()


@pytest.fixture
def daemon(twin: Twin) -> Iterator[Daemon]:
    with dg.DagsterInstance.ephemeral() as instance:
        # The same definitions for all that begin alike; what a test runs, it runs on its own twin.
        yield Daemon(build(twin), instance, resources={"twin": OpenTwin(twin)})


@pytest.fixture
def deliveries(daemon: Daemon) -> Daemon:
    daemon.of = dg.AssetSelection.key_prefixes(["bronze"]) | dg.AssetSelection.key_prefixes(
        ["quarantine"]
    )
    return daemon


@pytest.fixture
def parks(daemon: Daemon) -> Daemon:
    stages = [
        dg.AssetSelection.key_prefixes([stage, "parks"]) for stage in ("bronze", "quarantine")
    ]
    daemon.of = stages[0] | stages[1]
    return daemon


def of_cadence(twin: Twin, cadence: str) -> set[str]:
    """The bronze and quarantine tables of a cadence that are not renewed during the day."""
    contracts = [c for c in twin.contracts.values() if c.cadence == cadence and not c.refresh]
    return {f"{stage}/{c.key}" for c in contracts for stage in ("bronze", "quarantine")}


def told(daemon: Daemon, table: str, *, day: str | None = None, version: str = "1") -> None:
    """Rows were written, by whomever."""
    daemon.instance.report_runless_asset_event(
        dg.AssetMaterialization(
            table.split("/"), partition=day, tags={"dagster/data_version": version}
        )
    )


def landed(asked: dict[str, set[str | None]]) -> dict[str, set[str | None]]:
    return {name: of for name, of in asked.items() if name.startswith(("bronze", "quarantine"))}


def test_at_five_every_daily_delivery_of_yesterday_is_asked_for_and_nothing_else(
    deliveries: Daemon, twin: Twin
):
    asked = deliveries.at_last([at("2026-11-25", "04:59"), at("2026-11-25", "05:01")])

    by_the_day = of_cadence(twin, "daily") | of_cadence(twin, "stream")
    assert asked == {key: {"2026-11-24"} for key in by_the_day}


@pytest.mark.parametrize("clock", ["04:31", "05:02", "12:00", "23:59"])
def test_daily_deliveries_are_asked_for_at_no_other_minute(
    deliveries: Daemon, twin: Twin, clock: str
):
    moment = at("2026-11-25", clock)

    asked = deliveries.at_last([moment - timedelta(minutes=1), moment])

    assert not set(asked) & of_cadence(twin, "daily")


def test_on_the_day_the_clock_is_put_forward_five_is_still_five(deliveries: Daemon):
    asked = deliveries.at_last([at("2027-03-28", "04:59"), at("2027-03-28", "05:01")])

    assert at("2027-03-28", "05:01").astimezone(UTC).hour == 3
    assert asked[PARKING] == {"2027-03-27"}


def test_lists_are_asked_for_before_the_deliveries_that_are_read_with_them(
    daemon: Daemon, twin: Twin
):
    asked = daemon.at_last([at("2026-11-25", "04:29"), at("2026-11-25", "04:31")])

    assert landed(asked) == {key: {None} for key in of_cadence(twin, "static")}
    assert asked[OFF_STREET] == {None}


def test_what_is_made_of_a_delivery_is_asked_for_with_it_for_the_same_day(daemon: Daemon):
    asked = daemon.at_last([at("2026-11-25", "04:59"), at("2026-11-25", "05:01")])

    assert "2026-11-24" in asked[PRESSURE]
    assert "2026-11-24" in asked[OBSERVED]
    assert "2026-11-24" in asked[INDEX]


def test_a_month_is_asked_for_in_the_first_week_of_the_next(parks: Daemon):
    table = "bronze/parks/visits_by_month"
    first = parks.at_last([at("2026-12-01", "04:59"), at("2026-12-01", "05:01")])
    second = parks.at_last([at("2026-12-02", "04:59"), at("2026-12-02", "05:01")])

    assert table not in first
    assert second[table] == {"2026-11-01"}


def test_what_is_renewed_every_hour_is_asked_for_every_hour_for_today(parks: Daemon):
    table = "bronze/parks/visits_of_today"
    clocks = [f"{hour:02}:{minute}" for hour in (9, 10, 11) for minute in ("04", "06")]
    moments = [at("2026-11-25", clock) for clock in clocks]

    asked = [parks.look(moment).get(table) for moment in moments]

    assert asked == [None, {"2026-11-25"}] * 3


def test_what_is_renewed_every_hour_is_asked_for_once_more_when_its_day_is_over(parks: Daemon):
    asked = parks.at_last([at("2026-11-25", "03:04"), at("2026-11-25", "03:06")])

    assert asked["bronze/parks/visits_of_today"] == {"2026-11-24", "2026-11-25"}


def test_a_delivery_that_failed_is_asked_for_once_more_and_then_not_until_the_next_morning(
    parks: Daemon,
):
    today = datetime.now(UTC).date()
    yesterday, tomorrow = str(today - timedelta(days=1)), str(today + timedelta(days=1))
    parks.at_last([at(str(today), "04:59"), at(str(today), "05:01")])
    asked = []
    for minute in (10, 20, 30):
        parks.run(VISITS_TABLE, "quarantine/parks/visits", day=yesterday)
        asked.append(parks.look(at(str(today), f"05:{minute}")).get(VISITS_TABLE))

    next_morning = parks.at_last([at(tomorrow, "04:59"), at(tomorrow, "05:01")])

    assert asked == [{yesterday}, None, None]
    assert next_morning[VISITS_TABLE] == {yesterday, str(today)}


def test_a_day_that_landed_is_not_asked_for_again(parks: Daemon):
    today = datetime.now(UTC).date()
    tomorrow = str(today + timedelta(days=1))
    parks.look(at(str(today), "05:01"))
    told(parks, VISITS_TABLE, day=str(today - timedelta(days=1)))

    asked = parks.at_last([at(tomorrow, "04:59"), at(tomorrow, "05:01")])

    assert asked[VISITS_TABLE] == {str(today)}


def test_a_late_row_has_its_own_day_computed_again_and_the_day_that_looks_back_on_it(
    daemon: Daemon,
):
    for day in ("2025-03-10", "2025-03-11", "2025-03-12"):
        told(daemon, PARKING, day=day)
    daemon.look()

    told(daemon, PARKING, day="2025-03-11", version="2")
    asked = daemon.look()

    assert asked == {
        PRESSURE: {"2025-03-11", "2025-03-12"},
        ENTRIES: {"2025-03-11", "2025-03-12"},
    }


def test_a_corrected_measure_is_followed_through_silver_to_gold(daemon: Daemon):
    told(daemon, AIR, day="2025-03-11")
    daemon.look()

    told(daemon, AIR, day="2025-03-11", version="2")
    asked = daemon.look()

    # A sensor's health looks a week back, and the index a day on it.
    week = {f"2025-03-{day}" for day in range(11, 19)}
    # The last value of a day has the health of that day, and looks a day back. Stations say where
    # they stand, which is told of all entities; the state of now waits for the days it is made of.
    whole = {key: {None} for key in (STATION, ENTITY, RELATION)}
    assert asked == whole | {
        OBSERVED: {"2025-03-11"},
        AIR_HEALTH: week,
        HEALTH: week,
        INDEX: {*week, "2025-03-19"},
        LAST: {*week, "2025-03-19"},
        # A forecast and its fit are of their own day, and is scored on the three that it is of.
        PARAMETERS: {"2025-03-11"},
        FORECAST: {"2025-03-11"},
        SCORES: {f"2025-03-{day}" for day in range(11, 15)},
    }


def test_a_list_that_was_pulled_and_found_unchanged_has_nothing_computed_again(daemon: Daemon):
    told(daemon, CAR_PARKS, version="7")
    told(daemon, OFF_STREET, version="7")
    daemon.look()

    told(daemon, CAR_PARKS, version="7")
    unchanged = daemon.look()
    told(daemon, CAR_PARKS, version="8")
    changed = daemon.look()

    assert unchanged == {}
    assert changed[OFF_STREET] == {None}


def test_a_change_of_the_car_parks_has_every_day_of_their_pressure_computed_again(daemon: Daemon):
    told(daemon, OFF_STREET, version="7")
    daemon.look()

    told(daemon, OFF_STREET, version="8")
    asked = daemon.look(at("2025-01-11", "12:00"))

    assert asked[PRESSURE] == {f"2025-01-{day:02}" for day in range(1, 11)}


def test_freshness_is_looked_at_in_the_morning_and_not_along_with_every_table(
    daemon: Daemon, twin: Twin
):
    at_five = daemon.at_last([at("2026-11-25", "04:59"), at("2026-11-25", "05:01")])
    in_the_morning = daemon.at_last([at("2026-11-25", "07:29"), at("2026-11-25", "07:31")])

    tables = {f"bronze/{key}" for key in twin.contracts} | set(find_declarations())
    assert not [name for name in at_five if ":" in name]
    assert {name for name in in_the_morning if ":" in name} == {f"{t}:freshness" for t in tables}


def test_what_was_left_over_is_asked_for_at_seven(daemon: Daemon):
    told(daemon, PRESSURE, day="2026-11-24")
    daemon.look(at("2026-11-25", "06:59"))

    asked = daemon.look(at("2026-11-25", "07:01"))

    assert PRESSURE not in asked
    assert asked[OBSERVED] == {"2026-11-24"}


def test_everything_is_off_until_somebody_switches_it_on(twin: Twin):
    repository = build(twin).get_repository_def()

    assert {each.default_status.value for each in repository.sensor_defs} == {"STOPPED"}
    assert {each.default_status.value for each in repository.schedule_defs} == {"STOPPED"}


@pytest.mark.parametrize(
    ("moment", "expected"),
    [("03:29", "03:30"), ("03:31", "03:30 a day later")],
)
def test_upkeep_is_due_at_half_past_three(twin: Twin, moment: str, expected: str):
    schedule = build(twin).resolve_schedule_def("upkeep")
    start = at("2026-10-25", moment)

    ticks = schedule_execution_time_iterator(
        start.timestamp(), schedule.cron_schedule, schedule.execution_timezone
    )
    due = next(ticks)
    with dg.build_schedule_context(scheduled_execution_time=due) as context:
        (request,) = schedule.evaluate_tick(context).run_requests

    day = "2026-10-26" if "later" in expected else "2026-10-25"
    assert due.timestamp() == at(day, "03:30").timestamp()
    assert schedule.job_name == "upkeep"
    assert request.run_key is None
