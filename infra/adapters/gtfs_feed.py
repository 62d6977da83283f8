"""Reading one table of a GTFS feed, and since when the feed holds."""

import contextlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from infra.adapters.gtfs_references import CALENDARS, REFERENCES, Reference, faults_of, unknown
from infra.adapters.gtfs_rows import rows_of
from infra.adapters.packed import dates_of_members, named_members
from infra.adapters.raw import LINE, PAYLOAD, RawRows, Table, refusals
from infra.arrivals import Payload
from infra.errors import ContractError

REQUIRED: Final = ("agency", "stops", "routes", "trips", "stop_times")
# Of the two calendars a feed may lack one.
OPTIONAL: Final = (*CALENDARS, "frequencies", "shapes", "feed_info", "transfers")
# Zip tools that keep no dates write the first one their format has.
_NO_DATE_YEAR: Final = 1980
_ROME: Final = "Europe/Rome"


def read_feeds(table: str, payloads: Sequence[Payload]) -> RawRows:
    """The rows of one table of each feed, in the order of the feeds.

    Raises ContractError, naming the place of the feed in the delivery, if one cannot be read.
    """
    frames: list[pl.DataFrame] = []
    refused: list[pl.DataFrame] = []
    faults: list[dict[Reference, pl.Series]] = []
    for position, payload in enumerate(payloads):
        try:
            read, found = _read_feed(table, payload.content)
        except ContractError as error:
            raise ContractError(
                f"file {position + 1} of {len(payloads)} in the delivery: {error}"
            ) from None
        place = pl.lit(position, pl.Int32).alias(PAYLOAD)
        frames.append(read.frame.with_columns(place))
        refused.append(read.refused.with_columns(place).select(PAYLOAD, LINE, "reason"))
        faults.append(found)
    frame = pl.concat(frames, how="diagonal")
    names = [name for name in frame.columns if name not in (PAYLOAD, LINE)]
    return RawRows(
        frame=frame.select(*names, PAYLOAD, LINE),
        refused=pl.concat(refused),
        decimal=".",
        thousands=None,
        names=tuple((frozenset(one.columns) - {LINE, PAYLOAD}) or None for one in frames),
        faults=faults_of([one.height for one in frames], faults),
        is_left_out=not names,
    )


def holds_from(feed: Payload) -> datetime:
    """Since when this version of a feed holds: since it was made, or since the day it begins.

    A feed was made when the youngest of its files was; one without dates, or with dates of the
    future, when its publisher last changed it. Clocks are those of its agency's time zone.
    """
    try:
        files = named_members(feed.content, [_file(name) for name in ("agency", "feed_info")])
        stated = dates_of_members(feed.content, [_file(name) for name in (*REQUIRED, *OPTIONAL)])
    except ContractError:  # what is wrong with the feed is said when it is read
        return feed.modified_at
    zone = _zone(_first_cell("agency", files, "agency_timezone"))
    latest = feed.modified_at + timedelta(days=1)
    dates = [at.replace(tzinfo=zone).astimezone(UTC) for at in stated if at.year > _NO_DATE_YEAR]
    made_at = max((at for at in dates if at <= latest), default=feed.modified_at)
    try:
        begins = datetime.strptime(_first_cell("feed_info", files, "feed_start_date"), "%Y%m%d")  # noqa: DTZ007 # next line
        return max(made_at, begins.replace(tzinfo=zone).astimezone(UTC))
    except ValueError:
        return made_at


def _read_feed(table: str, content: bytes) -> tuple[Table, dict[Reference, pl.Series]]:
    references = REFERENCES.get(table, ())
    wanted = {table, *(parent for one in references for parent in one.tables)}
    wanted |= set(CALENDARS) if table in CALENDARS else set()
    files = named_members(content, [_file(name) for name in wanted])
    tables = {name: rows_of(name, files.get(_file(name), b"")) for name in wanted}
    read = tables[table] or Table(pl.DataFrame(schema={LINE: pl.Int64()}), refusals(()))
    if table in REQUIRED and tables[table] is None:
        fault = "is empty" if _file(table) in files else "is missing"
        raise ContractError(f"{_file(table)} {fault}: no feed is without; ask for a whole one")
    if table in CALENDARS and not any(_has_rows(tables[name]) for name in CALENDARS):
        raise ContractError(
            "neither calendar.txt nor calendar_dates.txt has a row: nothing would run on any day; "
            "ask for a whole feed"
        )
    found = {one: unknown(read.frame, one, tables) for one in references}
    return read, {one: rows for one, rows in found.items() if rows is not None}


def _has_rows(table: Table | None) -> bool:
    return table is not None and table.frame.height + table.refused.height > 0


def _first_cell(table: str, files: Mapping[str, bytes], column: str) -> str:
    read = None
    with contextlib.suppress(ContractError):
        read = rows_of(table, files.get(_file(table), b""))
    if read is None or column not in read.frame.columns or read.frame.is_empty():
        return ""
    return str(read.frame[column][0] or "").strip()


def _zone(name: str) -> ZoneInfo:
    """The time zone of a feed's agency; Rome where it says none that is known."""
    try:
        return ZoneInfo(name or _ROME)
    except (KeyError, ValueError, OSError):
        return ZoneInfo(_ROME)


def _file(table: str) -> str:
    return f"{table}.txt"
