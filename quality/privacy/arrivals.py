"""What may be known of a delivery without looking at its rows: its keyed id and its windows."""

from collections.abc import Sequence
from datetime import date

from infra.adapters.opening import payloads_of
from infra.arrivals import Arrivals
from infra.keys import Keyring
from infra.seal import delivery_id as sealed_delivery_id

__all__ = ["delivery_id", "of_windows", "version_of_each_date", "window_of_each", "window_starts"]


def delivery_id(arrivals: Arrivals, keyring: Keyring, *, policy: str = "") -> str:
    """A keyed id that changes with the content of the delivery and with the policy."""
    return sealed_delivery_id(arrivals, keyring, policy=policy)


def window_of_each(arrivals: Arrivals) -> list[date | None]:
    """For each payload, in order: the window its name says it is for, or None."""
    return [payload.window_start for payload in payloads_of(arrivals)]


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
