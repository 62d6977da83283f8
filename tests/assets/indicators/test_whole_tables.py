import pytest

from assets.derived_assets import find_declarations
from assets.twin import Twin
from infra.settings import Settings

DECLARATIONS = find_declarations()
WHOLE = [key for key, one in DECLARATIONS.items() if one.window_by is None]


@pytest.mark.parametrize("key", WHOLE)
def test_a_table_made_as_a_whole_reads_all_windows_of_what_comes_in_windows(key, tmp_path):
    twin = Twin.here(Settings.load({}, tmp_path))
    declaration = DECLARATIONS[key]

    def comes_in_windows(table: str) -> bool:
        contract = twin.contract_of(table)
        return not contract.is_static if contract else DECLARATIONS[table].window_by is not None

    in_windows = {name for name, table in declaration.reads.items() if comes_in_windows(table)}
    # Of an input in windows it is else given the days computed, and a whole table computes none.
    assert in_windows <= set(declaration.with_history)


@pytest.mark.parametrize("key", DECLARATIONS)
def test_no_column_names_an_origin_twice(key):
    for column, given in DECLARATIONS[key].gives.items():
        assert len(set(given.made_of)) == len(given.made_of), column
