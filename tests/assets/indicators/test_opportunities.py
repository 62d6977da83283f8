from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.indicators.opportunities import declaration, opportunities
from assets.indicators.reach_of_services import reach_of_services
from tests.assets.indicators.small_town import Town, places, services, small_town
from tests.assets.lineage_seen import unsaid


def town(*rows: tuple[str, str, float, int, int, str], **changed: pl.DataFrame) -> Town:
    """The street with these services, of ten places each; pharmacies serve 15 minutes around."""
    known = small_town()
    found = services(*rows) if rows else known["services"]
    catchments = pl.DataFrame(
        {
            "category_code": ["farmacia", "ospedale"],
            "valid_from_on": [date(2025, 1, 1)] * 2,
            "catchment_min": [15.0, 60.0],
        }
    )
    return (
        known
        | {"services": found.with_columns(capacity_count=pl.lit(10)), "catchments": catchments}
        | changed
    )


def row(found: pl.DataFrame, section: str, band: str, category: str) -> dict:
    return found.row(
        by_predicate=(pl.col("section_id") == section)
        & (pl.col("band_code") == band)
        & (pl.col("category_code") == category),
        named=True,
    )


PHARMACIES = (
    ("p0", "farmacia", 0, 8, 20, "1111111"),
    ("p4", "farmacia", 4, 8, 20, "1111111"),
    ("p8", "farmacia", 8, 8, 20, "1111111"),
)


def test_a_street_of_three_pharmacies_is_counted_by_hand():
    found = opportunities(**town(*PHARMACIES))

    # From below: one at the door, one 26:40 up on foot, one 15:00 up by bus (median).
    low = row(found, "low", "weekday_11_13", "farmacia")
    assert (low["within_15_count"], low["within_30_count"]) == (2, 3)
    # From the middle: one at the door, the upper one 8:40 by bicycle, the lower one 26:40 on foot.
    middle = row(found, "middle", "weekday_11_13", "farmacia")
    assert (middle["within_15_count"], middle["within_30_count"]) == (2, 3)
    # By bicycle it goes down to the middle, and nobody rides the bus down.
    high = row(found, "high", "weekday_11_13", "farmacia")
    assert (high["within_15_count"], high["within_30_count"]) == (2, 2)


def test_places_are_shared_by_all_who_are_within_the_catchment():
    found = opportunities(**town(*PHARMACIES))

    # Residents: 100 below, 50 in the middle, 50 above. The lower one serves those below; the middle
    # one the middle and above; the upper one all.
    a_head = {
        section: row(found, section, "weekday_11_13", "farmacia")["places_per_resident_ratio"]
        for section in ("low", "middle", "high")
    }
    assert a_head == pytest.approx(
        {"low": 10 / 100 + 10 / 200, "middle": 10 / 100 + 10 / 200, "high": 10 / 100 + 10 / 200}
    )


def test_what_has_shut_is_neither_reached_nor_has_it_places():
    found = opportunities(**town(*PHARMACIES))

    at_night = row(found, "high", "weekday_21_23", "farmacia")
    assert (at_night["within_15_count"], at_night["within_30_count"]) == (0, 0)
    assert at_night["places_per_resident_ratio"] == 0.0


def test_an_unknown_capacity_gives_nobody_a_place_and_a_missing_catchment_no_number():
    unknown = town(*PHARMACIES)
    unknown["services"] = unknown["services"].with_columns(
        capacity_count=pl.lit(None, dtype=pl.Int64)
    )
    without = town(*PHARMACIES)
    without["catchments"] = without["catchments"].filter(category_code="ospedale")

    first, second = (
        row(opportunities(**one), "low", "weekday_11_13", "farmacia") for one in (unknown, without)
    )

    assert first["places_per_resident_ratio"] == 0.0
    assert second["places_per_resident_ratio"] is None
    assert second["within_30_count"] == 3


def test_a_home_off_the_streets_reaches_nothing_that_is_known():
    far = places(section_id=["far"], residents_count=[9], income_level=[5], at=[40])
    known = town()
    known["population"] = pl.concat([known["population"], far])

    rows = opportunities(**known).filter(section_id="far")

    assert set(rows["quality_code"]) == {"no_data"}
    assert rows.select("within_15_count", "places_per_resident_ratio").drop_nulls().is_empty()


def test_who_reaches_the_nearest_in_time_reaches_at_least_one():
    known = town()
    nearest = reach_of_services(**{n: f for n, f in known.items() if n != "catchments"})

    both = opportunities(**known).join(nearest, on=["section_id", "band_code", "category_code"])

    for minutes in (15, 30):
        is_near = (both["median_min"] <= minutes).fill_null(value=False)
        assert is_near.to_list() == (both[f"within_{minutes}_count"] >= 1).to_list()
    assert both["timetable_on"].null_count() == 0


def test_nothing_to_reach_is_no_row():
    known = town()

    for name in ("population", "services", "bands", "speeds", "nodes"):
        found = opportunities(**known | {name: known[name].clear()})
        assert found.schema == opportunities(**known).schema


@pytest.mark.shows("property", "gold/services/opportunities_by_section")
@settings(max_examples=10)
@given(st.floats(0, 10), st.integers(0, 20), st.integers(1, 4))
def test_a_service_more_is_never_one_less_and_all_its_places_are_shared_out(at, opens, hours):
    before = town(*PHARMACIES)
    new = services(("nw", "farmacia", at, opens, opens + hours, "1111111"))
    more = before | {
        "services": pl.concat([before["services"], new.with_columns(capacity_count=pl.lit(7))])
    }

    less, greater = opportunities(**before), opportunities(**more)

    for name in ("within_15_count", "within_30_count", "places_per_resident_ratio"):
        assert (greater[name] >= less[name]).all()
    people = dict(before["population"].select("section_id", "residents_count").iter_rows())
    for (band,), rows in greater.filter(category_code="farmacia").group_by("band_code"):
        given_out = sum(
            a_head * people[section]
            for section, a_head in rows.select("section_id", "places_per_resident_ratio").rows()
        )
        assert given_out <= 37 + 1e-3, band
        assert given_out == pytest.approx(round(given_out), abs=1e-3)


def test_what_the_columns_are_made_of_is_said():
    assert unsaid(declaration, town(*PHARMACIES), may_be_empty={}) == []
