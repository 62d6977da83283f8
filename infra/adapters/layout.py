"""Where the table starts below title lines, how wide it is, and what its columns are called."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import polars as pl

from infra.adapters.raw import LINE, PAYLOAD, tidy_name
from infra.errors import ContractError

MAX_COLUMNS: Final = 10_000
_OURS: Final = (LINE, PAYLOAD)


class Record(NamedTuple):
    """One record of a sample: the lines it stands on, and its fields (None: it cannot be read)."""

    line: int
    next_line: int
    fields: list[str] | None


@dataclass(frozen=True, repr=False)
class Layout:
    """The fields of a full row by name, the first line of the body, and how far down that was.

    A name is empty where the publisher gave none. `skipped_count` title records came before.
    """

    names: tuple[str, ...]
    first_line: int
    skipped_count: int = 0

    @property
    def width(self) -> int:
        """How many fields a row has."""
        return len(self.names)


def find_layout(
    records: Sequence[Record], header: bool | tuple[str, ...], *, skips: bool
) -> Layout:
    """Find header and body in the first records of a file.

    With `skips`, leading title lines are passed over: those with few filled fields. A header that
    does not fit the rows below it wins: those rows are then refused, one by one. Raises
    ContractError when no line can be the header.
    """
    readable = [record for record in records if record.fields is not None]
    width = _usual_width(readable)
    filled = _filled_width(readable, width)
    if header is False:
        return Layout(tuple(str(i) for i in range(1, width + 1)), _first(records))
    if isinstance(header, tuple):
        return Layout(_fitted(header, width, filled), _first(records))
    for position, record in enumerate(records):
        if record.fields is None:
            break
        fields = [field.strip() for field in record.fields]
        count = sum(1 for field in fields if field)
        if count > filled / 2 or (count and not skips):
            return Layout(_fitted(fields, width, filled), record.next_line, position)
        if not skips:
            break
    raise ContractError(
        "no line can be the header: declare header: false, the column names as header, or skip_rows"
    )


def _first(records: Sequence[Record]) -> int:
    return records[0].line if records else 1


def _usual_width(records: Sequence[Record]) -> int:
    """The most frequent number of fields; among equals that of the first line with several."""
    counts = Counter(len(record.fields or ()) for record in records)
    if not counts:
        return 1
    most = max(counts.values())
    best = [count for count, times in counts.items() if times == most]
    return next((count for count in best if count > 1), best[0])


def _filled_width(records: Sequence[Record], width: int) -> int:
    """The width without trailing columns that are empty in every row of the usual width."""
    rows = [record.fields for record in records if record.fields and len(record.fields) == width]
    # The first may be the header, whose last names may stand above columns without any value.
    rows = rows[1:] or rows
    last = (max((i for i, field in enumerate(row, 1) if field.strip()), default=1) for row in rows)
    return max(last, default=width)


def _fitted(names: Sequence[str], width: int, filled: int) -> tuple[str, ...]:
    """Names for the usual width if only empty fields lack a name, else the names as they are."""
    while names and len(names) > width and not names[-1]:
        names = names[:-1]
    if filled <= len(names) < width:
        names = [*names, *[""] * (width - len(names))]
    if len(names) > MAX_COLUMNS:
        raise ContractError(f"the file has more than {MAX_COLUMNS:,} columns; is it transposed?")
    return tuple(names)


def column_names(names: Iterable[str]) -> list[str]:
    """The names of the frame: tidied; a name that stands twice gets a number, so it is no name.

    `a, b, a` becomes `a (1), b, a (2)`: a contract that reads `a` must be told which one is meant.
    A column without a name is called after its place.
    """
    given = [tidy_name(name) or f"column {place}" for place, name in enumerate(names, 1)]
    times = Counter(given)
    out: dict[str, None] = {}
    for name in given:
        text, number = name, 0
        while text in out or text in _OURS or (number == 0 and times[name] > 1):
            number += 1
            text = f"{name} ({number})"
            if text in times:
                text = name
        out[text] = None
    return list(out)


def without_unnamed(frame: pl.DataFrame, names: Iterable[str]) -> pl.DataFrame:
    """Leave out the columns with neither a name nor any value: what trailing separators make."""
    columns = [column for column in frame.columns if column != LINE]
    empty = [
        column
        for column, name in zip(columns, names, strict=True)
        if not name.strip() and frame[column].null_count() == frame.height
    ]
    # Dropping nothing would copy everything: 0.2 s for 5 M rows.
    return frame.drop(empty) if empty else frame
