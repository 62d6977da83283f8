"""A report as facts, sentences and tables, of which page and JSON are two forms."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Literal

Cell = str | int | float | bool | date | datetime | None
# How a finding is to be read: nothing to do, to be looked at, a promise that does not hold.
Weight = Literal["broken", "look", "ok"]
WEIGHTS: Final[tuple[Weight, ...]] = ("broken", "look", "ok")


@dataclass(frozen=True)
class Table:
    """Rows under headings; `columns` are pairs of a key for JSON and a heading in Italian.

    A long table is folded on the page, and printed whole. One of many wordy columns is shown as
    cards, a row each, under its first cells.
    """

    key: str
    caption: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Cell, ...], ...]
    is_long: bool = False
    is_cards: bool = False

    def records(self) -> list[dict[str, Cell]]:
        """The rows as JSON has them."""
        names = [name for name, _ in self.columns]
        return [dict(zip(names, map(_plain, row), strict=True)) for row in self.rows]


@dataclass(frozen=True)
class Finding:
    """One thing the reader should know first, in a sentence."""

    weight: Weight
    text: str


@dataclass(frozen=True)
class Section:
    """A part of the report: what it is about, in sentences, then its tables."""

    key: str
    title: str
    says: tuple[str, ...]
    tables: tuple[Table, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Figure:
    """A number for the first page; `key` is its name in JSON."""

    key: str
    label: str
    value: Cell


@dataclass(frozen=True)
class Report:
    """The whole of it, of one instant."""

    made_at: datetime
    code: str
    sections: Sequence[Section] = field(default_factory=tuple)
    figures: Sequence[Figure] = ()

    @property
    def findings(self) -> list[Finding]:
        """All findings, what is broken first."""
        return [finding for weight in WEIGHTS for _, finding in self.found(weight)]

    def found(self, weight: Weight) -> list[tuple[Section, Finding]]:
        """The findings of one weight, each with the section that explains it."""
        return [
            (section, finding)
            for section in self.sections
            for finding in section.findings
            if finding.weight == weight
        ]

    def as_json(self) -> dict[str, object]:
        """Everything, by keys that stay the same."""
        return {
            "report": "gemello audit 1",
            "made_at": self.made_at.isoformat(),
            "code": self.code,
            "figures": {one.key: _plain(one.value) for one in self.figures},
            "findings": [
                {"weight": one.weight, "section": section.key, "text": one.text}
                for weight in WEIGHTS
                for section, one in self.found(weight)
            ],
            "sections": {
                section.key: {
                    "title": section.title,
                    "says": list(section.says),
                    "tables": {table.key: table.records() for table in section.tables},
                }
                for section in self.sections
            },
        }


def _plain(cell: Cell) -> Cell:
    return cell.isoformat() if isinstance(cell, date | datetime) else cell
