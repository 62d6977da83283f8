from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.adapters.raw import LINE, PAYLOAD
from infra.arrivals import Payload
from infra.simulator import Simulation
from infra.simulator.run import found_datasets
from quality.contract.load import BUILT_IN, load_contract
from quality.contract.model import Contract

KEYS = sorted(one.KEY for one in found_datasets() if (BUILT_IN / one.KEY).is_dir())


def _contract(key: str) -> Contract:
    return load_contract(BUILT_IN / key)


def _names(path: Path, contract: Contract) -> set[str]:
    content = Payload(path.name, path.read_bytes(), datetime.now(UTC), None)
    return set(contract.source.read([content]).frame.columns) - {PAYLOAD, LINE}


@pytest.mark.parametrize("key", KEYS)
def test_a_delivery_has_the_columns_that_its_contract_reads_or_drops(
    key: str, week: Simulation
) -> None:
    contract = _contract(key)
    (place,) = (dataset.PLACE for dataset in found_datasets() if key == dataset.KEY)
    folder, _, name = contract.source.url.replace(f"{{{place}}}", place).rpartition("/")
    files = sorted((week.out / folder).glob(name.split("{")[0].split("*")[0] + "*"))

    assert files
    for path in files:
        undeclared = _names(path, contract) - set(contract.delivered) - set(contract.dropped)
        assert undeclared <= {"batteria_v"}
        assert set(contract.delivered) | set(contract.dropped) <= _names(path, contract)


@pytest.mark.parametrize("key", KEYS)
def test_a_sample_has_the_columns_of_its_contract(key: str) -> None:
    contract = _contract(key)
    (sample,) = (BUILT_IN / key).glob("sample.*")

    assert _names(sample, contract) == set(contract.delivered) | set(contract.dropped)


@pytest.mark.parametrize("key", KEYS)
def test_every_column_says_in_italian_what_it_is(key: str) -> None:
    for column in _contract(key).columns.values():
        assert column.description.endswith(".")
