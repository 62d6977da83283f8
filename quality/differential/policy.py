"""What is declared beside an open table whose numbers carry noise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import polars as pl

from infra.errors import TwinError
from quality.differential.bounding import Question


@dataclass(frozen=True)
class Noisy:
    """A release, day by day, of a count and sums with noise over cells that are listed here.

    `question` is what is asked of each day and what that spends; `day` is the column of days,
    `values` are those of each column of cells: the city's list, for a value that is there only
    when somebody is would tell that somebody was.
    """

    question: Question
    day: str
    values: Mapping[str, tuple[str, ...]]

    @property
    def key_columns(self) -> tuple[str, ...]:
        """What tells rows apart."""
        return (self.day, *self.question.cells)

    @property
    def every_cell(self) -> pl.DataFrame:
        """The cells of a day."""
        rows = list(product(*(self.values[name] for name in self.question.cells)))
        return pl.DataFrame(
            rows, schema=dict.fromkeys(self.question.cells, pl.String), orient="row"
        )

    def schema(self, units: pl.Schema) -> pl.Schema:
        """The columns that are published."""
        keys = {name: units[name] for name in self.key_columns}
        sums = dict.fromkeys(self.question.sums, pl.Float64())
        return pl.Schema({**keys, self.question.count: pl.Int64(), **sums})

    def check(self, table: str, columns: Sequence[str]) -> None:
        """Raise TwinError where this disagrees with itself or with the columns of the units."""
        self.question.check(table)
        named = (*self.key_columns, self.question.unit, *self.question.sums)
        missing = [name for name in named if name not in columns]
        if missing:
            raise TwinError(f"{table}: its release names {missing[0]}, which its function lacks")
        if set(self.values) != set(self.question.cells):
            raise TwinError(f"{table}: list the values of {', '.join(self.question.cells)}")
