"""How much of a value each treatment shows, and whether a contract now shows less than a table.

A label says what is stored of a column: `keep`, `pseudonymise energy`, `pseudonymise parking day`,
`truncate 15m`, `bands 0,18,65`. A table written under several contracts may hold several that do
not contain each other; its label then names them all, with ` | ` between.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from quality.contract.column_rules import RESERVED
from quality.contract.columns import Column
from quality.contract.model import Contract

_OR: Final = " | "
# Mean lengths, for ordering only: which of two truncations says more about the instant.
_MINUTES: Final = {
    "m": 1.0,
    "h": 60.0,
    "d": 1440.0,
    "w": 7 * 1440.0,
    "mo": 1440.0 * 365.2425 / 12,
    "y": 1440.0 * 365.2425,
}


def labels(contract: Contract) -> dict[str, str]:
    """What this contract stores of each column, as one label each."""
    return {name: _label(column, contract) for name, column in contract.stored.items()}


def stricter(recorded: Mapping[str, str], contract: Contract) -> list[str]:
    """A sentence for each column of which the table holds more than the contract now allows.

    `recorded` are the labels of the table; empty when the contract allows all that is stored.
    """
    allowed = labels(contract)
    sentences: list[str] = []
    for name, label in recorded.items():
        if name in RESERVED or not label:
            continue
        too_much = [part for part in label.split(_OR) if not _within(part, allowed.get(name))]
        if too_much:
            now = (
                f"the contract now says {allowed[name]}"
                if name in allowed
                else "the contract no longer keeps it"
            )
            sentences.append(f"{name} is stored as {' and '.join(too_much)}: {now}.")
    return sentences


def loosest(recorded: Mapping[str, str], contract: Contract) -> dict[str, str]:
    """The labels of a table after a write under this contract: all that its history holds.

    Only rewriting and purging the history makes a label stricter; then `labels` starts anew.
    """
    merged = {name: label for name, label in recorded.items() if label}
    for name, label in labels(contract).items():
        parts = [*merged.get(name, label).split(_OR), label]
        merged[name] = _OR.join(_outermost(parts))
    return merged


def pseudonyms_in(label: str) -> dict[str, bool]:
    """The domains of the pseudonyms stored under a label, and whether of keys of a day only.

    What else the label says is stored there counts as the domain without a name.
    """
    found: dict[str, bool] = {}
    for domain, is_by_day in _domains(label):
        found[domain] = found.get(domain, True) and is_by_day
    return found


def key_domains(label: str) -> list[tuple[str, bool]]:
    """Under which key domains a column's pseudonyms were made, and whether with keys of a day."""
    return [(domain, is_by_day) for domain, is_by_day in _domains(label) if domain]


def _domains(label: str) -> Iterator[tuple[str, bool]]:
    """For each part of a label its key domain, or none, and whether its keys are those of days."""
    for part in label.split(_OR):
        kind, *arguments = part.split(" ")
        is_pseudonym = kind == "pseudonymise" and bool(arguments)
        yield (arguments[0], arguments[1:] == ["day"]) if is_pseudonym else ("", False)


def _label(column: Column, contract: Contract) -> str:
    if not column.is_pseudonym:
        return column.treatment_name
    epoch = f" {column.epoch}" if column.epoch else ""
    return f"{column.treatment_name} {contract.key_domain}{epoch}"


def _outermost(parts: list[str]) -> list[str]:
    """The labels that no other one contains, in order, each once."""
    kept: list[str] = []
    for part in parts:
        if any(_within(part, other) for other in kept):
            continue
        kept = [other for other in kept if not _within(other, part)]
        kept.append(part)
    return kept


def _within(stored: str, allowed: str | None) -> bool:
    """Whether what is stored under one label shows no more than another one allows."""
    if allowed in (stored, "keep"):
        return True
    kind, _, argument = stored.partition(" ")
    allowed_kind, _, limit = (allowed or "").partition(" ")
    if kind != allowed_kind:
        return False  # neither contains the other: stored bands are more than a contract's rounding
    match kind:
        case "truncate":
            is_within = _length_min(argument) >= _length_min(limit)
        case "round_to":
            is_within = float(argument) >= float(limit)
        case "h3":
            is_within = int(argument) <= int(limit)
        case "bands":
            is_within = set(_edges(argument)) <= set(_edges(limit))
        case "pseudonymise":
            # A key a day shows less than one key for good, within the same domain.
            is_within = argument == f"{limit} day"
        case _:
            is_within = False
    return is_within


def _length_min(duration: str) -> float:
    unit = duration.lstrip("0123456789")
    return int(duration[: -len(unit)]) * _MINUTES[unit]


def _edges(argument: str) -> list[float]:
    return [float(edge) for edge in argument.split(",")]
