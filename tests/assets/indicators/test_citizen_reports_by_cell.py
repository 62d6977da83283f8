import h3
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.indicators.citizen_reports_by_cell import citizen_reports_by_cell, declaration
from assets.measured import check_trust
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


@pytest.mark.shows("planted", "gold/safety/citizen_reports_by_cell")
def test_the_corner_where_people_report_most_is_found():
    cells = sorted(h3.cell_to_children(h3.cell_to_parent(CELL, 8), 9))

    found = told(reports(*((cell, "aperta", 60 if cell == CELL else 12) for cell in cells)))

    assert found.sort("reports_count")["cell_id"][-1] == CELL
    assert found["reports_count"].sum() == 60 + 12 * 6
