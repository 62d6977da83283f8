"""What a delivery holds once it is read: rows as delivered, and the lines that could not be read.

Raw rows are personal data in the clear. Only the privacy code looks at them.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import polars as pl

PAYLOAD: Final = "__payload"
LINE: Final = "__line"


@dataclass(frozen=True, repr=False)
class Fault:
    """Rows that can be read but cannot be right, by what else stands in the delivery.

    `where` is one boolean a row of the frame; `reason` never shows a value.
    """

    where: pl.Series
    rule: str
    reason: str


@dataclass(frozen=True, repr=False)
class RawRows:
    """The rows of a delivery, one column per delivered column, and the rows that were refused.

    `frame` holds the delivered names as `tidy_name` writes them. Text formats give text only, an
    empty cell is null; Parquet keeps its own types. `__payload` is the position of the file in
    the delivery. `__line` is the physical line in CSV and JSON Lines, the row of the sheet in
    XLSX, the record's number elsewhere; all count from 1, and count on through the files of a zip.
    `refused` has `__payload`, `__line` and a `reason` that never shows a value. `names` says for
    each file which columns it brought, None where it was an empty list. `faults` are for the gate
    to set aside. `is_left_out` says that there is no row, and not even a column, by right.
    """

    frame: pl.DataFrame
    refused: pl.DataFrame
    decimal: str | None
    thousands: str | None
    names: tuple[frozenset[str] | None, ...] = ()
    faults: tuple[Fault, ...] = ()
    is_left_out: bool = False

    def __repr__(self) -> str:
        """The sizes only."""
        return f"RawRows({self.frame.height} rows, {self.refused.height} refused)"


@dataclass(frozen=True, repr=False)
class Table:
    """One file read: `frame` with `__line`, and `refused` with `__line` and `reason`."""

    frame: pl.DataFrame
    refused: pl.DataFrame


def tidy_name(name: str) -> str:
    """A column's name as it is compared: composed characters, no outer white space, single blanks.

    Spreadsheets put line breaks and hard blanks into headers; nobody sees them.
    """
    return " ".join(unicodedata.normalize("NFC", name.replace("\ufeff", "")).split())


def refusals(lines: Iterable[tuple[int, str]]) -> pl.DataFrame:
    """The refused lines of one file, each with its reason, in the order of the file."""
    schema = {LINE: pl.Int64, "reason": pl.String}
    return pl.DataFrame(sorted(lines), schema=schema, orient="row")
