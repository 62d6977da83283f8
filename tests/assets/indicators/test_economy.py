from datetime import date

import h3
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.indicators.firms_by_area import firms_by_area
from assets.indicators.firms_by_sector import firms_by_sector
from assets.sectors import ALL, FIRMS, OTHERS
from assets.silver.firms_by_cell import firms_by_cell
from assets.small_groups import newest_limit
from infra.simulator.city import City
from infra.simulator.datasets import firms as simulated
from quality.disclosure.bounds import intervals
from quality.disclosure.cells import Line
from tests.assets.indicators.defined import COMPLETENESS, DISCLOSURE

JANUARY = date(2025, 1, 1)
LEAST = newest_limit(DISCLOSURE, FIRMS).least_count
HERE, THERE = h3.latlng_to_cell(45.54, 10.22, 8), h3.latlng_to_cell(45.60, 10.40, 8)


def firms(
    *rows: tuple[str, str, int], register: date = JANUARY, opened: str = "2010-01-01"
) -> pl.DataFrame:
    """So many firms of each cell and sector, all open."""
    return pl.DataFrame(
        [
            (cell, sector, date.fromisoformat(opened), None, register)
            for cell, sector, count in rows
            for _ in range(count)
        ],
        schema={
            "cell_id": pl.String,
            "sector_code": pl.String,
            "opened_on": pl.Date,
            "closed_on": pl.Date,
            "window_on": pl.Date,
        },
        orient="row",
    )


# The spec's reference: 50 of 500 here, 100 of 2,000 in the city.
def test_a_tenth_here_of_what_is_a_twentieth_in_the_city_is_a_quotient_of_two():
    city = firms((HERE, "56", 50), (HERE, "47", 450), (THERE, "56", 50), (THERE, "47", 1450))

    areas = firms_by_area(firms_by_cell(city), COMPLETENESS, DISCLOSURE)

    here = areas.filter(cell_id=HERE, sector_code="56").row(0, named=True)
    assert (here["firms_count"], here["location_quotient_index"]) == (50, 2.0)


@pytest.mark.shows(
    "published",
    "gold/economy/firms_by_cell_and_sector",
    source="Farhauer & Kröll (2013), as in the manual of REAT",
)
def test_the_published_quotient_of_1714_of_79006_here_and_879213_of_15593224_in_all_is_0_385():
    # Farhauer & Kröll (2013), Standorttheorien, as computed in the manual of REAT (R package):
    # locq(1714, 79006, 879213, 15593224) is 0.3847623. Read in the manual, not in the book.
    here, both = {"56": 1714, "47": 79006 - 1714}, {"56": 879213, "47": 15593224 - 879213}
    counted = firms_by_cell(
        firms((HERE, "56", 1), (HERE, "47", 1), (THERE, "56", 1), (THERE, "47", 1))
    )
    there = {sector: both[sector] - count for sector, count in here.items()}
    counts = {(HERE, one): n for one, n in here.items()} | {
        (THERE, one): n for one, n in there.items()
    }
    whole = counted.with_columns(
        firms_count=pl.struct("cell_id", "sector_code").map_elements(
            lambda row: counts[row["cell_id"], row["sector_code"]], return_dtype=pl.Int64
        ),
        opened_count=pl.lit(0, pl.Int64),
        closed_count=pl.lit(0, pl.Int64),
    )

    row = (
        firms_by_area(whole, COMPLETENESS, DISCLOSURE)
        .filter(cell_id=HERE, sector_code="56")
        .row(0, named=True)
    )

    assert row["firms_count"] == 1714
    assert row["location_quotient_index"] == pytest.approx(0.3847623, abs=0.0005)


def test_firms_born_less_those_that_closed_are_the_net_birth_rate():
    old = firms((HERE, "56", 100))
    born = firms((HERE, "56", 15), opened="2024-03-01")
    closed = firms((HERE, "56", 10)).with_columns(closed_on=date(2024, 7, 1))

    years = firms_by_sector(firms_by_cell(pl.concat([old, born, closed])), DISCLOSURE)

    row = years.filter(year_on=date(2024, 1, 1), sector_code="56").row(0, named=True)
    assert (row["firms_count"], row["opened_count"], row["closed_count"]) == (110, 15, 10)
    assert (row["net_birth_pct"], row["quality_code"]) == (pytest.approx(4.55), "ok")


def test_the_year_of_the_register_is_partial_and_not_stretched_to_a_year():
    in_spring = firms((HERE, "56", 100), register=date(2025, 4, 1))
    born = firms((HERE, "56", 20), register=date(2025, 4, 1), opened="2025-02-01")

    years = firms_by_sector(firms_by_cell(pl.concat([in_spring, born])), DISCLOSURE)

    row = years.filter(year_on=JANUARY, sector_code=ALL).row(0, named=True)
    assert (row["net_birth_pct"], row["quality_code"]) == (20.0, "partial")
    assert row["completeness_ratio"] == pytest.approx(90 / 365)


def test_a_sector_with_fewer_than_ten_firms_in_any_year_is_told_with_another():
    rows = firms((HERE, "56", 30), (HERE, "47", 20), (HERE, "10", 9))

    years = firms_by_sector(firms_by_cell(rows), DISCLOSURE)

    counts = years.filter(year_on=date(2024, 1, 1)).select("sector_code", "firms_count").rows()
    assert counts == [("56", 30), (OTHERS, 29), (ALL, 59)]


def test_few_births_are_not_told_nor_given_back_by_the_others():
    old = firms((HERE, "56", 100), (HERE, "47", 100), (HERE, "10", 100))
    born = [
        firms((HERE, "56", 30), opened="2024-03-01"),
        firms((HERE, "47", 20), opened="2024-03-01"),
        firms((HERE, "10", 2), opened="2024-03-01"),
    ]
    closed = [
        firms((HERE, code, 15)).with_columns(closed_on=date(2024, 7, 1)) for code in ("56", "47")
    ]

    years = firms_by_sector(firms_by_cell(pl.concat([old, *born, *closed])), DISCLOSURE)

    told = years.filter(year_on=date(2024, 1, 1)).select("sector_code", "opened_count").rows()
    assert told == [("10", None), ("47", None), ("56", 30), (ALL, 52)]


@pytest.mark.shows(
    "property", "gold/economy/firms_by_cell_and_sector", "gold/economy/yearly_firms_by_sector"
)
@settings(max_examples=10, deadline=None)
@given(
    counts=st.lists(st.lists(st.integers(0, 40), min_size=3, max_size=3), min_size=2, max_size=3)
)
def test_no_few_firms_can_be_worked_out_from_areas_and_sectors(counts):
    cells = (HERE, THERE, h3.latlng_to_cell(45.45, 10.0, 8))[: len(counts)]
    sectors = ("10", "47", "56")
    rows = [
        (cell, sector, n)
        for cell, of_cell in zip(cells, counts, strict=True)
        for sector, n in zip(sectors, of_cell, strict=True)
    ]
    silver = firms_by_cell(firms(*rows))

    areas, years = (
        firms_by_area(silver, COMPLETENESS, DISCLOSURE),
        firms_by_sector(silver, DISCLOSURE),
    )

    if areas.is_empty():
        return
    # All that anybody sees: the cells and areas told, and the sectors' totals of the other table.
    names = sorted(set(areas["sector_code"]) - {ALL})
    places = sorted(set(areas["cell_id"]))
    shown = {(c, s): n for c, s, n in areas.select("cell_id", "sector_code", "firms_count").rows()}
    grid = h3.get_resolution(places[0])
    own = {one: one for one in names if one != OTHERS}
    true = np.zeros((len(places) + 1, len(names) + 1))
    for cell, sector, n in rows:
        if n:
            at = places.index(h3.cell_to_parent(cell, grid)), names.index(own.get(sector, OTHERS))
            true[at] += n
    true[-1], true[:, -1] = true[:-1].sum(axis=0), true[:, :-1].sum(axis=1)
    true[-1, -1] = true[-1, :-1].sum()
    of_year = years.filter(year_on=date(2024, 1, 1))
    assert dict(of_year.select("sector_code", "firms_count").rows())[ALL] == true[-1, -1]
    index = np.arange(true.size).reshape(true.shape)
    lines = [Line(int(row[-1]), tuple(map(int, row[:-1]))) for row in index]
    lines += [Line(int(column[-1]), tuple(map(int, column[:-1]))) for column in index.T]
    keys = [(place, name) for place in [*places, None] for name in [*names, ALL]]
    hidden = [n for n, key in enumerate(keys) if key[0] and shown.get(key, 0) is None]
    values = true.ravel()
    least = np.array([float(n > 0) for n in values])
    low, high = intervals(values, hidden, lines, least=least)
    for n, floor, most in zip(hidden, low, high, strict=True):
        if 0 < values[n] < LEAST:
            assert most - floor > 0
            assert most >= LEAST - 1e-6
    assert all(n >= LEAST for n in shown.values() if n is not None)


@pytest.fixture(scope="module")
def silver() -> pl.DataFrame:
    city = City("small", 8, 7, date(2025, 3, 24))
    (batch, *_) = simulated.batches(city)
    rows = batch.rows
    day = pl.col("DATA_ISCRIZIONE", "DATA_CESSAZIONE").str.to_date("%d/%m/%Y").dt.month_start()
    cells = [h3.latlng_to_cell(*at, 8) for at in rows.select("LAT", "LON").rows()]
    register = rows.with_columns(day).select(
        pl.Series("cell_id", cells),
        sector_code="ATECO",
        opened_on="DATA_ISCRIZIONE",
        closed_on="DATA_CESSAZIONE",
        window_on=pl.lit(batch.day),
    )
    return firms_by_cell(register)


@pytest.mark.shows(
    "planted", "gold/economy/firms_by_cell_and_sector", "gold/economy/yearly_firms_by_sector"
)
def test_the_simulated_register_is_found_again_in_the_totals(silver):
    city = City("small", 8, 7, date(2025, 3, 24))
    (batch, *_) = simulated.batches(city)
    is_open = pl.col("DATA_CESSAZIONE").is_null()
    true = batch.rows.filter(is_open).group_by("ATECO").len().sort("ATECO")

    areas, years = (
        firms_by_area(silver, COMPLETENESS, DISCLOSURE),
        firms_by_sector(silver, DISCLOSURE),
    )

    now = years.filter(pl.col("year_on") == pl.col("year_on").max(), pl.col("sector_code") == ALL)
    counted = silver.filter(pl.col("year_on") == JANUARY).select(
        now=pl.col("firms_count").sum()
        + pl.col("opened_count").sum()
        - pl.col("closed_count").sum()
    )
    assert counted.item() == true["len"].sum()
    assert now["firms_count"].item() == silver.filter(year_on=JANUARY)["firms_count"].sum()
    told = areas.filter(~pl.col("is_withheld"), pl.col("sector_code") != ALL)
    assert told["firms_count"].sum() > 0.4 * true["len"].sum()
    # Firms lie about the centre whatever their sector: none is far more there than elsewhere.
    large = told.filter(pl.col("firms_count") >= 20)
    assert large["location_quotient_index"].is_between(0.5, 2.0).all()


def test_a_register_without_firms_gives_empty_tables_of_the_same_columns(silver):
    nothing = firms_by_cell(firms())

    assert (nothing.height, nothing.schema) == (0, silver.schema)
    tables = [
        (firms_by_area(one, COMPLETENESS, DISCLOSURE), firms_by_sector(one, DISCLOSURE))
        for one in (nothing, silver)
    ]
    for empty, full in zip(*tables, strict=True):
        assert (empty.height, empty.schema) == (0, full.schema)


def test_no_firm_is_told_without_a_limit(silver):
    nothing = DISCLOSURE.clear()

    assert firms_by_area(silver, COMPLETENESS, nothing).is_empty()
    assert firms_by_sector(silver, nothing).is_empty()


def test_a_limit_of_more_firms_tells_fewer_sectors_alone(silver):
    stricter = DISCLOSURE.with_columns(least_count=pl.col("least_count") * 20)

    few, many = (firms_by_sector(silver, limits) for limits in (stricter, DISCLOSURE))

    assert few["sector_code"].n_unique() < many["sector_code"].n_unique()
    assert few["firms_count"].min() >= 20 * LEAST


def test_the_order_of_rows_changes_nothing(silver):
    shuffled = silver.sample(fraction=1.0, shuffle=True, seed=3)

    assert firms_by_area(shuffled, COMPLETENESS, DISCLOSURE).equals(
        firms_by_area(silver, COMPLETENESS, DISCLOSURE)
    )
    assert firms_by_sector(shuffled, DISCLOSURE).equals(firms_by_sector(silver, DISCLOSURE))


@pytest.mark.shows(
    "published",
    "gold/economy/yearly_firms_by_sector",
    source="Camera di Commercio di Brescia, second quarter of 2023 (Movimprese)",
)
def test_the_published_growth_of_a_quarter_in_the_province_of_brescia_is_six_in_a_thousand():
    # 118,299 firms at the end of March 2023; until June 1,674 opened and 988 closed: 686 more,
    # growth 0.6 %. As the chamber's study office was quoted on 31 July 2023.
    counted = firms_by_cell(firms((HERE, "56", 1)))
    quarter = counted.filter(year_on=date(2024, 1, 1)).with_columns(
        firms_count=pl.lit(118_299, pl.Int64),
        opened_count=pl.lit(1_674, pl.Int64),
        closed_count=pl.lit(988, pl.Int64),
    )

    row = firms_by_sector(quarter, DISCLOSURE).row(0, named=True)

    assert row["opened_count"] - row["closed_count"] == 686
    assert round(row["net_birth_pct"], 1) == 0.6
