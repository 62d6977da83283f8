"""From sealed deliveries back to tables: rebuilding everything, or only the rows once refused."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from infra.arrivals import Arrivals
from infra.errors import ContractError, DeliveryRefused
from infra.seal import SealedDelivery
from infra.windows import Cadence, Window
from quality.by_window import Landed, Told, joined
from quality.contract.model import Adapter, Contract
from quality.judgement import judge
from quality.landing import (
    Landing,
    Workplace,
    holds,
    land_arrivals,
    limits,
    place,
    relabel,
)
from quality.privacy.arrivals import window_of_each, window_starts
from quality.privacy.gate import protect
from quality.tables import bronze_key, bronze_spec, quarantine_key, quarantine_spec

_PLACE = ("payload_index", "row_index")


@dataclass(frozen=True)
class Replay:
    """What a replay did. Counts only."""

    refused_count: int
    released_count: int
    expired_count: int


def land_from_archive(
    contract: Contract,
    window: Window,
    *,
    at: Workplace,
    adapter: Adapter,
    notes: Mapping[str, str],
    now: datetime,
    done: Collection[date] = (),
    landed: Landed | None = None,
    told: Told | None = None,
) -> Landing:
    """Land the sealed deliveries of these windows again, each as if it came when it was sealed.

    Of each window the newest delivery stands that is not refused; a table with history gets them
    all, oldest first. What the table holds already is left alone. Raises ContractError where none
    is left, and DeliveryRefused after all others where none stands.
    """
    sealed = [one for one in at.archive.deliveries(contract.key) if _touches(one, window)]
    if not sealed:
        raise ContractError(
            f"{contract.key}: no sealed delivery is left for {window}; they are kept for "
            f"archive_days ({contract.archive_days}); pull from the publisher instead"
        )
    landings: list[Landing] = []
    refused: dict[date | None, DeliveryRefused] = {}
    parts = _Parts(contract, sealed, window, at=at, done=done)
    windows_count = len({start for one in sealed for start in _asked(one, window)} - set(done))
    for part in parts:
        try:
            landing = land_arrivals(
                contract,
                part.window,
                part.arrivals,
                at=at,
                adapter=adapter,
                notes={**notes, "from": "archive"},
                now=part.sealed.sealed_at,
                sealed=part.sealed,
                only=part.only,
            )
        except DeliveryRefused as refusal:
            # It published nothing when it came, either: the one before it is what stands.
            refused |= dict.fromkeys(part.only or {None}, refusal)
            continue
        parts.stands(part)
        landings.append(landing)
        if landed is not None and landing.is_news:
            landed(landing)
        if told is not None and not window.is_static:
            told(parts.held_count - len(done), windows_count)
    left = {start: refusal for start, refusal in refused.items() if not parts.holds(start)}
    if left:
        raise next(iter(left.values()))
    return joined(landings, version=at.lake.version(bronze_key(contract)))


@dataclass(frozen=True, repr=False)
class _Part:
    """A sealed delivery, and `only` those of its windows for which no later one stands."""

    sealed: SealedDelivery
    arrivals: Arrivals
    window: Window
    only: frozenset[date] | None = None


class _Parts:
    """Which deliveries to land, one after the other, given which of them were refused."""

    def __init__(
        self,
        contract: Contract,
        sealed: Sequence[SealedDelivery],
        window: Window,
        *,
        at: Workplace,
        done: Collection[date],
    ) -> None:
        self._contract, self._sealed, self._window, self._at = contract, sealed, window, at
        self._held: set[date | None] = set(done)

    @property
    def held_count(self) -> int:
        """For how many windows some delivery stands."""
        return len(self._held)

    def __iter__(self) -> Iterator[_Part]:
        return self._whole() if self._window.is_static else self._newest()

    def stands(self, part: _Part) -> None:
        """Take note that a part was not refused."""
        self._held |= part.only or {None}

    def holds(self, start: date | None) -> bool:
        """Whether some delivery stands for this window."""
        return start in self._held

    def _newest(self) -> Iterator[_Part]:
        """For each window the newest delivery that stands; the newest come first."""
        for one in reversed(self._sealed):
            starts = _asked(one, self._window) - self._held
            if not starts:
                continue
            span = _windows(one, self._window.cadence)
            arrivals = self._at.archive.get(self._contract.key, one.delivery_id)
            starts &= set(window_starts(arrivals)) or starts
            yield _Part(one, arrivals, span, frozenset(d for d in starts if d is not None))

    def _whole(self) -> Iterator[_Part]:
        """What a static table is made of: all deliveries if it has a history, else the newest."""
        contract, sealed = self._contract, self._sealed
        newest = self._at.archive.get(contract.key, sealed[-1].delivery_id)
        if holds(contract, newest, self._at):
            return
        if contract.primary_key:
            for one in sealed[:-1]:
                arrivals = self._at.archive.get(contract.key, one.delivery_id)
                yield _Part(one, arrivals, Window.always())
            yield _Part(sealed[-1], newest, Window.always())
            return
        for one in reversed(sealed):
            if self.holds(None):
                return
            arrivals = self._at.archive.get(contract.key, one.delivery_id)
            yield _Part(one, arrivals, Window.always())


def _windows(sealed: SealedDelivery, cadence: Cadence) -> Window:
    start, _, end = sealed.window.partition("/")
    return Window(cadence, date.fromisoformat(start), date.fromisoformat(end))


def _asked(sealed: SealedDelivery, window: Window) -> set[date]:
    """Those of the windows asked for that a delivery was for."""
    if window.is_static:
        return set()
    return {start for start in _windows(sealed, window.cadence).starts() if start in window}


def _touches(sealed: SealedDelivery, window: Window) -> bool:
    if window.is_static or sealed.window == "static":
        return window.is_static and sealed.window == "static"
    return bool(_asked(sealed, window))


def replay_refused(
    contract: Contract,
    *,
    at: Workplace,
    adapter: Adapter,
    notes: Mapping[str, str],
    now: datetime,
) -> Replay:
    """Put exactly the rows in quarantine through the contract as it is now.

    What passes joins the bronze rows of its window; what does not stays, with the reason it has
    now. A row whose key bronze holds already stays a duplicate.
    """
    refused = at.lake.read(quarantine_key(contract)).collect()
    sealed = {one.delivery_id: one for one in reversed(at.archive.deliveries(contract.key))}
    expired = refused.filter(~pl.col("delivery_id").is_in(sorted(sealed)))
    released = 0
    for delivery in sorted(set(sealed) & set(refused["delivery_id"].unique())):
        rows = refused.filter(pl.col("delivery_id") == delivery)
        again = _judge_again(contract, sealed[delivery], rows, at=at, adapter=adapter)
        released += _release(contract, delivery, again, at=at, notes=notes, now=now)
    return Replay(refused.height, released, expired.height)


@dataclass(frozen=True, repr=False)
class _Again:
    """Rows once refused, judged again: those that pass and those that still do not.

    `passed` have the window they belong to, `refused` the one in whose quarantine they stood;
    `repeats` are those that pass but whose key another row of their delivery has.
    """

    passed: pl.DataFrame
    repeats: pl.DataFrame
    refused: pl.DataFrame


def _judge_again(
    contract: Contract,
    sealed: SealedDelivery,
    rows: pl.DataFrame,
    *,
    at: Workplace,
    adapter: Adapter,
) -> _Again:
    arrivals = at.archive.get(contract.key, sealed.delivery_id)
    protected = protect(arrivals, contract, at.keyring, adapter=adapter)
    places = rows.select(
        pl.col("payload_index").cast(pl.Int32).alias("__payload"),
        pl.col("row_index").cast(pl.Int64).alias("__line"),
        *([] if contract.is_static else ["window_on"]),
    ).unique(["__payload", "__line"])
    candidates = _at(places.select("__payload", "__line"), protected.frame)
    # The delivery as a whole was judged when it came; here each row stands for itself.
    verdict = judge(
        candidates,
        contract,
        refused_before=0,
        delivered_count=max(1, candidates.height),
        window=limits(contract, None, adapter, sealed.sealed_at),
        payload_windows=window_of_each(arrivals),
    )
    refused = pl.concat([protected.refused, verdict.refused.select(protected.refused.columns)])
    sealed_until = rows["sealed_until_on"].max()
    passed = verdict.kept
    if not contract.is_static:
        where = place(contract, rows["window_on"][0], arrivals, known=passed, now=sealed.sealed_at)
        passed = passed.with_columns(where)
    # What the delivery itself says elsewhere, under the keys of today: a repeat stays a repeat
    # even if the domain has begun a new key since.
    keys = list(contract.primary_key)
    others = _typed(protected.frame).join(places, on=["__payload", "__line"], how="anti")
    return _Again(
        passed=passed,
        repeats=passed.join(others.select(keys), on=keys, how="semi") if keys else passed.clear(),
        refused=_at(places, refused).with_columns(
            pl.lit(sealed.delivery_id).alias("delivery_id"),
            pl.col("__payload").alias("payload_index"),
            pl.col("__line").alias("row_index"),
            pl.lit(sealed_until, dtype=pl.Date).alias("sealed_until_on"),
        ),
    )


def _at(places: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    """The rows of a frame that stood at these places of the delivery, with what is known there."""
    return _typed(frame).join(
        places, on=["__payload", "__line"], how="inner", maintain_order="left"
    )


def _typed(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col("__payload").cast(pl.Int32), pl.col("__line").cast(pl.Int64))


def _by_window(contract: Contract, rows: pl.DataFrame) -> Iterator[tuple[Window, pl.DataFrame]]:
    if contract.is_static:
        yield Window.always(), rows
        return
    for start in rows["window_on"].unique().sort():
        yield Window.of(start, contract.cadence), rows.filter(pl.col("window_on") == start)


def _release(
    contract: Contract,
    delivery: str,
    again: _Again,
    *,
    at: Workplace,
    notes: Mapping[str, str],
    now: datetime,
) -> int:
    """Move the rows that pass from quarantine to bronze; bronze first, so that none is lost."""
    said = {**notes, "replayed": delivery}
    keys = list(contract.primary_key or contract.stored)
    released = [again.passed.clear()]
    relabel(contract, at.lake)
    known = [again.repeats]
    fresh = again.passed.join(again.repeats, on=["__payload", "__line"], how="anti")
    for window, passed in _by_window(contract, fresh):
        state = _current(contract, window, at)
        fresh = passed.join(state.select(keys), on=keys, how="anti", nulls_equal=True)
        known.append(passed.join(state.select(keys), on=keys, how="semi", nulls_equal=True))
        if fresh.height:
            after = pl.concat([state, fresh.select(state.columns)])
            _write(contract, after, window, at=at, notes=said, now=now)
            released.append(fresh)
    fresh = pl.concat(released)
    answered = pl.concat([rows.select("__payload", "__line") for rows in (fresh, again.refused)])
    quarantine = at.lake.read(quarantine_key(contract)).collect()
    for window, stored in _by_window(contract, quarantine):
        ours = stored.filter(pl.col("delivery_id") == delivery)
        unanswered = ours.join(
            answered, left_on=list(_PLACE), right_on=["__payload", "__line"], how="anti"
        )
        unanswered = _as_duplicates(contract, unanswered, pl.concat(known))
        still = again.refused.select(stored.columns)
        if window.start is not None:
            still = still.filter(pl.col("window_on") == window.start)
        others = stored.filter(pl.col("delivery_id") != delivery)
        remaining = pl.concat([others, unanswered, still])
        if not remaining.sort(_PLACE).equals(stored.sort(_PLACE)):
            _write_quarantine(contract, remaining, window, at=at, notes=said)
    return fresh.height


def _as_duplicates(contract: Contract, rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Rows that pass now, but whose key bronze holds: they stay, and say so."""
    places = known.select("__payload", "__line").unique()
    passes = pl.struct(_PLACE).is_in(
        places.select(pl.struct(payload_index="__payload", row_index="__line"))
        .to_series()
        .implode()
    )
    key = ", ".join(contract.primary_key or contract.stored)
    passes &= pl.col("rule") != "duplicate_key"
    return rows.with_columns(
        rule=pl.when(passes).then(pl.lit("duplicate_key")).otherwise("rule"),
        reason=pl.when(passes).then(pl.lit(f"{key}: the table has it already")).otherwise("reason"),
    )


def _current(contract: Contract, window: Window, at: Workplace) -> pl.DataFrame:
    """The bronze rows of a window, or the current rows of a static table."""
    rows = at.lake.read(bronze_key(contract), window=window)
    if not contract.is_static:
        return rows.collect()
    if "valid_to" in rows.collect_schema().names():
        rows = rows.filter(pl.col("valid_to").is_null())
    return rows.select(list(contract.stored)).collect()


def _write(
    contract: Contract,
    frame: pl.DataFrame,
    window: Window,
    *,
    at: Workplace,
    notes: Mapping[str, str],
    now: datetime,
) -> None:
    table, spec = bronze_key(contract), bronze_spec(contract)
    notes = {**notes, "rows_kept": str(frame.height)}
    mark = at.lake.mark(table) or 0
    if not contract.is_static:
        at.lake.replace_windows(table, frame, window=window, spec=spec, notes=notes, marks={})
    elif contract.primary_key:
        at.lake.merge_history(
            table,
            frame,
            primary_key=contract.primary_key,
            # They belong to the delivery they came in: a rebuild from the archive says the same.
            at=at.lake.instant(table) or now,
            spec=spec,
            notes=notes,
            mark=mark,
        )
    else:
        at.lake.replace_all(table, frame, spec=spec, notes=notes, mark=mark)


def _write_quarantine(
    contract: Contract,
    frame: pl.DataFrame,
    window: Window,
    *,
    at: Workplace,
    notes: Mapping[str, str],
) -> None:
    table, spec = quarantine_key(contract), quarantine_spec(contract)
    notes = {**notes, "rows_refused": str(frame.height)}
    if contract.is_static:
        mark = at.lake.mark(table) or 0
        at.lake.replace_all(table, frame, spec=spec, notes=notes, mark=mark)
    else:
        at.lake.replace_windows(table, frame, window=window, spec=spec, notes=notes, marks={})
