import dagster as dg
import pytest
from deltalake import DeltaTable

from orchestration.definitions import build
from orchestration.instance import open_instance
from orchestration.resources import OpenTwin
from orchestration.selection import selected
from tests.promises.contracts import VISITS_HEADER
from tests.promises.town import FIRST_DAY, Town

VISITS = "bronze/parks/visits"
PLATE = "ZZ999ZZ"


def visited(town: Town) -> None:
    (town.sources / "town" / f"visits_{FIRST_DAY}.csv").write_text(
        f"{VISITS_HEADER}V1;ZZ001ZZ;DUCOS;{FIRST_DAY} 10:05:00;1.50;\n"
    )
    summary = town.run(VISITS, first=FIRST_DAY, last=FIRST_DAY)
    assert summary.is_success, summary.failures


def failures(town: Town, **tags: str) -> list[str]:
    """What Dagster stores of the steps that failed: messages, causes and traces."""
    twin = town.twin()
    opened = dg.ResourceDefinition.hardcoded_resource(OpenTwin(twin))
    definitions = build(twin, opened=opened)
    with open_instance(twin.settings) as instance:
        result = definitions.resolve_implicit_global_asset_job_def().execute_in_process(
            instance=instance,
            asset_selection=selected(definitions, VISITS),
            tags={f"gemello/{name}": text for name, text in tags.items()},
            raise_on_error=False,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
    return [str(event.step_failure_data) for event in result.filter_events(is_failure)]


def is_failure(event: dg.DagsterEvent) -> bool:
    return event.event_type_value == "STEP_FAILURE"


@pytest.mark.parametrize("place", ["before the landing", "after it"])
def test_whatever_fails_beside_a_landing_is_told_by_its_kind_and_place_alone(
    parks: Town, place: str
) -> None:
    visited(parks)
    tags = {"from_archive": "false", "from": str(FIRST_DAY), "to": str(FIRST_DAY)}
    if place == "before the landing":
        tags["from"] = PLATE
    else:
        (path,) = DeltaTable(parks.lake / VISITS).file_uris()
        with open(path, "r+b") as file:  # noqa: PTH123 # a file in an address of Delta's own
            file.truncate(20)

    (told,) = failures(parks, **tags)

    assert "this is a bug" in told
    assert PLATE not in told
    assert path_of_data(told) == []


def path_of_data(told: str) -> list[str]:
    """The words of a message that name a data file, as polars does."""
    return [word for word in told.split() if ".parquet" in word]
