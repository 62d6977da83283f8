"""Landing many windows: pulled some at a time, each judged by itself, committed together.

A day that is refused is refused alone, and what landed does not depend on how many days one run
asked for. At no time is more in memory than what was pulled last.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Final

from infra.arrivals import Arrivals
from infra.counting import agree, counted
from infra.errors import DeliveryRefused, NothingDelivered
from infra.windows import Window, consecutive
from quality.answers import known_answers, remember_answers
from quality.before import Before
from quality.contract.model import Adapter, Contract
from quality.landed import Landing, joined
from quality.landing import land
from quality.news import news_of
from quality.preparing import prepare
from quality.privacy.arrivals import of_windows, window_starts
from quality.publishing import Together
from quality.tables import bronze_key, tables_of
from quality.workplace import Workplace

# What is pulled at once, about: enough to keep a slow connection busy, little beside what it takes
# to protect and judge it.
PULLED_BYTES: Final = 64 * 2**20
_FIRST_PULL: Final = 4
_MOST_WINDOWS: Final = 64
# So many refused windows are named in a message.
_MOST_NAMED: Final = 5

# Called after each window that was written, and with how many windows are done and how many not.
Landed = Callable[[Landing], None]
Told = Callable[[int, int], None]


def land_by_window(
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
    """Land these windows but for those that are `done`, each as a delivery of its own.

    Files that hold many windows are one delivery and land whole. Raises what `land` raises: of the
    windows before a failure each stays landed, and those after a refused one land all the same.
    """
    if window.is_static or not adapter.names_windows:
        whole = land(contract, window, at=at, adapter=adapter, notes=notes, now=now)
        if landed is not None and whole.is_news:
            landed(whole)
        return whole
    wanted = [start for start in window.starts() if start not in done]
    together = Together(contract, notes=notes, landed=landed)
    refused: dict[date, DeliveryRefused] = {}
    nothing: NothingDelivered | None = None
    is_anything, new_count = not wanted, 0
    pulls = _Pulls(wanted, contract)
    for part in pulls.parts():
        try:
            known = known_answers(contract, part, at=at, now=now)
            arrivals = adapter.pull(part, known) if known else adapter.pull(part)
        except NothingDelivered as empty:
            nothing = empty
            pulls.found_nothing()
        else:
            is_anything = True
            if not pulls.fits(arrivals):
                continue
            news = news_of(contract, part, arrivals, at=at, now=now)
            stale = {start: news[start] for start in part.starts() if start in news}
            new_count += len(stale)
            before = Before(contract, stale, at.lake)
            with at.lake.writing(*tables_of(contract)), together:
                for start, mark in stale.items():
                    try:
                        ready = prepare(
                            contract,
                            Window.of(start, contract.cadence),
                            of_windows(arrivals, [start]),
                            {start: mark},
                            at=at,
                            adapter=adapter,
                            now=now,
                            sealed=None,
                            before=before,
                        )
                    except DeliveryRefused as refusal:
                        refused[start] = refusal
                    else:
                        together.add(ready)
            remember_answers(contract, arrivals, at=at, now=now)
        if told is not None:
            told(pulls.done_count, len(wanted))
    if not is_anything and nothing is not None:
        raise nothing
    if refused:
        raise refusal_of(contract, refused, of=new_count)
    return joined(together.landings, version=at.lake.version(bronze_key(contract)))


class _Pulls:
    """Which windows to pull together: as many as were seen to be of a good size."""

    def __init__(self, starts: Sequence[date], contract: Contract) -> None:
        self._starts = list(starts)
        self._cadence = contract.cadence
        self._size, self._most = _FIRST_PULL, _MOST_WINDOWS
        self._windows_count = 0
        self.done_count = 0

    def parts(self) -> Iterator[Window]:
        """Unbroken ranges of windows, in order."""
        while self.done_count < len(self._starts):
            ahead = self._starts[self.done_count : self.done_count + self._size]
            part = consecutive(ahead, self._cadence)[0]
            self._windows_count = len(list(part.starts()))
            self.done_count += self._windows_count
            yield part

    def found_nothing(self) -> None:
        """Pull more at once: where nothing is, nothing weighs."""
        self._size = min(self._most, 2 * self._size)

    def fits(self, arrivals: Arrivals) -> bool:
        """Whether each window of what was just pulled can be told from the others.

        If not, they are pulled again one by one. Learns from the size how many to pull next.
        """
        is_named = bool(window_starts(arrivals) or arrivals.unchanged)
        if self._windows_count > 1 and not is_named:
            self.done_count -= self._windows_count
            self._most = self._size = 1
            return False
        by_window = max(1, arrivals.bytes_count // max(1, self._windows_count))
        self._size = max(1, min(self._most, PULLED_BYTES // by_window))
        return True


def refusal_of(
    contract: Contract, refused: Mapping[date, DeliveryRefused], *, of: int
) -> DeliveryRefused:
    """One refusal for several: which windows, and the reason of the first."""
    first = min(refused)
    if of == 1:
        return refused[first]
    named = ", ".join(str(start) for start in sorted(refused)[:_MOST_NAMED])
    more = f" and {len(refused) - _MOST_NAMED} more" if len(refused) > _MOST_NAMED else ""
    said = str(refused[first]).removeprefix(f"{contract.key}: ")
    were = agree(len(refused), "was", "were")
    return DeliveryRefused(
        f"{contract.key}: {len(refused)} of {counted(of, 'new delivery', 'new deliveries')} "
        f"{were} refused ({named}{more}), the others landed. {first}: {said}",
        check=refused[first].check,
    )
