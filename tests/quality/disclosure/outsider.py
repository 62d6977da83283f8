"""What somebody who has nothing but a published table can work out of it, by linear programmes.

Written apart from the code that withholds: from the rows as they are published.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl
from scipy.optimize import linprog

TOTAL = "totale"


def intervals(
    published: pl.DataFrame, keys: list[str], column: str, *, known_to_be: Sequence[int] = ()
) -> dict[int, tuple[float, float]]:
    """The least and the most that each empty cell can be, by its row; `keys` have totals.

    In `known_to_be` rows something is, for cells with nothing are shown as nought.
    """
    rows = published.select(*keys, column).to_dicts()
    place = {tuple(row[key] for key in keys): at for at, row in enumerate(rows)}
    equations, sums = [], []
    for cell, total in place.items():
        for at, value in enumerate(cell):
            if value != TOTAL:
                continue
            equation = np.zeros(len(rows))
            equation[total] = -1
            for other, row in place.items():
                is_part = other[at] != TOTAL
                if is_part and other[:at] + other[at + 1 :] == cell[:at] + cell[at + 1 :]:
                    equation[row] = 1
            equations.append(equation)
            sums.append(0.0)
    bounds = [
        (row[column], row[column]) if row[column] is not None else (int(at in known_to_be), None)
        for at, row in enumerate(rows)
    ]
    found = {}
    for at, row in enumerate(rows):
        if row[column] is not None:
            continue
        goal = np.zeros(len(rows))
        goal[at] = 1
        low = linprog(goal, A_eq=equations, b_eq=sums, bounds=bounds)
        high = linprog(-goal, A_eq=equations, b_eq=sums, bounds=bounds)
        assert low.status == 0
        assert high.status in (0, 3)
        found[at] = (low.fun, -high.fun if high.status == 0 else float("inf"))
    return found
