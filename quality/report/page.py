"""The report as one page of HTML in Italian: no script, nothing loaded, readable and printable."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from html import escape
from typing import Final

from quality.report.document import WEIGHTS, Cell, Finding, Report, Section, Table, Weight
from quality.report.look import STYLE, number

_WEIGHTS: Final[dict[Weight, tuple[str, str]]] = {
    "broken": ("Che cosa non regge", "broken"),
    "look": ("Che cosa guardare", "look"),
    "ok": ("Che cosa regge", "ok"),
}
# A text longer than this gets room in its table.
_WORDY: Final = 90
_MONTHS: Final = (
    "gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre",
    "ottobre", "novembre", "dicembre",
)  # fmt: skip


def page(report: Report, *, picture: str, footer: Iterable[str]) -> str:
    """The whole page; `picture` is an SVG of our own, `footer` says how to check the pack."""
    made = f"{_day(report.made_at.date())}, ore {report.made_at:%H:%M} UTC"
    links = "".join(
        f"<li><a href='#{section.key}'>{escape(section.title)}</a></li>"
        for section in report.sections
    )
    body = "".join(_section(section) for section in report.sections)
    ways = "".join(f"<p>{escape(text)}</p>" for text in footer)
    return (
        "<!DOCTYPE html>\n<html lang='it'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width,initial-scale=1'>"
        f"<title>Rapporto per il controllo dei dati, {escape(made)}</title>"
        f"<style>{STYLE}</style></head><body>"
        "<a class='skip' href='#main'>Vai al contenuto</a>"
        "<header><p class='sub'>Comune di Brescia · gemello, il data lakehouse del gemello "
        "digitale</p><h1>Rapporto per il controllo dei dati</h1>"
        f"<p class='sub'>Fatto il {escape(made)}; versione del programma {escape(report.code)}</p>"
        f"</header><nav aria-label='Indice'><ol>{links}</ol></nav>"
        f"<main id='main'>{_summary(report, picture)}{body}</main>"
        f"<footer>{ways}</footer></body></html>\n"
    )


def _summary(report: Report, picture: str) -> str:
    figures = "".join(
        f"<div><dt>{escape(one.label)}</dt><dd>{_text(one.value)}</dd></div>"
        for one in report.figures
    )
    found = "".join(_found(weight, report.found(weight)) for weight in WEIGHTS)
    return (
        "<section class='summary' aria-labelledby='sintesi'><h2 id='sintesi'>In sintesi</h2>"
        "<p>Questo rapporto è scritto dal programma leggendo i contratti dei dati, le note di ogni "
        "scrittura e i registri del data lake. Dice che cosa si raccoglie e perché, che cosa si "
        "toglie, come si nasconde chi è chi, che cosa è stato rifiutato, cancellato e pubblicato. "
        "Non contiene alcun valore dei dati.</p>"
        f"<dl class='figures'>{figures}</dl>{found}{picture}</section>"
    )


def _found(weight: Weight, found: Sequence[tuple[Section, Finding]]) -> str:
    heading, style = _WEIGHTS[weight]
    if not found:
        return f"<h3>{heading}</h3><p>Niente.</p>"
    lines = "".join(
        f"<li class='{style}'>{_broken_at(one.text)} <a href='#{section.key}' "
        f'aria-label="Vedi: {escape(section.title)}">Vedi</a></li>'
        for section, one in found
    )
    return f"<h3>{heading}</h3><ul class='findings list-{style}'>{lines}</ul>"


def _section(section: Section) -> str:
    said = "".join(f"<p>{escape(text)}</p>" for text in section.says)
    tables = "".join(_table(table) for table in section.tables)
    return (
        f"<section aria-labelledby='{section.key}'><h2 id='{section.key}'>"
        f"{escape(section.title)}</h2>{said}{tables}</section>"
    )


def _table(table: Table) -> str:
    if not table.rows:
        return f"<p><strong>{escape(table.caption)}:</strong> nessuna voce.</p>"
    html = _cards(table) if table.is_cards else _grid(table)
    if not table.is_long:
        return html
    count = f"{number(len(table.rows))} {'voce' if len(table.rows) == 1 else 'voci'}"
    return f"<details><summary>{escape(table.caption)} ({count})</summary>{html}</details>"


def _grid(table: Table) -> str:
    names = [name for name, _ in table.columns[1:]]
    heads = "".join(f"<th scope='col'>{escape(heading)}</th>" for _, heading in table.columns)
    rows = "".join(
        f"<tr><th scope='row'>{_text(row[0])}</th>{''.join(map(_cell, row[1:], names))}</tr>"
        for row in table.rows
    )
    # What scrolls sideways can be reached and scrolled by keyboard (WCAG 2.1.1).
    return (
        f"<div class='wide' tabindex='0' role='region' aria-label=\"{escape(table.caption)}\">"
        f"<table><caption>{escape(table.caption)}</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _cards(table: Table) -> str:
    """A card a row: its first two cells are the heading, the others follow one below the other."""
    headings = [heading for _, heading in table.columns]
    cards = []
    for row in table.rows:
        lines = "".join(
            f"<dt>{escape(heading)}</dt><dd>{_text(cell)}</dd>"
            for heading, cell in zip(headings[2:], row[2:], strict=True)
            if cell is not None
        )
        cards.append(
            f"<div class='card'><h3>{_text(row[1])} <small>{_text(row[0])}</small></h3>"
            f"<dl>{lines}</dl></div>"
        )
    return "".join(cards)


def _cell(cell: Cell, name: str) -> str:
    if isinstance(cell, float) and name.endswith(("_ratio", "_share", "_probability")):
        return f"<td class='n'>{number(100 * cell)} %</td>"
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return f"<td class='n'>{_text(cell)}</td>"
    is_wordy = isinstance(cell, str) and len(cell) > _WORDY
    return f"<td class='w'>{_text(cell)}</td>" if is_wordy else f"<td>{_text(cell)}</td>"


def _text(cell: Cell) -> str:
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
    return _broken_at(cell)


def _broken_at(text: str) -> str:
    """A text, escaped, in which a long name may go on in the next line after `/` or `_`."""
    return escape(text).replace("/", "/<wbr>").replace("_", "_<wbr>")


def _day(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
