"""The `http_json` protocol: records of a web API, in pages."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Final, Literal

import polars as pl
from pydantic import Field

from infra.adapters.form import FileForm
from infra.adapters.pagers import ByOffset, Paging, pager_of
from infra.adapters.paging import Page, Walk
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
from infra.adapters.web import NotThereError
from infra.arrivals import Arrivals, Known, Payload, Receipt
from infra.errors import ContractError, NothingDelivered
from infra.windows import Window

AT_ONCE: Final = 4
# Ends the name of a page whose first record is the last of the page before.
_OVERLAPS: Final = ".overlap.json"


class HttpJsonAdapter(WebSource):
    """A list of records that a web API gives as JSON, whole or in pages."""

    protocol: Literal["http_json"]
    records: str | None = None
    paging: Paging | None = None
    timezone: Zone = ROME
    max_pages: int = Field(default=10_000, ge=1)

    def pull(self, window: Window, known: Known = NOTHING_KNOWN) -> Arrivals:
        """Fetch all pages of these windows.

        A window that the server knows nothing of (404 or 410, where the path names the window) is
        left out; one that did not change since `known` is in `unchanged`. Raises
        PublisherUnavailable where the publisher does not answer as it should, ContractError where
        its pages make no sense.
        """
        if self.names_windows and window.is_static:
            raise ContractError(
                f"{self.written}: a static data set has no windows; take {{window}} out of "
                "source.url"
            )
        web = self.web(self.url)
        walk = Walk(web, self.written, self.records, self.max_pages)
        windows = each(window) if self.names_windows else [window]
        withdrawn: list[NotThereError] = []

        def fetch(one: Window) -> list[Page] | None:
            start = start_of(one, names_windows=self.names_windows)
            url = in_window(self.url, one, clock=self.timezone)
            try:
                return walk.pages(pager_of(self.paging, url), known.get(start, ()))
            except NotThereError as failure:
                if not self.path_names_windows:
                    raise
                if failure.is_for_good:
                    withdrawn.append(failure)
                return []

        with ThreadPoolExecutor(AT_ONCE) as pool:
            found = list(pool.map(fetch, windows))
        if withdrawn and not any(pages is None or pages for pages in found):
            raise NothingDelivered(str(withdrawn[0]), is_passing=False)
        starts = [start_of(one, names_windows=self.names_windows) for one in windows]
        by_start = dict(zip(starts, found, strict=True))
        return arrivals_of(by_start, self._name, written=self.written, window=window)

    def _name(self, number: int, _page: Page) -> str:
        overlaps = isinstance(self.paging, ByOffset) and self.paging.overlap and number > 0
        return f"{number + 1:06d}{_OVERLAPS if overlaps else '.json'}"

    def read(self, payloads: Sequence[Payload]) -> RawRows:
        """Read the records of all pages; one that cannot be read is refused, with its reason."""
        raw = FileForm(format="json", records=self.records).read(payloads)
        repeats = [
            place for place, payload in enumerate(payloads) if payload.name.endswith(_OVERLAPS)
        ]
        is_new = ~((pl.col(LINE) == 1) & pl.col(PAYLOAD).is_in(repeats))
        frame, refused = raw.frame, raw.refused
        if repeats:
            frame, refused = frame.filter(is_new), refused.filter(is_new)
        # Servers leave out what is empty: a column came if any record of any page has it.
        return RawRows(frame, refused, raw.decimal, raw.thousands)


def arrivals_of(
    found: Mapping[date | None, Sequence[Page] | None],
    name: Callable[[int, Page], str],
    *,
    written: str,
    window: Window,
) -> Arrivals:
    """The pages of each window as a delivery; None in place of pages says: unchanged."""
    payloads: list[Payload] = []
    receipts: list[Receipt] = []
    for start, pages in found.items():
        for number, page in enumerate(pages or ()):
            answer = page.answer
            payloads.append(Payload(name(number, page), answer.body, answer.changed_at, start))
            receipts.append(answer.receipt(page.url, start))
    unchanged = [start for start, pages in found.items() if pages is None]
    if not payloads and not unchanged:
        raise NothingDelivered(f"{written}: nothing was found there for {window}")
    return Arrivals(payloads, receipts=receipts, unchanged=unchanged)
