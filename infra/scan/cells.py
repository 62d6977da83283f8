"""Cells of tables: each is searched by itself, many at a time."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Final

from infra.scan.hits import Findings

# No form of a value holds these bytes, so nothing is found across two cells.
_BETWEEN: Final = b"\xff\x00\xff\x00"


def search_cells(
    cells: Sequence[bytes],
    findings: Findings,
    *,
    path: str,
    trail: str,
    place: Callable[[int], str],
) -> None:
    """Look into cells; `place` says where the cell of this number is."""
    if not cells:
        return
    starts = list(accumulate((len(cell) + len(_BETWEEN) for cell in cells), initial=0))
    findings.search(
        _BETWEEN.join(cells),
        path=path,
        trail=trail,
        place=lambda start, _: place(bisect_right(starts, start) - 1),
    )
