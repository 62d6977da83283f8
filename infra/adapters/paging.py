"""Walking through the pages of a list, so that no record is missed and no walk is endless."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from infra.adapters.web import MAX_FETCHED_BYTES, Answer, Web
from infra.arrivals import Receipt
from infra.errors import ContractError, PublisherUnavailable

_WALKS: Final = 3
# Of an answer as it was sent: nothing but looking up where the records and the next page are.
Document = Any


class ShiftedError(Exception):
    """The list changed while it was read: rows may have been missed, so begin again."""


@dataclass(frozen=True, repr=False)
class Page:
    """One page: where it was asked for, what came, and the records in it."""

    url: str
    answer: Answer = field(repr=False)
    document: Document = field(repr=False)
    records: Sequence[Document] = field(repr=False)


class Pager(Protocol):
    """How one kind of server divides a list into pages."""

    def first(self) -> str:
        """The address of the first page."""

    def after(self, pages: Sequence[Page]) -> str | None:
        """The address of the page after these, None if they are all; ShiftedError if they lie."""

    def recheck(self, pages: Sequence[Page]) -> str | None:
        """An address to ask again at the end, whose records must be those of the first page."""


@dataclass(frozen=True, repr=False)
class Walk:
    """Reads all pages of one list; `path` leads to the records in an answer."""

    web: Web
    written: str
    path: str | None
    max_pages: int

    def pages(self, pager: Pager, known: Sequence[Receipt] = ()) -> list[Page] | None:
        """All pages, in order; None where the server says that none changed since `known`.

        Raises PublisherUnavailable where the list changes faster than it can be read, ContractError
        where pages repeat, lead in a circle, or are more than `max_pages`.
        """
        first: Answer | None = None
        if known and known[0].url == pager.first() and all(one.is_named for one in known):
            for position, receipt in enumerate(known):
                answer = self.web.get(receipt.url, known=receipt)
                if answer is not None:
                    first = answer if position == 0 else None
                    break
            else:
                return None
        for _ in range(_WALKS):
            try:
                return self._once(pager, first)
            except ShiftedError:
                first = None
        raise PublisherUnavailable(
            f"{self.written}: the list changed each of {_WALKS} times it was read; try when the "
            "publisher is not writing to it"
        )

    def _once(self, pager: Pager, first: Answer | None) -> list[Page]:
        pages: list[Page] = []
        asked: set[str] = set()
        seen: set[bytes] = set()
        bytes_count = 0
        url: str | None = pager.first()
        while url is not None:
            if url in asked:
                raise ContractError(
                    f"{self.written}: the pages lead back to one that was read before; correct "
                    "source.paging, or tell the publisher"
                )
            if len(pages) == self.max_pages:
                raise ContractError(
                    f"{self.written}: there are more than {self.max_pages} pages; raise "
                    "source.max_pages if that is right"
                )
            asked.add(url)
            page = self._page(url, first)
            first = None
            bytes_count += len(page.answer.body)
            self._check(page, seen, bytes_count)
            pages.append(page)
            url = pager.after(pages)
        again = pager.recheck(pages)
        if again is not None and self._page(again, None).records != pages[0].records:
            raise ShiftedError
        return pages

    def _page(self, url: str, answer: Answer | None) -> Page:
        answer = answer or self.web.get(url)
        if answer is None:
            raise PublisherUnavailable(f"{self.written} answered HTTP 304 to a plain question")
        document = parsed(answer.body, self.written)
        return Page(url, answer, document, records_of(document, self.path, self.written))

    def _check(self, page: Page, seen: set[bytes], bytes_count: int) -> None:
        if bytes_count > MAX_FETCHED_BYTES:
            raise ContractError(
                f"{self.written}: the pages hold more than {MAX_FETCHED_BYTES // 1024**3} GiB; "
                "ask for fewer days at once"
            )
        if not page.records:
            return
        digest = hashlib.sha256(json.dumps(page.records).encode()).digest()
        if digest in seen:
            raise ContractError(
                f"{self.written}: the same page came twice: the server pages in another way than "
                "source.paging says; correct it"
            )
        seen.add(digest)


def parsed(body: bytes, written: str) -> Document:
    """An answer as JSON. Raises PublisherUnavailable where it is none."""
    try:
        return json.loads(body, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        raise PublisherUnavailable(
            f"{written} sent something that is not JSON: it was cut short, or is another format"
        ) from None


def records_of(document: Document, path: str | None, written: str) -> Sequence[Document]:
    """The list of records in an answer."""
    place = f"{written}: source.records '{path}'" if path else f"{written}: the answer"
    found = looked_up(document, path) if path else document
    if not isinstance(found, list):
        raise ContractError(
            f"{place} is not a list of records: write in source.records the path to the list, "
            "such as data.items"
        )
    return found


def looked_up(document: Document, path: str) -> Document:
    """What a dotted path leads to; None if it leads nowhere."""
    for key in path.split("."):
        if not isinstance(document, dict):
            return None
        document = document.get(key)
    return document
