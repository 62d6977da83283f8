"""The `socrata` protocol: data sets of a SODA 2 portal, such as the Region's open data."""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar, Final, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, field_validator

from infra.adapters.form import FileForm
from infra.adapters.http_json import AT_ONCE, arrivals_of
from infra.adapters.pagers import with_query
from infra.adapters.paging import Page, Pager, Walk
from infra.adapters.raw import LINE, PAYLOAD, RawRows
from infra.adapters.source import (
    NOTHING_KNOWN,
    ROME,
    WebSource,
    Zone,
    each,
    in_window,
    start_of,
)
from infra.arrivals import Arrivals, Known, Payload
from infra.errors import ContractError, PublisherUnavailable
from infra.windows import Window

# No portal gives fewer than this unless asked to: a shorter page is the last.
_DEFAULT_ROWS: Final = 1000
_ID: Final = ":id"
_UPDATED: Final = ":updated_at"
_DATASET: Final = re.compile(r"[a-z0-9]{4}-[a-z0-9]{4}")
_FIELD: Final = re.compile(r"[a-z_][a-z0-9_]*")


class Part(BaseModel):
    """One data set of a series, and from which day to which it holds it, both included."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    id: str
    since: date | None = None
    until: date | None = None

    @field_validator("id")
    @classmethod
    def _is_id(cls, text: str) -> str:
        if not _DATASET.fullmatch(text):
            raise ValueError("is no data set's id; write one such as nicp-bhqi")
        return text

    def covers(self, window: Window) -> bool:
        """Whether it may hold rows of this window."""
        if window.start is None or window.end is None:
            return True
        return (self.since or date.min) < window.end and window.start <= (self.until or date.max)


class SocrataAdapter(WebSource):
    """Rows of one or several data sets of a portal, read as one series.

    Pages go by `:updated_at,:id`: a row that changes while they are read comes again, later, and
    none is missed however long the reading takes.
    """

    windows_in: ClassVar[str] = "where"

    protocol: Literal["socrata"]
    datasets: tuple[Part, ...] = Field(min_length=1)
    select: tuple[str, ...] = Field(min_length=1)
    where: str | None = None
    timezone: Zone = ROME
    page_size: int = Field(default=50_000, ge=1, le=50_000)
    max_pages: int = Field(default=10_000, ge=1)

    @field_validator("datasets", mode="before")
    @classmethod
    def _as_parts(cls, value: object) -> object:
        listed = [value] if isinstance(value, str | dict) else value
        if not isinstance(listed, list | tuple):
            return value
        return [{"id": item} if isinstance(item, str) else item for item in listed]

    @field_validator("select")
    @classmethod
    def _are_fields(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_FIELD.fullmatch(name) for name in names):
            raise ValueError("holds what is no column; write the columns' API names, a list")
        return names

    def pull(self, window: Window, known: Known = NOTHING_KNOWN) -> Arrivals:
        """Fetch the rows of these windows, from every data set that may hold some.

        Raises PublisherUnavailable where the portal does not answer as it should, ContractError
        where it does not understand the question.
        """
        if self.names_windows and window.is_static:
            raise ContractError(
                f"{self.written}: a static data set has no windows; take {{window}} out of "
                "source.where"
            )
        walk = Walk(self.web(self.url), self.written, None, self.max_pages)
        windows = each(window) if self.names_windows else [window]

        def fetch(one: Window) -> list[Page] | None:
            start = start_of(one, names_windows=self.names_windows)
            pagers = [self._pager(part, one) for part in self.datasets if part.covers(one)]
            receipts = known.get(start, ())
            found = [
                walk.pages(pager, [r for r in receipts if r.url.startswith(pager.address)])
                for pager in pagers
            ]
            if pagers and all(pages is None for pages in found):
                return None
            return [
                page
                for pager, pages in zip(pagers, found, strict=True)
                for page in (walk.pages(pager) if pages is None else pages) or ()
            ]

        with ThreadPoolExecutor(AT_ONCE) as pool:
            found = list(pool.map(fetch, windows))
        starts = [start_of(one, names_windows=self.names_windows) for one in windows]
        by_start = dict(zip(starts, found, strict=True))
        return arrivals_of(by_start, _name, written=self.written, window=window)

    def question(self, part: Part, window: Window, *, size: int) -> str:
        """The address of the first rows of a window."""
        return replace(self._pager(part, window), size=size).first()

    def _pager(self, part: Part, window: Window) -> "_Keyset":
        where = in_window(self.where, window, clock=self.timezone) if self.where else None
        return _Keyset(
            address=f"{self.url.rstrip('/')}/resource/{part.id}.json",
            select=",".join(dict.fromkeys((_ID, _UPDATED, *self.select))),
            where=where,
            size=self.page_size,
            written=self.written,
        )

    def read(self, payloads: Sequence[Payload]) -> RawRows:
        """Read the rows: each the way it was last sent, and once if two data sets hold it."""
        raw = FileForm(format="json").read(payloads)
        frame = raw.frame
        # The portal leaves out what is empty, and answers only if it knows all columns asked for.
        missing = [name for name in self.select if name not in frame.columns]
        frame = frame.with_columns(pl.lit(None, pl.String).alias(name) for name in missing)
        datasets = [payload.name.rpartition("/")[0] for payload in payloads]
        names = list(dict.fromkeys(datasets))
        places = pl.Series([names.index(dataset) for dataset in datasets], dtype=pl.Int32)
        if frame.height:
            frame = frame.with_columns(places.gather(frame[PAYLOAD]).alias("__dataset"))
            if _ID in frame.columns:
                is_last = pl.struct("__dataset", _ID).is_last_distinct() | pl.col(_ID).is_null()
                frame = frame.filter(is_last)
            if len(names) > 1:
                first = pl.col("__dataset").min().over(list(self.select))
                frame = frame.filter(pl.col("__dataset") == first)
        columns = [*self.select, PAYLOAD, LINE]
        return RawRows(frame.select(columns), raw.refused, raw.decimal, raw.thousands)


def _name(number: int, page: Page) -> str:
    dataset = page.url.partition("/resource/")[2].partition(".json")[0]
    return f"{dataset}/{number + 1:06d}.json"


@dataclass(frozen=True)
class _Keyset(Pager):
    """Pages that each begin after the last row of the one before."""

    address: str
    select: str
    where: str | None
    size: int
    written: str

    def first(self) -> str:
        return self._asked(self.where)

    def _asked(self, where: str | None) -> str:
        return with_query(
            self.address,
            **{
                "$select": self.select,
                "$where": where,
                "$order": f"{_UPDATED},{_ID}",
                "$limit": self.size,
            },
        )

    def after(self, pages: Sequence[Page]) -> str | None:
        records = pages[-1].records
        if len(records) < min(self.size, _DEFAULT_ROWS):
            return None
        last = records[-1]
        row, updated = (last.get(_ID), last.get(_UPDATED)) if isinstance(last, dict) else ("", "")
        if not (isinstance(row, str) and isinstance(updated, str) and row and updated):
            raise PublisherUnavailable(
                f"{self.written}: the rows came without the portal's own row ids: it cannot be "
                "read in pages"
            )
        updated, row = updated.replace("'", "''"), row.replace("'", "''")
        beyond = f"({_UPDATED} > '{updated}' OR ({_UPDATED} = '{updated}' AND {_ID} > '{row}'))"
        return self._asked(f"({self.where}) AND {beyond}" if self.where else beyond)

    def recheck(self, pages: Sequence[Page]) -> str | None:
        return None
