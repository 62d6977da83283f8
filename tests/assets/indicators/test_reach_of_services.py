import inspect
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.indicators.reach_of_services import declaration, reach_of_services
from assets.parts import with_parts
from tests.assets.indicators.small_town import (
    SUNDAY,
    TUESDAY,
    Town,
    bus,
    places,
    services,
    small_town,
)
from tests.assets.lineage_seen import unsaid


def row(found: pl.DataFrame, section: str, band: str, category: str) -> dict:
    return found.row(
        by_predicate=(pl.col("section_id") == section)
        & (pl.col("band_code") == band)
        & (pl.col("category_code") == category),
        named=True,
    )


def test_the_bus_that_comes_every_twenty_minutes_takes_ten_and_up_to_fifteen_of_waiting():
    found = reach_of_services(**small_town())

    low = row(found, "low", "weekday_11_13", "farmacia")
    # Departures are 0, 5, 10 and 15 minutes before a bus: 10, 15, 20 or 25 minutes in all.
    assert (low["median_min"], low["p95_min"], low["spread_min"]) == (15.0, 25.0, 10.0)
    assert (low["within_15_ratio"], low["within_30_ratio"]) == (0.5, 1.0)
    # 4 km at 4.5 km/h, rounded up to a second.
    assert low["walk_median_min"] == pytest.approx(4 / 4.5 * 60, abs=0.02)
    assert low["bike_median_min"] == low["walk_median_min"]
    assert (low["observations_count"], low["timetable_on"]) == (24, TUESDAY)
    assert low["quality_code"] == "unverified"


def test_a_public_bicycle_is_a_faster_walk_between_stations():
    found = reach_of_services(**small_town())

    middle = row(found, "middle", "weekday_11_13", "farmacia")
    # 2 km in 400 s, and a minute each to take the bicycle and to give it back.
    assert middle["bike_median_min"] == pytest.approx((400 + 120) / 60, abs=0.02)
    assert middle["walk_median_min"] == pytest.approx(2 / 4.5 * 60, abs=0.02)
    assert middle["median_min"] == middle["bike_median_min"]


def test_a_pharmacy_that_shut_at_eight_is_not_reached_at_night():
    found = reach_of_services(**small_town())

    at_the_door = row(found, "high", "weekday_21_23", "farmacia")
    assert at_the_door["median_min"] is None
    assert (at_the_door["within_15_ratio"], at_the_door["within_30_ratio"]) == (0.0, 0.0)
    assert row(found, "high", "weekday_21_23", "ospedale")["median_min"] == 0.0
    assert row(found, "high", "sunday_11_13", "farmacia")["median_min"] is None
    assert row(found, "high", "weekday_11_13", "farmacia")["median_min"] == 0.0


def test_what_opened_last_night_and_shuts_this_morning_is_open():
    town = small_town() | {"services": services(("ng", "farmacia", 8, 20, 36, "1000000"))}

    found = reach_of_services(**town)

    # Open from Monday at 20 to Tuesday at 12: 12 of 24 departures come before.
    assert row(found, "high", "weekday_11_13", "farmacia")["within_15_ratio"] == 0.5
    assert row(found, "high", "sunday_11_13", "farmacia")["within_15_ratio"] == 0.0


def test_whoever_comes_before_it_opens_waits():
    town = small_town() | {"services": services(("ph", "farmacia", 8, 12, 20, "1111111"))}

    high = row(reach_of_services(**town), "high", "weekday_11_13", "farmacia")

    # From 12:00 on nobody waits; before, 60 minutes less 5 each time.
    assert (high["median_min"], high["p95_min"]) == (0.0, 55.0)
    assert high["within_15_ratio"] == (12 + 3) / 24


def test_without_a_timetable_people_walk_and_the_number_says_it_is_partial():
    town = small_town()
    town |= {name: town[name].clear() for name in ("trips", "departures")}

    low = row(reach_of_services(**town), "low", "weekday_11_13", "farmacia")

    assert low["median_min"] == low["walk_median_min"]
    assert (low["quality_code"], low["completeness_ratio"]) == ("partial", 0.5)
    assert low["timetable_on"] is None


def test_a_home_off_the_streets_has_no_times():
    town = small_town()
    far = places(section_id=["far"], residents_count=[9], income_level=[5], at=[40])
    town["population"] = pl.concat([town["population"], far])

    rows = reach_of_services(**town).filter(pl.col("section_id") == "far")

    assert set(rows["quality_code"]) == {"no_data"}
    assert rows.select("median_min", "within_15_ratio").drop_nulls().is_empty()


def test_the_feast_on_which_half_of_the_buses_run_is_no_tuesday():
    town = small_town()
    usual = town["trips"].filter(pl.col("service_on") == TUESDAY)
    before = usual.with_columns(service_on=pl.lit(TUESDAY - timedelta(days=7)))
    feast = usual.head(3).with_columns(service_on=pl.lit(TUESDAY + timedelta(days=7)))
    town["trips"] = pl.concat([town["trips"], before, feast])

    found = reach_of_services(**town)

    assert dict(found.select("day_code", "timetable_on").unique().rows()) == {
        "weekday": TUESDAY,
        "sunday": SUNDAY,
    }


def test_the_speeds_in_force_on_the_day_are_used():
    town = small_town()
    later = town["speeds"].with_columns(
        definition_code=pl.lit("later"), valid_from_on=date(2026, 1, 1), walk_kmh=pl.lit(9.0)
    )
    town["speeds"] = pl.concat([town["speeds"], later])

    assert set(reach_of_services(**town)["definition_code"]) == {"test"}


def minutes(town: Town) -> pl.Series:
    found = reach_of_services(**town).filter(pl.col("category_code") == "farmacia")
    return found.select(pl.col("median_min", "p95_min").fill_null(999)).unpivot()["value"]


@pytest.mark.shows("property", "gold/services/reach_of_services_by_section")
@settings(max_examples=15)
@given(st.integers(3, 90), st.integers(60, 3000), st.sampled_from(["S8", "S6"]))
def test_trips_more_make_no_way_longer(every_min, rides_s, up_to):
    town = small_town()
    stop = places(stop_id=["S6"], is_stop=[True], at=[6])
    town["stops"] = pl.concat([town["stops"], stop])
    more = {
        name: pl.concat([town[name], frame.with_columns(trip_id="x" + pl.col("trip_id"))])
        for name, frame in bus(every_min=every_min, rides_s=rides_s, up_to=up_to).items()
    }

    assert (minutes(town | more) <= minutes(town)).all()


@settings(max_examples=15)
@given(st.floats(0, 10), st.integers(0, 23), st.integers(1, 12))
def test_a_service_more_makes_no_way_longer(at, opens, hours):
    town = small_town()
    new = services(("nw", "farmacia", at, opens, opens + hours, "1111111"))

    more = town | {"services": pl.concat([town["services"], new])}

    assert (minutes(more) <= minutes(town)).all()


AT = st.floats(0, 10)
PHARMACY = st.tuples(AT, st.integers(0, 23), st.integers(1, 12))


def pharmacies(*where: tuple[float, int, int]) -> pl.DataFrame:
    return services(
        *(
            (f"p{number}", "farmacia", at, opens, opens + hours, "1111111")
            for number, (at, opens, hours) in enumerate(where)
        )
    )


def halfway(bus: Town, stops_s: int) -> pl.DataFrame:
    """The same visits, with one more in the middle of each ride."""
    ends = pl.col("arrives_s").max()
    visits = bus["departures"].group_by("trip_id", "run_index").agg(
        stop_sequence_index=pl.lit(1, pl.Int64), stop_id=pl.lit("S4"),
        arrives_s=(pl.col("departs_s").min() + ends) // 2,
    )  # fmt: skip
    between = visits.with_columns(departs_s=pl.col("arrives_s") + stops_s)
    doubled = bus["departures"].with_columns(pl.col("stop_sequence_index") * 2 - 2)
    return pl.concat([doubled, between.select(doubled.columns)])


@settings(max_examples=8, deadline=None)
@given(
    st.lists(PHARMACY, min_size=2, max_size=4),
    st.integers(5, 60),
    st.integers(0, 1800),
    st.integers(-60, 120),
    st.lists(AT, min_size=3, max_size=8),
)
def test_a_pharmacy_more_or_less_changes_only_ways_that_it_may_be_quicker_on(
    where, every_min, rides_s, stops_s, homes
):
    line = bus(every_min=every_min, rides_s=rides_s)
    town = small_town() | line | {"departures": halfway(line, stops_s)}
    stop = places(stop_id=["S4"], is_stop=[True], at=[4])
    town["stops"] = pl.concat([town["stops"], stop])
    town["population"] = places(
        section_id=[f"h{number}" for number in range(len(homes))],
        residents_count=[10] * len(homes), income_level=[5] * len(homes), at=homes,
    )  # fmt: skip
    all_of_them = town | {"services": pharmacies(*where)}
    without = town | {"services": pharmacies(*where[:-1])}
    differs = {"services": all_of_them["services"].tail(1)}
    of_services, _ = declaration.parts

    for one, other in ((without, all_of_them), (all_of_them, without)):
        before, after = reach_of_services(**one), reach_of_services(**other)
        reached = of_services.reached(differs, before, **asked(of_services.reached, other))
        changed = after.join(before, on=after.columns, how="anti", nulls_equal=True)
        assert changed.join(reached, on=["section_id", "category_code"], how="anti").is_empty()
        near = of_services.near(reached, **asked(of_services.near, other))
        fresh = of_services.each(
            **(other | {name: other[name].filter(rows) for name, rows in near.items()})
        )
        key = declaration.key_columns
        assert with_parts(before, fresh, reached.unique(), key=key).equals(after)


def asked(function: Callable[..., object], tables: dict[str, pl.DataFrame]) -> dict[str, Any]:
    """The tables that a function names."""
    names = inspect.signature(function).parameters
    return {name: rows for name, rows in tables.items() if name in names}


def test_a_hospital_far_from_home_changes_nothing_there():
    town = small_town()
    of_services, _ = declaration.parts
    new = services(("nw", "ospedale", 0, 0, 24, "1111111"))

    stored = reach_of_services(**town)

    reached = of_services.reached({"services": new}, stored, **asked(of_services.reached, town))

    # Whoever lives by the one that is there is never sooner at another.
    assert set(reached.unique().rows()) == {("low", "ospedale"), ("middle", "ospedale")}


def test_what_the_columns_are_made_of_is_said():
    assert unsaid(declaration, small_town(), may_be_empty={}) == []
