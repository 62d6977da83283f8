import h3
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from assets.coarser import coarsened

CENTRE = h3.latlng_to_cell(45.54, 10.22, 9)
AROUND = sorted(h3.grid_disk(CENTRE, 6))
counts_of_city = st.dictionaries(st.sampled_from(AROUND), st.integers(0, 6), min_size=1)


def frame(counts: dict[str, int]) -> pl.DataFrame:
    return pl.DataFrame(
        {"cell_id": list(counts), "count": list(counts.values())},
        schema={"cell_id": pl.String, "count": pl.Int64},
    )


def test_a_cell_with_three_stands_alone_and_its_neighbours_together():
    parent = h3.cell_to_parent(CENTRE, 8)
    other, third = [cell for cell in h3.cell_to_children(parent, 9) if cell != CENTRE][:2]

    rows = coarsened(frame({CENTRE: 3, other: 2, third: 1}), least=3)

    assert rows["row_cell_id"].to_list() == [CENTRE, parent, parent]
    assert rows["is_enough"].to_list() == [True, True, True]


def test_what_is_too_few_even_together_is_said_to_be():
    rows = coarsened(frame({CENTRE: 2}), least=3)

    assert rows.row(0) == (CENTRE, h3.cell_to_parent(CENTRE, 7), 7, False)


@given(counts_of_city)
def test_each_cell_is_in_one_row_and_each_row_that_is_shown_has_enough(counts):
    cells = frame(counts)

    rows = coarsened(cells, least=3)

    assert rows["cell_id"].to_list() == cells["cell_id"].to_list()
    sums = (
        rows.with_columns(cells["count"])
        .group_by("row_cell_id")
        .agg(pl.col("count").sum(), pl.col("is_enough").unique())
    )
    assert sums["count"].sum() == sum(counts.values())
    assert all(is_enough == [count >= 3] for _, count, is_enough in sums.rows())


@given(counts_of_city, st.randoms())
def test_rows_hang_on_no_order_of_cells(counts, random):
    cells = list(counts.items())
    random.shuffle(cells)

    one, other = (coarsened(frame(dict(some)), least=3) for some in (counts.items(), cells))

    assert one.sort("cell_id").equals(other.sort("cell_id"))


def test_no_cells_are_no_rows():
    assert coarsened(frame({}), least=3).height == 0
