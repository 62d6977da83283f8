"""Opening arrivals: the one way from a sealed delivery to raw rows.

Only the privacy code and the seal may import this: see the import rules in pyproject.toml.
"""

from typing import TYPE_CHECKING

from infra.adapters.raw import RawRows
from infra.arrivals import Arrivals, Payload, Receipt

if TYPE_CHECKING:
    from infra.adapters import Adapter


def payloads_of(arrivals: Arrivals) -> tuple[Payload, ...]:
    """The files or pages of a delivery, in its order."""
    return arrivals._payloads


def receipts_of(arrivals: Arrivals) -> tuple[Receipt, ...]:
    """What was asked for a delivery, and how its publisher named each answer."""
    return arrivals._receipts


def open_arrivals(arrivals: Arrivals, adapter: "Adapter") -> RawRows:
    """Read a delivery as its contract says. Raises ContractError if a file is unreadable."""
    return adapter.read(payloads_of(arrivals))
