"""Asking a publisher's web server: the one way to do it, for files and for pages of records.

Messages name the address as the contract writes it: never what came back, never a query string.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

from infra.adapters.patience import Patience, Time
from infra.adapters.web_page import is_web_page
from infra.adapters.wire import (
    BadCertificateError,
    BrokenOffError,
    Raw,
    TooLargeError,
    basic,
    exchange,
)
from infra.arrivals import Receipt
from infra.errors import ContractError, PublisherUnavailable

MAX_FETCHED_BYTES: Final = 4 * 1024**3
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_MOST_REDIRECTS: Final = 5
_FOR_GOOD: Final = (301, 308)
_GONE: Final = (404, 410)
_BUSY: Final = (429, 503)
# Worth another try: the same question may be answered a moment later.
_PASSING: Final = (429, 500, 502, 503, 504)
_PORTS: Final = {"http": 80, "https": 443}


class NotThereError(PublisherUnavailable):
    """The server answers and says that it has no such thing; with 410, that it never will again."""

    def __init__(self, message: str, *, is_for_good: bool) -> None:
        """Fail with a message that shows no value."""
        super().__init__(message, is_passing=False)
        self.is_for_good = is_for_good


def _lasting(message: str) -> PublisherUnavailable:
    """What stays as it is until somebody acts: asking again at once is no use."""
    return PublisherUnavailable(message, is_passing=False)


@dataclass(frozen=True, repr=False)
class Answer:
    """What came: the body, and what the server says of it."""

    body: bytes = field(repr=False)
    headers: Mapping[str, str]
    url: str
    changed_at: datetime
    is_moved: bool = False
    is_part: bool = False

    def receipt(self, asked: str, window_start: date | None) -> Receipt:
        """How the server names this state, if it does, so that it can be asked about it again."""
        etag, modified = self.headers.get("etag"), self.headers.get("last-modified")
        return Receipt(asked, etag, modified, window_start)


class Web:
    """The servers that one contract may reach, for one pull; asked no faster than it allows."""

    def __init__(
        self,
        written: str,
        *,
        hosts: tuple[str, ...],
        headers: Mapping[str, str] | None = None,
        patience: Patience | None = None,
        requests_per_s: float | None = None,
        time: Time | None = None,
    ) -> None:
        """`written` is what messages call the source; the first of `hosts` gets the headers."""
        self._written = written
        self._hosts = tuple(host.lower() for host in hosts)
        self._headers = dict(headers or {})
        self._patience = patience or Patience()
        self._time = time or Time()
        self._pause_s = 1 / requests_per_s if requests_per_s else 0.0
        self._turn = threading.Lock()
        self._next_at = 0.0
        self._due_at = self._time.now_s() + self._patience.deadline_s

    def get(
        self, url: str, *, known: Receipt | None = None, part_bytes: int | None = None
    ) -> Answer | None:
        """The answer, or its beginning; None where the server says nothing changed since `known`.

        Raises NotThereError for 404 and 410, PublisherUnavailable for every other failure, and
        ContractError for an answer that is too large or an address that is none.
        """
        bound_s = self._patience.first_pause_s
        for attempt in range(1, self._patience.attempts + 1):
            try:
                return self._follow(url, known, part_bytes)
            except _Passing as failure:
                if attempt == self._patience.attempts:
                    raise PublisherUnavailable(self._said(failure, attempt)) from None
                pause_s = self._time.up_to(min(bound_s, self._patience.longest_pause_s))
                pause_s += failure.asked_s or 0
                bound_s *= 2
                if not self._may_wait(failure.asked_s, pause_s):
                    raise PublisherUnavailable(
                        self._said(failure, attempt), is_passing=not self._is_long(failure.asked_s)
                    ) from None
                self._time.sleep(pause_s)
        raise AssertionError  # the last attempt returned or raised

    def _may_wait(self, asked_s: float | None, pause_s: float) -> bool:
        return not self._is_long(asked_s) and self._time.now_s() + pause_s < self._due_at

    def _is_long(self, asked_s: float | None) -> bool:
        """Whether the server asks for more than a pause."""
        return asked_s is not None and asked_s > self._patience.longest_pause_s

    def _said(self, failure: "_Passing", attempts: int) -> str:
        tries = f" ({attempts} attempts)" if attempts > 1 else ""
        wish = ""
        if self._is_long(failure.asked_s):
            wish = f"; it asks not to be called for {failure.asked_s:.0f} s: run again after that"
        return f"{self._written} {failure.said}{tries}{wish}"

    def _follow(self, url: str, known: Receipt | None, part_bytes: int | None) -> Answer | None:
        """One attempt: the answer behind up to five redirects, all on declared hosts."""
        asked, is_moved = url, False
        for _ in range(_MOST_REDIRECTS + 1):
            raw = self._ask(asked, known if asked == url else None, part_bytes)
            if raw.status == 304 and known is not None:
                return None
            if raw.status not in _REDIRECTS or "location" not in raw.headers:
                return self._answer(raw, asked, is_moved=is_moved)
            is_moved |= raw.status in _FOR_GOOD
            asked = self._onward(asked, raw.headers["location"])
        raise _lasting(f"{self._written} redirects in a circle; tell the publisher")

    def _onward(self, asked: str, location: str) -> str:
        target = urljoin(asked, location)
        if urlsplit(asked).scheme == "https" and urlsplit(target).scheme != "https":
            raise _lasting(
                f"{self._written} redirects to an address without encryption; nothing was fetched"
            )
        try:
            self._check_host(target)
        except PublisherUnavailable:
            raise _lasting(
                f"{self._written} redirects to a host that the contract does not name: it has "
                "moved, or asks for a login; look there, and correct source.url or add the host "
                "to source.hosts"
            ) from None
        return target

    def _check_host(self, url: str) -> str:
        """The host and port of an address, if the contract names them."""
        if "://" not in url:
            raise _lasting(
                f"{self._written} leads to a folder, and this publisher is asked over the web: say "
                "in GEMELLO_SOURCES where its server is"
            )
        try:
            parts = urlsplit(url)
            place = host_of(parts)
        except ValueError:
            place = ""
        if not place:
            raise ContractError(
                f"{self._written} is not a web address; correct source.url"
            ) from None
        if place not in self._hosts:
            raise _lasting(
                f"{self._written} points to a host that the contract does not name; add it to "
                "source.hosts if it is the publisher's"
            )
        return place

    def _ask(self, url: str, known: Receipt | None, part_bytes: int | None) -> Raw:
        place = self._check_host(url)
        self._wait_turn()
        patience = self._patience

        def left_s() -> float:
            return min(patience.timeout_s, self._due_at - self._time.now_s())

        # The beginning of something packed cannot be read.
        coding = "gzip" if part_bytes is None else "identity"
        headers = {"User-Agent": "gemello", "Accept-Encoding": coding, "Connection": "close"}
        parts = urlsplit(url)
        if place == self._hosts[0]:
            headers |= self._headers
        if parts.username is not None:
            headers["Authorization"] = basic(parts.username, parts.password or "")
            url = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        if known is not None:
            conditions = {"If-None-Match": known.etag, "If-Modified-Since": known.modified}
            headers |= {name: value for name, value in conditions.items() if value}
        try:
            return exchange(
                url,
                headers,
                left_s=left_s,
                limit_bytes=MAX_FETCHED_BYTES,
                part_bytes=part_bytes,
            )
        except TimeoutError:
            if self._time.now_s() >= self._due_at:
                raise _lasting(
                    f"{self._written} did not answer in full within {patience.deadline_s:g} s; "
                    "raise source.deadline_s if the publisher is known to be slow"
                ) from None
            raise _Passing(f"did not answer within {patience.timeout_s:g} s") from None
        except BrokenOffError:
            raise _Passing("cannot be reached, or broke off while sending") from None
        except BadCertificateError as error:
            raise _lasting(
                f"{self._written}: the server's certificate {error.reason}; nothing was fetched. "
                "Tell the publisher"
            ) from None
        except TooLargeError:
            raise ContractError(
                f"{self._written}: a file is larger than {MAX_FETCHED_BYTES // 1024**3} GiB; ask "
                "the publisher to split it"
            ) from None
        except (ValueError, UnicodeError):
            raise ContractError(
                f"{self._written} is not a web address; correct source.url"
            ) from None

    def _wait_turn(self) -> None:
        if not self._pause_s:
            return
        with self._turn:
            now_s = self._time.now_s()
            wait_s = self._next_at - now_s
            self._next_at = max(self._next_at, now_s) + self._pause_s
        if wait_s > 0:
            self._time.sleep(wait_s)

    def _answer(self, raw: Raw, url: str, *, is_moved: bool) -> Answer:
        if raw.status in _PASSING:
            asked_s = self._asked_pause(raw) if raw.status in _BUSY else None
            raise _Passing(f"answered HTTP {raw.status}", asked_s)
        if raw.status in _GONE:
            is_for_good = raw.status == 410
            word = " (withdrawn for good)" if is_for_good else ""
            said = f"{self._written} answered HTTP {raw.status}{word}"
            raise NotThereError(said, is_for_good=is_for_good)
        if raw.status in (401, 403, 407):
            raise _lasting(
                f"{self._written} answered HTTP {raw.status}: it wants a login, or will not serve "
                "us; ask the publisher"
            )
        if raw.status in (400, 422):
            raise ContractError(
                f"{self._written} answered HTTP {raw.status}: it does not understand the question; "
                "a column or a parameter that the contract's source names may be gone: correct it"
            )
        if raw.status != 200:
            raise _lasting(f"{self._written} answered HTTP {raw.status}")
        if is_web_page(raw.body):
            raise _lasting(
                f"{self._written} sent a web page in place of data: the address has moved, or "
                "asks for a login; look at it in a browser, and correct source.url"
            )
        changed_at = self._date(raw.headers)
        return Answer(raw.body, raw.headers, url, changed_at, is_moved, raw.is_part)

    def _asked_pause(self, raw: Raw) -> float | None:
        """How long the server asks to be left alone (Retry-After: seconds, or a date)."""
        text = raw.headers.get("retry-after", "").strip()
        if text.isascii() and text.isdigit() and len(text) < 10:
            return float(text)
        stated = _instant(text)
        return max(0.0, (stated - self._time.utc()).total_seconds()) if stated else None

    def _date(self, headers: Mapping[str, str]) -> datetime:
        """When it last changed: as the server says, else the server's present, else ours."""
        for name in ("last-modified", "date"):
            stated = _instant(headers.get(name, ""))
            if stated is not None:
                return stated
        return self._time.utc()


class _Passing(Exception):  # what it says: it passes
    """A failure that may be over in a moment; `asked_s` is the pause the server asked for."""

    def __init__(self, said: str, asked_s: float | None = None) -> None:
        super().__init__(said)
        self.said = said
        self.asked_s = asked_s


def host_of(parts: SplitResult) -> str:
    """`host`, or `host:port` where the port is not the usual one; empty if it is no web address."""
    if parts.scheme not in _PORTS or not parts.hostname:
        return ""
    port = parts.port
    return parts.hostname if port in (None, _PORTS[parts.scheme]) else f"{parts.hostname}:{port}"


def _instant(text: str) -> datetime | None:
    try:
        stated = parsedate_to_datetime(text)
    except ValueError:
        return None
    return stated.replace(tzinfo=stated.tzinfo or UTC).astimezone(UTC)
