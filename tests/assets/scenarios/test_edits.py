import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.indicators.reach_of_services import reach_of_services
from assets.scenarios.kind import EditProblem
from assets.scenarios.kinds.close_road import CloseRoad, close_road
from assets.scenarios.kinds.deseal import Deseal, deseal
from assets.scenarios.kinds.headway import Headway, headway
from assets.scenarios.kinds.new_service import NewService, new_service
from tests.assets.indicators.small_town import Town, bus, services, small_town
from tests.assets.indicators.test_pluvial_vulnerability_by_cell import NOISE, PLANE, land, rated

HOUR_S = 3600


def town(every_min: int) -> Town:
    """The bus of the small street, on one line both ways of telling it."""
    timetable = bus(every_min=every_min)
    leaves = pl.col("service_on").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    about = {
        "route_id": pl.lit("L01"),
        "direction_code": pl.lit("0"),
        "service_id": pl.lit("FER"),
    }
    return {
        **small_town(),
        "trips": timetable["trips"].with_columns(**about, leaves_at=leaves, arrives_at=leaves),
        "departures": timetable["departures"].with_columns(**about),
    }


def with_buses(before: Town, **edit: object) -> Town:
    plan = Headway.model_validate({"kind": "headway", "route": "L01", **edit})
    return before | headway(plan, before["departures"], before["trips"])


def departures_s(town: Town) -> list[int]:
    first = town["departures"].filter(pl.col("stop_sequence_index") == 1)
    return first["departs_s"].sort().to_list()


@settings(max_examples=6)
@given(removed=st.floats(0.01, 1), above=st.sampled_from([0.0, 0.2, 0.5]))
def test_desealing_never_increases_runoff(removed, above):
    ground = land(PLANE + NOISE, 0.4)
    plan = Deseal(kind="deseal", removed_ratio=removed, above_ratio=above)

    before, after = rated(ground), rated(deseal(plan, ground)["terrain"])

    assert (after["runoff_50_mm"] <= before["runoff_50_mm"]).all()
    assert (after["sealed_ratio"] < before["sealed_ratio"]).all() == (above < 0.4)


def test_a_tenth_of_the_asphalt_of_one_cell_is_taken_from_that_cell_alone():
    ground = land(PLANE, 0.8)
    cell = rated(ground)["cell_id"][0]
    plan = Deseal(kind="deseal", cells=[cell], removed_ratio=0.1)

    after = rated(deseal(plan, ground)["terrain"])

    sealed = dict(after.select("cell_id", pl.col("sealed_ratio").round(6)).rows())
    assert sealed.pop(cell) == 0.72
    assert set(sealed.values()) == {0.8}


def test_a_bus_every_twenty_minutes_becomes_one_every_ten_in_its_band_of_hours():
    after = with_buses(town(20), minutes=10, from_hour="07:00", until_hour="08:00")

    inside = [at for at in departures_s(after) if 7 * HOUR_S <= at < 8 * HOUR_S]
    assert [at // 60 - 420 for at in inside] == [0, 10, 20, 30, 40]
    assert len(departures_s(after)) == len(departures_s(town(20))) + 2
    assert after["trips"].select("service_on", "trip_id", "run_index").is_duplicated().sum() == 0


def test_a_bus_every_ten_minutes_becomes_one_every_twenty():
    after = with_buses(town(10), minutes=20)

    gaps = set(pl.Series(departures_s(after)).diff().drop_nulls())
    assert gaps == {20 * 60}
    assert (
        after["trips"]["trip_id"]
        .unique()
        .sort()
        .equals(after["departures"]["trip_id"].unique().sort())
    )


def leaving(*minutes: int) -> Town:
    """The bus of the small street, with runs at these minutes of the day alone."""
    whole = town(1)
    names = [f"t{minute:04}" for minute in minutes]
    chosen = pl.col("trip_id").is_in(names)
    return whole | {name: whole[name].filter(chosen) for name in ("trips", "departures")}


@pytest.mark.parametrize(
    ("leaves", "every", "after"),
    [
        # Every 19 and 21 minutes is every twenty: nobody asked for more buses, or for fewer.
        ([420, 439, 460, 479, 500], 20, [420, 439, 460, 479, 500]),
        ([420, 441, 460, 481, 501], 20, [420, 441, 460, 481, 501]),
        # A hole of an hour in a line every twenty minutes is filled, and the rest stays.
        ([420, 440, 500, 520], 20, [420, 440, 460, 480, 500, 520]),
        # Every 20 to every 15: one more in each hour, where people wait longest, and none moves.
        ([420, 440, 460, 480], 15, [420, 430, 440, 460, 480]),
        # Every 10 to every 15: the runs nearest to the beat.
        ([420, 430, 440, 450, 460, 470, 480], 15, [420, 430, 450, 460, 480]),
        ([420, 425], 60, [420, 425]),
    ],
)
def test_a_line_has_as_many_runs_as_its_headway_asks_for_in_the_mean(leaves, every, after):
    found = departures_s(with_buses(leaving(*leaves), minutes=every))

    assert [at // 60 for at in found] == after


@settings(max_examples=30)
@given(
    leaves=st.lists(st.integers(360, 600), min_size=2, max_size=12, unique=True),
    every=st.integers(1, 90),
)
def test_a_headway_only_adds_runs_or_only_leaves_some_out(leaves, every):
    before = set(departures_s(leaving(*leaves)))

    after = set(departures_s(with_buses(leaving(*leaves), minutes=every)))

    assert before <= after or after <= before
    gaps = (max(leaves) - min(leaves)) / every
    if len(leaves) - 1 < round(gaps):
        assert len(after) - 1 == round(gaps)


@settings(max_examples=5)
@given(every=st.sampled_from([30, 45, 60]), minutes=st.sampled_from([6, 12, 17, 24]))
def test_more_frequent_buses_never_lengthen_a_trip(every, minutes):
    before = town(every)
    times = ["median_min", "p95_min"]

    found, after = (
        reach_of_services(**one) for one in (before, with_buses(before, minutes=minutes))
    )

    both = found.join(after, on=["section_id", "band_code", "category_code"])
    assert both.height == found.height
    for name in times:
        # What was out of reach may be within it; never the other way round.
        assert (both[f"{name}_right"].is_not_null() | both[name].is_null()).all()
        assert (both[f"{name}_right"] <= both[name]).fill_null(value=True).all()
    assert with_buses(before, minutes=every)["departures"].equals(
        before["departures"].sort("trip_id", "run_index", "stop_sequence_index")
    )


# Spec section 9: a headway of 24, 12 and 6 minutes gave medians of 27.0, 25.9 and 24.6 minutes.
def test_the_shorter_the_headway_the_sooner_people_are_there():
    def minutes(every: int) -> float:
        found = reach_of_services(**with_buses(town(24), minutes=every))
        return float(found.filter(section_id="low", category_code="ospedale")["median_min"].mean())

    at_24, at_12, at_6 = minutes(24), minutes(12), minutes(6)

    assert at_24 > at_12 > at_6


def test_a_closed_street_is_closed_to_drivers_and_walked_as_before():
    streets = small_town()["segments"].with_columns(
        street_name=pl.lit("Via Prova"), class_code=pl.lit("collector"), limit_kmh=pl.lit(50.0)
    )

    after = close_road(CloseRoad(kind="close_road", segments=["e3"]), streets)["segments"]

    assert after.filter(pl.col("limit_kmh") == 0)["edge_id"].to_list() == ["e3"]
    assert after.drop("limit_kmh").equals(streets.drop("limit_kmh"))


def test_a_new_pharmacy_next_door_is_reached_at_once():
    known = services(("ph", "farmacia", 8, 8, 20, "1111110")).with_columns(
        entity_id=pl.lit("urn"), capacity_count=pl.lit(10, pl.Int64)
    )
    at = known.with_columns(lat_deg=pl.lit(45.5)).row(0, named=True)
    plan = NewService(
        kind="new_service", id="nuova", category="farmacia", lat_deg=45.5, lng_deg=at["lng_deg"],
        capacity=20, opens="20:00", closes="02:00",
    )  # fmt: skip

    after = new_service(plan, known)["services"]

    row = after.filter(service_id="nuova").row(0, named=True)
    assert (row["opens_s"], row["closes_s"]) == (20 * HOUR_S, 26 * HOUR_S)
    assert after.filter(service_id="ph").equals(known.select(after.columns))


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (
            lambda: with_buses(town(20), minutes=10, route="L02"),
            "L02 was not found; did you mean L01? look it up with gemello sql",
        ),
        (
            lambda: deseal(
                Deseal(kind="deseal", cells=["891f99202abffff"], removed_ratio=0.1), land(PLANE)
            ),
            "891f99202abffff was not found",
        ),
        (
            lambda: with_buses(town(20), minutes=10, from_hour="09:00", until_hour="08:00"),
            "it must be later than from_hour",
        ),
    ],
)
def test_what_is_not_there_is_named_with_how_to_look_it_up(act, said):
    with pytest.raises(EditProblem) as refused:
        act()

    assert said in str(refused.value)
