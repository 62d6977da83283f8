"""What a publisher hands over at once, whatever carries it: a file now, pages of an API as well."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

import polars as pl

from infra.simulator.publication import Publication
from infra.simulator.spoil import Spoiled, rows_count

Record = dict[str, Any]  # what JSON can hold


@dataclass(frozen=True)
class Batch:
    """Rows as the publisher writes them, and the bad ones among them.

    `rows` are clean: texts, numbers and booleans under the publisher's names; a dot in a name
    stands for an object within an object. `odd` counts rows that look wrong and must be kept. In a
    wide table each row is `melted` into so many of ours.
    """

    name: str
    at: datetime
    day: date
    rows: pl.DataFrame
    spoiled: Sequence[Spoiled] = ()
    odd: Mapping[str, int] = field(default_factory=dict)
    melted: int = 1

    @property
    def rows_count(self) -> int:
        """How many rows of ours are delivered, bad ones included."""
        return rows_count(self.rows, self.spoiled) * self.melted

    def records(self) -> Iterator[Record]:
        """The delivered rows one by one, bad ones included, but for those that were cut off."""
        for line in self.lines():
            yield json.loads(line)

    def lines(self, *, with_cut: bool = False) -> Iterator[str]:
        """Each delivered row as a line of JSON; those cut off only where asked for, cut."""
        rows = nested(self.rows)
        done = 0
        for bad in sorted(self.spoiled, key=lambda bad: bad.at):
            upto = bad.at + 1 if bad.is_extra else bad.at
            yield from _json_lines(rows[done:upto])
            done = bad.at + 1
            (line,) = _json_lines(rows[bad.at])
            if not bad.cut:
                yield _spoiled_line(line, bad.cells)
            elif with_cut:
                yield line[: -12 * bad.cut]
        yield from _json_lines(rows[done:])


class Form(Protocol):
    """How a publisher writes what it hands over."""

    def parts(self, batch: Batch) -> Iterator[bytes]:
        """The bytes of a file with these rows."""


def put(
    publication: Publication,
    form: Form,
    batches: Iterable[Batch],
    *,
    personal: Sequence[str] = (),
) -> None:
    """Leave each batch as a file, and write down what is wrong in it.

    The values of the columns named `personal`, in good rows and bad, are traces of persons.
    """
    for batch in batches:
        publication.deliver(batch.name, form.parts(batch), at=batch.at)
        publication.holds(batch.rows_count)
        for bad in batch.spoiled:
            publication.spoiled(bad.kind, batch.day)
            publication.leaves_traces(bad.cells.get(name) for name in personal)
        for kind, count in batch.odd.items():
            if count:
                publication.odd(kind, batch.day, rows_count=count)
        for name in personal:
            publication.leaves_traces(batch.rows[name].unique(maintain_order=True))


def nested(rows: pl.DataFrame) -> pl.DataFrame:
    """Columns with a dot in their name as objects within the record."""
    order: dict[str, list[str]] = {}
    for name in rows.columns:
        order.setdefault(name.partition(".")[0], []).append(name)
    if len(order) == rows.width:
        return rows
    return rows.select(
        pl.col(names[0])
        if names == [head]
        else pl.struct(pl.col(name).alias(name.partition(".")[2]) for name in names).alias(head)
        for head, names in order.items()
    )


def _json_lines(rows: pl.DataFrame) -> list[str]:
    return rows.write_ndjson().splitlines() if rows.height else []


def _spoiled_line(line: str, cells: Mapping[str, str]) -> str:
    record = json.loads(line)
    for name, cell in cells.items():
        *heads, last = name.split(".")
        inner = record
        for head in heads:
            inner = inner[head]
        inner[last] = cell
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))
