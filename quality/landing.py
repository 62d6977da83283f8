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
from infra.seal import Archive, SealedDelivery
from infra.windows import Window, consecutive, period_start
from quality.contract.model import Adapter, Contract
from quality.contract.strictness import loosest
from quality.judgement import RuleResult, Verdict, judge
from quality.privacy.arrivals import (
    delivery_id,
    of_windows,
    version_of_each_date,
    window_of_each,
    window_starts,
)
from quality.privacy.drift import Drift, check_claim
from quality.privacy.gate import Protected, protect
from quality.tables import bronze_key, bronze_spec, quarantine_key, quarantine_spec

# Counts as a change of everything that landed: raised when the gate or the judge change meaning.
METHOD_VERSION: Final = "1"
# A refusal names the commonest reasons; a file with every fault there is would fill a page.
_MOST_REASONS: Final = 6
_TECHNICAL: Final = ("__payload", "__line", "__event_on")


@dataclass(frozen=True)
class Workplace:
    """Where landings happen: the lake, the archive of sealed deliveries, and the keys."""

    lake: Lake
    archive: Archive
    keyring: Keyring


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
    parts = [arrivals]
    if window.is_static and adapter.sends_versions:
        parts = _new_versions(contract, arrivals, at.lake)
    landings = [
        land_arrivals(contract, window, part, at=at, adapter=adapter, notes=notes, now=now)
        for part in parts
    ]
    return _in_all(landings)


def _new_versions(contract: Contract, arrivals: Arrivals, lake: Lake) -> list[Arrivals]:
    """The versions of a static table that it may not hold yet, oldest first, and the newest.

    History grows at its end; a table without history is what its newest version says.
    """
    *older, newest = version_of_each_date(arrivals)
    if not contract.primary_key:
        return [newest]
    held = lake.instant(bronze_key(contract))
    return [one for one in older if held is None or (one.modified_at or held) >= held] + [newest]


def _in_all(landings: Sequence[Landing]) -> Landing:
    """What became of several deliveries, as one: the newest that brought news, and all counts."""
    news = [landing for landing in landings if landing.is_news]
    if len(news) < 2:
        return news[0] if news else landings[-1]
    counts = {
        name: sum(getattr(landing, name) for landing in news)
        for name in ("delivered_count", "kept_count", "refused_count")
    }
    return replace(news[-1], **counts)


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
    marks = _marks(contract, window, arrivals, at.keyring)
    stale = _stale(contract, marks, at.lake)
    if only is not None:
        stale = [start for start in stale if start in only]
    if not stale:
        return Landing(delivery_id=None, windows=(), version=at.lake.version(bronze_key(contract)))
    if sealed is None:
        fresh = of_windows(arrivals, stale)
        sealed_id, sealed_until = _seal(contract, _range(contract, stale), fresh, at=at, now=now)
    else:
        # Judged as a whole, as when it came: each row has its place in it again.
        fresh, sealed_id = arrivals, sealed.delivery_id
        sealed_until = sealed.expires_on or date.max
    protected = protect(fresh, contract, at.keyring, adapter=adapter, window=window)
    if protected.delivered_count == 0 and not adapter.may_be_empty:
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
    placed = _Placed.of(contract, stale, fresh, protected=protected, verdict=verdict, now=now)
    refused = _refused_rows(placed.refused, sealed_id, sealed_until)
    return _commit(
        contract,
        {start: mark for start, mark in marks.items() if start in stale},
        at=at,
        landing=Landing(
            delivery_id=sealed_id,
            windows=_told(contract, placed, stale, at.lake),
            delivered_count=protected.delivered_count,
            kept_count=placed.kept.height,
            refused_count=refused.height,
            elsewhere_count=placed.elsewhere_count,
            results=verdict.results,
            drift=protected.drift,
            refused_by_rule=dict(refused.group_by("rule").len().sort("rule").iter_rows()),
        ),
        kept=placed.kept,
        refused=refused,
        changed_at=_changed_at(contract, fresh, at.lake, now),
        notes=notes,
    )


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


def _marks(
    contract: Contract, window: Window, arrivals: Arrivals, keyring: Keyring
) -> dict[date | None, int]:
    """A number per window that changes with what was delivered for it and with the contract."""
    policy = f"{contract.rules_version}/{METHOD_VERSION}"
    named = window_starts(arrivals)
    if window.is_static:
        groups: dict[date | None, Arrivals] = {None: arrivals}
    elif named:
        groups = {start: of_windows(arrivals, [start]) for start in named}
    else:
        whole = delivery_id(arrivals, keyring, policy=policy)
        return dict.fromkeys(window.starts(), int(whole[:15], 16))
    return {
        start: int(delivery_id(group, keyring, policy=policy)[:15], 16)
        for start, group in groups.items()
    }


def _stale(contract: Contract, marks: Mapping[date | None, int], lake: Lake) -> list[date | None]:
    """The windows that do not hold this delivery yet."""
    key = bronze_key(contract)
    if not lake.exists(key):
        return list(marks)
    if contract.is_static:
        return [] if lake.mark(key) == marks.get(None) else [None]
    known = lake.marks(key, [start for start in marks if start is not None])
    return [start for start, mark in marks.items() if start and known.get(start) != mark]


def holds(contract: Contract, arrivals: Arrivals, at: Workplace) -> bool:
    """Whether a static table holds exactly this delivery, under exactly this contract."""
    return not _stale(contract, _marks(contract, Window.always(), arrivals, at.keyring), at.lake)


def _seal(
    contract: Contract, window: Window, arrivals: Arrivals, *, at: Workplace, now: datetime
) -> tuple[str, date | None]:
    """Keep a sealed copy for as long as the contract says; the id, and until when."""
    if contract.archive_days == 0:
        return delivery_id(arrivals, at.keyring, policy=""), None
    forever = contract.archive_days == "forever"
    expires = None if forever else now.date() + timedelta(days=int(contract.archive_days))
    sealed = at.archive.put(contract.key, window, arrivals, sealed_at=now, expires_on=expires)
    return sealed, date.max if forever else expires


def limits(
    contract: Contract, window: Window | None, adapter: Adapter, now: datetime
) -> Window | None:
    """The range event times may lie in: up to the window's end, or until today for whole files."""
    if contract.is_static or contract.since is None:
        return None
    if adapter.names_windows:
        return window
    last = max(now.date(), contract.since)
    return Window.between(contract.since, last, contract.cadence)


@dataclass(frozen=True, repr=False)
class _Placed:
    """Rows with the window they belong to; those of windows nobody asked for are only counted."""

    kept: pl.DataFrame
    refused: pl.DataFrame
    elsewhere_count: int

    @classmethod
    def of(
        cls,
        contract: Contract,
        stale: Sequence[date | None],
        arrivals: Arrivals,
        *,
        protected: Protected,
        verdict: Verdict,
        now: datetime,
    ) -> "_Placed":
        columns = [*contract.stored, *_TECHNICAL]
        refused = pl.concat(
            [protected.refused, verdict.refused.select(protected.refused.columns)], how="vertical"
        )
        if contract.is_static:
            return cls(verdict.kept.select(columns), refused, 0)
        starts = [start for start in stale if start is not None]
        window_on = place(contract, starts[0], arrivals, known=verdict.kept, now=now)
        kept = verdict.kept.with_columns(window_on)
        refused = refused.with_columns(window_on)
        # A whole file holds windows that landed before, too: those stay as they are.
        inside = pl.col("window_on").is_in(starts)
        here, refused_here = kept.filter(inside), refused.filter(inside)
        elsewhere = kept.height + refused.height - here.height - refused_here.height
        return cls(here.select(*columns, "window_on"), refused_here, elsewhere)


def place(
    contract: Contract, earliest: date, arrivals: Arrivals, *, known: pl.DataFrame, now: datetime
) -> pl.Expr:
    """The window of a row: what the file's name says, else its event time.

    A row whose time cannot be known stands under the first window of its delivery, so that it is
    found in the same place whichever windows a run asks for.
    """
    named = window_starts(arrivals)
    if named:
        by_payload = dict(enumerate(window_of_each(arrivals)))
        return (
            pl.col("__payload")
            .replace_strict(by_payload, default=named[0], return_dtype=pl.Date)
            .alias("window_on")
        )
    unit = {"monthly": "1mo", "yearly": "1y"}.get(contract.cadence, "1d")
    first = known["__event_on"].min()
    fallback = earliest
    if isinstance(first, date):
        fallback = period_start(first, contract.cadence)
    since = contract.since or date.min
    event = pl.col("__event_on").dt.truncate(unit)
    plausible = event.is_between(since, now.date() + timedelta(days=1))
    return pl.when(plausible).then(event).otherwise(pl.lit(fallback)).alias("window_on")


def _range(contract: Contract, stale: Sequence[date | None]) -> Window:
    """From the first to the last of the windows that are landed."""
    starts = [start for start in stale if start is not None]
    if not starts:
        return Window.always()
    return Window.between(min(starts), max(starts), contract.cadence)


def _told(
    contract: Contract, placed: _Placed, stale: Sequence[date | None], lake: Lake
) -> tuple[date, ...]:
    """The landed windows that hold a row now, or held one before.

    A file without windows in its name stands for every day since the series began, and most of
    them are empty: whoever lists what was written is not told of those.
    """
    if contract.is_static:
        return ()
    table = bronze_key(contract)
    held = lake.changed_windows(table, after_version=None) if lake.exists(table) else ()
    filled = pl.concat([placed.kept["window_on"], placed.refused["window_on"]]).unique()
    return tuple(sorted({*filled, *(held or ())} & set(stale)))


def _refused_rows(refused: pl.DataFrame, sealed_id: str, sealed_until: date | None) -> pl.DataFrame:
    """Refused rows as quarantine stores them."""
    return refused.with_columns(
        pl.lit(sealed_id).alias("delivery_id"),
        pl.col("__payload").cast(pl.Int32).alias("payload_index"),
        pl.col("__line").cast(pl.Int64).alias("row_index"),
        pl.lit(sealed_until, dtype=pl.Date).alias("sealed_until_on"),
    ).drop(_TECHNICAL, strict=False)


def _changed_at(contract: Contract, arrivals: Arrivals, lake: Lake, now: datetime) -> datetime:
    """Since when the rows of a static table are as delivered: the file's own date, UTC.

    History grows at its end only: a file that came later but is dated earlier holds from now on.
    """
    stated = arrivals.modified_at or now
    newest = lake.instant(bronze_key(contract)) if contract.is_static else None
    return stated if newest is None or stated >= newest else max(now, newest)


def _commit(
    contract: Contract,
    marks: Mapping[date | None, int],
    *,
    at: Workplace,
    landing: Landing,
    kept: pl.DataFrame,
    refused: pl.DataFrame,
    changed_at: datetime,
    notes: Mapping[str, str],
) -> Landing:
    """Write quarantine first and bronze last: the bronze commit is what publishes the delivery."""
    table, spec = bronze_key(contract), bronze_spec(contract)
    kept = kept.drop(_TECHNICAL, strict=False)
    notes = {**notes, **_counts(contract, landing)}
    relabel(contract, at.lake)
    if contract.is_static:
        mark = marks[None]
        at.lake.replace_all(
            quarantine_key(contract),
            refused,
            spec=quarantine_spec(contract),
            notes=notes,
            mark=mark,
        )
        if contract.primary_key:
            version = at.lake.merge_history(
                table,
                kept,
                primary_key=contract.primary_key,
                at=changed_at,
                spec=spec,
                notes=notes,
                mark=mark,
                unknown=refused.select(contract.primary_key),
            )
        else:
            version = at.lake.replace_all(table, kept, spec=spec, notes=notes, mark=mark)
    else:
        version = _commit_windows(contract, marks, at=at, kept=kept, refused=refused, notes=notes)
    return Landing(**{**vars(landing), "version": at.lake.version(table) or version})


def _commit_windows(
    contract: Contract,
    marks: Mapping[date | None, int],
    *,
    at: Workplace,
    kept: pl.DataFrame,
    refused: pl.DataFrame,
    notes: Mapping[str, str],
) -> int:
    version = -1
    by_start = {start: mark for start, mark in marks.items() if start is not None}
    for run in consecutive(by_start, contract.cadence):
        inside = pl.col("window_on").is_between(run.start, run.end, closed="left")
        run_marks = {start: by_start[start] for start in run.starts()}
        for table, frame, spec in (
            (quarantine_key(contract), refused, quarantine_spec(contract)),
            (bronze_key(contract), kept, bronze_spec(contract)),
        ):
            version = at.lake.replace_windows(
                table, frame.filter(inside), window=run, spec=spec, notes=notes, marks=run_marks
            )
    return version


def _counts(contract: Contract, landing: Landing) -> dict[str, str]:
    return {
        "delivery": landing.delivery_id or "",
        "contract": contract.version,
        "rows_delivered": str(landing.delivered_count),
        "rows_kept": str(landing.kept_count),
        "rows_refused": str(landing.refused_count),
        "rows_elsewhere": str(landing.elsewhere_count),
    }


def relabel(contract: Contract, lake: Lake) -> None:
    """Record the loosest treatment the history of a table will hold: it decides who may read it.

    Before the rows are written: whoever is stopped in between leaves a table that claims to show
    more than it does, never one that shows more than it claims.
    """
    for table in (bronze_key(contract), quarantine_key(contract)):
        if not lake.exists(table):
            continue
        recorded = lake.labels(table)
        wanted = loosest(recorded, contract)
        changed = {name: label for name, label in wanted.items() if recorded.get(name) != label}
        known = {name: label for name, label in changed.items() if name in recorded}
        if known:
            lake.set_labels(table, known)
