from datetime import date

import h3
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.indicators.citizen_reports_by_cell import citizen_reports_by_cell, declaration
from assets.measured import check_trust
from infra.simulator.city import City
from infra.simulator.datasets.citizen_reports import REPORTS_A_MM, batches
from infra.simulator.spoil import clean_rows
from infra.simulator.terrain import UNDERPASSES, degrees
from tests.assets.indicators.defined import DISCLOSURE

CELL = h3.latlng_to_cell(45.54, 10.22, 9)
OTHER = next(cell for cell in h3.cell_to_children(h3.cell_to_parent(CELL, 8), 9) if cell != CELL)


def reports(*places: tuple[str | None, str, int]) -> pl.DataFrame:
    """Cell, status and how many; all of holes in the road."""
    rows = [(cell, status) for cell, status, count in places for _ in range(count)]
    return pl.DataFrame(
        {
            "report_pid": [f"r{n}" for n in range(len(rows))],
            "category_code": "buche",
            "cell_id": pl.Series([cell for cell, _ in rows], dtype=pl.String),
            "status_code": [status for _, status in rows],
        },
        schema_overrides=dict.fromkeys(("report_pid", "category_code", "status_code"), pl.String()),
    )


def told(rows: pl.DataFrame) -> pl.DataFrame:
    found = citizen_reports_by_cell(rows, DISCLOSURE)
    assert declaration.measured is not None
    check_trust("reports", found, declaration.measured)
    return found


def test_ten_reports_of_a_cell_are_shown_with_the_share_that_is_open():
    found = told(reports((CELL, "aperta", 4), (CELL, "chiusa", 6)))

    assert found.select("cell_id", "reports_count", "open_ratio").rows() == [(CELL, 10, 0.4)]


# Comune di Sassuolo, office for the public, reports of 2024: 6,172, of which 5,364 are closed and
# "little more than 800" are not; as Il Resto del Carlino (Modena) has it.
@pytest.mark.shows(
    "published",
    "gold/safety/citizen_reports_by_cell",
    source="Comune di Sassuolo, reports of 2024, as told by Il Resto del Carlino",
)
def test_of_6172_reports_to_a_town_little_more_than_800_are_open_as_it_says():
    found = told(reports((CELL, "chiusa", 5364), (CELL, "in carico", 6172 - 5364)))

    (row,) = found.iter_rows(named=True)
    assert row["reports_count"] == 6172
    assert 800 < row["open_ratio"] * row["reports_count"] < 810


def test_nine_reports_are_told_with_those_of_a_neighbour():
    found = told(reports((CELL, "aperta", 9), (OTHER, "aperta", 1)))

    assert found.select("cell_id", "reports_count").rows() == [(h3.cell_to_parent(CELL, 8), 10)]


def test_too_few_have_no_count():
    (row,) = told(reports((CELL, "aperta", 9))).iter_rows(named=True)

    assert (row["reports_count"], row["open_ratio"], row["observations_count"]) == (None, None, 0)
    assert row["quality_code"] == "no_data"


def test_reports_without_a_place_make_the_rest_less_complete():
    found = told(reports((CELL, "aperta", 15), (None, "aperta", 5)))

    assert found.select("reports_count", "completeness_ratio").rows() == [(15, 0.75)]


def test_no_reports_are_an_empty_table():
    assert told(reports()).height == 0


@pytest.mark.shows("property", "gold/safety/citizen_reports_by_cell")
@settings(max_examples=15, deadline=None)
@given(
    counts=st.lists(st.integers(1, 25), min_size=7, max_size=7),
    more=st.integers(0, 6),
    seed=st.integers(0, 99),
)
def test_what_is_told_is_of_ten_and_all_that_is_told_is_no_more_than_there_is(counts, more, seed):
    cells = sorted(h3.cell_to_children(h3.cell_to_parent(CELL, 8), 9))
    rows = reports(*((cell, "aperta", count) for cell, count in zip(cells, counts, strict=True)))

    found = told(rows)

    shown = found["reports_count"].drop_nulls()
    assert (shown >= 10).all()
    hidden = found["reports_count"].null_count()
    assert shown.sum() == sum(counts) if not hidden else sum(counts) - shown.sum() < 10
    assert found.equals(told(rows.sample(fraction=1, shuffle=True, seed=seed)))
    # Another report hides nothing that was told of the whole city.
    fuller = told(pl.concat([rows, reports((cells[more], "aperta", 1))]))
    assert fuller["reports_count"].sum() >= shown.sum()


def test_the_corner_where_people_report_most_is_found():
    cells = sorted(h3.cell_to_children(h3.cell_to_parent(CELL, 8), 9))

    found = told(reports(*((cell, "aperta", 60 if cell == CELL else 12) for cell in cells)))

    assert found.sort("reports_count")["cell_id"][-1] == CELL
    assert found["reports_count"].sum() == 60 + 12 * 6


@pytest.mark.shows("planted", "gold/safety/citizen_reports_by_cell")
def test_the_underpasses_that_flood_in_the_simulated_city_are_where_floods_are_reported():
    city = City(profile="small", seed=7, start=date(2025, 4, 1), days=230)
    of_days = [clean_rows(batch.rows, batch.spoiled) for batch in batches(city)]
    rows = pl.concat(
        one.select(pl.exclude("^(segnalante|telefono|email|testo)$")) for one in of_days
    )
    places = rows.select("posizione.lat", "posizione.lng").rows()
    delivered = rows.select(
        report_pid="id",
        category_code="categoria",
        status_code="stato",
        cell_id=pl.Series([h3.latlng_to_cell(*at, 9) for at in places]),
    )

    found = told(delivered).filter(category_code="allagamenti")

    lat, lng = degrees(*np.array(UNDERPASSES).T)
    planted = {h3.latlng_to_cell(*at, 9) for at in zip(lat, lng, strict=True)}
    alone = set(found.filter(resolution_level=9)["cell_id"])
    # Whatever stands alone is an underpass, and half of the eight do: others lie on an edge.
    assert alone <= planted
    assert len(alone) >= 4
    # A report for every four millimetres of rain; nine at most are not told of each rest.
    rain = city.climate.filter(pl.col("on").is_in(city.dates))["rain_mm"].sum()
    hidden = found["reports_count"].null_count()
    expected = REPORTS_A_MM * rain
    assert expected > 80
    reported = found["reports_count"].sum()
    assert expected - 2 * expected**0.5 - 9 * hidden < reported < expected + 2 * expected**0.5
