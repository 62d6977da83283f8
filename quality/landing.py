"""How a delivery lands: pulled, made ready (`preparing`), committed. One step, in memory."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from infra.arrivals import Arrivals
from infra.seal import SealedDelivery
from infra.windows import Window
from quality.answers import known_answers, remember_answers
from quality.before import Before
from quality.contract.model import Adapter, Contract
from quality.landed import Landing, joined
from quality.news import new_versions, news_of
from quality.preparing import prepare
from quality.publishing import publish
from quality.tables import bronze_key, tables_of
from quality.workplace import Workplace

__all__ = ["Landing", "Workplace", "land", "land_arrivals"]


def land(
    contract: Contract,
    window: Window,
    *,
    at: Workplace,
    adapter: Adapter,
    notes: Mapping[str, str],
    now: datetime,
) -> Landing:
    """Pull the delivery of these windows and publish it, or publish nothing.

    Windows that already hold exactly this delivery under exactly this contract are left alone.
    Raises PublisherUnavailable, DeliveryRefused, or TwinError; the tables are then as before.
    """
    known = known_answers(contract, window, at=at, now=now)
    arrivals = adapter.pull(window, known) if known else adapter.pull(window)
    if arrivals.unchanged and not arrivals.payloads_count:
        return Landing(delivery_id=None, windows=(), version=at.lake.version(bronze_key(contract)))
    parts = [arrivals]
    if window.is_static and adapter.sends_versions:
        parts = new_versions(contract, arrivals, at.lake)
    landings = []
    for place, part in enumerate(parts):
        # One after the other, also for whoever lands them again from the archive.
        came_at = now + timedelta(microseconds=place)
        landings.append(
            land_arrivals(contract, window, part, at=at, adapter=adapter, notes=notes, now=came_at)
        )
    remember_answers(contract, arrivals, at=at, now=now)
    return joined(landings, version=at.lake.version(bronze_key(contract)))


def land_arrivals(
    contract: Contract,
    window: Window,
    arrivals: Arrivals,
    *,
    at: Workplace,
    adapter: Adapter,
    notes: Mapping[str, str],
    now: datetime,
    sealed: SealedDelivery | None = None,
) -> Landing:
    """Publish a delivery that has been pulled, or was `sealed` before; see `land`."""
    marks = news_of(contract, window, arrivals, at=at, now=now)
    if not marks:
        return Landing(delivery_id=None, windows=(), version=at.lake.version(bronze_key(contract)))
    before = Before(contract, marks, at.lake)
    # From the look at who was erased to the commit nobody may erase anything beside it.
    with at.lake.writing(*tables_of(contract)):
        ready = prepare(
            contract,
            window,
            arrivals,
            marks,
            at=at,
            adapter=adapter,
            now=now,
            sealed=sealed,
            before=before,
        )
        if isinstance(ready, Landing):
            return ready
        return publish(contract, [ready], notes=notes)[0]
