"""What of a delivery is news: a mark for each window, and the windows that do not have it yet."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from typing import Final

from infra.arrivals import Arrivals
from infra.keys import Keyring
from infra.lake import Lake
from infra.windows import Window
from quality.contract.model import Contract
from quality.privacy.arrivals import delivery_id, layouts_in, of_windows, window_starts
from quality.tables import bronze_key, quarantine_key
from quality.workplace import Workplace

# Counts as a change of everything that landed: raised when the gate, the judge or the way rows are
# stored change meaning.
METHOD_VERSION: Final = "2"

Marks = Mapping[date | None, int]


def news_of(
    contract: Contract, window: Window, arrivals: Arrivals, *, at: Workplace, now: datetime
) -> Marks:
    """The windows to write, in order, with the mark each gets; none if the tables hold it all.

    A whole file says all there is of every window, so those that landed before are brought up to
    date with those asked for: a row that moved to another day leaves the one it stood on.
    """
    mark_of = _marker(contract, at.keyring)
    if window.is_static:
        mark = mark_of(arrivals)
        return {} if _marks_of_whole(contract, at.lake) == {mark} else {None: mark}
    named = window_starts(arrivals)
    if named:
        groups = {start: of_windows(arrivals, [start]) for start in named}
        marks = {start: mark_of(group) for start, group in groups.items()}
        known = _known(contract, marks, at.lake)
    else:
        span = [*window.starts(), *_until(contract, window, now)]
        known = _known(contract, span, at.lake)
        marks = dict.fromkeys({*window.starts(), *known}, mark_of(arrivals))
    return {start: marks[start] for start in sorted(marks) if known.get(start) != {marks[start]}}


def landed_windows(
    contract: Contract, window: Window, *, at: Workplace, now: datetime
) -> set[date]:
    """The windows of a table that a delivery has been landed for, if it brought rows or not."""
    return set(_known(contract, _until(contract, window, now), at.lake))


def holds(contract: Contract, arrivals: Arrivals, at: Workplace) -> bool:
    """Whether a static table holds exactly this delivery, under exactly this contract."""
    return _marks_of_whole(contract, at.lake) == {_marker(contract, at.keyring)(arrivals)}


def _marker(contract: Contract, keyring: Keyring) -> Callable[[Arrivals], int]:
    """Gives a number that changes with what was delivered and with the contract."""

    @cache
    def version(layout: date) -> str:
        return contract.on(layout).rules_version

    def mark(arrivals: Arrivals) -> int:
        # Of their layouts only: what is said of later ones makes no old window stale.
        versions = [version(layout) for layout in layouts_in(arrivals, contract)]
        policy = f"{'+'.join(versions)}/{METHOD_VERSION}"
        return int(delivery_id(arrivals, keyring, policy=policy)[:15], 16)

    return mark


def _until(contract: Contract, window: Window, now: datetime) -> Iterable[date]:
    if contract.since is None:
        return []
    # A row of the next day of UTC may come this evening.
    last = max(now.date() + timedelta(days=1), contract.since)
    return Window.between(contract.since, last, window.cadence).starts()


def _known(contract: Contract, starts: Iterable[date], lake: Lake) -> dict[date, set[int | None]]:
    """The marks of the windows that landed: one each, but after a run that was cut off.

    Quarantine is written first. Had it been cut off there, and the delivery of before come back,
    bronze alone would call that no news.
    """
    wanted = list(dict.fromkeys(starts))
    kept = lake.marks(bronze_key(contract), wanted)
    refused = lake.marks(quarantine_key(contract), wanted)
    return {start: {kept.get(start), refused.get(start)} for start in {*kept, *refused}}


def _marks_of_whole(contract: Contract, lake: Lake) -> set[int | None]:
    return {lake.mark(bronze_key(contract)), lake.mark(quarantine_key(contract))}
