"""Looking at a publisher's endpoint: does it answer, and with which columns. Little is fetched."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from infra.adapters.ckan import CkanAdapter
from infra.adapters.file import FileAdapter
from infra.adapters.form import FileForm
from infra.adapters.gtfs import GtfsAdapter
from infra.adapters.http_json import HttpJsonAdapter
from infra.adapters.packed import format_of_name
from infra.adapters.pagers import ByOffset, ByPage, pager_of
from infra.adapters.paging import parsed, records_of
from infra.adapters.patience import Patience
from infra.adapters.raw import LINE, PAYLOAD
from infra.adapters.socrata import SocrataAdapter
from infra.adapters.source import WebSource, in_window
from infra.adapters.web import NotThereError, Web
from infra.arrivals import Payload
from infra.errors import ContractError, NothingDelivered, PublisherUnavailable
from infra.windows import Window

if TYPE_CHECKING:
    from infra.adapters import Adapter

_PATIENCE: Final = Patience(timeout_s=15, deadline_s=45, attempts=2)
_PART_BYTES: Final = 256 * 1024
_FEW: Final = 5


@dataclass(frozen=True, repr=False)
class Look:
    """What an endpoint showed. `names` are the delivered columns; None where a part shows none."""

    names: frozenset[str] | None
    is_moved: bool = False
    is_empty: bool = False


def look(adapter: "Adapter", window: Window) -> Look | None:
    """A look at what would be pulled for a window; None for a source that is not on the web.

    A window that has an address of its own may not be there yet: that is nothing to complain of.
    Raises PublisherUnavailable and ContractError as a pull would, after two attempts.
    """
    if not isinstance(adapter, WebSource) or not _is_on_the_web(adapter.url):
        return None
    patient = adapter.waiting(_PATIENCE)
    web = patient.web(adapter.url)
    try:
        return _seen(patient, web, window)
    except NotThereError as failure:
        if failure.is_for_good or not adapter.path_names_windows:
            raise
    except NothingDelivered:
        pass
    return Look(None, is_empty=True)


def _seen(adapter: WebSource, web: Web, window: Window) -> Look | None:
    seen: Look | None = None
    match adapter:
        case FileAdapter():
            seen = _file(adapter, web, in_window(adapter.url, window))
        case CkanAdapter():
            seen = _file(adapter, web, adapter.address(web, window))
        case GtfsAdapter():
            seen = _feed(web, in_window(adapter.url, window))
        case HttpJsonAdapter():
            seen = _records(adapter, web, window)
        case SocrataAdapter():
            seen = _portal(adapter, web, window)
    return seen


def _is_on_the_web(url: str) -> bool:
    return url.lower().startswith(("http://", "https://"))


def _feed(web: Web, url: str) -> Look:
    """A zip shows its tables only as a whole: it is looked at whether one begins to come."""
    answer = web.get(url, part_bytes=_FEW)
    return Look(None, is_moved=answer is not None and answer.is_moved)


def _file(form: FileForm, web: Web, url: str) -> Look:
    answer = web.get(url, part_bytes=_PART_BYTES)
    if answer is None:
        return Look(None)
    body = answer.body
    if answer.is_part:
        body = body[: body.rfind(b"\n") + 1]
    name = unquote(urlsplit(url).path.rpartition("/")[2])
    is_text = (form.format or format_of_name(name)) == "csv"
    if answer.is_part and not is_text:
        return Look(None, is_moved=answer.is_moved)
    return _read(form, Payload(name, body, datetime.now(UTC)), is_moved=answer.is_moved)


def _records(adapter: HttpJsonAdapter, web: Web, window: Window) -> Look:
    paging = adapter.paging
    if isinstance(paging, ByPage | ByOffset):
        paging = paging.model_copy(update={"size": _FEW})
    url = in_window(adapter.url, window, clock=adapter.timezone)
    answer = web.get(pager_of(paging, url).first(), part_bytes=_PART_BYTES)
    if answer is None or answer.is_part:
        return Look(None, is_moved=answer is not None and answer.is_moved)
    records = records_of(parsed(answer.body, adapter.written), adapter.records, adapter.written)
    if not records:
        return Look(None, is_moved=answer.is_moved, is_empty=True)
    form = FileForm(format="json", records=adapter.records)
    return _read(form, Payload("", answer.body, datetime.now(UTC)), is_moved=answer.is_moved)


def _portal(adapter: SocrataAdapter, web: Web, window: Window) -> Look:
    """Each data set is asked: one that lacks a column refuses the question."""
    is_moved = False
    for part in adapter.datasets:
        answer = web.get(adapter.question(part, window, size=_FEW))
        is_moved |= answer is not None and answer.is_moved
    return Look(frozenset(adapter.select), is_moved=is_moved)


def _read(form: FileForm, payload: Payload, *, is_moved: bool) -> Look:
    try:
        frame = form.read([payload]).frame
    except ContractError:
        raise PublisherUnavailable(
            "the endpoint answers, but what it sends cannot be read as the contract says",
            is_passing=False,
        ) from None
    names = frozenset(frame.columns) - {PAYLOAD, LINE}
    return Look(names, is_moved=is_moved, is_empty=frame.is_empty())
