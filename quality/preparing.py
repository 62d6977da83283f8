"""What stands between a pulled delivery and its commit: it is sealed, protected and judged."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

import polars as pl

from infra.arrivals import Arrivals
from infra.counting import counted
from infra.errors import DeliveryRefused
from infra.lake import Lake
from infra.seal import SealedDelivery
from infra.windows import Window, consecutive
from quality.before import Before
from quality.committing import quarantined
from quality.contract.model import Adapter, Contract
from quality.drift import NOTE, breaking_words, changes, remembered, since_when, to_note
from quality.erasure.returning import without_erased
from quality.judgement import judge
from quality.landed import Landing
from quality.news import Marks
from quality.placing import Placed, limits, range_of
from quality.privacy.arrivals import content_of, delivery_id, of_windows, window_of_each
from quality.privacy.cutting import is_cut
from quality.privacy.drift import check_claim
from quality.privacy.gate import protect
from quality.publishing import Ready
from quality.shrinking import forget, shrunk_of
from quality.tables import bronze_key
from quality.workplace import Workplace

# A refusal names the commonest reasons; a file with every fault there is would fill a page.
_MOST_REASONS: Final = 6


def prepare(
    contract: Contract,
    window: Window,
    arrivals: Arrivals,
    marks: Marks,
    *,
    at: Workplace,
    adapter: Adapter,
    now: datetime,
    sealed: SealedDelivery | None,
    before: Before,
) -> Ready | Landing:
    """Seal, protect and judge the windows of a delivery that get these marks; commit nothing.

    Whoever calls this holds the tables (`Lake.writing`) until what is ready is published. A landing
    where nothing is to be written. Raises what `land` raises.
    """
    arrivals = without_erased(contract, arrivals, at=at, adapter=adapter)
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
    memory = remembered(before.notes(), on)
    content = content_of(fresh, contract), at.key_of(contract, sealed)
    known = before.empty.get(content)
    with since_when(memory):
        # What is not published after all can be had from the archive.
        protected = (
            known[0]
            if known
            else protect(fresh, contract, keyring, adapter=adapter, window=window, lets_go=True)
        )
    changed = changes(protected.drift, memory, contract, on)
    if protected.delivered_count == 0 and not adapter.may_be_empty and not is_cut(fresh):
        raise DeliveryRefused(
            f"{contract.key}: nothing was published. The delivery holds no row, and publishing it "
            "would empty the table; ask the publisher for a complete one",
            check="contract",
        )
    verdict = (
        known[1]
        if known
        else judge(
            protected.frame,
            contract,
            refused_before=protected.refused.height,
            delivered_count=protected.delivered_count,
            window=limits(contract, window, adapter, now),
            payload_windows=window_of_each(fresh),
        )
    )
    if protected.delivered_count == 0 and content[0] is not None:
        before.empty[content] = protected, verdict
    if verdict.stops:
        why = _why(protected.refused, verdict.refused)
        said = " ".join([*verdict.stops, *why, *breaking_words(changed)])
        raise DeliveryRefused(f"{contract.key}: nothing was published. {said}", check="contract")
    check_claim(verdict.kept, contract, protected.refused, verdict.refused)
    placed = Placed.of(contract, stale, fresh, protected=protected, verdict=verdict, now=now)
    shrunk = shrunk_of(contract, stale, placed, before, at=at, sealed=sealed) if is_new else ()
    if shrunk:
        lost = {one.start for one in shrunk}
        stale = [start for start in stale if start not in lost]
        marks = {start: marks[start] for start in stale}
        came = None
        if sealed:
            came = at.archive.get(contract.key, sealed.delivery_id, entry=sealed.entry)
        forget(contract, sealed, at)
        if not stale:
            version = at.lake.version(bronze_key(contract))
            return Landing(None, (), changes=changed, version=version, shrunk=shrunk)
        placed, fresh = placed.of_windows(stale, fresh), of_windows(fresh, stale)
        if sealed and came:
            fresh, key = of_windows(came, stale), at.key_of(contract, sealed)
            # Each unbroken range for itself: the windows between were not published from it.
            for run in consecutive([start for start in stale if start], contract.cadence):
                sealed = _seal(contract, run, fresh, at=at, now=now, key=key)
    known_as = sealed.delivery_id if sealed else delivery_id(fresh, at.keyring)
    until = (sealed.expires_on or date.max) if sealed else None
    refused = quarantined(contract, placed.refused, delivery_id=known_as, sealed_until=until)
    landing = Landing(
        delivery_id=known_as,
        windows=_told(contract, placed, stale, before),
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
    domain = contract.key_domain
    columns = to_note(protected.drift, memory, on)
    before.add({NOTE: columns})
    return Ready(
        landing,
        marks,
        lake=at.lake_of(contract, keyring),
        kept=placed.kept,
        refused=refused,
        changed_at=_changed_at(contract, fresh, at.lake, now),
        key_id=None if domain is None else keyring.key_id(domain),
        columns=columns,
    )


def _day_of(stale: Sequence[date | None], now: datetime) -> date:
    """The day a delivery is of: the last window it brings, or the day it came."""
    starts = [start for start in stale if start is not None]
    return min(max(starts), now.date()) if starts else now.date()


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
    contract: Contract, placed: Placed, stale: Sequence[date | None], before: Before
) -> tuple[date, ...]:
    """The landed windows that hold a row now, or held one before.

    A file without windows in its name stands for every day since the series began, and most of
    them are empty: whoever lists what was written is not told of those.
    """
    if contract.is_static:
        return ()
    filled = {*placed.kept["window_on"].unique(), *placed.refused["window_on"].unique()}
    return tuple(sorted({*filled, *before.filled} & set(stale)))


def _changed_at(contract: Contract, arrivals: Arrivals, lake: Lake, now: datetime) -> datetime:
    """Since when the rows of a static table are as delivered: the file's own date, UTC.

    History grows at its end only: a file that came later but is dated earlier holds from now on.
    """
    stated = arrivals.modified_at or now
    newest = lake.instant(bronze_key(contract)) if contract.is_static else None
    return stated if newest is None or stated >= newest else max(now, newest)
