"""The gate of tables with noise: the ledger first, then rows that may be published."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime

import polars as pl

from infra.lake.cleared import Cleared
from quality.differential.budget import Budget, Spending
from quality.differential.noise import check_installed
from quality.differential.policy import Noisy
from quality.differential.release import measured


@dataclass(frozen=True)
class NoiseVerdict:
    """What a release with noise spent: of each day, of all of them, and of whom."""

    release: str
    domain: str
    epsilon_a_day: float
    days_count: int
    most_cells: int

    @property
    def as_text(self) -> str:
        """The verdict as JSON, for the notes of the commit."""
        return json.dumps(asdict(self), sort_keys=True)


@dataclass(frozen=True)
class PassedWithNoise:
    """Rows with noise, and what they spent."""

    rows: Cleared
    verdict: NoiseVerdict

    def by_window(self, column: str) -> "PassedWithNoise":
        """The same, with the window of each row, as a column of days says."""
        return replace(self, rows=self.rows.with_window(column))


def spend(
    table: str, days: Sequence[date], release: Noisy, *, budget: Budget, run_id: str, at: datetime
) -> None:
    """Enter in the ledger what a release of these days spends, before anything is computed.

    Raises TwinError where OpenDP is not installed, and DeliveryRefused where the budget of one of
    their years does not hold it; what was entered for an earlier year of the same release stays.
    """
    # What is spent is never given back: not for noise that cannot be drawn.
    check_installed(table)
    question = release.question
    for year in sorted({day.year for day in days}):
        count = sum(day.year == year for day in days)
        budget.spend(
            Spending(
                table=table,
                domain=question.domain,
                data_year=year,
                epsilon=count * question.epsilon,
                most_cells=question.most_cells,
                run_id=run_id,
                at=at,
            )
        )


def clear_with_noise(
    table: str, units: pl.DataFrame, release: Noisy, days: Sequence[date]
) -> PassedWithNoise:
    """Give every cell of each of these days its numbers with noise; `spend` has been called."""
    release.check(table, units.columns)
    found = [pl.DataFrame(schema=release.schema(units.schema))]
    for day in sorted(days):
        own = units.filter(pl.col(release.day).cast(pl.Date) == day)
        cells = measured(own, release.question, release.every_cell)
        dated = cells.with_columns(pl.lit(day).cast(units.schema[release.day]).alias(release.day))
        found.append(dated.select(found[0].columns))
    question = release.question
    verdict = NoiseVerdict(
        release="noisy",
        domain=question.domain,
        epsilon_a_day=question.epsilon,
        days_count=len(days),
        most_cells=question.most_cells,
    )
    return PassedWithNoise(Cleared(table, pl.concat(found)), verdict)
