"""The gate: rows pass to `open/` through `clear`, or are refused with every reason."""

from dataclasses import dataclass, replace
from zlib import crc32

import polars as pl

from infra.errors import DeliveryRefused
from infra.lake.cleared import Cleared
from quality.disclosure.policy import Cells, Release
from quality.disclosure.records import judge_records
from quality.disclosure.tables import judge_cells, protect_cells
from quality.disclosure.verdict import Verdict


@dataclass(frozen=True)
class Passed:
    """Rows that the gate let pass, and what it found."""

    rows: Cleared
    verdict: Verdict

    def by_window(self, column: str) -> "Passed":
        """The same, with the window of each row, as a column of days says."""
        return replace(self, rows=self.rows.with_window(column))


def clear(
    table: str, units: pl.DataFrame, release: Release, *, auxiliary: pl.DataFrame | None = None
) -> Passed:
    """Make of person-units what may be published of them, and say what was found.

    `auxiliary` is a file somebody may have, with columns named like the quasi-identifiers. Raises
    DeliveryRefused, naming each measure, where the release is under its thresholds.
    """
    release.check(table, units.columns)
    rows = protect_cells(table, units, release) if isinstance(release, Cells) else units
    return let_pass(table, rows, units, release, auxiliary=auxiliary)


def let_pass(
    table: str,
    rows: pl.DataFrame,
    units: pl.DataFrame,
    release: Release,
    *,
    auxiliary: pl.DataFrame | None = None,
) -> Passed:
    """Judge rows as they are, made by whomever, and let them pass if nothing is wrong."""
    seed = crc32(table.encode())
    if isinstance(release, Cells):
        verdict = judge_cells(table, rows, units, release, auxiliary=auxiliary, seed=seed)
    else:
        verdict = judge_records(rows, release, auxiliary=auxiliary, seed=seed)
    if verdict.problems:
        raise DeliveryRefused(
            f"{table}: nothing was published: {'. '.join(verdict.problems)}.", check="disclosure"
        )
    return Passed(Cleared(table, rows), verdict)
