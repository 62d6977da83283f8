"""Opening arrivals: the one way from a sealed delivery to raw rows.

Only the privacy code and the seal may import this: see the import rules in pyproject.toml.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from infra.adapters.form import FileForm
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


def let_go(arrivals: Arrivals) -> None:
    """Forget what a delivery holds, for it has been read; names, windows and receipts stay."""
    for payload in payloads_of(arrivals):
        payload.let_go()


def open_arrivals(arrivals: Arrivals, adapter: "Adapter") -> RawRows:
    """Read a delivery as its contract says. Raises ContractError if a file is unreadable."""
    return adapter.read(payloads_of(arrivals))


def open_whole(arrivals: Arrivals, adapter: "Adapter") -> Iterator[RawRows]:
    """Yield all rows of a delivery at once; see `open_in_pieces`."""
    yield open_arrivals(arrivals, adapter)


def open_in_pieces(arrivals: Arrivals, adapter: "Adapter") -> Iterator[RawRows]:
    """Yield the same rows, piece by piece where the delivery is large.

    Pieces are for whoever needs no other row to understand one. Where the protocol itself looks
    at all rows there is one piece.
    """
    if isinstance(adapter, FileForm):
        yield from adapter.read_in_pieces(payloads_of(arrivals))
    else:
        yield adapter.read(payloads_of(arrivals))
