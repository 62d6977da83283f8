import polars as pl
import pytest

from assets.declaration import Declaration, given
from assets.derive import derive
from assets.derived_assets import find_declarations
from assets.twin import commit_notes
from tests.promises.town import ELECTRICITY, PARKING, Town

DECLARATIONS = find_declarations()


def counted(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(
        rows_count=pl.len().cast(pl.Int64),
        windows_count=pl.col("window_on").n_unique().cast(pl.Int64),
    )


@pytest.mark.parametrize("table", [PARKING, ELECTRICITY])
def test_a_table_made_as_a_whole_reads_all_windows_of_what_comes_in_windows(
    landed: Town, table: str
) -> None:
    twin = landed.twin()
    delivered = pl.read_delta(str(landed.lake / table))
    whole = Declaration(
        function=counted,
        key="silver/mobility/counted",
        reads={"rows": table},
        gives={"rows_count": given("Rows."), "windows_count": given("Windows.")},
        key_columns=(),
        window_by=None,
        title="Counted",
        method_version="1",
        literature="None.",
    )

    made = derive(
        whole,
        DECLARATIONS | {whole.key: whole},
        twin=twin,
        requested=None,
        notes=commit_notes("run"),
    )

    assert made.frame.rows() == [
        (delivered.n_unique(twin.contract_of(table).primary_key), delivered["window_on"].n_unique())
    ]
    assert delivered["window_on"].n_unique() > 1


@pytest.mark.parametrize("key", DECLARATIONS)
def test_no_column_names_an_origin_twice(key):
    for column, its in DECLARATIONS[key].gives.items():
        assert len(set(its.made_of)) == len(its.made_of), column
