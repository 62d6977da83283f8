"""Measures of groups that share their quasi-identifiers: k, l, t, and who is alone.

k-anonymity: Samarati and Sweeney (1998). Distinct and entropy l-diversity: Machanavajjhala et al.
(2007). t-closeness: Li, Li and Venkatasubramanian (2007), with their equal distance for categories
and their ordered distance for numbers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# The columns of `groups`: person-units, and three measures a sensitive column.
COUNT: Final = "__count"
DISTINCT: Final = "__distinct_"
ENTROPY: Final = "__entropy_"
T: Final = "__t_"
_GROUP: Final = "__group"


@dataclass(frozen=True)
class Anonymity:
    """The measures of a table: of its worst group, for each sensitive column.

    `k` is None for an empty table. `alone_ratio` is the share of person-units whose
    quasi-identifiers nobody else has.
    """

    units_count: int
    groups_count: int
    k: int | None
    alone_ratio: float
    distinct_l: Mapping[str, int]
    entropy_l: Mapping[str, float]
    t: Mapping[str, float]


def groups(
    units: pl.DataFrame,
    quasi_identifiers: Sequence[str],
    sensitive: Sequence[str] = (),
    *,
    weight: str | None = None,
) -> pl.DataFrame:
    """Give each group of equal quasi-identifiers its size and its measures.

    `weight` is the column that says for how many units a row stands. A missing value is a value
    like any other. Without quasi-identifiers all are one group.
    """
    size = pl.len() if weight is None else pl.col(weight).sum()
    keys = list(quasi_identifiers) or [_GROUP]
    rows = units if quasi_identifiers else units.with_columns(pl.lit(0).alias(_GROUP))
    if weight is not None:
        rows = rows.filter(pl.col(weight) > 0)
    found = rows.group_by(keys).agg(size.cast(pl.Int64).alias(COUNT)).sort(keys)
    if found.is_empty():
        measures: dict[str, pl.DataType] = {DISTINCT + name: pl.Int64() for name in sensitive}
        measures |= {before + name: pl.Float64() for before in (ENTROPY, T) for name in sensitive}
        return pl.DataFrame(schema={**found.drop(_GROUP, strict=False).schema, **measures})
    if sensitive:
        numbered = found.select(*keys, pl.int_range(pl.len()).alias(_GROUP + "_id"))
        kept = [_GROUP + "_id", *sensitive, *([weight] if weight else ())]
        rows = rows.join(numbered, on=keys, how="left", nulls_equal=True).select(kept)
    for name in sensitive:
        found = found.with_columns(_measured(rows, name, size, found[COUNT].to_numpy()))
    return found.drop(_GROUP, strict=False)


def measure(
    units: pl.DataFrame,
    quasi_identifiers: Sequence[str],
    sensitive: Sequence[str] = (),
    *,
    weight: str | None = None,
) -> Anonymity:
    """Measure a table of person-units: its worst group counts."""
    return worst(groups(units, quasi_identifiers, sensitive, weight=weight), sensitive)


def worst(found: pl.DataFrame, sensitive: Sequence[str] = ()) -> Anonymity:
    """The measures of the worst of these groups."""
    if found.is_empty():
        return Anonymity(0, 0, None, 0.0, {}, {}, {})
    units_count = int(found[COUNT].sum())
    return Anonymity(
        units_count=units_count,
        groups_count=found.height,
        k=int(_extreme(found[COUNT].min())),
        alone_ratio=found.filter(pl.col(COUNT) == 1).height / units_count,
        distinct_l={name: int(_extreme(found[DISTINCT + name].min())) for name in sensitive},
        entropy_l={name: _extreme(found[ENTROPY + name].min()) for name in sensitive},
        t={name: _extreme(found[T + name].max()) for name in sensitive},
    )


def _extreme(value: object) -> float:
    """The least or greatest of a column that has one, as polars gives it."""
    return float(value) if isinstance(value, int | float) else float("nan")


def _measured(
    rows: pl.DataFrame, name: str, size: pl.Expr, sizes: "NDArray[np.int64]"
) -> list[pl.Series]:
    """For each group: distinct l, entropy l and t of one sensitive column.

    `rows` say which group they are of; `sizes` are those of the groups, (groups,).
    """
    import numpy as np

    overall = rows.group_by(name).agg(size.alias("total")).sort(name)
    p = overall["total"].to_numpy() / overall["total"].sum()
    numbered = overall.select(name, pl.int_range(pl.len()).alias("__at"))
    # Groups and values as one number each: a million rows are grouped by it in no time.
    code = pl.col(_GROUP + "_id") * overall.height + pl.col("__at")
    coded = rows.join(numbered, on=name, how="left", nulls_equal=True)
    coded = coded.with_columns(code.alias("__code"))
    pairs = coded.group_by("__code").agg(size.alias("n")).sort("__code")
    group, at = np.divmod(pairs["__code"].to_numpy(), overall.height)
    q = pairs["n"].to_numpy() / sizes[group]
    starts = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
    if rows.schema[name].is_numeric() and overall.height > 1:
        t = _ordered_distances(group, at, q, p)
    else:
        # Values a group lacks are as far as they are frequent.
        t = (np.add.reduceat(np.abs(q - p[at]) - p[at], starts) + 1) / 2
    return [
        pl.Series(DISTINCT + name, np.diff(np.r_[starts, len(group)]), dtype=pl.Int64),
        pl.Series(ENTROPY + name, np.exp(-np.add.reduceat(q * np.log(q), starts))),
        pl.Series(T + name, t),
    ]


def _ordered_distances(
    group: "NDArray[np.integer]",
    at: "NDArray[np.int64]",
    q: "NDArray[np.float64]",
    p: "NDArray[np.float64]",
) -> "NDArray[np.float64]":
    """The ordered distance of each group from all: the mean gap between cumulated shares.

    `group`, `at` (the place of a value among all m) and `q` are sorted by group and place; `p` has
    the shares of all, (m,). Between two values a group has, its cumulated share is level, and that
    of all rises: the gap is summed from prefix sums, so that m × groups is never laid out.
    """
    import numpy as np

    values_count = len(p)
    rising = np.cumsum(p)
    rising[-1] = 1.0
    # before[i]: the sum of the cumulated shares of the first i values.
    before = np.concatenate([[0.0], np.cumsum(rising)])
    starts = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
    cumulated = np.cumsum(q)
    sizes = np.diff(np.r_[starts, len(group)])
    reached = cumulated - np.repeat(cumulated[starts] - q[starts], sizes)
    until = np.r_[at[1:], values_count]
    until[np.r_[starts[1:] - 1, len(group) - 1]] = values_count
    crossing = np.clip(np.searchsorted(rising, reached, side="right"), at, until)
    gaps = reached * (crossing - at) - (before[crossing] - before[at])
    gaps += (before[until] - before[crossing]) - reached * (until - crossing)
    # Before a group's first value its cumulated share is nought.
    totals = np.add.reduceat(gaps, starts) + before[at[starts]]
    distances: NDArray[np.float64] = totals / (values_count - 1)
    return distances
