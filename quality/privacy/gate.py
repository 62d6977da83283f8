"""The gate: from a sealed delivery to declared, typed and protected rows."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Final

import polars as pl

from infra.adapters import Adapter
from infra.adapters.form import FileForm
from infra.adapters.opening import let_go, open_in_pieces, open_whole, payloads_of
from infra.adapters.raw import LINE, PAYLOAD, RawRows
from infra.arrivals import Arrivals
from infra.errors import ContractError, TwinError
from infra.keys import Keyring
from infra.windows import Window
from quality.contract.model import Contract
from quality.privacy.arrivals import Layout, by_layout, window_of_each
from quality.privacy.cells import Repeats
from quality.privacy.drift import Drift, check_drift
from quality.privacy.numbers import Dialect
from quality.privacy.protected import EVENT_ON, Piece, Protected, joined, split
from quality.privacy.pseudonyms import Familiar
from quality.privacy.reading import Problem, Reading, check_column, reads_by_column
from quality.privacy.treatment import ByDay, days_of, protect_column, read_event_time

_WORKERS: Final = 4


def protect(
    arrivals: Arrivals,
    contract: Contract,
    keyring: Keyring,
    *,
    adapter: Adapter | None = None,
    window: Window | None = None,
    lets_go: bool = False,
) -> Protected:
    """Open a delivery and take what the contract declares, protected as it says.

    Every delivered row comes out, kept or refused. With `lets_go` the content of the arrivals is
    forgotten as soon as it has been read. Raises DeliveryRefused when a declared column is
    missing or an undeclared one looks personal, ContractError when nothing can be read.
    """
    days = window_of_each(arrivals)
    if window is not None and window.cadence in ("daily", "stream"):
        days = [day or window.start for day in days]
    parts = [
        _protect_layout(one, adapter or contract.source, keyring, days=days, lets_go=lets_go)
        for one in by_layout(arrivals, contract)
    ]
    return parts[0] if len(parts) == 1 else _together(parts)


def _protect_layout(
    part: Layout,
    adapter: Adapter,
    keyring: Keyring,
    *,
    days: Sequence[date | None],
    lets_go: bool,
) -> Protected:
    """Protect the files of one layout; each row keeps the place its file has in the delivery."""
    adapter, contract = part.read_by(adapter), part.contract
    own_days = [days[place] for place in part.places]
    familiar = Familiar()

    def protect_piece(raw: RawRows) -> Piece:
        if raw.is_left_out or _says_nothing_happened(part.arrivals, raw):
            raw = _with_declared_columns(raw, contract)
        return _protect_piece(raw, contract, keyring, own_days, familiar)

    opened = open_in_pieces if _is_read_cell_by_cell(contract, adapter) else open_whole
    pieces = list(map(protect_piece, opened(part.arrivals, adapter)))
    if lets_go:
        let_go(part.arrivals)
    protected = joined(pieces)
    if len(part.places) == len(days):
        return protected
    places = pl.Series(part.places, dtype=pl.Int32)
    frame, refused = (
        rows.with_columns(places.gather(rows[PAYLOAD]).alias(PAYLOAD))
        for rows in (protected.frame, protected.refused)
    )
    return replace(protected, frame=frame, refused=refused)


def _is_read_cell_by_cell(contract: Contract, adapter: Adapter) -> bool:
    """Whether no cell is understood by the others of its column: then rows may come in pieces."""
    if not isinstance(adapter, FileForm):
        return False
    dialect = Dialect(adapter.decimal, adapter.thousands)
    return not any(reads_by_column(column, dialect) for column in contract.columns.values())


def _together(parts: Sequence[Protected]) -> Protected:
    """A delivery of several layouts, in its own order; its drift is that of the newest one."""
    frame, refused = (
        pl.concat(rows).sort(PAYLOAD, LINE, maintain_order=True)
        for rows in ([part.frame for part in parts], [part.refused for part in parts])
    )
    count = sum(part.delivered_count for part in parts)
    return Protected(frame, refused, count, parts[-1].drift)


def protect_rows(
    raw: RawRows, contract: Contract, keyring: Keyring, *, payload_days: Sequence[date | None] = ()
) -> Protected:
    """Protect rows that have been opened; see `protect`.

    Where a contract without event time has pseudonyms by day, the day a payload is for stands in.
    """
    return joined([_protect_piece(raw, contract, keyring, payload_days, Familiar())])


def _protect_piece(
    raw: RawRows,
    contract: Contract,
    keyring: Keyring,
    payload_days: Sequence[date | None],
    familiar: Familiar,
) -> Piece:
    for name, column in contract.stored.items():
        check_column(name, column)
    days = pl.Series("day", payload_days, dtype=pl.Date)
    if contract.event_time is None and (days.is_empty() or days.has_nulls()):
        for name, column in contract.stored.items():
            if column.epoch:
                raise ContractError(
                    f"{contract.key}: columns.{name}.epoch: no row says its day; write event_time, "
                    f"or a {{window:%Y-%m-%d}} in source.{contract.source.windows_in}"
                )
    with fenced(contract.key):
        drift = check_drift(raw, contract, keyring)
        return _protect(raw, contract, keyring, familiar, drift=drift, payload_days=days)


@contextmanager
def fenced(key: str) -> Iterator[None]:
    """Turn what polars says of a delivery, often with its values, into a TwinError without them."""
    try:
        yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise TwinError(
            f"{key}: the gate failed on this delivery ({type(error).__name__}); nothing was "
            "published. This is a bug: report it with the contract"
        ) from None


def _protect(
    raw: RawRows,
    contract: Contract,
    keyring: Keyring,
    familiar: Familiar,
    *,
    drift: Drift,
    payload_days: pl.Series,
) -> Piece:
    delivered = {name: raw.frame[name] for name in raw.frame.columns}
    dialect = Dialect(raw.decimal, raw.thousands)
    nowhen = pl.repeat(None, raw.frame.height, dtype=pl.Date, eager=True)

    def day_of_each() -> pl.Series:
        read = event.result()
        return nowhen if read is None else days_of(read)

    def days_of_keys() -> pl.Series:
        days = event_on.result()
        if contract.event_time is None and len(payload_days):
            days = payload_days.gather(delivered[PAYLOAD])
        if contract.since is None:
            return days
        # A row from before the series is refused: a slip such as 1970 needs no key of its own.
        return days.zip_with(days >= contract.since, nowhen)

    by_day = ByDay(contract.key_domain or "", days_of_keys, keyring, familiar)

    def through(name: str) -> Reading:
        column = contract.stored[name]
        read = event.result() if name == contract.event_time else None
        return protect_column(delivered, name, column, dialect=dialect, by_day=by_day, event=read)

    # polars works outside Python's lock, but one column keeps one core busy. The event time comes
    # first: others may wait for it, it waits for nobody.
    with ThreadPoolExecutor(_WORKERS) as pool:
        event = pool.submit(read_event_time, delivered, contract, dialect)
        event_on = pool.submit(day_of_each)
        readings = dict(zip(contract.stored, pool.map(through, contract.stored), strict=True))
    columns = {name: reading.cells for name, reading in readings.items()}
    columns |= {name: Repeats(delivered[name]) for name in (PAYLOAD, LINE)}
    columns[EVENT_ON] = Repeats(event_on.result())
    problems = [Problem(fault.where, fault.rule, fault.reason) for fault in raw.faults]
    problems += [problem for reading in readings.values() for problem in reading.problems]
    kept, refused = split(columns, problems)
    refused = refused.with_columns(_withheld(contract, refused))
    unreadable = raw.refused.select(
        *(pl.lit(None, dtype=refused.schema[name]).alias(name) for name in contract.stored),
        PAYLOAD,
        LINE,
        pl.lit(None, dtype=pl.Date).alias(EVENT_ON),
        pl.lit("unreadable").alias("rule"),
        "reason",
    )
    refused = pl.concat([refused, unreadable]).sort(PAYLOAD, LINE, maintain_order=True)
    return Piece(kept, refused, raw.frame.height + raw.refused.height, drift)


def _withheld(contract: Contract, refused: pl.DataFrame) -> list[pl.Series]:
    """The kept columns and the texts of refused rows, emptied: no rule has looked at them.

    Cells of a row that is out of order may stand in each other's place, a plate where a code goes.
    What is not personal stays as it is.
    """
    if not contract.is_personal:
        return []
    return [
        pl.repeat(None, refused.height, dtype=refused.schema[name], eager=True).alias(name)
        for name, column in contract.stored.items()
        if column.treatment == "keep" or column.is_free_text
    ]


def _says_nothing_happened(arrivals: Arrivals, raw: RawRows) -> bool:
    """Whether the publisher answered with an empty list: no rows, hence no names of columns."""
    if raw.frame.height or raw.refused.height or set(raw.frame.columns) - {PAYLOAD, LINE}:
        return False
    starts = [payload.content.lstrip()[:1] for payload in payloads_of(arrivals)]
    return bool(starts) and all(start in (b"[", b"{") for start in starts)


def _with_declared_columns(raw: RawRows, contract: Contract) -> RawRows:
    names = dict.fromkeys(contract.delivered, pl.String())
    frame = pl.DataFrame(schema={**names, PAYLOAD: pl.Int32(), LINE: pl.Int64()})
    return RawRows(frame, raw.refused, raw.decimal, raw.thousands)
