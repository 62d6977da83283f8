import polars as pl
import pytest

from assets.derived_assets import find_declarations
from assets.lineage import made_of
from assets.scenarios.kind import find_kinds
from assets.scenarios.running import OF_PERSONS, outcome_of
from assets.scenarios.timetables import UNTOLD
from assets.twin import Twin
from infra.lake import TableSpec
from infra.settings import Settings
from tests.assets.scenarios.small_lake import scenario
from tests.assets.scenarios.test_edits import town

(PUNCTUALITY,) = UNTOLD
POSITIONS = "bronze/brescia_mobilita/bus_positions"
DECLARATIONS = find_declarations()


@pytest.fixture
def twin(tmp_path) -> Twin:
    """Everything that punctuality is made of is there; none of it could be computed with."""
    twin = Twin.here(Settings.load({"GEMELLO_HOME": str(tmp_path)}, folder=tmp_path))
    timetable = town(20)
    frames = {
        "silver/mobility/transit_departures": timetable["departures"],
        "silver/mobility/transit_trips_by_day": timetable["trips"],
    }
    for key in {PUNCTUALITY, *DECLARATIONS[PUNCTUALITY].reads.values(), *frames}:
        frame = frames.get(key, pl.DataFrame({"nothing_text": ["x"]}))
        twin.lake.replace_all(key, frame, spec=TableSpec(frame.schema), notes={}, mark=1)
    return twin


def test_what_says_when_and_where_somebody_was_is_of_persons_without_any_pseudonym(twin, tmp_path):
    columns = twin.contract_of(POSITIONS).stored.values()
    assert not any(one.is_pseudonym for one in columns)

    outcome = outcome_of(
        scenario(tmp_path, "vuoto"),
        {PUNCTUALITY: DECLARATIONS[PUNCTUALITY]},
        twin,
        also=[PUNCTUALITY],
    )

    assert outcome.computed == ()
    assert outcome.left_out == {PUNCTUALITY: OF_PERSONS}


def test_no_delay_of_a_driver_is_told_by_another_timetable(twin, tmp_path):
    plan = scenario(tmp_path, "bus", "kind: headway, route: L01, minutes: 10")

    outcome = outcome_of(plan, {PUNCTUALITY: DECLARATIONS[PUNCTUALITY]}, twin)

    assert outcome.edited
    assert outcome.computed == ()
    assert outcome.left_out == dict(UNTOLD)


@pytest.mark.parametrize("kind", find_kinds().values(), ids=lambda kind: kind.name)
def test_every_kind_that_moves_a_timetable_leaves_punctuality_untold(kind):
    runs = "silver/mobility/transit_trips_by_day"
    read = {
        table
        for column in DECLARATIONS[PUNCTUALITY].gives
        for table, _ in made_of(DECLARATIONS[PUNCTUALITY], column)
    }

    assert runs in read
    assert PUNCTUALITY in kind.untold or not set(kind.reads.values()) & read


@pytest.mark.parametrize("kind", find_kinds().values(), ids=lambda kind: kind.name)
def test_what_a_kind_leaves_out_or_adds_to_is_an_indicator_that_there_is(kind):
    assert set(kind.untold) | set(kind.after) <= set(DECLARATIONS)
    # An effect is on all rows, and not on those of the newest window alone.
    assert [one for one in kind.after if DECLARATIONS[one].window_by is not None] == []
