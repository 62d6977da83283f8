"""What ISTAT and ISPRA print of Italy, as the press quotes it, made by the indicators of a city."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.indicators.separate_collection import separate_collection
from assets.indicators.water_losses import water_losses
from assets.indicators.water_use import water_use
from tests.assets.indicators.defined import COMPLETENESS, DISCLOSURE, defined

DAY = date(2025, 7, 2)
# The day begins here by the city's clock.
MIDNIGHT = datetime(2025, 7, 1, 22, tzinfo=UTC)
TARGETS = defined("waste_targets")
LEAKS = defined("leak_rules")


def sections(**residents: int) -> pl.DataFrame:
    """One section a quarter, of so many residents."""
    return pl.DataFrame(
        {
            "section_id": [f"s{name}" for name in residents],
            "quarter_id": list(residents),
            "residents_count": list(residents.values()),
        }
    )


def quarters(people: pl.DataFrame) -> pl.DataFrame:
    return people.select("quarter_id", zone_name=pl.lit("Nord"))


def told(**columns: object) -> pl.DataFrame:
    """Rows of quarters of which enough contribute."""
    return pl.DataFrame(columns).with_columns(
        zone_name=pl.lit("Nord"), contributors_count=10, readings_count=10, completeness_ratio=1.0
    )


def flowed(*inflow_m3: float) -> pl.DataFrame:
    """What flowed into a zone in each hour of the day."""
    return pl.DataFrame(
        {
            "district_id": "D",
            "zone_name": "Nord",
            "observed_at": [MIDNIGHT + timedelta(hours=hour) for hour in range(len(inflow_m3))],
            "inflow_m3": inflow_m3,
        },
        schema_overrides={"observed_at": pl.Datetime("us", "UTC")},
    )


def lost(inflow: pl.DataFrame, used_m3: float) -> dict[str, object]:
    used = pl.DataFrame({"zone_name": ["Nord"], "consumed_on": [DAY], "water_m3": [used_m3]})
    return water_losses(inflow, used, LEAKS, COMPLETENESS).row(0, named=True)


def share_lost(inflow_l: float, used_l: float) -> float:
    """Of litres a head and day."""
    share = lost(flowed(*[inflow_l / 24] * 24), used_l)["losses_ratio"]
    assert isinstance(share, float)
    return share


@pytest.mark.shows(
    "published",
    "gold/water/daily_losses_by_zone",
    source="ISTAT, Le statistiche sull'acqua 2020-2023 (22 March 2024): 42.4 per cent lost in 2022",
)
def test_of_istats_371_litres_that_flow_in_and_214_that_are_used_42_4_per_cent_are_lost():
    least, most = share_lost(370.5, 214.5), share_lost(371.5, 213.5)

    assert least <= 0.424 <= most
    assert most - least < 0.005


@pytest.mark.shows(
    "published",
    "gold/water/monthly_use_by_quarter",
    source="ISTAT, Le statistiche sull'acqua 2020-2023 (22 March 2024): 371 and 214 litres a head",
)
# 8.0 Gm³ flow in and 3.4 are lost in 2022; 59.0 million residents.
@pytest.mark.parametrize(("gm3", "litres"), [(8.0, 371), (8.0 - 3.4, 214)])
def test_the_cubic_kilometres_that_istat_prints_are_its_litres_a_head(gm3, litres):
    italy = sections(Q=59_000_000)
    water = told(consumed_on=[DAY], quarter_id=["Q"], water_m3=[gm3 * 1e9 / 365])

    found = water_use(water, italy, quarters(italy), COMPLETENESS, limits=DISCLOSURE)

    rounded = 0.05 / gm3
    assert found["litres_per_resident_l"].to_list() == pytest.approx([litres], rel=rounded)


def separated(waste: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    return separate_collection(
        waste, people, quarters(people), TARGETS, COMPLETENESS, limits=DISCLOSURE
    )


def share_separated(separate_mt: float, whole_mt: float) -> float:
    italy = sections(Q=59_000_000)
    waste = told(
        thrown_on=[DAY], quarter_id=["Q"], separate_kg=[separate_mt * 1e9],
        residual_kg=[(whole_mt - separate_mt) * 1e9],
    )  # fmt: skip
    share: float = separated(waste, italy)["separate_ratio"].item()
    return share


@pytest.mark.shows(
    "published",
    "gold/waste/monthly_separate_collection_by_quarter",
    source="ISPRA, Rapporto rifiuti urbani 2023: 18.9 of 29.1 million tonnes, 65.2 per cent",
)
def test_ispras_18_9_of_29_1_million_tonnes_are_its_65_2_per_cent():
    least, most = share_separated(18.85, 29.15), share_separated(18.95, 29.05)

    assert least <= 0.652 <= most
    assert most - least < 0.006


kilograms = st.floats(1, 1e5)


@pytest.mark.shows("property", "gold/waste/monthly_separate_collection_by_quarter")
@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(kilograms, kilograms), min_size=2, max_size=4), kilograms, st.randoms())
def test_what_is_moved_to_separate_raises_the_share_of_its_quarter_and_throws_no_more(
    both, moved, random
):
    people = sections(**{f"Q{n}": 500 + n for n in range(len(both))})
    residual, separate = (list(one) for one in zip(*both, strict=True))

    def of(residual_kg: list[float], separate_kg: list[float]) -> pl.DataFrame:
        return told(
            thrown_on=[DAY] * len(both), quarter_id=people["quarter_id"],
            residual_kg=residual_kg, separate_kg=separate_kg,
        )  # fmt: skip

    waste = of([residual[0] + moved, *residual[1:]], separate)
    better = of(residual, [separate[0] + moved, *separate[1:]])
    order = list(range(len(both)))
    random.shuffle(order)

    before, after = separated(waste, people), separated(better, people)

    assert separated(waste[order], people).equals(before)
    assert after["separate_ratio"][0] >= before["separate_ratio"][0]
    assert after["separate_ratio"][1:].equals(before["separate_ratio"][1:])
    assert after["waste_per_resident_kg"].to_list() == pytest.approx(
        before["waste_per_resident_kg"].to_list()
    )


@pytest.mark.shows("property", "gold/water/daily_losses_by_zone")
@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.floats(0.01, 500), min_size=24, max_size=24),
    st.floats(0, 1.5),
    st.floats(0.01, 100),
    st.randoms(),
)
def test_a_share_lost_has_no_unit_and_a_night_flows_as_the_least_of_its_hours(
    hours, used, factor, random
):
    order = list(range(24))
    random.shuffle(order)

    one = lost(flowed(*hours), used * sum(hours))
    other = lost(flowed(*[factor * hour for hour in hours])[order], factor * used * sum(hours))

    assert one["losses_ratio"] == pytest.approx(max(0, 1 - used), abs=1e-5)
    assert other["losses_ratio"] == pytest.approx(one["losses_ratio"], abs=2e-6)
    assert one["night_flow_m3h"] == pytest.approx(min(hours[2:5]), abs=1e-6)
    assert other["night_flow_m3h"] == pytest.approx(factor * min(hours[2:5]), abs=1e-6)


@pytest.mark.shows("property", "gold/water/monthly_use_by_quarter")
@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1e4), st.integers(10, 9_000)), min_size=1, max_size=4))
def test_litres_of_all_residents_are_all_the_water_told_of_quarters_and_of_their_zone(amounts):
    people = sections(**{f"Q{n}": residents for n, (_, residents) in enumerate(amounts)})
    # What is told of the zone is that of a quarter with too few meters of its own.
    names = [*people["quarter_id"][:-1], None]
    water = told(
        consumed_on=[DAY] * len(amounts),
        quarter_id=pl.Series(names, dtype=pl.String),
        water_m3=[m3 for m3, _ in amounts],
    )

    found = water_use(water, people, quarters(people), COMPLETENESS, limits=DISCLOSURE)

    assert found["told_code"].to_list() == ["quarter"] * (len(amounts) - 1) + ["zone"]
    litres = (found["litres_per_resident_l"] * found["residents_count"]).sum()
    assert litres == pytest.approx(1000 * sum(m3 for m3, _ in amounts), rel=1e-4, abs=5)
