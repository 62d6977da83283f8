from random import Random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.errors import DeliveryRefused
from quality.disclosure.cells import tabulate
from quality.disclosure.gate import clear, let_pass
from quality.disclosure.policy import WITHHELD, Cells, Thresholds
from tests.quality.disclosure.outsider import intervals

# Groups of five are small enough to be guessed from: what is withheld is looked at here, not that.
LIMITS = Thresholds(k=5, advantage_ratio=1.0)
CRASHES = Cells(
    quasi_identifiers=("zone_id", "mode_code"), count="crashes_count", thresholds=LIMITS
)
BY_SEVERITY = Cells(
    quasi_identifiers=("zone_id", "mode_code"),
    sensitive=("severity_code",),
    count="crashes_count",
    thresholds=LIMITS,
)
USE = Cells(
    quasi_identifiers=("zone_id", "mode_code"),
    sums=("energy_kwh",),
    count="meters_count",
    thresholds=LIMITS,
)


def crashes(seed: int) -> pl.DataFrame:
    chance = Random(seed)
    rows_count = chance.randint(20, 250)
    return pl.DataFrame(
        {
            "zone_id": chance.choices("abcd", weights=[8, 4, 2, 1], k=rows_count),
            "mode_code": chance.choices(["car", "bike", "foot"], weights=[6, 2, 1], k=rows_count),
            "severity_code": chance.choices(["light", "bad", "worst"], [9, 4, 1], k=rows_count),
            "energy_kwh": [chance.lognormvariate(1, 1.5) for _ in range(rows_count)],
        }
    )


def cells(counts: dict[tuple[str, str], int]) -> pl.DataFrame:
    rows = [place for place, count in counts.items() for _ in range(count)]
    return pl.DataFrame(rows, schema=["zone_id", "mode_code"], orient="row")


def published(units: pl.DataFrame, release: Cells) -> pl.DataFrame:
    return clear("open/safety/x", units, release).rows.frame


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10**6), release=st.sampled_from([CRASHES, BY_SEVERITY]))
def test_no_total_gives_a_small_count_back(seed, release):
    units = crashes(seed)

    shown = published(units, release)

    cells = tabulate("x", units, release)
    true, parts = cells["crashes_count"], cells["__filled"]
    somebody = (true > 0).arg_true().to_list()
    found = intervals(shown, list(release.dimensions), "crashes_count", known_to_be=somebody)
    for row, (low, high) in found.items():
        assert low - 1e-5 <= true[row] <= high + 1e-5
        if 0 < true[row] < LIMITS.k:
            assert low <= parts[row] + 1e-5
            assert high >= LIMITS.k - 1e-5
    counts = shown["crashes_count"].drop_nulls()
    assert counts.filter((counts > 0) & (counts < LIMITS.k)).is_empty()


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_no_total_gives_back_what_the_largest_household_used(seed):
    units = crashes(seed)

    shown = published(units, USE)

    true = tabulate("x", units, USE)
    amounts, largest = true["energy_kwh"], true["__largest_energy_kwh"]
    second, sizes = true["__second_energy_kwh"], true["meters_count"]
    for row, (low, high) in intervals(shown, list(USE.dimensions), "energy_kwh").items():
        dominated = largest[row] > LIMITS.top_ratio * amounts[row]
        guessed = amounts[row] - largest[row] - second[row] < LIMITS.margin_ratio * largest[row]
        if sizes[row] and (sizes[row] < LIMITS.k or dominated or guessed):
            margin = LIMITS.margin_ratio * largest[row]
            assert low <= max(amounts[row] - margin, 0) + 1e-4
            assert high >= amounts[row] + margin - 1e-4
    for row in shown.with_row_index().filter(~pl.col(WITHHELD))["index"]:
        if sizes[row]:
            assert sizes[row] >= LIMITS.k
            assert largest[row] <= LIMITS.top_ratio * amounts[row]


def test_withholding_the_small_cell_alone_is_refused_because_the_total_gives_it_back():
    units = cells({("a", "car"): 40, ("a", "foot"): 3, ("b", "car"): 20, ("b", "foot"): 9})
    naive = tabulate("x", units, CRASHES).with_columns(
        is_withheld=(pl.col("crashes_count") > 0) & (pl.col("crashes_count") < 5)
    )
    naive = naive.with_columns(
        pl.when(~pl.col(WITHHELD)).then("crashes_count").alias("crashes_count")
    )
    outsider = intervals(naive, ["zone_id", "mode_code"], "crashes_count")

    with pytest.raises(DeliveryRefused) as refusal:
        let_pass("open/safety/x", naive, units, CRASHES)

    assert [bounds == pytest.approx((3, 3)) for bounds in outsider.values()] == [True]
    assert "secondary suppression: 1 of 1 withheld cell can be worked out" in str(refusal.value)
    assert "1 withheld ones can be worked out exactly" in str(refusal.value)


def test_two_small_cells_of_one_each_are_not_given_back_by_their_sum():
    units = cells({("a", "car"): 40, ("a", "foot"): 1, ("b", "car"): 20, ("b", "foot"): 1})

    shown = published(units, CRASHES)

    total = shown.filter(zone_id="totale", mode_code="foot")
    assert total["crashes_count"].to_list() == [None]


def test_five_of_one_each_are_not_given_back_by_a_total_of_five():
    units = cells({(f"z{number}", "car"): 1 for number in range(5)} | {("big", "car"): 40})
    by_zone = Cells(quasi_identifiers=("zone_id",), count="crashes_count", thresholds=LIMITS)

    shown = published(units, by_zone)

    somebody = list(range(shown.height))
    found = intervals(shown, ["zone_id"], "crashes_count", known_to_be=somebody)
    assert len(found) > 5
    assert all(high >= LIMITS.k for _, high in found.values())


def test_a_group_in_which_all_fared_alike_shows_none_of_its_outcomes_but_its_size():
    alike = pl.DataFrame({"zone_id": "a", "mode_code": "car", "severity_code": ["bad"] * 30})
    mixed = pl.DataFrame(
        {"zone_id": "b", "mode_code": "car", "severity_code": ["bad"] * 30 + ["light"] * 30}
    )

    shown = published(pl.concat([alike, mixed]), BY_SEVERITY)

    group = shown.filter(zone_id="a", mode_code="car").sort("severity_code")
    assert group.select("severity_code", "crashes_count").rows() == [
        ("bad", None),
        ("light", None),
        ("totale", 30),
    ]


def test_a_cell_nobody_is_in_counts_zero_and_is_shown():
    units = cells({("a", "car"): 40, ("b", "foot"): 20})

    shown = published(units, CRASHES)

    assert shown.filter(zone_id="a", mode_code="foot")["crashes_count"].to_list() == [0]
    assert not shown[WITHHELD].any()


def test_every_day_is_a_table_by_itself():
    one = crashes(1).with_columns(day_code=pl.lit("1"))
    two = crashes(2).with_columns(day_code=pl.lit("2"))
    daily = Cells(
        quasi_identifiers=("zone_id", "mode_code"),
        within=("day_code",),
        count="crashes_count",
        thresholds=LIMITS,
    )

    both = published(pl.concat([two, one]), daily)

    assert both.equals(pl.concat([published(one, daily), published(two, daily)]))


def test_what_is_shown_must_be_the_counts_of_the_units():
    units = crashes(3)
    forged = published(units, CRASHES).with_columns(pl.col("crashes_count") + 1)

    with pytest.raises(Exception, match="not that of the units"):
        let_pass("open/safety/x", forged, units, CRASHES)
