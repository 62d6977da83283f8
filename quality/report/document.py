"""A report as facts, sentences and tables, of which page and JSON are two forms."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

Cell = str | int | float | bool | date | datetime | None
# How a finding is to be read: nothing to do, to be looked at, a promise that does not hold.
Weight = Literal["ok", "look", "broken"]


@dataclass(frozen=True)
class Table:
    """Rows under headings; `columns` are pairs of a key for JSON and a heading in Italian.

    A long table is folded on the page, and printed whole.
    """

    key: str
    caption: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Cell, ...], ...]
    is_long: bool = False

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
class Report:
    """The whole of it, of one instant."""

    made_at: datetime
    code: str
    sections: Sequence[Section] = field(default_factory=tuple)

    @property
    def findings(self) -> list[Finding]:
        """All findings, what is broken first."""
        order = {"broken": 0, "look": 1, "ok": 2}
        found = [finding for section in self.sections for finding in section.findings]
        return sorted(found, key=lambda finding: order[finding.weight])

    def as_json(self) -> dict[str, object]:
        """Everything, by keys that stay the same."""
        return {
            "report": "gemello audit 1",
            "made_at": self.made_at.isoformat(),
            "code": self.code,
            "findings": [{"weight": one.weight, "text": one.text} for one in self.findings],
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
