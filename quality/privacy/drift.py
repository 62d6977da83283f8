"""Drift: what a delivery lacks of the contract, and what it holds that nobody declared.

The names of undeclared columns are untrusted text: in a file without a header they are the first
row. They are shown only where they cannot be a value.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from infra.adapters.raw import LINE, PAYLOAD, RawRows, tidy_name
from infra.counting import agree, counted
from infra.errors import DeliveryRefused
from infra.keys import Keyring
from quality.contract.model import Contract
from quality.privacy.audit import unexpected
from quality.privacy.kinds import Kind, kind_of
from quality.privacy.personal import Finding, is_clean_name, look_at
from quality.privacy.renaming import Candidate, renamed

# A single word with a capital may be a surname: it is shown in lower case only.
_SHOWN: Final = re.compile(r"[a-z][a-z0-9]{0,39}|(?=.*[_ 0-9])[A-Za-z_][A-Za-z0-9_ ]{0,39}")
_MOST_DIGITS: Final = 4  # pm10, anno_2025; never a telephone


@dataclass(frozen=True)
class Drift:
    """How a delivery differs from its contract without being refused for it.

    `missing`: optional columns of ours that were left out. `undeclared`: a description of each
    column nobody declared, by name where it is safe to show, else by position. `renamed`: for an
    optional column that was left out, what it seems to be called now. `kinds`: what each declared
    column seems to hold, by the publisher's name in the contract. `unknown`: the descriptions again
    by the keyed hash of the true name, by which a column is known again.
    """

    missing: tuple[str, ...] = ()
    undeclared_count: int = 0
    undeclared: tuple[str, ...] = ()
    dropped_seen: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict, compare=False)
    kinds: Mapping[str, Kind] = field(default_factory=dict, compare=False)
    unknown: Mapping[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, repr=False)
class _Undeclared:
    """A column nobody declared; its true name never leaves this module unless it is safe."""

    name: str
    description: str
    finding: Finding | None
    kind: Kind

    @property
    def candidate(self) -> Candidate:
        return Candidate(self.name, self.description, self.kind)


def check_drift(raw: RawRows, contract: Contract, keyring: Keyring) -> Drift:
    """Compare the delivered columns with the contract.

    Raises DeliveryRefused when an undeclared column looks personal (check `privacy`) or a declared
    one that is not optional is missing, be it from one file of many (check `drift`).
    """
    frame = raw.frame
    names = [name for name in frame.columns if name not in (PAYLOAD, LINE)]
    declared = set(contract.delivered)
    dropped = {tidy_name(name) for name in contract.dropped}
    files = [brought for brought in raw.names if brought is not None] or [frozenset(names)]
    is_header = all(len(declared & brought) * 2 >= len(declared) for brought in files)
    undeclared = [
        _undeclared(frame[name], position, is_header=is_header)
        for position, name in enumerate(names, start=1)
        if name not in declared | dropped
    ]
    _refuse_personal(undeclared, contract)
    candidates = [column.candidate for column in undeclared]
    lacks = [lacking for brought in files if (lacking := _lacking(brought, contract))]
    if lacks:
        some = f"{len(lacks)} of {counted(len(files), 'file')}"
        who = "the delivery" if len(files) == 1 else some
        verb = agree(len(lacks), "lacks", "lack")
        needed = tuple(dict.fromkeys(source for one in lacks for source in one))
        raise DeliveryRefused(
            _missing_message(f"{who} {verb}", needed, candidates, names, contract=contract),
            check="drift",
            lacking=needed,
        )
    missing = _missing(frozenset(names), contract)
    return Drift(
        missing=tuple(missing),
        undeclared_count=len(undeclared),
        undeclared=tuple(column.description for column in undeclared),
        dropped_seen=tuple(name for name in contract.dropped if tidy_name(name) in names),
        renamed=_renamed_columns(missing, candidates, contract),
        kinds={name: kind_of(frame[name]) for name in names if name in declared},
        unknown={
            keyring.fingerprint("column", [column.name.encode()])[:16]: column.description
            for column in undeclared
        },
    )


def drift_of_all(parts: Sequence[Drift]) -> Drift:
    """The drift of a delivery by that of its pieces."""
    if len(parts) == 1:
        return parts[0]
    missing = [name for name in parts[0].missing if all(name in part.missing for part in parts)]
    unknown = {key: said for part in parts for key, said in part.unknown.items()}
    kinds: dict[str, Counter[Kind]] = {}
    for name, kind in ((name, kind) for part in parts for name, kind in part.kinds.items()):
        kinds.setdefault(name, Counter())[kind] += 0 if kind == "nothing" else 1
    renamed = {name: said for part in parts for name, said in part.renamed.items()}
    return Drift(
        missing=tuple(missing),
        undeclared_count=len(unknown),
        undeclared=tuple(unknown.values()),
        dropped_seen=tuple(dict.fromkeys(name for part in parts for name in part.dropped_seen)),
        renamed={name: said for name, said in renamed.items() if name in missing},
        kinds={name: counts.most_common(1)[0][0] for name, counts in kinds.items()},
        unknown=unknown,
    )


def _renamed_columns(
    missing: Mapping[str, Sequence[str]], candidates: Sequence[Candidate], contract: Contract
) -> dict[str, str]:
    sources = {source: name for name, lacking in missing.items() for source in lacking}
    hints = renamed({source: contract.columns[sources[source]] for source in sources}, candidates)
    return {sources[source]: f"{shown}{why}" for source, (shown, why) in hints.items()}


def check_claim(frame: pl.DataFrame, contract: Contract, *refused: pl.DataFrame) -> None:
    """Refuse rows in which a kept or generalised column holds what nobody declared.

    `personal: none`, and `legal_basis: not_personal`, are claims; a sample of the values is looked
    at, and where nothing is personal that of the refused rows too, which are stored as they came.
    Raises DeliveryRefused (check `privacy`) that names the columns.
    """
    said = unexpected(contract, [frame] if contract.is_personal else [frame, *refused])
    if said:
        raise DeliveryRefused(
            f"{contract.key}: columns hold what nobody declared: {'; '.join(said)}. Nothing was "
            "published. Declare them personal: with a treatment, or move them to dropped:; where "
            "identifiers stand on purpose that are nobody's, say which with entity:",
            check="privacy",
        )


def _undeclared(cells: pl.Series, position: int, *, is_header: bool) -> _Undeclared:
    name = cells.name
    is_shown = (
        is_header
        and _SHOWN.fullmatch(name) is not None
        and sum(character.isdigit() for character in name) <= _MOST_DIGITS
        and is_clean_name(name)
    )
    description = name if is_shown else f"column {position}"
    return _Undeclared(name, description, look_at(cells), kind_of(cells))


def _refuse_personal(undeclared: Sequence[_Undeclared], contract: Contract) -> None:
    personal = [column for column in undeclared if column.finding is not None]
    if not personal:
        return
    said = "; ".join(f"{column.description} ({column.finding})" for column in personal)
    who = f"{len(personal)} of {counted(len(undeclared), 'undeclared column')}"
    looks = agree(len(personal), "looks", "look")
    raise DeliveryRefused(
        f"{contract.key}: {who} {looks} personal: "
        f"{said}. Nothing was published. Add each under dropped: with the reason it is not needed, "
        "or declare it under columns: with a treatment",
        check="privacy",
    )


def _missing(names: frozenset[str], contract: Contract) -> dict[str, list[str]]:
    """For each column of ours that cannot be filled: the delivered columns it lacks."""
    found: dict[str, list[str]] = {}
    for name, column in contract.columns.items():
        lacking = [source for source in column.source if source not in names]
        if lacking:
            found[name] = lacking
    return found


def _lacking(brought: frozenset[str], contract: Contract) -> list[str]:
    """The delivered columns that a file must have and lacks."""
    return [
        source
        for name, sources in _missing(brought, contract).items()
        if not contract.columns[name].optional
        for source in sources
    ]


def _missing_message(
    who: str,
    lacking: Sequence[str],
    candidates: Sequence[Candidate],
    names: Sequence[str],
    *,
    contract: Contract,
) -> str:
    if not names:
        return f"{contract.key}: the delivery is empty: it has neither columns nor rows"
    readers = {source: contract.columns[contract.delivered[source][0]] for source in lacking}
    hints = [
        f"'{source}' may have been renamed to {shown}{why}"
        for source, (shown, why) in renamed(readers, candidates).items()
    ]
    what = "a declared column" if len(lacking) == 1 else f"{len(lacking)} declared columns"
    quoted = ", ".join(f"'{source}'" for source in lacking)
    hint = "; ".join(hints) + ". " if hints else ""
    return (
        f"{contract.key}: {who} {what}: {quoted}. {hint}Correct `from` in the "
        "contract (and keep the former name under `earlier`), or write optional: true if the "
        "publisher may leave it out"
    )
