"""How a delivery lands: pulled, sealed, protected, judged, committed. One step, in memory."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

import polars as pl

from infra.arrivals import Arrivals
from infra.counting import counted
from infra.errors import DeliveryRefused
from infra.keys import Keyring
from infra.lake import Lake
from infra.seal import SealedDelivery
from infra.windows import Window, consecutive
from quality.answers import known_answers, remember_answers
from quality.committing import commit, quarantined
from quality.contract.model import Adapter, Contract
from quality.drift import NOTE, breaking_words, changes, remembered, since_when, to_note
from quality.erasure.returning import without_erased
from quality.judgement import judge
from quality.landed import Landing, joined
from quality.news import Marks, new_versions, news_of
from quality.placing import Placed, limits, range_of
from quality.privacy.arrivals import delivery_id, of_windows, window_of_each
from quality.privacy.cutting import is_cut
from quality.privacy.drift import check_claim
from quality.privacy.gate import protect
from quality.shrinking import shrunk_of
from quality.tables import bronze_key, quarantine_key
from quality.workplace import Workplace

__all__ = ["Landing", "Workplace", "land", "land_arrivals"]

# A refusal names the commonest reasons; a file with every fault there is would fill a page.
_MOST_REASONS: Final = 6
# Old windows may be loaded after new ones; further back nobody looks for what came before them.
_COMMITS_LOOKED_AT: Final = 20


def land(
    contract: Contract,
    window: Window,
    *,
    at: Workplace,
    adapter: Adapter,
    notes: Mapping[str, str],
    now: datetime,
) -> Landing:
    """Pull the delivery of these windows and publish it, or publish nothing.

    Windows that already hold exactly this delivery under exactly this contract are left alone.
    Raises PublisherUnavailable, DeliveryRefused, or TwinError; the tables are then as before.
    """
    known = known_answers(contract, window, at=at, now=now)
    arrivals = adapter.pull(window, known) if known else adapter.pull(window)
    if arrivals.unchanged and not arrivals.payloads_count:
        return Landing(delivery_id=None, windows=(), version=at.lake.version(bronze_key(contract)))
    parts = [arrivals]
    if window.is_static and adapter.sends_versions:
        parts = new_versions(contract, arrivals, at.lake)
    landings = []
    for place, part in enumerate(parts):
        # One after the other, also for whoever lands them again from the archive.
        came_at = now + timedelta(microseconds=place)
        landings.append(
            land_arrivals(contract, window, part, at=at, adapter=adapter, notes=notes, now=came_at)
        )
    remember_answers(contract, arrivals, at=at, now=now)
    return joined(landings, version=at.lake.version(bronze_key(contract)))


def land_arrivals(
    contract: Contract,
    window: Window,
    arrivals: Arrivals,
    *,
    at: Workplace,
    adapter: Adapter,
    notes: Mapping[str, str],
    now: datetime,
    sealed: SealedDelivery | None = None,
    only: Collection[date] | None = None,
) -> Landing:
    """Publish a delivery that has been pulled, or was `sealed` before; see `land`.

    `only` some of its windows, where a later delivery took the place of the others.
    """
    marks = news_of(contract, window, arrivals, at=at, now=now)
    if only is not None:
        marks = {start: mark for start, mark in marks.items() if start in only}
    if not marks:
        return Landing(delivery_id=None, windows=(), version=at.lake.version(bronze_key(contract)))
    # From the look at who was erased to the last commit nobody may erase anything beside it.
    with at.lake.writing(bronze_key(contract), quarantine_key(contract)):
        return _land_news(
            contract,
            window,
            without_erased(contract, arrivals, at=at, adapter=adapter),
            marks=marks,
            at=at,
            adapter=adapter,
            notes=notes,
            now=now,
            sealed=sealed,
        )


def _land_news(
    contract: Contract,
    window: Window,
    arrivals: Arrivals,
    *,
    marks: Marks,
    at: Workplace,
    adapter: Adapter,
    notes: Mapping[str, str],
    now: datetime,
    sealed: SealedDelivery | None,
) -> Landing:
    stale = list(marks)
    # Sealed before, it is judged as a whole, as when it came: each row has its place in it again.
    is_new = sealed is None
    fresh = of_windows(arrivals, stale) if is_new else arrivals
    if sealed is None:
        key = at.key_in_use(contract)
        sealed = _seal(contract, range_of(contract, stale), fresh, at=at, now=now, key=key)
    # As of when it came, so that landing it again, or from the archive, says the same.
    now = sealed.sealed_at if sealed else now
    keyring = at.keyring_of(contract, sealed)
    on = _day_of(stale, now)
    memory = remembered(_notes_of(contract, at.lake), on)
    with since_when(memory):
        protected = protect(fresh, contract, keyring, adapter=adapter, window=window)
    changed = changes(protected.drift, memory, contract, on)
    if protected.delivered_count == 0 and not adapter.may_be_empty and not is_cut(fresh):
        raise DeliveryRefused(
            f"{contract.key}: nothing was published. The delivery holds no row, and publishing it "
            "would empty the table; ask the publisher for a complete one",
            check="contract",
        )
    verdict = judge(
        protected.frame,
        contract,
        refused_before=protected.refused.height,
        delivered_count=protected.delivered_count,
        window=limits(contract, window, adapter, now),
        payload_windows=window_of_each(fresh),
    )
    if verdict.stops:
        why = _why(protected.refused, verdict.refused)
        said = " ".join([*verdict.stops, *why, *breaking_words(changed)])
        raise DeliveryRefused(f"{contract.key}: nothing was published. {said}", check="contract")
    check_claim(verdict.kept, contract)
    placed = Placed.of(contract, stale, fresh, protected=protected, verdict=verdict, now=now)
    shrunk = shrunk_of(contract, stale, placed, at=at, sealed=sealed) if is_new else ()
    if shrunk:
        lost = {one.start for one in shrunk}
        stale = [start for start in stale if start not in lost]
        marks = {start: marks[start] for start in stale}
        if not stale:
            version = at.lake.version(bronze_key(contract))
            return Landing(None, (), changes=changed, version=version, shrunk=shrunk)
        placed, fresh = placed.of_windows(stale, fresh), of_windows(fresh, stale)
        key = at.key_of(contract, sealed)
        # Each unbroken range for itself: the windows between were not published from it.
        for run in consecutive([start for start in stale if start], contract.cadence):
            sealed = _seal(contract, run, fresh, at=at, now=now, key=key)
    known_as = sealed.delivery_id if sealed else delivery_id(fresh, at.keyring)
    until = (sealed.expires_on or date.max) if sealed else None
    refused = quarantined(contract, placed.refused, delivery_id=known_as, sealed_until=until)
    landing = Landing(
        delivery_id=known_as,
        windows=_told(contract, placed, stale, at.lake),
        delivered_count=protected.delivered_count,
        kept_count=placed.kept.height,
        refused_count=refused.height,
        elsewhere_count=placed.elsewhere_count,
        results=verdict.results,
        drift=protected.drift,
        changes=changed,
        refused_by_rule=dict(refused.group_by("rule").len().sort("rule").iter_rows()),
        nobody_counts={
            name: placed.kept[name].null_count()
            for name, column in contract.stored.items()
            if column.is_pseudonym
        },
        shrunk=shrunk,
    )
    version = commit(
        contract,
        marks,
        lake=at.lake,
        kept=placed.kept,
        refused=refused,
        changed_at=_changed_at(contract, fresh, at.lake, now),
        notes={
            **notes,
            **_counts(contract, landing, keyring),
            NOTE: to_note(protected.drift, memory, on),
        },
    )
    return replace(landing, version=version)


def _day_of(stale: Sequence[date | None], now: datetime) -> date:
    """The day a delivery is of: the last window it brings, or the day it came."""
    starts = [start for start in stale if start is not None]
    return min(max(starts), now.date()) if starts else now.date()


def _notes_of(contract: Contract, lake: Lake) -> Iterator[Mapping[str, str]]:
    """The notes of the last commits, newest first; the first is at hand."""
    table = bronze_key(contract)
    if lake.exists(table):
        yield lake.last_notes(table)
        yield from (commit.notes for commit in lake.history(table, limit=_COMMITS_LOOKED_AT))


def _why(*refused: pl.DataFrame) -> list[str]:
    """What the refused rows broke, and where the first of each kind stood; never a value."""
    columns = ["__payload", "__line", "reason"]
    rows = pl.concat([frame.select(columns) for frame in refused])
    if rows.is_empty():
        return []
    kinds = (
        rows.group_by("reason", maintain_order=True)
        .agg(pl.len().alias("count"), pl.col("__payload", "__line").first())
        .sort("count", descending=True)
    )
    said = [
        f"{count} × {reason} (first: file {payload + 1}, line {line})"
        for reason, count, payload, line in kinds.head(_MOST_REASONS).iter_rows()
    ]
    more = kinds.height - _MOST_REASONS
    rest = f"; and {counted(more, 'other reason')}" if more > 0 else ""
    return [f"Refused: {'; '.join(said)}{rest}."]


def _seal(
    contract: Contract,
    window: Window,
    arrivals: Arrivals,
    *,
    at: Workplace,
    now: datetime,
    key: tuple[str, int] | None,
) -> SealedDelivery | None:
    """Keep a sealed copy for as long as the contract says; None where it says not at all."""
    if contract.archive_days == 0:
        return None
    forever = contract.archive_days == "forever"
    return at.archive.put(
        contract.key,
        window,
        arrivals,
        sealed_at=now,
        expires_on=None if forever else now.date() + timedelta(days=int(contract.archive_days)),
        key=key,
    )


def _told(
    contract: Contract, placed: Placed, stale: Sequence[date | None], lake: Lake
) -> tuple[date, ...]:
    """The landed windows that hold a row now, or held one before.

    A file without windows in its name stands for every day since the series began, and most of
    them are empty: whoever lists what was written is not told of those.
    """
    if contract.is_static:
        return ()
    table = bronze_key(contract)
    held = lake.changed_windows(table, after_version=None) if lake.exists(table) else ()
    filled = {*placed.kept["window_on"].unique(), *placed.refused["window_on"].unique()}
    return tuple(sorted({*filled, *(held or ())} & set(stale)))


def _changed_at(contract: Contract, arrivals: Arrivals, lake: Lake, now: datetime) -> datetime:
    """Since when the rows of a static table are as delivered: the file's own date, UTC.

    History grows at its end only: a file that came later but is dated earlier holds from now on.
    """
    stated = arrivals.modified_at or now
    newest = lake.instant(bronze_key(contract)) if contract.is_static else None
    return stated if newest is None or stated >= newest else max(now, newest)


def _counts(contract: Contract, landing: Landing, keyring: Keyring) -> dict[str, str]:
    domain = contract.key_domain
    return {
        "delivery": landing.delivery_id or "",
        "contract": contract.version,
        "rows_delivered": str(landing.delivered_count),
        "rows_kept": str(landing.kept_count),
        "rows_refused": str(landing.refused_count),
        "rows_elsewhere": str(landing.elsewhere_count),
        **({} if domain is None else {"key": keyring.key_id(domain)}),
    }
