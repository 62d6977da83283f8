from collections.abc import Iterable
from datetime import UTC, date, datetime

import pytest

from infra.adapters.opening import payloads_of
from infra.adapters.raw import LINE, PAYLOAD
from infra.arrivals import Payload
from infra.settings import Settings
from infra.simulator.run import found_datasets
from infra.windows import Window
from quality.contract.load import BUILT_IN, load_contract
from quality.contract.model import Contract

KEYS = sorted(one.KEY for one in found_datasets() if (BUILT_IN / one.KEY).is_dir())
WEEK = (date(2025, 3, 24), date(2025, 3, 30))


def _contract(key: str) -> Contract:
    return load_contract(BUILT_IN / key)


def _names(payloads: Iterable[Payload], contract: Contract) -> set[str]:
    return set(contract.source.read(list(payloads)).frame.columns) - {PAYLOAD, LINE}


@pytest.mark.parametrize("key", KEYS)
def test_a_delivery_has_the_columns_that_its_contract_reads_or_drops(
    key: str, served: Settings
) -> None:
    contract = _contract(key)
    adapter = contract.source.resolved(lambda url: served.resolve(url, contract=key))
    window = Window.between(*WEEK, contract.cadence)

    payloads = payloads_of(adapter.pull(window))

    assert payloads
    for payload in payloads:
        undeclared = _names([payload], contract) - set(contract.delivered) - set(contract.dropped)
        assert undeclared <= {"batteria_v"}
        assert set(contract.delivered) | set(contract.dropped) <= _names([payload], contract)


@pytest.mark.parametrize("key", KEYS)
def test_a_sample_has_the_columns_of_its_contract(key: str) -> None:
    contract = _contract(key)
    (sample,) = (BUILT_IN / key).glob("sample.*")
    payload = Payload(sample.name, sample.read_bytes(), datetime.now(UTC), None)

    assert _names([payload], contract) == set(contract.delivered) | set(contract.dropped)


@pytest.mark.parametrize("key", KEYS)
def test_every_column_says_in_italian_what_it_is(key: str) -> None:
    for column in _contract(key).columns.values():
        assert column.description.endswith(".")
