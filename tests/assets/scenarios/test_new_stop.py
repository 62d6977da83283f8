from functools import cache

import polars as pl
import pytest

from assets.indicators.reach_of_services import reach_of_services
from assets.scenarios.kind import EditProblem
from assets.scenarios.kinds.new_stop import NewStop, new_stop
from tests.assets.indicators.small_town import Town, lat
from tests.assets.scenarios.test_edits import town as with_times

HALF_WAY = {"lat_deg": lat(4), "lng_deg": 10.2}


def town() -> Town:
    """The bus of the small street, as silver has it, from its first stop to one 4 km up."""
    before = with_times(30)
    return before | {
        "stations": before["stations"].clear(),
        "stops": before["stops"].with_columns(
            entity_id="stop_id", stop_name="stop_id", location_type_code=pl.lit("0"),
            parent_stop_id=pl.lit(None, pl.String),
        ),
        "departures": before["departures"].with_columns(is_timed=pl.lit(value=True)),
        "trips": before["trips"].with_columns(stops_count=pl.lit(2, pl.Int64)),
    }  # fmt: skip


@cache
def reached() -> pl.DataFrame:
    """What people reach as it is."""
    return reach_of_services(**town())


def with_stop(town: Town, **edit: object) -> Town:
    asked = {
        "kind": "new_stop", "id": "NEW", "name": "Nuova", "route": "L01", "after": "S0",
        "before": "S8", "added_s": 40, **HALF_WAY, **edit,
    }  # fmt: skip
    plan = NewStop.model_validate(asked)
    return town | new_stop(plan, *(town[name] for name in ("stops", "departures", "trips")))


def first_run(town: Town) -> list[tuple[str, int, int, int]]:
    calls = town["departures"].filter(trip_id="t0360")
    return calls.select("stop_id", "stop_sequence_index", "arrives_s", "departs_s").rows()


def test_every_run_calls_half_way_and_is_later_by_what_that_costs():
    after = with_stop(town())

    six = 6 * 3600
    assert first_run(after) == [
        ("S0", 1, six, six),
        ("NEW", 2, six + 300, six + 340),
        ("S8", 3, six + 640, six + 640),
    ]
    trip, was = (one["trips"].filter(trip_id="t0360").row(0, named=True) for one in (after, town()))
    assert trip["stops_count"] == 3
    assert (trip["arrives_at"] - was["arrives_at"]).total_seconds() == 40
    assert trip["leaves_at"] == was["leaves_at"]
    assert after["departures"].schema == town()["departures"].schema


def test_a_stop_a_quarter_of_the_way_up_is_reached_after_a_quarter_of_the_ride():
    after = with_stop(town(), lat_deg=lat(2), added_s=0)

    assert first_run(after)[1][2] == 6 * 3600 + 150


def test_runs_back_call_there_too_unless_it_is_for_one_way_alone():
    before = town()
    turned = before["departures"].with_columns(
        stop_id=pl.col("stop_id").replace({"S0": "S8", "S8": "S0"}),
        trip_id=pl.lit("b") + pl.col("trip_id"),
    )
    both = before | {"departures": pl.concat([before["departures"], turned])}

    calls = with_stop(both)["departures"].filter(stop_id="NEW")
    there = with_stop(both, is_both_ways=False)["departures"].filter(stop_id="NEW")

    assert calls.height == 2 * there.height
    assert not there["trip_id"].str.starts_with("b").any()


def test_other_lines_run_as_before():
    before = town()
    other = before["departures"].with_columns(
        route_id=pl.lit("L02"), trip_id=pl.lit("x") + pl.col("trip_id")
    )
    both = before | {"departures": pl.concat([before["departures"], other])}

    after = with_stop(both)["departures"].filter(route_id="L02")

    assert after.equals(other.sort("trip_id", "run_index", "stop_sequence_index"))


def test_who_lives_by_the_new_stop_is_there_sooner_and_who_rides_through_later():
    after = reach_of_services(**with_stop(town()))

    def minutes(reach: pl.DataFrame, section: str) -> float:
        chosen = reach.filter(
            section_id=section, category_code="ospedale", band_code="weekday_11_13"
        )
        return float(chosen["median_min"].item())

    assert minutes(after, "middle") < minutes(reached(), "middle")
    assert minutes(reached(), "low") < minutes(after, "low") <= minutes(reached(), "low") + 1


def test_a_stop_that_costs_no_time_lengthens_nobodys_trip():
    after = reach_of_services(**with_stop(town(), lat_deg=lat(3.3), added_s=0))

    both = reached().join(after, on=["section_id", "band_code", "category_code"])
    assert both.height == reached().height
    for name in ("median_min", "p95_min"):
        assert (both[f"{name}_right"].is_not_null() | both[name].is_null()).all()
        assert (both[f"{name}_right"] <= both[name]).fill_null(value=True).all()


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ({"id": "S8"}, "there is a stop S8 already; give it another id"),
        ({"route": "L1"}, "L1 was not found; did you mean L01? look it up with gemello sql"),
        ({"before": "S9"}, "S9 was not found; look it up with gemello sql"),
        (
            {"after": "S8", "before": "S0", "is_both_ways": False},
            "no run of L01 goes straight from S8 to S0; after S8 comes nothing",
        ),
    ],
)
def test_a_stop_that_cannot_be_is_refused_with_what_could(edit, said):
    with pytest.raises(EditProblem) as refused:
        with_stop(town(), **edit)

    assert said in str(refused.value)
