"""What published cells say of withheld ones: the least and the most that each can be."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from infra.errors import TwinError
from quality.disclosure.cells import Line

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.optimize import OptimizeResult
    from scipy.sparse import csr_array

_UNBOUNDED: Final = 3
# Below this share of the greatest cell a solution's number is nought.
_NOUGHT: Final = 1e-9


def intervals(
    values: "NDArray[np.float64]",
    hidden: Sequence[int],
    lines: Sequence[Line],
    *,
    least: "NDArray[np.float64]",
) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    """Give the least and the most that each hidden cell can be, for whoever sees the others.

    Whoever looks knows all cells that are not `hidden`, what adds up to what, and that no cell is
    below its `least`; two linear programmes a cell say the rest. `values` and `least` have all
    cells, (cells,), of which the values of those hidden are not looked at; the answers are
    (hidden,).
    """
    import numpy as np

    if not hidden:
        return np.empty(0), np.empty(0)
    is_hidden = np.zeros(len(values), dtype=bool)
    is_hidden[list(hidden)] = True
    # What is not shown counts from its least.
    shown = np.where(is_hidden, least, values)
    scale = max(float(shown.max()), 1.0)
    matrix = matrix_of(lines, len(values))
    unknown = matrix[:, np.flatnonzero(is_hidden)]
    touched = np.flatnonzero(np.diff(unknown.indptr))
    unknown, sums = unknown[touched], -(matrix[touched] @ (shown / scale))
    order = np.flatnonzero(is_hidden)
    lower, upper = _alone(unknown, sums)
    for at in np.flatnonzero(np.isinf(lower)):
        for sign in (1.0, -1.0):
            # Nought is the least that any can be: another cell's solution may have shown it.
            if sign > 0 and lower[at] <= 0:
                continue
            goal = np.zeros(len(order))
            goal[at] = sign
            found = solved(goal, unknown, sums, most=None)
            if found is None:
                upper[at] = np.inf
                continue
            lower = np.minimum(lower, np.where(found < _NOUGHT, 0.0, found))
            upper = np.maximum(upper, found)
    place = {int(cell): at for at, cell in enumerate(order)}
    chosen = [place[cell] for cell in hidden]
    known = least[list(hidden)]
    return lower[chosen] * scale + known, upper[chosen] * scale + known


def _alone(
    unknown: "csr_array", sums: "NDArray[np.float64]"
) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    """The bounds of cells whose one line no other line meets; infinite, turned round, elsewhere.

    No programme is needed there: each is at most what the line leaves, and all of it if alone.
    """
    import numpy as np

    cells_count = unknown.shape[1]
    lower, upper = np.full(cells_count, np.inf), np.full(cells_count, -np.inf)
    lines_of = np.bincount(unknown.indices, minlength=cells_count)
    for line, left in enumerate(sums):
        here = slice(unknown.indptr[line], unknown.indptr[line + 1])
        cells = unknown.indices[here]
        if (lines_of[cells] == 1).all() and (unknown.data[here] > 0).all():
            lower[cells] = 0.0 if len(cells) > 1 else left
            upper[cells] = left
    return lower, upper


def matrix_of(lines: Sequence[Line], cells_count: int) -> "csr_array":
    """The lines as a matrix (lines, cells): 1 for a part, -1 for the total; each row adds to 0."""
    import numpy as np
    from scipy.sparse import csr_array

    rows = np.repeat(np.arange(len(lines)), [len(line.parts) + 1 for line in lines])
    columns = [cell for line in lines for cell in (*line.parts, line.total)]
    signs = [sign for line in lines for sign in (*[1.0] * len(line.parts), -1.0)]
    return csr_array((signs, (rows, columns)), shape=(len(lines), cells_count))


def solved(
    goal: "NDArray[np.float64]",
    matrix: "csr_array",
    sums: "NDArray[np.float64]",
    *,
    most: "NDArray[np.float64] | None",
) -> "NDArray[np.float64] | None":
    """The least of a goal over x ≥ 0 with matrix · x = sums; None where there is no least.

    `most` bounds x from above. Raises TwinError where the programme cannot be solved.
    """
    import numpy as np
    from scipy.optimize import linprog

    above = np.full(len(goal), np.inf) if most is None else most
    bounds = np.column_stack([np.zeros(len(goal)), above])
    found: OptimizeResult = linprog(goal, A_eq=matrix, b_eq=sums, bounds=bounds, method="highs")
    if found.status == _UNBOUNDED:
        return None
    if found.status:
        raise TwinError(
            f"a linear programme of {len(goal)} cells was not solved (status {found.status}); "
            "nothing was published; this is a bug"
        )
    answer: NDArray[np.float64] = found.x
    return answer
