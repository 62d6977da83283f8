"""Known ways in which Dagster stores what a step was given, said or gave back."""

import ast
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import dagster as dg
import polars as pl
import pytest

from assets import source_assets
from infra.errors import PublisherUnavailable, TwinError
from infra.scan import scan
from orchestration.definitions import build
from orchestration.drops import look
from orchestration.instance import CONFIG, is_quiet, open_instance
from orchestration.resources import OpenTwin
from quality import preparing
from tests.orchestration.asking import Daemon
from tests.promises.canaries import Person
from tests.promises.canary_runs import bug
from tests.promises.contracts import VISITS as VISITS_CONTRACT
from tests.promises.contracts import VISITS_HEADER, parks_town, write_contract
from tests.promises.town import FIRST_DAY, Town, days

ROOT: Final = Path(__file__).parents[2]
VISITS: Final = "bronze/parks/visits"
REFUSED: Final = "quarantine/parks/visits"
# One person and one day for each way in which something may go wrong.
CAST, CHAINED, OWN, PRINTED, LOGGED, UNREACHED, LANDED = map(Person, range(801, 808))
_RIGHT: Final = preparing.judge


def cast(frame: pl.DataFrame, *_: object, **__: object) -> object:
    """A bug whose error is polars' own, which quotes the value."""
    return pl.Series([CAST.plate]).cast(pl.Float64)


def chained(frame: pl.DataFrame, *_: object, **__: object) -> object:
    try:
        raise ValueError(CHAINED.plate)
    except ValueError as first:
        raise KeyError("what came first says it") from first


def own(frame: pl.DataFrame, *_: object, **__: object) -> object:
    """An error of ours that forgot to leave the first one behind."""
    try:
        raise ValueError(OWN.plate)
    except ValueError:
        raise TwinError("the value could not be read")  # noqa: B904 # what is tried here


def printed(frame: pl.DataFrame, *given: object, **named: Any) -> object:  # as `judge` takes them
    os.write(1, PRINTED.plate.encode())
    os.write(2, PRINTED.plate.encode())
    print(PRINTED.plate, file=sys.stderr)  # noqa: T201 # what is tried here
    return _RIGHT(frame, *given, **named)


def logged(frame: pl.DataFrame, *given: object, **named: Any) -> object:  # as `judge` takes them
    logging.getLogger().error(LOGGED.plate)
    logging.getLogger("quality").error("%s", LOGGED.plate)
    return _RIGHT(frame, *given, **named)


def unreached(*_: object, **__: object) -> object:
    raise PublisherUnavailable("nobody answers") from ValueError(UNREACHED.plate)


@dataclass(frozen=True)
class World:
    """An installation whose runs went wrong in all these ways, each on a day of its own."""

    town: Town
    dagster: Path
    failures: dict[str, str]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """One installation for all tests, to be looked at only."""
    town = parks_town(tmp_path_factory.mktemp("told"))
    twin, failures = town.twin(), {}
    ways: list[tuple[Person, object, str, Callable[..., object]]] = [
        (CAST, preparing, "judge", cast),
        (CHAINED, preparing, "judge", chained),
        (OWN, preparing, "judge", own),
        (PRINTED, preparing, "judge", printed),
        (LOGGED, preparing, "judge", logged),
        (UNREACHED, source_assets, "land_by_window", unreached),
    ]
    definitions = build(twin, opened=dg.ResourceDefinition.hardcoded_resource(OpenTwin(twin)))
    with pytest.MonkeyPatch.context() as patch, open_instance(town.settings) as instance:
        patch.delenv("DAGSTER_HOME", raising=False)
        patch.setitem(source_assets.RETRIES, "delay", 0.01)
        for (who, module, name, faulty), day in zip(ways, days(len(ways)), strict=True):
            deliver(town, day, who)
            with bug(module, name, faulty):
                done = Daemon(definitions, instance).run(VISITS, REFUSED, day=str(day))
            events = done.filter_events(lambda one: one.event_type_value == "STEP_FAILURE")
            failures[who.plate] = " ".join(str(event.step_failure_data) for event in events)
    last = days(len(ways) + 1)[-1]
    deliver(town, last, LANDED)
    assert town.run(VISITS, first=last, last=last, twin=twin).is_success
    return World(town, town.home / "dagster", failures)


def deliver(town: Town, day: date, who: Person) -> None:
    """A day on which this person came, once where they said and once where nobody can."""
    (town.sources / "town" / f"visits_{day}.csv").write_text(
        f"{VISITS_HEADER}V1;{who.plate};DUCOS;{day} 10:05:00;1.50;{who.name}\n"
        f"V2;{who.plate};ELSEWHERE;{day} 10:05:00;1.50;{who.name}\n"
    )


def stored(world: World, *values: str) -> set[str]:
    """The files of Dagster's folder that show any of these values, raw or decoded."""
    hits = scan(world.dagster, values)
    assert all(hit.canary >= 0 for hit in hits), hits
    return {hit.path for hit in hits}


def test_dagster_by_itself_stores_all_that_a_step_says_or_gives_back(tmp_path: Path) -> None:
    said = [who.plate for who in (CAST, PRINTED, LOGGED, UNREACHED, LANDED)]

    @dg.asset
    def telling(context: dg.AssetExecutionContext) -> dg.Output[str]:
        print(said[1])  # noqa: T201 # what is tried here
        context.log.info(said[2])
        return dg.Output(said[3], metadata={"first row": said[4]})

    @dg.asset(deps=[telling])
    def failing() -> None:
        raise ValueError(said[0])

    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        dg.materialize(
            [telling, failing], instance=instance, raise_on_error=False, run_config=quiet
        )

    assert {hit.canary for hit in scan(tmp_path, said)} == set(range(len(said)))


@pytest.mark.parametrize("who", [CAST, CHAINED, OWN], ids=["cast", "chained", "our own"])
def test_an_error_is_stored_without_the_value_it_is_about(world: World, who: Person) -> None:
    assert world.failures[who.plate]

    assert stored(world, *who.values) == set()


def test_what_a_step_prints_is_stored_nowhere(world: World) -> None:
    assert world.failures[PRINTED.plate] == ""

    assert stored(world, *PRINTED.values) == set()


def test_what_a_library_logs_is_stored_nowhere(world: World) -> None:
    assert world.failures[LOGGED.plate] == ""

    assert stored(world, *LOGGED.values) == set()


def test_every_attempt_at_a_publisher_is_told_without_what_it_answered(world: World) -> None:
    assert "nobody answers" in world.failures[UNREACHED.plate]

    assert stored(world, "nobody answers")
    assert stored(world, *UNREACHED.values) == set()


def test_nothing_of_any_row_that_landed_is_stored_beside_the_table(world: World) -> None:
    cells = pseudonyms_in(world)

    assert {hit.path for hit in scan(world.town.lake, cells)}
    assert stored(world, *cells, *LANDED.values) == set()


def test_what_is_noted_with_a_commit_is_nothing_of_its_rows(world: World) -> None:
    places = {hit.path for hit in scan(world.town.lake, pseudonyms_in(world))}

    assert any(path.endswith(".parquet") for path in places)
    assert [path for path in places if "_delta_log" in path] == []
    assert scan(world.town.lake, LANDED.values) == []


def pseudonyms_in(world: World) -> list[str]:
    """Those of all rows that were kept or refused."""
    tables = [pl.read_delta(str(world.town.lake / table)) for table in (VISITS, REFUSED)]
    rows = pl.concat(tables, how="diagonal").select("visit_pid", "vehicle_pid")
    found = {pid for column in rows.iter_columns() for pid in column.drop_nulls()}
    assert len(found) >= 3
    return sorted(found)


def test_no_step_gives_back_rows_for_dagster_to_keep(world: World) -> None:
    kept = [path.name for path in (world.dagster / "storage").rglob("*") if path.is_file()]

    assert kept == []


def test_runs_are_asked_for_by_days_and_names_of_ours_alone(world: World) -> None:
    graph = build(world.town.twin()).resolve_asset_graph()
    cuts = {graph.get(key).partitions_def for key in graph.get_all_asset_keys()} - {None}
    with open_instance(world.town.settings) as instance:
        runs = instance.get_runs()
    said = {json.dumps(run.run_config) for run in runs}

    by_name = [cut for cut in cuts if isinstance(cut, dg.DynamicPartitionsDefinition)]
    by_day = [cut for cut in cuts if isinstance(cut, dg.TimeWindowPartitionsDefinition)]
    # Names of scenarios, which are of small letters, digits and _ (test_plans.py).
    assert [cut.name for cut in by_name] == ["scenario"]
    assert len(by_day) + len(by_name) == len(cuts)
    assert said == {'{"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}'}


def test_a_sensor_remembers_and_asks_by_no_name_of_a_file(tmp_path: Path) -> None:
    town = parks_town(tmp_path, is_new=False)
    url = "{town}/*_{window:%Y-%m-%d}.csv"
    text = VISITS_CONTRACT.replace("{town}/visits_{window:%Y-%m-%d}.csv", url)
    write_contract(tmp_path / "contracts", "parks/visits", text)
    (town.sources / "town").mkdir(parents=True)
    (town.sources / "town" / f"{LANDED.name} {LANDED.plate}_{FIRST_DAY}.csv").write_text("any")
    twin = town.twin()
    contracts = [each for each in twin.contracts.values() if each.publisher == "parks"]

    seen = look(contracts, None, twin=twin, now=datetime.now(UTC) + timedelta(minutes=5))

    (request,) = seen.requests
    assert request.tags["gemello/from"] == str(FIRST_DAY)
    told = f"{seen.cursor} {request} {seen.silent}"
    assert not [value for value in (*LANDED.values, "Zzprova") if value in told]


def test_dagster_sends_nothing_home_and_captures_nothing(world: World) -> None:
    with open_instance(world.town.settings) as instance:
        assert not instance.telemetry_enabled
    assert is_quiet(CONFIG)
    assert is_quiet((ROOT / "dagster.yaml").read_text())


@pytest.mark.parametrize(
    "words",
    [
        "telemetry:\n  enabled: false\n",
        "  class: NoOpComputeLogManager\n",
        "run_monitoring:\n",
    ],
)
def test_an_instance_of_ones_own_that_tells_or_captures_is_noticed(words: str) -> None:
    managed = "python_logs:\n  managed_python_loggers: [root]\nrun_monitoring:\n"
    other = CONFIG.replace(words, managed if words.startswith("run_") else "")

    assert other != CONFIG
    assert not is_quiet(other)


def test_no_step_writes_a_value_into_the_log_of_its_run() -> None:
    said = sorted(place for package in ("orchestration", "assets") for place in logs_of(package))

    assert said == ["orchestration/drops.py: context.log.warning(outage)"]  # an error of ours


def logs_of(package: str) -> Iterator[str]:
    texts = {path: path.read_text(encoding="utf-8") for path in (ROOT / package).rglob("*.py")}
    for path in (path for path, text in texts.items() if ".log." in text):
        for node in ast.walk(ast.parse(texts[path])):
            if isinstance(node, ast.Call) and ".log." in ast.unparse(node.func):
                yield f"{path.relative_to(ROOT).as_posix()}: {ast.unparse(node)}"
