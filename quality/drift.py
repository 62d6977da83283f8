"""What changed in the columns of a delivery since the last one that landed, and what that means.

What the last one had is remembered in the notes of its commit: names from the contract, keyed
hashes and safe descriptions of columns nobody declared, and what each column seemed to hold.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Literal

from infra.counting import agree
from infra.errors import DeliveryRefused
from quality.contract.model import Column, Contract
from quality.contract.types import NUMBERS, TIMES
from quality.privacy.drift import Drift

NOTE: Final = "columns"
What = Literal["added", "removed", "renamed", "retyped"]
# `breaking`: rows are refused, or a column of ours stays empty. A column that looks personal stops
# the delivery before it comes here.
Effect = Literal["benign", "breaking"]


@dataclass(frozen=True)
class Change:
    """One way in which a delivery differs from its contract or from the deliveries before it.

    `since` is the day of the first delivery known to differ so.
    """

    what: What
    column: str
    effect: Effect
    since: date
    said: str


@dataclass(frozen=True)
class Memory:
    """What the last delivery that landed had; `on` is its day, the last of its windows.

    `unknown` holds, by the keyed hash of a column nobody declared, what may be said of it and since
    when it has come; `missing` since when an optional column has not.
    """

    on: date
    kinds: Mapping[str, str] = field(default_factory=dict)
    unknown: Mapping[str, tuple[str, date]] = field(default_factory=dict)
    missing: Mapping[str, date] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()


def remembered(notes: Iterable[Mapping[str, str]], on: date) -> Memory | None:
    """The newest delivery among the notes of commits, newest first, that is not after this day.

    Whoever loads old deliveries compares them with what came before them, not with today's.
    """
    for each in notes:
        for values in _entries(each[NOTE]) if NOTE in each else ():
            days = [day for day in map(date.fromisoformat, values["on"]) if day <= on]
            if days:
                return _from_entry(values, on=max(days))
    return None


def _entries(note: str) -> "list[dict[str, Any]]":  # as JSON gives them
    """What a note says, newest first, each with all the days it was so."""
    values = json.loads(note)
    listed = values if isinstance(values, list) else [values]
    return [
        {**one, "on": [one["on"]] if isinstance(one["on"], str) else one["on"]} for one in listed
    ]


def one_note(notes: Sequence[str]) -> str:
    """The notes of several deliveries in one, for the commit they share; they came in this order.

    Days on which the same is to be remembered are named together.
    """
    if len(notes) == 1:
        return notes[0]
    merged: list[dict[str, Any]] = []  # as JSON gives them
    for one in (entry for note in reversed(notes) for entry in _entries(note)):
        if merged and {**merged[-1], "on": None} == {**one, "on": None}:
            merged[-1]["on"] += one["on"]
        else:
            merged.append(one)
    return _text(merged)


def _text(values: object) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def _from_entry(values: "Mapping[str, Any]", *, on: date) -> Memory:  # as JSON gives it
    return Memory(
        on=on,
        kinds=values["kinds"],
        unknown={
            key: (said, date.fromisoformat(since))
            for key, (said, since) in values["unknown"].items()
        },
        missing={name: date.fromisoformat(since) for name, since in values["missing"].items()},
        dropped=tuple(values["dropped"]),
    )


def to_note(drift: Drift, memory: Memory | None, on: date) -> str:
    """What to remember of a delivery, as text for the notes of its commit."""
    before = memory or Memory(on)
    values = {
        "on": str(on),
        "kinds": dict(drift.kinds),
        "unknown": {
            key: [said, str(_since_unknown(key, before, on))] for key, said in drift.unknown.items()
        },
        "missing": {name: str(before.missing.get(name, on)) for name in drift.missing},
        "dropped": list(drift.dropped_seen),
    }
    return _text(values)


def changes(
    drift: Drift, memory: Memory | None, contract: Contract, on: date
) -> tuple[Change, ...]:
    """All that a delivery of this day has otherwise; without memory, all that nobody declared."""
    before = memory or Memory(on)
    found = [*_added(drift, before, on), *_missing(drift, before, on)]
    if memory is not None:
        found += [*_gone(drift, memory, on), *_retyped(drift, memory, contract, on)]
    return tuple(found)


def _since_unknown(key: str, before: Memory, on: date) -> date:
    return before.unknown[key][1] if key in before.unknown else on


def _added(drift: Drift, before: Memory, on: date) -> Iterator[Change]:
    for key, said in drift.unknown.items():
        words = f"{said} came, which nobody declared: it was left out"
        yield Change("added", said, "benign", _since_unknown(key, before, on), words)


def _missing(drift: Drift, before: Memory, on: date) -> Iterator[Change]:
    for name in drift.missing:
        since = before.missing.get(name, on)
        now = drift.renamed.get(name)
        if now is None:
            words = f"{name}, which is optional, did not come: it is empty"
            yield Change("removed", name, "benign", since, words)
        else:
            words = f"{name} did not come and is empty: it may have been renamed to {now}"
            yield Change("renamed", name, "breaking", since, words)


def _gone(drift: Drift, memory: Memory, on: date) -> Iterator[Change]:
    for key, (said, _) in memory.unknown.items():
        if key not in drift.unknown:
            words = f"{said}, which nobody declared, no longer comes"
            yield Change("removed", said, "benign", on, words)
    for name in memory.dropped:
        if name not in drift.dropped_seen:
            words = f"{name}, which is under dropped, no longer comes"
            yield Change("removed", name, "benign", on, words)


def _retyped(drift: Drift, memory: Memory, contract: Contract, on: date) -> Iterator[Change]:
    for source, kind in drift.kinds.items():
        known = memory.kinds.get(source, kind)
        readers = contract.delivered.get(source, ())
        if known == kind or "nothing" in (known, kind) or not readers:
            continue
        breaks = any(not _reads(contract.columns[name], kind) for name in readers)
        words = f"'{source}' holds {kind}, and held {known} on {memory.on}"
        yield Change("retyped", source, "breaking" if breaks else "benign", on, words)


def _reads(column: Column, kind: str) -> bool:
    """Whether cells of this kind can fill a column."""
    if column.type in NUMBERS:
        return kind == "numbers"
    if column.type in TIMES:
        return kind in ("dates or times", "numbers")  # 20250301, or seconds since 1970
    return column.type != "boolean" or kind in ("yes or no", "numbers", "text")


@contextmanager
def since_when(memory: Memory | None) -> Iterator[None]:
    """Let a refusal for missing columns say which delivery still had them."""
    try:
        yield
    except DeliveryRefused as refusal:
        if memory is None or not refusal.lacking or set(refusal.lacking) - set(memory.kinds):
            raise
        it = agree(len(refusal.lacking), "it", "them")
        raise DeliveryRefused(
            f"{refusal}. The delivery of {memory.on} still had {it}",
            check=refusal.check,
            lacking=refusal.lacking,
        ) from None


def breaking_words(found: Iterable[Change]) -> list[str]:
    """What a stopped delivery may have been stopped for, as sentences."""
    return [f"{change.said}." for change in found if change.effect == "breaking"]
