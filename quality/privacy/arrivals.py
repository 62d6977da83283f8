"""What may be known of a delivery without looking at its rows: its keyed id and its windows."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from infra.adapters import Adapter
from infra.adapters.opening import payloads_of
from infra.arrivals import Arrivals
from infra.keys import Keyring
from infra.seal import delivery_id as sealed_delivery_id
from quality.contract.earlier import Earlier, earlier_on, layout_end, read_as
from quality.contract.model import Contract

# An answer without rows is some words around an empty list, or a line of names.
_MOST_EMPTY_BYTES: Final = 4096

__all__ = [
    "Layout",
    "by_layout",
    "content_of",
    "delivery_id",
    "layouts_in",
    "of_windows",
    "version_of_each_date",
    "window_of_each",
    "window_starts",
]


def delivery_id(arrivals: Arrivals, keyring: Keyring, *, policy: str = "") -> str:
    """A keyed id that changes with the content of the delivery and with the policy."""
    return sealed_delivery_id(arrivals, keyring, policy=policy)


def content_of(arrivals: Arrivals, contract: Contract) -> Hashable:
    """What is equal for two deliveries without rows only if they are read and judged alike.

    The names and bytes of the files and how they are laid out, whatever windows they are for. None
    for what is too large to hold no row.
    """
    if arrivals.bytes_count > _MOST_EMPTY_BYTES:
        return None
    files = tuple((payload.name, payload.content) for payload in payloads_of(arrivals))
    return files, tuple(layouts_in(arrivals, contract))


def window_of_each(arrivals: Arrivals) -> list[date | None]:
    """For each payload, in order: the window its name says it is for, or None."""
    return [payload.window_start for payload in payloads_of(arrivals)]


@dataclass(frozen=True, repr=False)
class Layout:
    """The files of a delivery that are laid out alike: their `places` in it, and how to read them.

    `contract` is the contract as it is for them, without earlier layouts.
    """

    contract: Contract
    arrivals: Arrivals
    places: tuple[int, ...]
    earlier: Earlier | None = None

    def read_by(self, adapter: Adapter) -> Adapter:
        """The adapter, with the keys that this layout reads by."""
        return adapter if self.earlier is None else read_as(adapter, self.earlier.source)


def by_layout(arrivals: Arrivals, contract: Contract) -> list[Layout]:
    """The delivery by the layouts of its files, the oldest first.

    A file is laid out as on the first day of its window, or where its name says none as on the day
    it was last changed.
    """
    payloads = payloads_of(arrivals)
    if not contract.earlier or not payloads:
        return [Layout(contract.on(date.max), arrivals, tuple(range(len(payloads))))]
    of_each = [earlier_on(contract, day) for day in _days(arrivals)]
    found = []
    for until in sorted({_until(earlier) for earlier in of_each}):
        places = tuple(place for place, one in enumerate(of_each) if _until(one) == until)
        part = Arrivals([payloads[place] for place in places])
        found.append(Layout(contract.on(until), part, places, of_each[places[0]]))
    return found


def layouts_in(arrivals: Arrivals, contract: Contract) -> list[date]:
    """The last day of each layout this delivery has, in order; the end of time for today's."""
    return sorted({layout_end(contract, day) for day in _days(arrivals)}) or [date.max]


def _days(arrivals: Arrivals) -> list[date]:
    return [each.window_start or each.modified_at.date() for each in payloads_of(arrivals)]


def _until(earlier: Earlier | None) -> date:
    return date.max if earlier is None else earlier.valid_until


def window_starts(arrivals: Arrivals) -> list[date]:
    """The windows the publisher's file names speak of, in order; empty if they name none."""
    return sorted({start for start in window_of_each(arrivals) if start is not None})


def version_of_each_date(arrivals: Arrivals) -> list[Arrivals]:
    """Each payload as a delivery of its own, oldest first; of several of one date the last."""
    by_date = {payload.modified_at: payload for payload in payloads_of(arrivals)}
    return [Arrivals([by_date[date]]) for date in sorted(by_date)]


def of_windows(arrivals: Arrivals, starts: Sequence[date | None]) -> Arrivals:
    """The part of a delivery that is for these windows; all of it where names say nothing."""
    if not window_starts(arrivals):
        return arrivals
    wanted = set(starts)
    return Arrivals([p for p in payloads_of(arrivals) if p.window_start in wanted])
