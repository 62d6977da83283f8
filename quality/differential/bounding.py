"""How much one person-unit can change a table of counts and sums: made small, and known."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from infra.errors import TwinError


@dataclass(frozen=True)
class Clamp:
    """A sum in whole steps: what one unit gives to one cell counts from 0 up to `most`.

    `most` is a whole number of `step`s, in the column's own unit.
    """

    step: float
    most: float

    @property
    def most_steps(self) -> int:
        """The greatest contribution, in steps."""
        return round(self.most / self.step)


@dataclass(frozen=True)
class Question:
    """A count of person-units in each of some cells, and sums of what they give, with noise.

    `domain` says whose persons they are (the `key_domain` of their contract), `unit` the column
    that tells them apart, `cells` the columns of the cells. A unit counts in `most_cells` cells at
    most, once in each. `epsilon` is what one release of all numbers together spends.
    """

    domain: str
    unit: str
    cells: tuple[str, ...]
    most_cells: int
    epsilon: float
    count: str
    sums: Mapping[str, Clamp] = field(default_factory=dict)

    def check(self, table: str) -> None:
        """Raise TwinError where this promises nothing."""
        if self.most_cells < 1 or not self.epsilon > 0:
            raise TwinError(f"{table}: most_cells is 1 or more, and epsilon above 0; correct them")
        for name, clamp in self.sums.items():
            if not 0 < clamp.step <= clamp.most:
                raise TwinError(f"{table}: {name} is clamped to 0 < step ≤ most; correct it")


def bounded(units: pl.DataFrame, question: Question) -> pl.DataFrame:
    """Give what each unit contributes to each cell, in whole steps, in few enough cells.

    Which cells of a unit are kept hangs on that unit's rows alone, so that one unit more or less
    changes nobody else's. Rows without a unit or a cell are left out; what is missing or negative
    in a sum is 0.
    """
    keys = [question.unit, *question.cells]
    steps = [
        (pl.col(name).fill_null(0).fill_nan(0).sum().clip(0, clamp.most) / clamp.step)
        .round()
        .cast(pl.Int64)
        .alias(name)
        for name, clamp in question.sums.items()
    ]
    order = pl.struct(keys).hash(seed=1)
    return (
        units.drop_nulls(keys)
        .group_by(keys)
        .agg(steps)
        .sort(order, *keys)
        .group_by(question.unit, maintain_order=True)
        .head(question.most_cells)
    )
