"""Whether the publishers' endpoints answer, and with the columns their contracts speak of."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from infra.adapters.look import Look, look
from infra.errors import ContractError, PublisherUnavailable
from infra.windows import Window, period_start
from quality.contract.model import Adapter, Contract

State = Literal["as declared", "answers", "moved", "drifted", "refused", "unreachable"]
IN_ORDER: Final[frozenset[State]] = frozenset({"as declared", "answers"})
_AT_ONCE: Final = 8


@dataclass(frozen=True)
class Endpoint:
    """What was found at one endpoint; never a value, or a name that nobody declared."""

    key: str
    state: State
    said: str


def look_at_all(
    contracts: Iterable[Contract], adapters: Mapping[str, Adapter], today: date
) -> Iterator[Endpoint]:
    """What was found at each endpoint on the web, in the order of the contracts."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = pool.map(lambda one: _look_at(one, adapters[one.key], today), contracts)
        yield from (endpoint for endpoint in found if endpoint is not None)


def _look_at(contract: Contract, adapter: Adapter, today: date) -> Endpoint | None:
    try:
        seen = look(adapter, _newest_window(contract, today))
    except PublisherUnavailable as failure:
        state: State = "unreachable" if failure.is_passing else "refused"
        return Endpoint(contract.key, state, str(failure))
    except ContractError as failure:
        return Endpoint(contract.key, "drifted", str(failure))
    return None if seen is None else _judged(contract, seen)


def _newest_window(contract: Contract, today: date) -> Window:
    """The last window that is over, or the first of the series if that is later."""
    if contract.is_static or contract.since is None:
        return Window.always()
    last = period_start(today, contract.cadence) - timedelta(days=1)
    return Window.of(max(last, contract.since), contract.cadence)


def _judged(contract: Contract, seen: Look) -> Endpoint:
    if seen.names is None or (seen.is_empty and not seen.names):
        what = "has nothing for the newest days" if seen.is_empty else "its columns were not read"
        if seen.is_moved:
            return Endpoint(contract.key, "moved", f"moved on its host: correct source.url; {what}")
        return Endpoint(contract.key, "answers", what)
    missing = [
        name
        for column in contract.columns.values()
        if not column.optional
        for name in column.source
        if name not in seen.names
    ]
    if missing:
        named = ", ".join(f"'{name}'" for name in dict.fromkeys(missing))
        return Endpoint(contract.key, "drifted", f"lacks declared columns: {named}")
    extra = len(seen.names - set(contract.delivered) - set(contract.dropped))
    more = f", and {extra} that nobody declared" if extra else ""
    said = f"the {len(contract.delivered)} columns are as declared{more}"
    if seen.is_moved:
        return Endpoint(contract.key, "moved", f"moved on its host: correct source.url; {said}")
    return Endpoint(contract.key, "as declared", said)
