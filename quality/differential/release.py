"""Releasing counts and sums with noise: the budget first, then the numbers."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from infra.errors import TwinError
from quality.differential.bounding import Question, bounded
from quality.differential.budget import Budget, Spending
from quality.differential.noise import noisy


@dataclass(frozen=True)
class Noised:
    """Cells with noise, and what of the year's budget is spent after them."""

    cells: pl.DataFrame
    epsilon: float
    spent_epsilon: float


def release(
    units: Callable[[], pl.DataFrame],
    question: Question,
    every_cell: pl.DataFrame,
    *,
    budget: Budget,
    spending: Spending,
) -> Noised:
    """Spend, then ask for the units and give each cell its numbers with noise.

    `every_cell` lists the cells: a list of the city's, not of the units', for which cells there
    are would tell who is there. Units of other cells are left out. Numbers may be negative: cut
    off, they would be too great on average. Raises DeliveryRefused before `units` is called where
    the budget is spent, and TwinError where question and spending disagree.
    """
    question.check(spending.table)
    asked = (question.domain, question.epsilon, question.most_cells)
    if asked != (spending.domain, spending.epsilon, spending.most_cells):
        raise TwinError(f"{spending.table}: what is spent is not what is asked for; correct it")
    if every_cell.select(question.cells).is_duplicated().any():
        raise TwinError(f"{spending.table}: a cell is listed twice; list each once")
    spent = budget.spend(spending)
    return Noised(measured(units(), question, every_cell), question.epsilon, spent)


def measured(units: pl.DataFrame, question: Question, every_cell: pl.DataFrame) -> pl.DataFrame:
    """The cells with noise; each column spends an equal part of epsilon.

    Without a ledger: for `release`, and for tests of what the noise spends.
    """
    cells = list(question.cells)
    # Cells that are not listed are left out first: they would use up those a unit may count in.
    listed = units.join(every_cell.select(cells), on=cells, how="semi")
    numbers = [
        pl.len().cast(pl.Int64).alias(question.count),
        *(pl.col(s).sum() for s in question.sums),
    ]
    true = every_cell.select(cells).join(
        bounded(listed, question).group_by(cells).agg(numbers),
        on=cells,
        how="left",
        maintain_order="left",
    )
    part = question.epsilon / (1 + len(question.sums))
    counts = noisy(
        true[question.count].fill_null(0).to_list(), epsilon=part, sensitivity=question.most_cells
    )
    found = true.select(cells).with_columns(pl.Series(question.count, counts, dtype=pl.Int64))
    for name, clamp in question.sums.items():
        sensitivity = question.most_cells * clamp.most_steps
        steps = noisy(true[name].fill_null(0).to_list(), epsilon=part, sensitivity=sensitivity)
        amounts = pl.Series(name, [step * clamp.step for step in steps], dtype=pl.Float64)
        found = found.with_columns(amounts)
    return found
