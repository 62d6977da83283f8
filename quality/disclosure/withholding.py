"""Which cells are withheld: those that tell too much, and others that would give them back.

Primary: small counts, sums that few dominate, and groups too alike. Secondary: by the linear
programmes of Kelly, Golden and Assad (1992); see Hundepool et al., Statistical Disclosure Control
(2012), ch. 4, also for the rules of dominance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from quality.disclosure.anonymity import COUNT, DISTINCT, ENTROPY, T, groups
from quality.disclosure.bounds import intervals, matrix_of, solved
from quality.disclosure.cells import FILLED, LARGEST, SECOND, TOP, Line, is_inner, lines
from quality.disclosure.policy import TOTAL, Cells, Thresholds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

IS_SMALL: Final = "__is_small"
IS_DOMINATED: Final = "__is_dominated"
IS_ALIKE: Final = "__is_alike"
# A total is dearer than a cell, and a great cell a little dearer than a small one.
_TOTAL_COST: Final = 4.0
_MOVED: Final = 1e-7


@dataclass(frozen=True)
class Need:
    """How far apart the least and the most of a withheld cell must lie, in one column."""

    column: str
    cell: int
    at_most: float
    at_least: float


def primary(cells: pl.DataFrame, release: Cells) -> pl.DataFrame:
    """Mark the cells that tell too much by themselves: small, dominated, or of a group too alike.

    A group is all of one combination of quasi-identifiers or of their totals; too few of it, or too
    alike in a sensitive column, and none of its values is shown, noughts included.
    """
    limits = release.thresholds
    size = pl.col(release.count)
    dominated = [_dominated(name, limits) for name in release.sums]
    marked = cells.with_columns(
        ((size > 0) & (size < limits.k)).alias(IS_SMALL),
        pl.any_horizontal(pl.lit(False), *dominated).alias(IS_DOMINATED),
    )
    if not release.sensitive:
        return marked.with_columns(pl.lit(False).alias(IS_ALIKE))
    keys = [*release.within, *release.quasi_identifiers]
    alike = too_alike(group_measures(cells, release), limits, release.sensitive).select(keys)
    of_value = pl.any_horizontal(pl.col(name) != TOTAL for name in release.sensitive)
    found = marked.with_row_index("__row").join(alike, on=keys, how="semi").filter(of_value)
    return marked.with_columns(
        pl.int_range(pl.len()).is_in(found["__row"].to_list()).alias(IS_ALIKE)
    )


def group_measures(cells: pl.DataFrame, release: Cells) -> pl.DataFrame:
    """The measures of each group, totals of quasi-identifiers included, from cells with counts."""
    keys = [*release.within, *release.quasi_identifiers]
    valued = cells.filter(pl.all_horizontal(pl.col(name) != TOTAL for name in release.sensitive))
    found = []
    # A group's distance is from all of its own level: towns are compared with towns.
    levels = [(pl.col(name) == TOTAL).alias(f"__{name}") for name in release.quasi_identifiers]
    for part in valued.with_columns(levels).partition_by(
        [f"__{name}" for name in release.quasi_identifiers]
    ):
        found.append(groups(part, keys, release.sensitive, weight=release.count))
    return pl.concat(found)


def too_alike(measured: pl.DataFrame, limits: Thresholds, sensitive: Sequence[str]) -> pl.DataFrame:
    """Those groups that are too small, or too alike in a sensitive column."""
    bad = pl.col(COUNT) < limits.k
    for name in sensitive:
        bad |= pl.col(DISTINCT + name) < limits.distinct_l
        bad |= pl.col(ENTROPY + name) < limits.entropy_l
        bad |= pl.col(T + name) > limits.t
    return measured.filter(bad)


def withhold(cells: pl.DataFrame, release: Cells) -> list[int]:
    """The rows of the cells to withhold; `cells` are marked by `primary`."""
    structure = lines(cells, release)
    hidden = set(_rows(cells, pl.col(IS_SMALL) | pl.col(IS_DOMINATED) | pl.col(IS_ALIKE)))
    every = needs(cells, release)
    for column in (release.count, *release.sums):
        values = cells[column].cast(pl.Float64).to_numpy()
        hidden = _protected(
            values,
            least_of(cells, column, release),
            hidden,
            [need for need in every if need.column == column],
            structure=structure,
            costs=_costs(cells, release, column),
        )
    return sorted(hidden)


def needs(cells: pl.DataFrame, release: Cells) -> list[Need]:
    """What must stay open of each cell that is withheld for its own sake.

    Of a count below k: everything from one to k. Of one of a group too alike: that k of them may
    be otherwise. Of a sum: more and less by the declared share of its largest contribution.
    """
    found = []
    k = float(release.thresholds.k)
    counted = pl.col(IS_SMALL) | pl.col(IS_ALIKE)
    sizes, filled = cells[release.count].to_list(), cells[FILLED].to_list()
    for cell in _rows(cells, counted):
        size, least = float(sizes[cell]), float(filled[cell])
        found.append(Need(release.count, cell, max(least, size - k), max(k, size)))
    for name in release.sums:
        amounts, largest = cells[name].to_list(), cells[LARGEST + name].to_list()
        for cell in _rows(cells, pl.col(IS_SMALL) | pl.col(IS_DOMINATED)):
            margin = release.thresholds.margin_ratio * largest[cell]
            low, high = max(0.0, amounts[cell] - margin), amounts[cell] + margin
            found.append(Need(name, cell, low, high))
    return found


def least_of(cells: pl.DataFrame, column: str, release: Cells) -> "NDArray[np.float64]":
    """What an outsider knows each cell to be at least: a count is one, where it is not nought.

    Cells that count nought are mostly shown, so one that is withheld is known to be more, and a
    total to be as many as there are such cells in it. Nought is taken for possible of the others,
    and of any sum.
    """
    known = pl.col(FILLED) * int(column == release.count)
    found: NDArray[np.float64] = cells.select(known.cast(pl.Float64)).to_series().to_numpy()
    return found


def unmet(
    wanted: Sequence[Need],
    hidden: Sequence[int],
    bounds: "Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]]",
) -> list[Need]:
    """The needs that published cells do not meet: what is withheld can be worked out too closely.

    `bounds` are the least and the most of each hidden cell, by column, in the order of `hidden`.
    What is not hidden at all is met by nothing.
    """
    place = {cell: at for at, cell in enumerate(hidden)}
    found = []
    for need in wanted:
        at = place.get(need.cell)
        least, most = bounds[need.column]
        slack = 1e-6 * max(1.0, need.at_least)
        if at is None or least[at] > need.at_most + slack or most[at] < need.at_least - slack:
            found.append(need)
    return found


def _rows(cells: pl.DataFrame, which: pl.Expr) -> list[int]:
    return cells.with_row_index("__row").filter(which)["__row"].to_list()


def _dominated(name: str, limits: Thresholds) -> pl.Expr:
    """Whether few have most of a sum, or one of them could work out the largest contribution."""
    amount, largest = pl.col(name), pl.col(LARGEST + name)
    rest = amount - largest - pl.col(SECOND + name)
    top = pl.col(TOP + name) > limits.top_ratio * amount
    return (amount > 0) & (top | (rest < limits.margin_ratio * largest))


def _costs(cells: pl.DataFrame, release: Cells, column: str) -> "NDArray[np.float64]":
    """What withholding each cell costs: totals more than cells, empty cells more than others."""
    values = cells[column].cast(pl.Float64)
    share = values / max(float(values.max() or 0), 1.0)  # type: ignore[arg-type] # polars types a maximum as anything
    totals = pl.sum_horizontal(pl.col(name) == TOTAL for name in release.dimensions)
    costs = cells.select((1 + share) * (1 + _TOTAL_COST * totals)).to_series()
    inner_zero = cells.select(is_inner(release) & (pl.col(release.count) == 0)).to_series()
    found: NDArray[np.float64] = (costs * (1 + 3 * inner_zero.cast(pl.Float64))).to_numpy()
    return found


def _protected(
    values: "NDArray[np.float64]",
    least: "NDArray[np.float64]",
    hidden: set[int],
    wanted: Sequence[Need],
    *,
    structure: Sequence[Line],
    costs: "NDArray[np.float64]",
) -> set[int]:
    """The hidden cells, and those that must be hidden with them until every need is met.

    For each need, the cheapest way to move that cell so far with all lines still adding up: the
    cells that move with it are hidden as well. What is hidden only grows, so a need once met stays
    met.
    """
    import numpy as np
    from scipy.sparse import csr_array, hstack

    if not wanted:
        return hidden
    scale = max(float(values.max()), 1.0)
    matrix = matrix_of(structure, len(values))
    both = csr_array(hstack([matrix, -matrix]))
    order = sorted(hidden)
    bounds = {wanted[0].column: intervals(values, order, structure, least=least)}
    for need in unmet(wanted, order, bounds):
        for target in (need.at_least, need.at_most):
            move = (target - values[need.cell]) / scale
            if abs(move) < _MOVED:
                continue
            free = np.isin(np.arange(len(values)), list(hidden))
            cost = np.where(free, 0.0, costs)
            most = np.concatenate([np.full(len(values), np.inf), (values - least) / scale])
            up, down = need.cell, len(values) + need.cell
            pinned, other = (up, down) if move > 0 else (down, up)
            most[other] = 0.0
            # The cell's own move is given: it is taken to the other side.
            sums = -both[:, [pinned]].toarray()[:, 0] * abs(move)
            most[pinned] = 0.0
            moved = solved(np.concatenate([cost, cost]), both, sums, most=most)
            if moved is not None:
                moves = moved.reshape(2, -1).max(axis=0) > _MOVED
                hidden = hidden | {int(cell) for cell in np.flatnonzero(moves)} | {need.cell}
    return hidden
