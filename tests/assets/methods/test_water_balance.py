import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.methods.separate_collection import separate_share
from assets.methods.water_balance import (
    litres_a_head,
    losses_share,
    minimum_night_flow,
    risen,
)


def share(inflow: float | None, used: float | None) -> float | None:
    frame = pl.DataFrame({"inflow": [inflow], "used": [used]}, schema_overrides={
        "inflow": pl.Float64, "used": pl.Float64,
    })  # fmt: skip
    found: float | None = frame.select(losses_share(pl.col("inflow"), pl.col("used"))).item()
    return found


@pytest.mark.shows(
    "published",
    "gold/water/daily_losses_by_zone",
    source="ISTAT, water statistics: volumes and losses",
)
@pytest.mark.parametrize(
    ("inflow", "used", "published"),
    [
        # ISTAT, Censimento delle acque per uso civile 2012, Italy, Gm³ to one decimal.
        (8.4, 5.2, 0.374),
        # ISTAT, Le statistiche sull'acqua 2019-2021: 109 chief towns in 2020.
        (2.4, 1.5, 0.362),
    ],
)
def test_istats_losses_lie_within_what_their_rounded_volumes_allow(inflow, used, published):
    least, most = share(inflow - 0.05, used + 0.05), share(inflow + 0.05, used - 0.05)

    assert least is not None
    assert most is not None
    assert least <= published <= most


@pytest.mark.shows(
    "published",
    "gold/water/monthly_use_by_quarter",
    source="ISTAT, water statistics 2012: 241 litres a head and day",
)
def test_istats_241_litres_a_head_are_5_2_cubic_kilometres_of_59_4_million_in_2012():
    # Residents at the end of the year: ISTAT, 59.4 million.
    frame = pl.DataFrame({"m3": [5.2e9], "heads": [59.4e6], "days": [366]})

    litres = frame.select(litres_a_head(pl.col("m3"), pl.col("heads"), pl.col("days"))).item()

    assert litres == pytest.approx(241, rel=0.05 / 5.2)


@pytest.mark.parametrize("volumes", [(0.0, 0.0), (None, 1.0), (1.0, None)])
def test_without_volumes_there_is_no_share(volumes):
    assert share(*volumes) is None


@settings(max_examples=30, deadline=None)
@given(st.floats(0.001, 1e9), st.floats(0, 1e9), st.floats(0.001, 1000))
def test_a_share_lies_between_nought_and_one_whatever_the_unit(inflow, used, factor):
    found = share(inflow, used)

    assert found is not None
    assert 0 <= found <= 1
    assert share(inflow * factor, used * factor) == pytest.approx(found, abs=1e-9)


def test_the_night_flow_is_the_least_hour_of_the_night():
    hours = pl.DataFrame({"hour": [1, 2, 3, 4, 5], "m3": [0.1, 3.0, 2.0, 2.5, 0.2]})

    found = hours.select(minimum_night_flow(pl.col("m3"), pl.col("hour").is_between(2, 4))).item()

    assert found == 2.0


def test_a_night_is_above_the_usual_when_enough_nights_are_below_it():
    nights = pl.Series([1.0, 1.1, None, 1.0, 1.3, 1.3, 1.3])

    usual, is_rising = risen(nights, usual_quantile=0.2, rise_ratio=0.2, least=2, most=28)

    assert usual.to_list() == [None, None, 1.0, 1.0, 1.0, 1.0, 1.0]
    assert is_rising.to_list() == [None, None, None, False, True, True, True]


def test_a_leak_that_stays_becomes_usual():
    nights = pl.Series([1.0] * 3 + [2.0] * 12)

    _, is_rising = risen(nights, usual_quantile=0.2, rise_ratio=0.2, least=2, most=7)

    assert is_rising.to_list()[3:] == [True] * 6 + [False] * 6


def separate(separate_kg: float, residual_kg: float) -> float | None:
    frame = pl.DataFrame({"separate": [separate_kg], "residual": [residual_kg]})
    found: float | None = frame.select(
        separate_share(pl.col("separate"), pl.col("residual"))
    ).item()
    return found


def test_sixty_five_of_a_hundred_kilograms_are_65_per_cent():
    assert separate(65.0, 35.0) == pytest.approx(0.65)
    assert separate(0.0, 35.0) == 0.0
    assert separate(0.0, 0.0) is None


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 1e6), st.floats(0.001, 1e6), st.floats(0, 1e6))
def test_what_is_moved_from_residual_to_separate_never_lowers_the_share(kilograms, rest, moved):
    before, after = separate(kilograms, rest + moved), separate(kilograms + moved, rest)

    assert before is not None
    assert after is not None
    assert 0 <= before <= after + 1e-12 <= 1 + 1e-9
