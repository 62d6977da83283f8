"""The `ckan` protocol: the newest fitting resource of a package on a CKAN portal."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from typing import ClassVar, Final, Literal
from urllib.parse import unquote, urljoin, urlsplit

from infra.adapters.form import FileForm
from infra.adapters.pagers import with_query
from infra.adapters.paging import Document, looked_up, parsed
from infra.adapters.source import NOTHING_KNOWN, WebSource, each, in_window
from infra.adapters.web import Web
from infra.arrivals import Arrivals, Known, Payload, Receipt
from infra.errors import ContractError, NothingDelivered, PublisherUnavailable
from infra.windows import Window

_AT_ONCE: Final = 4
_DATES: Final = ("metadata_modified", "last_modified", "created")


class CkanAdapter(FileForm, WebSource):
    """A file of a package: the newest of those whose name and label fit, read like any file."""

    windows_in: ClassVar[str] = "resource"

    protocol: Literal["ckan"]
    package: str
    resource: str | None = None
    label: str | None = None

    def pull(self, window: Window, known: Known = NOTHING_KNOWN) -> Arrivals:
        """Fetch the newest resource; of each window its own, where the resource's name says it.

        Raises ContractError where the package has none that fits, PublisherUnavailable where the
        portal does not answer as it should.
        """
        if self.names_windows and window.is_static:
            raise ContractError(
                f"{self.written}: a static data set has no windows; take {{window}} out of "
                "source.resource"
            )
        web = self.web(self.url)
        listed = self._resources(web)
        chosen: dict[date | None, Mapping[str, Document]] = {}
        for one in each(window) if self.names_windows else [window]:
            fitting = self._fitting(listed, one)
            if fitting:
                chosen[one.start if self.names_windows else None] = fitting
        if not chosen and not self.names_windows:
            raise self._none_fits(listed)
        if not chosen:
            raise NothingDelivered(f"{self.written}: nothing was found there for {window}")

        def fetch(start: date | None) -> tuple[Payload | None, Receipt]:
            return self._fetched(web, chosen[start], start, known.get(start, ()))

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = list(pool.map(fetch, chosen))
        return Arrivals(
            [payload for payload, _ in found if payload is not None],
            receipts=[receipt for _, receipt in found],
            unchanged=[receipt.window_start for payload, receipt in found if payload is None],
        )

    def address(self, web: Web, window: Window) -> str:
        """Where the resource of a window is.

        Raises NothingDelivered where the package has none for it, and ContractError where it has
        none at all.
        """
        listed = self._resources(web)
        fitting = self._fitting(listed, window)
        if fitting is None and self.names_windows:
            raise NothingDelivered(f"{self.written}: nothing was found there for {window}")
        if fitting is None:
            raise self._none_fits(listed)
        return self._url(fitting)

    def _none_fits(self, listed: Sequence[Mapping[str, Document]]) -> ContractError:
        return ContractError(
            f"{self.written}: the package has {len(listed)} resources, and none fits "
            "source.resource and source.label; correct them"
        )

    def _url(self, item: Mapping[str, Document]) -> str:
        return urljoin(self.url, str(item["url"]).strip())

    def _resources(self, web: Web) -> list[Mapping[str, Document]]:
        url = f"{self.url.rstrip('/')}/api/3/action/package_show"
        answer = web.get(with_query(url, id=self.package))
        document = parsed(answer.body if answer else b"", self.written)
        listed = looked_up(document, "result.resources")
        if looked_up(document, "success") is not True or not isinstance(listed, list):
            raise PublisherUnavailable(
                f"{self.written} does not answer as a CKAN portal does; correct source.url"
            )
        return [item for item in listed if isinstance(item, dict) and item.get("url")]

    def _fitting(
        self, listed: Sequence[Mapping[str, Document]], window: Window
    ) -> Mapping[str, Document] | None:
        """The newest resource that fits; of equally new ones that listed last."""
        pattern = in_window(self.resource or "*", window).casefold()
        label = (self.label or self.format or "").casefold()
        newest: Mapping[str, Document] | None = None
        for item in listed:
            name, stated = (str(item.get(key) or "").strip() for key in ("name", "format"))
            if not fnmatchcase(name.casefold(), pattern):
                continue
            if label and stated.casefold().lstrip(".") != label:
                continue
            if newest is None or _dated(item) >= _dated(newest):
                newest = item
        return newest

    def _fetched(
        self,
        web: Web,
        item: Mapping[str, Document],
        start: date | None,
        known: Sequence[Receipt],
    ) -> tuple[Payload | None, Receipt]:
        url = self._url(item)
        receipt = next((one for one in known if one.url == url and one.is_named), None)
        answer = web.get(url, known=receipt)
        if answer is None and receipt is not None:
            return None, receipt
        if answer is None:
            raise PublisherUnavailable(f"{self.written} answered HTTP 304 to a plain question")
        name = unquote(urlsplit(url).path.rpartition("/")[2])
        changed_at = _dated(item)
        if changed_at == _NEVER:
            changed_at = answer.changed_at
        return Payload(name, answer.body, changed_at, start), answer.receipt(url, start)


_NEVER: Final = datetime.min.replace(tzinfo=UTC)


def _dated(item: Mapping[str, Document]) -> datetime:
    """When a resource last changed, as the portal says; CKAN writes UTC without saying so."""
    for key in _DATES:
        try:
            stated = datetime.fromisoformat(str(item.get(key) or ""))
        except ValueError:
            continue
        return stated.replace(tzinfo=stated.tzinfo or UTC).astimezone(UTC)
    return _NEVER
