"""What all our pages are made of: their frame, tables, and how a cell is written in Italian."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from typing import Final

from quality.report.document import Cell, Table
from quality.report.look import STYLE, number

# A text longer than this gets room in its table.
_WORDY: Final = 90
_SHARES: Final = ("_ratio", "_share", "_probability")
_MONTHS: Final = (
    "gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre",
    "ottobre", "novembre", "dicembre",
)  # fmt: skip


@dataclass(frozen=True)
class Frame:
    """A page around its content; `head`, `nav` and the others are HTML of our own."""

    title: str
    header: str
    nav: str
    nav_name: str
    main: str
    footer: str
    head: str = ""
    style: str = STYLE

    @property
    def as_html(self) -> str:
        """The whole page, with nothing to load from elsewhere."""
        return (
            "<!DOCTYPE html>\n<html lang='it'><head><meta charset='utf-8'>"
            f"{self.head}"
            "<meta name='viewport' content='width=device-width,initial-scale=1'>"
            f"<title>{escape(self.title)}</title>"
            f"<style>{self.style}</style></head><body>"
            "<a class='skip' href='#main'>Vai al contenuto</a>"
            f"<header>{self.header}</header>"
            f"<nav aria-label='{escape(self.nav_name)}'>{self.nav}</nav>"
            f"<main id='main'>{self.main}</main>"
            f"<footer>{self.footer}</footer></body></html>\n"
        )


def grid(table: Table, *, links: Mapping[str, str] | None = None) -> str:
    """The table with its caption and headings; it scrolls sideways where it has to.

    The first cell of a row heads it, and leads where `links` says.
    """
    names = [name for name, _ in table.columns[1:]]
    heads = "".join(f"<th scope='col'>{escape(heading)}</th>" for _, heading in table.columns)
    rows = "".join(
        f"<tr><th scope='row'>{_linked(row[0], links or {})}</th>"
        f"{''.join(map(_cell, row[1:], names))}</tr>"
        for row in table.rows
    )
    # What scrolls sideways can be reached and scrolled by keyboard (WCAG 2.1.1).
    return (
        f"<div class='wide' tabindex='0' role='region' aria-label=\"{escape(table.caption)}\">"
        f"<table><caption>{escape(table.caption)}</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _linked(cell: Cell, links: Mapping[str, str]) -> str:
    target = links.get(cell) if isinstance(cell, str) else None
    return f"<a href='{escape(target)}'>{text(cell)}</a>" if target else text(cell)


def folded(table: Table, html: str) -> str:
    """A long table behind its caption and the number of its rows."""
    count = f"{number(len(table.rows))} {'voce' if len(table.rows) == 1 else 'voci'}"
    return f"<details><summary>{escape(table.caption)} ({count})</summary>{html}</details>"


def _cell(cell: Cell, name: str) -> str:
    if isinstance(cell, float) and name.endswith(_SHARES):
        return f"<td class='n'>{percent(cell)}</td>"
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return f"<td class='n'>{text(cell)}</td>"
    is_wordy = isinstance(cell, str) and len(cell) > _WORDY
    return f"<td class='w'>{text(cell)}</td>" if is_wordy else f"<td>{text(cell)}</td>"


def percent(share: float, *, digits: int = 4) -> str:
    """A share of one as Italians write it: 42,5 %."""
    return f"{number(100 * share, digits=digits)} %"


def text(cell: Cell) -> str:
    """A cell as Italians write it, escaped."""
    if cell is None:
        return "–"
    if isinstance(cell, bool):
        return "sì" if cell else "no"
    if isinstance(cell, int | float):
        return number(cell)
    if isinstance(cell, datetime):
        return f"{cell:%d/%m/%Y %H:%M}"
    if isinstance(cell, date):
        return f"{cell:%d/%m/%Y}"
    return broken_at(cell)


def broken_at(words: str) -> str:
    """A text, escaped, in which a long name may go on in the next line after `/` or `_`."""
    return escape(words).replace("/", "/<wbr>").replace("_", "_<wbr>")


def day(on: date) -> str:
    """A day in words: 24 marzo 2025."""
    return f"{on.day} {month(on)}"


def month(on: date) -> str:
    """A month in words: marzo 2025."""
    return f"{_MONTHS[on.month - 1]} {on.year}"
