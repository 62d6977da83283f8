"""Which column nobody declared a missing one may have been renamed to."""

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from quality.contract.model import Column
from quality.contract.types import NUMBERS, TIMES
from quality.privacy.kinds import Kind

# difflib's measure of how alike two names are.
_ALIKE: Final = 0.6


class Candidate(NamedTuple):
    """A column nobody declared. `shown` is what may be said of it; `name` never leaves here."""

    name: str
    shown: str
    kind: Kind


def renamed(
    missing: Mapping[str, Column], candidates: Sequence[Candidate]
) -> dict[str, tuple[str, str]]:
    """For each missing column that seems to have another name now: what that is called, and why.

    By the likeness of the names, unless the contents speak against it; else by the contents, where
    only one column could be meant.
    """
    found: dict[str, tuple[str, str]] = {}
    for source, column in missing.items():
        near = [one for one in candidates if _fits(one, column) and _alike(source, one) >= _ALIKE]
        if near:
            best = max(near, key=lambda one: _alike(source, one))
            is_shown = best.shown == best.name
            found[source] = (
                (f"'{best.shown}'", "") if is_shown else (best.shown, ", whose name is alike")
            )
    taken = {shown.strip("'") for shown, _ in found.values()}
    rest = {source: kind for source in missing if (kind := _expected(missing[source]))}
    for source, kind in rest.items():
        alone = [one for one in candidates if one.kind == kind and one.shown not in taken]
        rivals = [other for other, its in rest.items() if its == kind and other not in found]
        if source not in found and len(alone) == 1 and rivals == [source]:
            shown = alone[0].shown
            name = f"'{shown}'" if shown == alone[0].name else shown
            found[source] = (name, f", which holds {kind} too")
    return found


def _expected(column: Column) -> Kind | None:
    """What a column of ours must have been read from; None where that can be anything."""
    if column.type in NUMBERS:
        return "numbers"
    if column.type in TIMES and len(column.source) == 1:
        return "dates or times"
    return None


def _fits(candidate: Candidate, column: Column) -> bool:
    return candidate.kind in ("nothing", _expected(column) or candidate.kind)


def _alike(source: str, candidate: Candidate) -> float:
    return difflib.SequenceMatcher(None, _bare(source), _bare(candidate.name)).ratio()


def _bare(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())
