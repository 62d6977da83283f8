"""The report as one page of HTML in Italian: no script, nothing loaded, readable and printable."""

from collections.abc import Iterable
from datetime import date, datetime
from html import escape
from typing import Final

from quality.report.document import Cell, Finding, Report, Section, Table, Weight

_WEIGHTS: Final[dict[Weight, tuple[str, str]]] = {
    "broken": ("Non regge", "broken"),
    "look": ("Da guardare", "look"),
    "ok": ("Regge", "ok"),
}
# Colours have a contrast of 4.5 to 1 and more (WCAG 2.2, 1.4.3).
_STYLE: Final = """
:root{color-scheme:light}
body{font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff;margin:0}
main,header,footer,nav{max-width:72rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:1.5rem;border-bottom:4px solid #0b4f6c}
h1{font-size:1.9rem;margin:.2rem 0}
h2{font-size:1.4rem;margin:2.4rem 0 .4rem;padding-top:.6rem;border-top:1px solid #b8c4cc}
a{color:#0b4f6c}
a:focus,summary:focus{outline:3px solid #b35900;outline-offset:2px}
.skip{position:absolute;left:-999px}
.skip:focus{left:1rem;top:1rem;background:#fff;padding:.5rem}
.sub{color:#4a4a4a;margin:.2rem 0 1rem}
nav ol{columns:2;padding-left:1.4rem}
ul.findings{list-style:none;padding:0}
ul.findings li{margin:.35rem 0;padding:.45rem .7rem;border-left:.4rem solid}
.findings .ok{border-color:#2e7d32;background:#f1f8f1}
.findings .look{border-color:#b35900;background:#fff6eb}
.findings .broken{border-color:#b00020;background:#fdeef0}
.tag{font-weight:700;margin-right:.5rem}
.wide{overflow-x:auto}
table{border-collapse:collapse;margin:.5rem 0 1.2rem;font-size:.9rem;width:100%}
caption{text-align:left;font-weight:700;padding:.3rem 0}
th,td{border:1px solid #c6d0d6;padding:.3rem .5rem;text-align:left;vertical-align:top}
th{background:#e9f0f3}
td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
tbody tr:nth-child(even){background:#f7f9fa}
summary{cursor:pointer;font-weight:700;padding:.3rem 0;color:#0b4f6c}
footer{border-top:1px solid #b8c4cc;margin-top:3rem;padding-bottom:2rem;font-size:.9rem}
@media(max-width:45rem){nav ol{columns:1}}
@media print{nav,.skip{display:none}body{font-size:10pt}details>*{display:block}
details::details-content{content-visibility:visible;block-size:auto}
table{font-size:8pt}tr,li{break-inside:avoid}h2{break-after:avoid}.wide{overflow:visible}}
"""
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
        f"<style>{_STYLE}</style></head><body>"
        "<a class='skip' href='#main'>Vai al contenuto</a>"
        "<header><p class='sub'>Comune di Brescia · gemello, il data lakehouse del gemello "
        "digitale</p><h1>Rapporto per il controllo dei dati</h1>"
        f"<p class='sub'>Fatto il {escape(made)}; versione del programma {escape(report.code)}</p>"
        f"</header><nav aria-label='Indice'><ol>{links}</ol></nav>"
        f"<main id='main'>{_summary(report, picture)}{body}</main>"
        f"<footer>{ways}</footer></body></html>\n"
    )


def _summary(report: Report, picture: str) -> str:
    found = "".join(_finding(one) for one in report.findings)
    return (
        "<section aria-labelledby='sintesi'><h2 id='sintesi'>In sintesi</h2>"
        "<p>Questo rapporto è scritto dal programma leggendo i contratti dei dati, le note di ogni "
        "scrittura e i registri del data lake. Dice che cosa si raccoglie e perché, che cosa si "
        "toglie, come si nasconde chi è chi, che cosa è stato rifiutato, cancellato e pubblicato. "
        "Non contiene alcun valore dei dati.</p>"
        f"{picture}<ul class='findings'>{found}</ul></section>"
    )


def _finding(finding: Finding) -> str:
    word, style = _WEIGHTS[finding.weight]
    return f"<li class='{style}'><span class='tag'>{word}.</span>{escape(finding.text)}</li>"


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
    heads = "".join(f"<th scope='col'>{escape(heading)}</th>" for _, heading in table.columns)
    rows = "".join(f"<tr>{''.join(_cell(cell) for cell in row)}</tr>" for row in table.rows)
    html = (
        f"<div class='wide'><table><caption>{escape(table.caption)}</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
    if not table.is_long:
        return html
    count = f"{_number(len(table.rows))} {'riga' if len(table.rows) == 1 else 'righe'}"
    return f"<details><summary>{escape(table.caption)} ({count})</summary>{html}</details>"


def _cell(cell: Cell) -> str:
    if isinstance(cell, bool):
        return f"<td>{'sì' if cell else 'no'}</td>"
    if isinstance(cell, int | float):
        return f"<td class='n'>{_number(cell)}</td>"
    if cell is None:
        return "<td>–</td>"
    if isinstance(cell, datetime):
        return f"<td>{cell:%d/%m/%Y %H:%M}</td>"
    if isinstance(cell, date):
        return f"<td>{cell:%d/%m/%Y}</td>"
    return f"<td>{escape(cell)}</td>"


def _number(value: float) -> str:
    """As Italians write it: 1.234,5."""
    text = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4g}"
    return text.translate(str.maketrans(",.", ".,"))


def _day(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
