from datetime import date, timedelta

import h3
import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.indicators.crashes_by_cell import crashes_by_cell, declaration
from assets.measured import check_trust
from tests.assets.indicators.defined import COMPLETENESS, DISCLOSURE
from tests.assets.indicators.simulated_crashes import simulated_accidents

LAST = date(2025, 3, 24)
CELLS = sorted(h3.grid_disk(h3.latlng_to_cell(45.54, 10.22, 9), 4))

FAR = h3.latlng_to_cell(45.70, 10.50, 9)


def streets(traffic: int = 5000) -> pl.DataFrame:
    """One kilometre of street in each cell."""
    middles = [h3.cell_to_latlng(cell) for cell in CELLS]
    lines = [shapely.LineString([(x - 1e-4, y), (x + 1e-4, y)]) for y, x in middles]
    return pl.DataFrame(
        {
            "edge_id": [f"E{n:03}" for n in range(len(CELLS))],
            "traffic_count": traffic,
            "length_m": 1000.0,
            "line_geom": [shapely.to_wkb(line) for line in lines],
        }
    )


def streets_and(cell: str) -> pl.DataFrame:
    """Those, and one in another cell."""
    y, x = h3.cell_to_latlng(cell)
    line = shapely.to_wkb(shapely.LineString([(x - 1e-4, y), (x + 1e-4, y)]))
    return pl.concat(
        [streets(), streets().head(1).with_columns(edge_id=pl.lit("F"), line_geom=pl.lit(line))]
    )


def accidents(counts: dict[str, int], *, first: date = date(2021, 1, 1)) -> pl.DataFrame:
    """So many in each cell, of the last day; and one long before, so that three years are there."""
    cells = [cell for cell, count in counts.items() for _ in range(count)]
    return pl.DataFrame(
        {"occurred_on": [first] + [LAST] * len(cells), "cell_id": [CELLS[0], *cells]},
        schema={"occurred_on": pl.Date, "cell_id": pl.String},
    )


def told(counts: dict[str, int]) -> pl.DataFrame:
    found = crashes_by_cell(accidents(counts), streets(), COMPLETENESS, DISCLOSURE)
    assert declaration.measured is not None
    check_trust("crashes", found, declaration.measured)
    return found


def test_a_cell_with_three_accidents_is_shown_and_one_with_two_only_with_its_neighbours():
    found = told({CELLS[5]: 3, CELLS[9]: 2})

    shown = found.filter(pl.col("accidents_count").is_not_null())
    assert shown.select("cell_id", "accidents_count").rows() == [(CELLS[5], 3)]
    assert CELLS[9] not in found["cell_id"]


def test_how_many_the_rest_of_a_cell_has_follows_from_no_number_of_its_row():
    # The cell stands far from all others, so that no coarser row tells it together with them.
    rest = pl.col("cell_id") == h3.cell_to_parent(FAR, 7)

    before, after = (
        crashes_by_cell(
            accidents({CELLS[5]: 30, FAR: count}), streets_and(FAR), COMPLETENESS, DISCLOSURE
        )
        .filter(rest)
        .row(0, named=True)
        for count in (1, 2)
    )

    assert before["accidents_count"] is None
    # What is usual in the whole city is fitted anew, and changes a little.
    assert after["expected_count"] == pytest.approx(before["expected_count"], rel=0.1)


def test_expected_accidents_of_a_year_over_its_vehicle_km_are_a_rate():
    (row,) = told({CELLS[5]: 3}).filter(pl.col("cell_id") == CELLS[5]).iter_rows(named=True)

    # 5000 vehicles a day on a kilometre over three years: 5.48 million vehicle-km.
    assert row["danger_per_km_index"] == pytest.approx(row["expected_count"] / 5.48, rel=0.01)


def test_accidents_of_four_years_ago_do_not_count():
    old = accidents({CELLS[5]: 3}).with_columns(
        occurred_on=pl.col("occurred_on") - timedelta(days=4 * 365)
    )
    found = crashes_by_cell(
        pl.concat([old, accidents({CELLS[7]: 4})]), streets(), COMPLETENESS, DISCLOSURE
    )

    assert found["accidents_count"].sum() == 4


counts_of_city = st.dictionaries(st.sampled_from(CELLS), st.integers(0, 8), min_size=4)


@pytest.mark.shows("property", "gold/safety/crashes_by_cell")
@settings(max_examples=15)
@given(counts_of_city)
def test_rows_add_up_to_the_city_and_none_shows_fewer_than_three(counts):
    found = told(counts)

    shown = found["accidents_count"].drop_nulls()
    total = sum(counts.values())
    assert (shown >= 3).all()
    assert found["cells_count"].sum() == len(CELLS)
    assert total - 2 * found["accidents_count"].null_count() <= shown.sum() <= total


def test_the_worst_of_equal_cells_were_unlucky():
    random = np.random.default_rng(2)
    seen = dict(zip(CELLS, random.poisson(4.0, len(CELLS)).tolist(), strict=True))

    found = told(seen)

    fine = found.filter(pl.col("resolution_level") == 9)
    worst = fine.sort("accidents_count").tail(5)
    # All were drawn with 4: what is expected lies nearer to that than what was seen.
    assert worst["accidents_count"].mean() > 7
    assert worst["expected_count"].mean() < (worst["accidents_count"].mean() + 4) / 2
    assert worst["expected_low_count"].min() < 4.5


def test_a_city_without_accidents_expects_nothing_it_could_have_learnt():
    none = accidents({}).clear()

    found = crashes_by_cell(none, streets(), COMPLETENESS, DISCLOSURE)

    assert found["expected_count"].null_count() == found.height
    assert found["quality_code"].unique().to_list() == ["no_data"]
    assert found["completeness_ratio"].unique().to_list() == [pytest.approx(0.0)]


def test_neither_streets_nor_accidents_is_an_empty_table():
    nothing = accidents({}).clear(), streets().clear()

    assert crashes_by_cell(*nothing, COMPLETENESS, DISCLOSURE).is_empty()


def test_accidents_that_no_limit_says_may_be_told_are_not():
    found = crashes_by_cell(accidents({CELLS[5]: 30}), streets(), COMPLETENESS, DISCLOSURE.clear())

    assert found.is_empty()


def test_a_limit_of_more_accidents_tells_fewer_cells():
    seen = accidents({CELLS[5]: 30, CELLS[6]: 12})
    stricter = DISCLOSURE.with_columns(least_count=pl.lit(20, pl.Int64))

    told = [
        crashes_by_cell(seen, streets(), COMPLETENESS, limits).filter(resolution_level=9)
        for limits in (DISCLOSURE, stricter)
    ]

    assert [one["accidents_count"].drop_nulls().sort().to_list() for one in told] == [
        [12, 30],
        [30],
    ]


def test_the_place_with_three_times_the_accidents_of_its_traffic_is_the_worst():
    random = np.random.default_rng(3)
    usual = {cell: int(random.poisson(12)) for cell in CELLS}
    # Twelve accidents on a kilometre with 5000 vehicles a day, in three years.
    rate = 12 * 1e6 / (5000 * 365.25 * 3)

    rows = told(usual | {CELLS[20]: 36}).sort("danger_per_km_index", descending=True)

    worst = rows.row(0, named=True)
    assert worst["cell_id"] == CELLS[20]
    assert worst["danger_per_km_low_index"] > rate
    # As fits 95 % intervals, few of the places where nothing was planted lie above.
    assert (rows["danger_per_km_low_index"][1:] > rate).mean() < 0.05


@pytest.mark.shows("planted", "gold/safety/crashes_by_cell")
def test_the_accidents_that_the_simulated_city_was_given_are_expected_where_they_were_planted():
    city = simulated_accidents(seed=3)

    found = crashes_by_cell(city.accidents, city.segments, COMPLETENESS, DISCLOSURE)

    rows = set(found["cell_id"])
    told = {
        cell: next(row for level in (9, 8, 7) if (row := h3.cell_to_parent(cell, level)) in rows)
        for cell in city.planted["cell_id"].unique()
    }
    planted = (
        city.planted.with_columns(pl.col("cell_id").replace_strict(told))
        .group_by("cell_id")
        .agg(pl.col("planted").sum())
    )
    both = found.join(planted, on="cell_id")
    assert both.height == found.height > 200
    # A thousand accidents are as many, give or take a thirtieth.
    assert both["expected_count"].sum() == pytest.approx(both["planted"].sum(), rel=0.06)
    in_interval = pl.col("planted").is_between("expected_low_count", "expected_high_count")
    assert both.select(in_interval.mean()).item() > 0.93
    # By far more accidents where more is driven, and as many more as were planted.
    apart = (both["expected_count"] / both["planted"]).log().abs()
    assert apart.quantile(0.9) < 0.2
    assert both["planted"].max() > 30 * both["planted"].min()


# FHWA (2011), Roadway Departure Safety: A Manual for Local Rural Road Owners (FHWA-SA-11-09),
# appendix C: fifteen crashes on twelve miles in five years are 17.1 a hundred million vehicle-miles
# with 4,000 vehicles a day, and 27.4 with 2,500.
@pytest.mark.shows(
    "published",
    "gold/safety/crashes_by_cell",
    source="FHWA (2011), Roadway Departure Safety (FHWA-SA-11-09), appendix C",
)
@pytest.mark.parametrize(("vehicles", "rate"), [(4000, 17.1), (2500, 27.4)])
def test_fifteen_crashes_on_twelve_miles_are_as_many_by_mile_driven_as_the_fhwa_says(
    vehicles, rate
):
    mile_km = 1.609344
    five_years = COMPLETENESS.with_columns(
        due_count=pl.when(subject_code="crashes_by_place").then(5).otherwise("due_count")
    )
    roads = streets(vehicles).with_columns(length_m=pl.lit(12 * mile_km * 1000))
    # All roads are alike, and so nothing else is usual than what was seen.
    seen = accidents(dict.fromkeys(CELLS, 15), first=LAST - timedelta(days=round(5 * 365.25)))

    found = crashes_by_cell(seen, roads, five_years, DISCLOSURE)

    of_road = found.filter(resolution_level=9)
    assert of_road["accidents_count"].to_list() == [15] * len(CELLS)
    by_mile = of_road["danger_per_km_index"] * 100 * mile_km
    assert by_mile.round(1).to_list() == [rate] * len(CELLS)
