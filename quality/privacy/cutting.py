"""Taking persons' rows out of a delivery, whatever the format of its files."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from infra.adapters import Adapter
from infra.adapters.opening import payloads_of
from infra.adapters.raw import LINE, PAYLOAD, RawRows, Table
from infra.adapters.remains import packed
from infra.arrivals import Arrivals, Payload
from infra.errors import ContractError, TwinError
from infra.keys import Keyring
from infra.seal.payloads import digest_of
from quality.contract.model import Contract
from quality.privacy.arrivals import by_layout
from quality.privacy.gate import fenced
from quality.privacy.persons import Wanted, is_said, theirs, without_mentions

_NAMELESS: Final = "(name withheld)"


class CannotBeCut(ContractError):
    """Rows are to be taken out of a file that is of a kind from which none can be taken."""


@dataclass(frozen=True, repr=False)
class Cut:
    """A delivery without some persons' rows; `removed` holds those alone, each at its place.

    `places` are the file (from 0) and the line of each row removed. `mentions_count` cells of other
    rows were emptied, because a text in them names one of the persons.
    """

    left: Arrivals
    removed: Arrivals
    places: tuple[tuple[int, int], ...]
    mentions_count: int
    is_changed: bool


def is_cut(arrivals: Arrivals) -> bool:
    """Whether rows were taken out of any of the files."""
    return any(payload.stands_for is not None for payload in payloads_of(arrivals))


def cut(
    arrivals: Arrivals, contract: Contract, wanted: Wanted, *, adapter: Adapter, keyring: Keyring
) -> Cut:
    """Take out of a delivery the rows of those who are wanted.

    Files in which none is stay as they came. Raises ContractError where a file cannot be read, and
    CannotBeCut where it can, but not without some of its rows: a zip of tables that hang together.
    """
    payloads = payloads_of(arrivals)
    left, removed = list(payloads), list(payloads)
    places: list[tuple[int, int]] = []
    mentions_count, is_changed = 0, False
    with fenced(contract.key):
        for part in by_layout(arrivals, contract):
            reader = part.read_by(adapter)
            for place in part.places:
                found = _cut_one(payloads[place], part.contract, wanted, reader, keyring)
                left[place], removed[place] = found.left, found.removed
                places += [(place, line) for line in found.lines]
                mentions_count += found.mentions_count
                is_changed |= found.is_changed
    return Cut(Arrivals(left), Arrivals(removed), tuple(places), mentions_count, is_changed)


@dataclass(frozen=True, repr=False)
class _CutPayload:
    left: Payload
    removed: Payload
    lines: tuple[int, ...]
    mentions_count: int
    is_changed: bool


def _cut_one(
    payload: Payload, contract: Contract, wanted: Wanted, adapter: Adapter, keyring: Keyring
) -> _CutPayload:
    raw = adapter.read((payload,))
    is_theirs = theirs(raw, contract, wanted)
    frame, mentions_count = without_mentions(
        replace(raw, frame=raw.frame.filter(~is_theirs)), wanted
    )
    lines = tuple(raw.frame.filter(is_theirs)[LINE].to_list())
    removed = _remaining(payload, raw.frame.filter(is_theirs), raw.refused.clear(), keyring)
    is_named = is_said(payload.name, wanted)
    # Not in a row, but in a line that is none, in a comment, in a column that is not a record's.
    is_beside = is_said(payload.content.decode("latin-1"), wanted)
    if not lines and not mentions_count and not is_named and not is_beside:
        return _CutPayload(payload, removed, (), 0, is_changed=False)
    left = _remaining(payload, frame, raw.refused, keyring)
    if is_named:
        left = replace(left, name=_NAMELESS)
    _check(raw, frame, left, adapter)
    return _CutPayload(left, removed, lines, mentions_count, is_changed=True)


def _remaining(
    payload: Payload, frame: pl.DataFrame, refused: pl.DataFrame, keyring: Keyring
) -> Payload:
    table = Table(frame.drop(PAYLOAD), refused.drop(PAYLOAD))
    return replace(
        payload, content=packed(table), stands_for=digest_of(payload, keyring), digests={}
    )


def _check(raw: RawRows, frame: pl.DataFrame, left: Payload, adapter: Adapter) -> None:
    """Make sure that what is left is read as what it was, without those rows."""
    cannot = CannotBeCut(
        "rows cannot be taken out of a file of this kind; ask the publisher to send it without them"
    )
    if raw.faults:
        raise cannot
    try:
        again = adapter.read((left,))
    except (ContractError, TwinError):
        raise cannot from None
    if again.frame.height != frame.height or again.refused.height != raw.refused.height:
        raise cannot


def places_as_text(delivery_id: str, places: Sequence[tuple[int, int]]) -> list[str]:
    """Rows of a delivery as quarantine can be asked for them."""
    return [f"{delivery_id}:{payload}:{line}" for payload, line in places]
