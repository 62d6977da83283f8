"""How much of its data a number needs: rows of a definition, by the subject of each table."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from assets.editions import newest

# More than anybody counts.
NEVER: Final = 2**31 - 1
# The table they are read from.
COMPLETENESS = "bronze/definitions/completeness_rules"


@dataclass(frozen=True)
class Completeness:
    """Below `least` of the data there is no number, below `complete` it is partial.

    `due` is how many measurements a period has, 1 where that hangs on the period; of fewer than
    `least_count` there is no number either. `since` is the day from which the rule holds.
    """

    due: int
    least: float
    complete: float
    least_count: int
    since: date | None

    @property
    def edition(self) -> pl.Expr:
        """The day from which the rule holds, as a column; empty without a rule."""
        return pl.lit(self.since, pl.Date)


def completeness_of(rules: pl.DataFrame, subject: str) -> Completeness:
    """The rule of a subject in the newest edition, which states all subjects.

    Without one there is no number of whatever share.
    """
    held = newest(rules).filter(subject_code=subject)
    row = held.select(
        pl.col("due_count").fill_null(1),
        pl.col("least_ratio").fill_null(float("inf")),
        pl.col("complete_ratio").fill_null(float("inf")),
        pl.col("least_count").fill_null(0),
        "valid_from_on",
    ).rows()
    return Completeness(*(row[-1] if row else (1, float("inf"), float("inf"), NEVER, None)))


def completeness_columns(rules: str, *parts: str) -> tuple[str, ...]:
    """What is made of these parts of a rule, by the input's name."""
    return tuple(f"{rules}.{name}" for name in ("subject_code", "valid_from_on", *parts))
