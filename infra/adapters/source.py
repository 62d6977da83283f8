"""What every source may declare, those behind a web server too, and the windows they speak of."""

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr

from infra.adapters.patience import Patience, Time
from infra.adapters.web import Web, host_of
from infra.addresses import without_secrets
from infra.arrivals import Known
from infra.drops import Drop
from infra.errors import ContractError
from infra.windows import Window

if TYPE_CHECKING:
    from infra.adapters.fetch import Place

# {window:%Y-%m-%d}: the first day of the delivery window, as the publisher writes it; {window_last}
# is its last day, {window_end} the first day after it.
WINDOW: Final = re.compile(r"\{window(_end|_last)?(?::([^{}]+))?\}")
ROME: Final = "Europe/Rome"
SOLAR: Final = timezone(timedelta(hours=1))
NOTHING_KNOWN: Final[Known] = {}


def zone_of(name: str) -> tzinfo:
    """The time zone of this name; `solar` is UTC+1 all year, as measuring stations keep it."""
    return SOLAR if name == "solar" else ZoneInfo(name)


def _is_zone(name: str) -> str:
    try:
        zone_of(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("is not a time zone; write an IANA zone such as UTC, or solar") from None
    return name


Zone = Annotated[str, AfterValidator(_is_zone)]


def in_window(text: str, window: Window, *, clock: str = ROME) -> str:
    """A text with the placeholders of a window filled: midnights of the city, by another clock."""
    if window.start is None or window.end is None:
        return text
    days = {None: window.start, "_end": window.end, "_last": window.end - timedelta(days=1)}

    def written(match: re.Match[str]) -> str:
        midnight = datetime.combine(days[match[1]], time(), ZoneInfo(ROME))
        return midnight.astimezone(zone_of(clock)).strftime(match[2] or "%Y-%m-%d")

    return WINDOW.sub(written, text)


class Source(BaseModel):
    """Where a publisher is, and which of its keys speak of windows."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    # The key whose placeholders make the publisher be asked for one window at a time.
    windows_in: ClassVar[str] = "url"

    url: str

    _written: str | None = PrivateAttr(default=None)

    @property
    def names_windows(self) -> bool:
        """Whether the publisher is asked for one window at a time, or its names say the window."""
        return WINDOW.search(getattr(self, self.windows_in) or "") is not None

    @property
    def path_names_windows(self) -> bool:
        """Whether each window has an address of its own, where it may be there or not."""
        return WINDOW.search(self.url.partition("?")[0]) is not None

    @property
    def asks_by_window(self) -> bool:
        """Whether each window costs a request to a web server of its own."""
        return self.names_windows and urlsplit(self.url).scheme.lower() in ("http", "https")

    @property
    def may_be_empty(self) -> bool:
        """Whether a delivery without any row is news: of a window, and not of a whole list."""
        return self.names_windows

    @property
    def sends_versions(self) -> bool:
        """Whether the files of an undated delivery are each a whole, one after the other."""
        return False

    def filled_texts(self) -> dict[str, str]:
        """The texts in which placeholders are filled from the settings, by their keys."""
        return {"url": self.url}

    def resolved(self, fill: Callable[[str], str]) -> Self:
        """The same source with the placeholders of its texts filled.

        Messages go on to show the address as the contract writes it.
        """
        filled = self.model_copy(update=self._filled(fill))
        filled._written = self._written or self.url
        return filled

    def _filled(self, fill: Callable[[str], str]) -> dict[str, object]:
        return {"url": fill(self.url)}

    @property
    def written(self) -> str:
        """The address as messages show it: as the contract writes it, without secrets."""
        return without_secrets(self._written or self.url)

    def drops(self, digest: Callable[[str], str]) -> list[Drop]:
        """What lies at the address now; nothing, for a server shows only what it is asked for."""
        del digest
        return []

    def remove(self, window: Window, is_ours: Callable[[bytes], bool]) -> int:
        """Remove what has landed, where the contract says so; nothing, for it is not ours."""
        del window, is_ours
        return 0

    def places(self, window: Window) -> "list[Place]":
        """The addresses to look at: one, or one for each window where the address names it."""
        from infra.adapters.fetch import Place

        if not self.names_windows:
            return [Place(self.url, self.written)]
        if window.is_static:
            raise ContractError(
                f"{self.written}: a static data set has no windows; take {{window}} out of "
                f"source.{self.windows_in}"
            )
        return [Place(in_window(self.url, one), self.written, one.start) for one in each(window)]


class WebSource(Source):
    """How a publisher's web server is reached: nothing here changes what is delivered."""

    headers: dict[str, str] = Field(default={}, repr=False)
    hosts: tuple[str, ...] = ()
    timeout_s: float = Field(default=60, gt=0, le=3600)
    deadline_s: float = Field(default=1800, gt=0, le=86_400)
    requests_per_s: float | None = Field(default=None, gt=0, le=1000)

    _time: Time | None = PrivateAttr(default=None)
    _patience: Patience | None = PrivateAttr(default=None)

    def filled_texts(self) -> dict[str, str]:
        """The address, the headers, and the other hosts."""
        headers = {f"headers.{name}": value for name, value in self.headers.items()}
        hosts = {f"hosts.{place}": host for place, host in enumerate(self.hosts, start=1)}
        return super().filled_texts() | headers | hosts

    def _filled(self, fill: Callable[[str], str]) -> dict[str, object]:
        return super()._filled(fill) | {
            "headers": {name: fill(value) for name, value in self.headers.items()},
            "hosts": tuple(fill(host) for host in self.hosts),
        }

    def timed(self, time: Time) -> Self:
        """The same source by another clock, for those who cannot wait."""
        other = self.model_copy()
        other._time = time
        return other

    def waiting(self, patience: Patience) -> Self:
        """The same source with another patience than its contract's."""
        other = self.model_copy()
        other._patience = patience
        return other

    def web(self, url: str) -> Web:
        """The servers this source may ask: that of an address, and those declared."""
        others = (host.partition("://")[2] or host for host in self.hosts)
        return Web(
            self.written,
            hosts=(host_of(urlsplit(url)), *(host.strip("/") for host in others)),
            headers=self.headers,
            patience=self._patience
            or Patience(timeout_s=self.timeout_s, deadline_s=self.deadline_s),
            requests_per_s=self.requests_per_s,
            time=self._time,
        )


# What of a source says how it is reached, not what comes from it.
REACH: Final = frozenset(
    {
        *("headers", "hosts", "timeout_s", "deadline_s", "requests_per_s"),
        *("access", "host_key", "ready", "consume"),
    }
)


def each(window: Window) -> list[Window]:
    """The single windows of a range; a static one is one."""
    if window.is_static:
        return [window]
    return [Window.of(start, window.cadence) for start in window.starts()]


def start_of(window: Window, *, names_windows: bool) -> date | None:
    """What the payloads of a window say they are for."""
    return window.start if names_windows else None
