"""Where a simulated publisher leaves its files, and the book of what is true and wrong in them."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import polars as pl

Fact = str | int | float


@dataclass(frozen=True)
class Defect:
    """A planted defect: whether its rows must be refused, or are odd but good and must be kept."""

    kind: str
    day: date
    rows_count: int
    is_refused: bool


@dataclass
class Publication:
    """What one publisher delivers of one data set, and its truth.

    `place` is the placeholder that its contract writes in `source.url`, such as `a2a_files`.
    """

    key: str
    folder: Path
    delivered_count: int = 0
    files: list[Path] = field(default_factory=list)
    defects: list[Defect] = field(default_factory=list)
    facts: list[dict[str, Fact]] = field(default_factory=list)
    tables: dict[str, pl.DataFrame] = field(default_factory=dict)
    traces: dict[str, None] = field(default_factory=dict)

    def deliver(self, name: str, parts: Iterable[bytes], *, at: datetime) -> None:
        """Leave a file, as written by the publisher at this instant."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            for part in parts:
                file.write(part)
        os.utime(path, (at.timestamp(), at.timestamp()))
        self.files.append(path)

    def holds(self, rows_count: int) -> None:
        """Write down so many rows more, bad ones included, that stand in the files."""
        self.delivered_count += rows_count

    def spoiled(self, kind: str, day: date, *, rows_count: int = 1) -> None:
        """Write down rows that must be refused."""
        self.defects.append(Defect(kind, day, rows_count, is_refused=True))

    def odd(self, kind: str, day: date, *, rows_count: int = 1) -> None:
        """Write down rows (or files) that look wrong and must be kept all the same."""
        self.defects.append(Defect(kind, day, rows_count, is_refused=False))

    def planted(self, what: str, **details: Fact) -> None:
        """Write down something that happened in the city and must be found again."""
        self.facts.append({"dataset": self.key, "what": what, **details})

    def tell(self, name: str, frame: pl.DataFrame) -> None:
        """Write down the truth as a table."""
        self.tables[name] = frame

    def leaves_traces(self, values: Iterable[str | None]) -> None:
        """Write down personal data that must be found nowhere in the clear."""
        self.traces |= dict.fromkeys(value for value in values if value)

    @property
    def refused_count(self) -> int:
        """How many delivered rows must be refused."""
        return sum(defect.rows_count for defect in self.defects if defect.is_refused)
