"""Landing sealed deliveries again: a lake that was lost comes back from the archive."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime

from infra.arrivals import Arrivals
from infra.errors import ContractError, DeliveryRefused
from infra.seal import SealedDelivery
from infra.windows import Cadence, Window
from quality.before import Before
from quality.by_window import Landed, Told
from quality.contract.model import Adapter, Contract
from quality.landed import Landing, joined
from quality.landing import land_arrivals
from quality.news import holds, landed_windows, news_of
from quality.preparing import prepare
from quality.privacy.arrivals import window_starts
from quality.publishing import Ready, Together
from quality.tables import bronze_key, tables_of
from quality.workplace import Workplace


def land_from_archive(
    contract: Contract,
    window: Window,
    *,
    at: Workplace,
    adapter: Adapter,
    notes: Mapping[str, str],
    now: datetime,
    done: Collection[date] = (),
    landed: Landed | None = None,
    told: Told | None = None,
) -> Landing:
    """Land the sealed deliveries of these windows again, each as if it came when it was sealed.

    Of each window the newest delivery stands, and where that is refused, as it was when it came,
    the one before; a table with history gets them all, oldest first. What the table holds already
    is left alone, and so are the windows that are `done`. Raises ContractError where none is left,
    and, once all others have landed, DeliveryRefused where a window has no good one.
    """
    sealed = [one for one in at.archive.deliveries(contract.key) if _touches(one, window)]
    if not sealed:
        raise ContractError(
            f"{contract.key}: no sealed delivery is left for {window}; they are kept for "
            f"archive_days ({contract.archive_days}); pull from the publisher instead"
        )
    notes = {**notes, "from": "archive"}
    again = _Again(contract, at=at, adapter=adapter, notes=notes)
    together = Together(contract, notes=notes, landed=landed)
    if window.is_static:
        wanted, parts = set(), _land_whole(again, sealed)
    else:
        # A whole file is landed for all windows that have one: a row stands in one of them.
        also = set() if adapter.names_windows else landed_windows(contract, window, at=at, now=now)
        wanted = {*window.starts(), *also} - set(done)
        wanted &= {start for one in sealed for start in _windows(one, window.cadence).starts()}
        parts = _land_windows(again, sealed, wanted, window.cadence)
    refused: dict[date | None, DeliveryRefused] = {}
    stands: set[date | None] = set()
    with at.lake.writing(*tables_of(contract)), together:
        for starts, one in parts:
            if isinstance(one, DeliveryRefused):
                # It published nothing when it came, either: the one before it is what stands.
                refused |= dict.fromkeys(starts, one)
                continue
            stands |= starts
            together.add(one)
            if told is not None and wanted:
                told(len(stands), len(wanted))
    left = [refusal for start, refusal in refused.items() if start not in stands]
    if left:
        raise left[0]
    return joined(together.landings, version=at.lake.version(bronze_key(contract)))


# The windows a sealed delivery is landed for (None for a static table), and what became of it.
_Part = tuple[AbstractSet[date | None], Ready | Landing | DeliveryRefused]


@dataclass(frozen=True)
class _Again:
    """How deliveries are landed again."""

    contract: Contract
    at: Workplace
    adapter: Adapter
    notes: Mapping[str, str]

    def opened(self, sealed: SealedDelivery) -> Arrivals:
        return self.at.archive.get(self.contract.key, sealed.delivery_id, entry=sealed.entry)

    def land(self, sealed: SealedDelivery, arrivals: Arrivals) -> Landing | DeliveryRefused:
        """Land it whole, or say that it is refused."""
        try:
            return land_arrivals(
                self.contract,
                Window.always(),
                arrivals,
                at=self.at,
                adapter=self.adapter,
                notes=self.notes,
                now=sealed.sealed_at,
                sealed=sealed,
            )
        except DeliveryRefused as refusal:
            return refusal

    def prepare(
        self,
        sealed: SealedDelivery,
        arrivals: Arrivals,
        window: Window,
        *,
        only: set[date],
        before: Before,
    ) -> Ready | Landing | DeliveryRefused:
        """Judge some of its windows, or say that it is refused."""
        now = sealed.sealed_at
        marks = news_of(self.contract, window, arrivals, at=self.at, now=now, only=only)
        if not marks:
            return Landing(delivery_id=None, windows=())
        try:
            return prepare(
                self.contract,
                window,
                arrivals,
                marks,
                at=self.at,
                adapter=self.adapter,
                now=now,
                sealed=sealed,
                before=before,
            )
        except DeliveryRefused as refusal:
            return refusal


def _land_windows(
    again: _Again, sealed: Sequence[SealedDelivery], wanted: set[date], cadence: Cadence
) -> Iterator[_Part]:
    """For each window the newest good delivery that was for it; the newest come first."""
    missing = set(wanted)
    before = Before(again.contract, wanted, again.at.lake)
    for one in reversed(sealed):
        span = _windows(one, cadence)
        starts = missing.intersection(span.starts())
        if not starts:
            continue
        arrivals = again.opened(one)
        starts &= set(window_starts(arrivals)) or starts
        done = again.prepare(one, arrivals, span, only=starts, before=before)
        yield starts, done
        if not isinstance(done, DeliveryRefused):
            missing -= starts


def _land_whole(again: _Again, sealed: Sequence[SealedDelivery]) -> Iterator[_Part]:
    """What a static table is made of: all deliveries if it has a history, else the newest good."""
    newer = []
    for one in reversed(sealed):
        if holds(again.contract, again.opened(one), again.at):
            yield {None}, Landing(delivery_id=None, windows=())
            break
        newer.append(one)
    if again.contract.primary_key:
        newer.reverse()
    for one in newer:
        landing = again.land(one, again.opened(one))
        yield {None}, landing
        if not again.contract.primary_key and isinstance(landing, Landing):
            break


def _windows(sealed: SealedDelivery, cadence: Cadence) -> Window:
    start, _, end = sealed.window.partition("/")
    return Window(cadence, date.fromisoformat(start), date.fromisoformat(end))


def _touches(sealed: SealedDelivery, window: Window) -> bool:
    if window.is_static or sealed.window == "static":
        return window.is_static and sealed.window == "static"
    return any(start in window for start in _windows(sealed, window.cadence).starts())
