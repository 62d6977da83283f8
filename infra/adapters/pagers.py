"""The ways web APIs divide a list into pages: by number, by offset, by cursor, by Link header."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit

from pydantic import BaseModel, ConfigDict, Field

from infra.adapters.paging import Document, Page, Pager, ShiftedError, looked_up

_LINK: Final = re.compile(r'<([^<>]*)>\s*((?:;\s*[\w*!-]+\s*=\s*(?:"[^"]*"|[^\s",;]+)\s*)*)')
_NEXT: Final = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s",;]+))', re.I)


class _Paging(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    total: str | None = None


class ByPage(_Paging):
    """Pages have numbers; the list ends at an empty page, or when `total` records came."""

    by: Literal["page"]
    parameter: str = "page"
    first: int = 1
    size_parameter: str | None = None
    size: int = Field(default=1000, ge=1)


class ByOffset(_Paging):
    """A page begins at a record's place; each asks for the last record of the one before, too."""

    by: Literal["offset"]
    parameter: str = "offset"
    size_parameter: str | None = "limit"
    size: int = Field(default=1000, ge=2)
    overlap: bool = True


class ByCursor(_Paging):
    """An answer says where the next page is: a mark for `parameter`, or an address without one."""

    by: Literal["cursor"]
    next: str
    parameter: str | None = None


class ByLink(_Paging):
    """The Link header says where the next page is (RFC 8288)."""

    by: Literal["link"]


Paging = Annotated[ByPage | ByOffset | ByCursor | ByLink, Field(discriminator="by")]
PAGINGS: Final = (ByPage, ByOffset, ByCursor, ByLink)


def pager_of(paging: Paging | None, url: str) -> Pager:
    """The pager that walks the list at an address."""
    match paging:
        case ByPage():
            return _Numbered(url, paging)
        case ByOffset():
            return _Offset(url, paging)
        case ByCursor():
            return _Cursor(url, paging)
        case ByLink():
            return _Linked(url, paging)
    return _Single(url)


def with_query(url: str, **values: str | int | None) -> str:
    """The address with these values in its query; what stands there under the name is replaced."""
    parts = urlsplit(url)
    known = parse_qsl(parts.query, keep_blank_values=True)
    query = [pair for pair in known if pair[0] not in values]
    query += [(name, str(value)) for name, value in values.items() if value is not None]
    return parts._replace(query=urlencode(query, quote_via=quote, safe=":,'()*$")).geturl()


@dataclass(frozen=True)
class _Single:
    """The whole list comes at once."""

    url: str

    def first(self) -> str:
        return self.url

    def after(self, pages: Sequence[Page]) -> str | None:
        return None

    def recheck(self, pages: Sequence[Page]) -> str | None:
        return None


def _come(pages: Sequence[Page]) -> int:
    return sum(len(page.records) for page in pages)


def _is_complete(pages: Sequence[Page], total: str | None, come: int) -> bool:
    """Whether all came of which the server speaks; ShiftedError where it changed its mind."""
    if total is None:
        return False
    said = {_count(looked_up(page.document, total)) for page in pages}
    expected = said.pop()
    if said or (expected is not None and come > expected):
        raise ShiftedError
    return come == expected


def _check_end(pages: Sequence[Page], total: str | None, come: int) -> None:
    """The list ended; if the server spoke of more, rows are missing."""
    if total is not None and not _is_complete(pages, total, come):
        raise ShiftedError


def _count(value: Document) -> int | None:
    return int(value) if isinstance(value, int | str) and str(value).isdecimal() else None


@dataclass(frozen=True)
class _Numbered:
    url: str
    paging: ByPage

    def first(self) -> str:
        return self._at(self.paging.first)

    def _at(self, number: int) -> str:
        values: dict[str, str | int | None] = {self.paging.parameter: number}
        if self.paging.size_parameter:
            values[self.paging.size_parameter] = self.paging.size
        return with_query(self.url, **values)

    def after(self, pages: Sequence[Page]) -> str | None:
        come = _come(pages)
        if _is_complete(pages, self.paging.total, come):
            return None
        # A short page proves nothing: servers give fewer records than asked for.
        if not pages[-1].records:
            _check_end(pages, self.paging.total, come)
            return None
        return self._at(self.paging.first + len(pages))

    def recheck(self, pages: Sequence[Page]) -> str | None:
        has_several = len([page for page in pages if page.records]) > 1
        return self.first() if has_several and self.paging.total is None else None


@dataclass(frozen=True)
class _Offset:
    url: str
    paging: ByOffset

    def first(self) -> str:
        return self._at(0)

    def _at(self, offset: int) -> str:
        values: dict[str, str | int | None] = {self.paging.parameter: offset}
        if self.paging.size_parameter:
            values[self.paging.size_parameter] = self.paging.size
        return with_query(self.url, **values)

    def after(self, pages: Sequence[Page]) -> str | None:
        # One record alone has none before it from which the next page could be asked.
        shared = 1 if self.paging.overlap and len(pages[0].records) > 1 else 0
        if self.paging.overlap and len(pages) > 1:
            joint = pages[-2].records[-1:] if shared else []
            # Rows that went away or came in before this place have moved the record that joins.
            if list(pages[-1].records[:1]) != list(joint):
                raise ShiftedError
        come = _come(pages) - shared * (len(pages) - 1)
        if _is_complete(pages, self.paging.total, come):
            return None
        if len(pages[-1].records) <= (shared if len(pages) > 1 else 0):
            _check_end(pages, self.paging.total, come)
            return None
        return self._at(come - shared)

    def recheck(self, pages: Sequence[Page]) -> str | None:
        return None


@dataclass(frozen=True)
class _Cursor:
    url: str
    paging: ByCursor

    def first(self) -> str:
        return self.url

    def after(self, pages: Sequence[Page]) -> str | None:
        mark = looked_up(pages[-1].document, self.paging.next)
        if mark is None or mark == "" or mark is False:
            _check_end(pages, self.paging.total, _come(pages))
            return None
        if self.paging.parameter is None:
            return urljoin(pages[-1].url, str(mark))
        return with_query(self.url, **{self.paging.parameter: str(mark)})

    def recheck(self, pages: Sequence[Page]) -> str | None:
        return None


@dataclass(frozen=True)
class _Linked:
    url: str
    paging: ByLink

    def first(self) -> str:
        return self.url

    def after(self, pages: Sequence[Page]) -> str | None:
        last = pages[-1]
        for target, parameters in _LINK.findall(last.answer.headers.get("link", "")):
            for quoted, bare in _NEXT.findall(parameters):
                if "next" in (quoted or bare).lower().split():
                    return urljoin(last.answer.url, str(target))
        _check_end(pages, self.paging.total, _come(pages))
        return None

    def recheck(self, pages: Sequence[Page]) -> str | None:
        return None
