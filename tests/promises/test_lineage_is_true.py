from collections.abc import Mapping

import polars as pl
import pytest

from assets.declaration import Declaration
from assets.derived_assets import find_declarations
from assets.lineage import TIMES
from assets.twin import Twin
from orchestration.cli.publishers import with_publishers
from tests.assets.lineage_seen import passed_on, unsaid
from tests.promises.town import FIRST_DAY, days, simulated_town

# What an open table publishes is made by the gate of its function's rows: see test_open_tables.
DECLARATIONS = {key: one for key, one in find_declarations().items() if one.release is None}


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    town = simulated_town(tmp_path_factory.mktemp("city"), days=2, only=None)
    with with_publishers(town.settings) as served:
        summary = town.run(
            "bronze/*",
            "silver/*",
            "gold/*",
            first=FIRST_DAY,
            last=days(2)[-1],
            twin=Twin.here(served),
        )
    assert summary.is_success, summary.failures
    return town.twin()


def inputs_of(declaration: Declaration, twin: Twin) -> dict[str, pl.DataFrame]:
    frames = {}
    for name, table in declaration.reads.items():
        rows = twin.lake.read(table).drop(twin.free_texts(table), strict=False).collect()
        if name not in declaration.with_history and "valid_to" in rows.columns:
            rows = rows.filter(pl.col("valid_to").is_null()).drop("valid_from", "valid_to")
        is_delivered = twin.contract_of(table) is not None
        frames[name] = rows if is_delivered else rows.drop("window_on", strict=False)
    return frames


def guarded(declaration: Declaration, twin: Twin) -> Mapping[str, set[str]]:
    """The columns of persons' pseudonyms among the inputs."""
    found = {}
    for name, table in declaration.reads.items():
        contract = twin.contract_of(table)
        stored = contract.stored.items() if contract else ()
        found[name] = {column for column, its in stored if its.is_pseudonym} - set(TIMES)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("key", DECLARATIONS)
def test_every_column_of_the_city_says_what_it_is_made_of(key: str, twin: Twin) -> None:
    declaration = DECLARATIONS[key]
    inputs = inputs_of(declaration, twin)

    silent = unsaid(declaration, inputs)

    assert silent == [], "; ".join(silent)
    assert passed_on(declaration, inputs, guarded(declaration, twin)) == []
    assert declaration.function(**inputs).height > 0
