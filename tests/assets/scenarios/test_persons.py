import polars as pl
import pytest

from assets.derived_assets import find_declarations
from assets.lineage import made_of
from assets.scenarios.impact import AGES
from assets.scenarios.kind import Kind, find_kinds
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


DANGER = "gold/mobility/cycle_danger_by_segment"
SEGMENTS = "silver/mobility/road_segment"
DEPARTURES, TRIPS = "silver/mobility/transit_departures", "silver/mobility/transit_trips_by_day"
# Which columns each kind edits; all, where it adds rows.
EDITED: dict[str, dict[str, list[str]]] = {
    "close_road": {SEGMENTS: ["limit_kmh"]},
    "cycle_lane": {SEGMENTS: ["cycle_code", "cycle_width_m"]},
    "deseal": {"bronze/regione_lombardia/terrain": ["sealed_ratio"]},
    "headway": {DEPARTURES: [], TRIPS: []},
    "new_housing": {"bronze/istat/census_sections": ["residents_count", *AGES]},
    "new_service": {"silver/services/point_of_interest": []},
    "new_stop": {DEPARTURES: [], TRIPS: [], "silver/mobility/transit_stops": []},
    "retrofit": {},
    "trees": {"bronze/comune_brescia/trees": []},
    "zona30": {SEGMENTS: ["limit_kmh"]},
}


def columns_of(table: str, twin: Twin) -> set[str]:
    contract = twin.contract_of(table)
    return set(contract.stored if contract else DECLARATIONS[table].gives)


def is_personal(table: str, twin: Twin) -> bool:
    contract = twin.contract_of(table)
    return contract is not None and any(one.personal != "none" for one in contract.stored.values())


def descends(table: str, twin: Twin) -> bool:
    """Whether it is made of records of persons, sooner or later."""
    if table not in DECLARATIONS:
        return is_personal(table, twin)
    return any(descends(one, twin) for one in DECLARATIONS[table].reads.values())


def reached(kind: Kind, twin: Twin) -> set[str]:
    """What is computed where an edit of this kind changes every column that it may."""
    changed = {
        table: set(columns) or columns_of(table, twin)
        for table, columns in EDITED[kind.name].items()
    }
    found: set[str] = set()
    is_growing = True
    while is_growing:
        is_growing = False
        for key, one in DECLARATIONS.items():
            origins = [origin for name in one.gives for origin in made_of(one, name)]
            if (
                key not in found | set(kind.untold) | set(changed)
                and one.release is None
                and not any(is_personal(read, twin) for read in one.reads.values())
                and any(column in changed.get(table, ()) for table, column in origins)
            ):
                found.add(key)
                changed[key] = set(one.gives)
                is_growing = True
    return found


def test_of_what_is_made_from_persons_no_edit_reaches_more_than_is_known(twin):
    found = {
        (name, table)
        for name, kind in find_kinds().items()
        for table in {*reached(kind, twin), *kind.after}
        if descends(table, twin)
    }

    assert set(EDITED) == set(find_kinds())
    # Accidents stand by stretch of street, of which no kind makes any other; consumption by
    # quarter is multiplied as it is.
    assert found == {
        *((name, DANGER) for name in ("close_road", "cycle_lane", "zona30")),
        ("retrofit", "gold/energy/yearly_heat_signature_by_quarter"),
    }


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
