"""How a delivery lands: pulled, sealed, protected, judged, committed. One step, in memory."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final

import polars as pl

from infra.arrivals import Arrivals
from infra.errors import DeliveryRefused
from infra.keys import Keyring
from infra.lake import Lake
from infra.seal import SealedDelivery
from infra.windows import Window
from quality.committing import commit, quarantined
from quality.contract.model import Adapter, Contract
from quality.judgement import RuleResult, judge
from quality.news import news_of
from quality.placing import Placed, limits, range_of
from quality.privacy.arrivals import delivery_id, of_windows, window_of_each
from quality.privacy.drift import Drift, check_claim
from quality.privacy.gate import protect
from quality.tables import bronze_key
from quality.workplace import Workplace

__all__ = ["Landing", "Workplace", "land", "land_arrivals"]

# A refusal names the commonest reasons; a file with every fault there is would fill a page.
_MOST_REASONS: Final = 6


@dataclass(frozen=True)
class Landing:
    """What became of one delivery. Counts and ids only."""

    delivery_id: str | None
    windows: tuple[date, ...]
    delivered_count: int = 0
    kept_count: int = 0
    refused_count: int = 0
    elsewhere_count: int = 0
    results: tuple[RuleResult, ...] = ()
    drift: Drift | None = None
    version: int | None = None
    refused_by_rule: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_news(self) -> bool:
        """Whether anything was written."""
        return self.delivery_id is not None


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
    arrivals = adapter.pull(window)
    return land_arrivals(contract, window, arrivals, at=at, adapter=adapter, notes=notes, now=now)


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
    stale = list(marks)
    # Sealed before, it is judged as a whole, as when it came: each row has its place in it again.
    fresh = arrivals if sealed else of_windows(arrivals, stale)
    sealed = sealed or _seal(contract, range_of(contract, stale), fresh, at=at, now=now)
    # As of when it came, so that landing it again, or from the archive, says the same.
    now = sealed.sealed_at if sealed else now
    keyring = at.keyring_of(contract, sealed)
    protected = protect(fresh, contract, keyring, adapter=adapter, window=window)
    if protected.delivered_count == 0 and not adapter.names_windows:
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
        said = " ".join([*verdict.stops, *_why(protected.refused, verdict.refused)])
        raise DeliveryRefused(f"{contract.key}: nothing was published. {said}", check="contract")
    check_claim(verdict.kept, contract)
    placed = Placed.of(contract, stale, fresh, protected=protected, verdict=verdict, now=now)
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
        refused_by_rule=dict(refused.group_by("rule").len().sort("rule").iter_rows()),
    )
    version = commit(
        contract,
        marks,
        lake=at.lake,
        kept=placed.kept,
        refused=refused,
        changed_at=_changed_at(contract, fresh, at.lake, now),
        notes={**notes, **_counts(contract, landing, keyring)},
    )
    return replace(landing, version=version)


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
        f"{count} × {reason} (first: file {payload}, line {line})"
        for reason, count, payload, line in kinds.head(_MOST_REASONS).iter_rows()
    ]
    more = kinds.height - _MOST_REASONS
    return [f"Refused: {'; '.join(said)}" + (f"; and {more} other reasons." if more > 0 else ".")]


def _seal(
    contract: Contract, window: Window, arrivals: Arrivals, *, at: Workplace, now: datetime
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
        key=at.key_in_use(contract),
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
