"""Opening arrivals: the one way from a sealed delivery to raw rows.

Only the privacy code and the seal may import this: see the import rules in pyproject.toml.
"""

from infra.adapters import Adapter
from infra.adapters.raw import RawRows
from infra.arrivals import Arrivals, Payload


def payloads_of(arrivals: Arrivals) -> tuple[Payload, ...]:
    """The files or pages of a delivery, in its order."""
    return arrivals._payloads


def open_arrivals(arrivals: Arrivals, adapter: Adapter) -> RawRows:
    """Read a delivery as its contract says. Raises ContractError if a file is unreadable."""
    return adapter.read(payloads_of(arrivals))
