"""What of a delivery is news: a mark for each window, and the windows that do not have it yet."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from typing import Final

from infra.arrivals import Arrivals
from infra.keys import Keyring
from infra.lake import Lake
from infra.windows import Window
from quality.contract.earlier import layout_end
from quality.contract.model import Contract
from quality.privacy.arrivals import (
    delivery_id,
    layouts_in,
    of_windows,
    version_of_each_date,
    window_starts,
)
from quality.tables import bronze_key, quarantine_key
from quality.workplace import Workplace

# Counts as a change of everything that landed: raised when the gate, the judge or the way rows are
# stored change meaning.
METHOD_VERSION: Final = "2"

Marks = Mapping[date | None, int]


def news_of(
    contract: Contract,
    window: Window,
    arrivals: Arrivals,
    *,
    at: Workplace,
    now: datetime,
    only: Collection[date] | None = None,
) -> Marks:
    """The windows to write, in order, with the mark each gets; none if the tables hold it all.

    `only` some of them, where a later delivery took the place of the others.

    A whole file says all there is of every window, so those that landed before are brought up to
    date with those asked for: a row that moved to another day leaves the one it stood on. Where the
    publisher only says that nothing changed, nothing came that could be written.
    """
    if arrivals.unchanged and not arrivals.payloads_count:
        return {}
    said = marks_of(contract, arrivals, at.keyring)
    if window.is_static:
        mark = said[None]
        return {} if marks_of_whole(contract, at.lake) == {mark} else {None: mark}
    whole = said.pop(None, None)
    marks = {start: mark for start, mark in said.items() if start is not None}
    if whole is None:
        known = marks_held(contract, marks, at.lake)
    else:
        known = marks_of_landed(contract, window, at=at, now=now)
        marks = dict.fromkeys({*window.starts(), *known}, whole)
    wanted = marks if only is None else marks.keys() & only
    return {start: marks[start] for start in sorted(wanted) if known.get(start) != {marks[start]}}


def new_versions(contract: Contract, arrivals: Arrivals, lake: Lake) -> list[Arrivals]:
    """The versions of a static table that it may not hold yet, oldest first, and the newest.

    History grows at its end; a table without history is what its newest version says.
    """
    *older, newest = version_of_each_date(arrivals)
    if not contract.primary_key:
        return [newest]
    held = lake.instant(bronze_key(contract))
    return [one for one in older if held is None or (one.modified_at or held) >= held] + [newest]


def marks_of(contract: Contract, arrivals: Arrivals, keyring: Keyring) -> dict[date | None, int]:
    """For each window that a delivery names, the mark it gets; None for one that names none."""
    mark_of = _marker(contract, keyring)
    starts: list[date | None] = [*window_starts(arrivals)]
    if not starts:
        return {None: mark_of(arrivals)}
    return {start: mark_of(of_windows(arrivals, [start])) for start in starts}


def landed_windows(
    contract: Contract, window: Window, *, at: Workplace, now: datetime
) -> set[date]:
    """The windows of a table that a delivery has been landed for, if it brought rows or not."""
    return set(marks_held(contract, _until(contract, window, now), at.lake))


def holds(contract: Contract, arrivals: Arrivals, at: Workplace) -> bool:
    """Whether a static table holds exactly this delivery, under exactly this contract."""
    return marks_of_whole(contract, at.lake) == {_marker(contract, at.keyring)(arrivals)}


def _marker(contract: Contract, keyring: Keyring) -> Callable[[Arrivals], int]:
    """Gives a number that changes with what was delivered and with the contract."""
    rules_on = rules_of(contract)

    def mark(arrivals: Arrivals) -> int:
        # Of their layouts only: what is said of later ones makes no old window stale.
        policy = rules_on(layouts_in(arrivals, contract))
        return int(delivery_id(arrivals, keyring, policy=policy)[:15], 16)

    return mark


def rules_of(contract: Contract) -> Callable[[Iterable[date]], str]:
    """Gives under which rules deliveries of some days land: the contract's, and gate and judge."""

    @cache
    def version(layout: date) -> str:
        return contract.on(layout).rules_version

    def rules(days: Iterable[date]) -> str:
        layouts = {layout_end(contract, day) for day in days}
        return f"{'+'.join(version(layout) for layout in sorted(layouts))}/{METHOD_VERSION}"

    return rules


def _until(contract: Contract, window: Window, now: datetime) -> Iterable[date]:
    if contract.since is None:
        return []
    # A row of the next day of UTC may come this evening.
    last = max(now.date() + timedelta(days=1), contract.since)
    return Window.between(contract.since, last, window.cadence).starts()


Held = Mapping[date, set[int | None]]


def marks_of_landed(contract: Contract, window: Window, *, at: Workplace, now: datetime) -> Held:
    """The marks of these windows and of all that landed before."""
    span = [*window.starts(), *_until(contract, window, now)]
    return marks_held(contract, span, at.lake)


def marks_held(contract: Contract, starts: Iterable[date], lake: Lake) -> Held:
    """The marks of the windows that landed: one each, but after a run that was cut off.

    Quarantine is written first. Had it been cut off there, and the delivery of before come back,
    bronze alone would call that no news.
    """
    wanted = list(dict.fromkeys(starts))
    kept = lake.marks(bronze_key(contract), wanted)
    refused = lake.marks(quarantine_key(contract), wanted)
    return {start: {kept.get(start), refused.get(start)} for start in {*kept, *refused}}


def marks_of_whole(contract: Contract, lake: Lake) -> set[int | None]:
    """The marks of a static table and of its quarantine: one, but after a run that was cut off."""
    return {lake.mark(bronze_key(contract)), lake.mark(quarantine_key(contract))}
