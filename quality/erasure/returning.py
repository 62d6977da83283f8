"""Keeping out whoever was erased, when a publisher sends their rows again."""

from infra.arrivals import Arrivals
from quality.contract.model import Adapter, Contract
from quality.privacy.cutting import cut
from quality.privacy.persons import not_wanted_back
from quality.workplace import Workplace


def without_erased(
    contract: Contract, arrivals: Arrivals, *, at: Workplace, adapter: Adapter
) -> Arrivals:
    """A delivery as it came, but for the rows of those who asked to be erased.

    It is known by what it was: the same one again is no news. Where nobody was erased whose kind of
    identifier the contract reads, nothing is opened. Raises ContractError where a file cannot be
    read, and where one that holds such a row cannot be cut.
    """
    wanted = not_wanted_back(contract, at.archive.erasures.all(), at.keyring)
    if wanted is None:
        return arrivals
    found = cut(arrivals, contract, wanted, adapter=adapter, keyring=at.keyring)
    return found.left if found.is_changed else arrivals
