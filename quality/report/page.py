"""The report as one page of HTML in Italian: no script, nothing loaded, readable and printable."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from quality.report.document import WEIGHTS, Finding, Report, Section, Table, Weight
from quality.report.parts import Frame, broken_at, day, folded, grid, text

_WEIGHTS: Final[dict[Weight, tuple[str, str]]] = {
    "broken": ("Che cosa non regge", "broken"),
    "look": ("Che cosa guardare", "look"),
    "ok": ("Che cosa regge", "ok"),
}


def page(report: Report, *, picture: str, footer: Iterable[str]) -> str:
    """The whole page; `picture` is an SVG of our own, `footer` says how to check the pack."""
    made = f"{day(report.made_at.date())}, ore {report.made_at:%H:%M} UTC"
    links = "".join(
        f"<li><a href='#{section.key}'>{escape(section.title)}</a></li>"
        for section in report.sections
    )
    body = "".join(_section(section) for section in report.sections)
    return Frame(
        title=f"Rapporto per il controllo dei dati, {made}",
        header=(
            "<p class='sub'>Comune di Brescia · gemello, il data lakehouse del gemello "
            "digitale</p><h1>Rapporto per il controllo dei dati</h1>"
            f"<p class='sub'>Fatto il {escape(made)}; versione del programma "
            f"{escape(report.code)}</p>"
        ),
        nav=f"<ol>{links}</ol>",
        nav_name="Indice",
        main=_summary(report, picture) + body,
        footer="".join(f"<p>{escape(sentence)}</p>" for sentence in footer),
    ).as_html


def _summary(report: Report, picture: str) -> str:
    figures = "".join(
        f"<div><dt>{escape(one.label)}</dt><dd>{text(one.value)}</dd></div>"
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
        f"<li class='{style}'>{broken_at(one.text)} <a href='#{section.key}' "
        f'aria-label="Vedi: {escape(section.title)}">Vedi</a></li>'
        for section, one in found
    )
    return f"<h3>{heading}</h3><ul class='findings list-{style}'>{lines}</ul>"


def _section(section: Section) -> str:
    said = "".join(f"<p>{escape(sentence)}</p>" for sentence in section.says)
    tables = "".join(_table(table) for table in section.tables)
    return (
        f"<section aria-labelledby='{section.key}'><h2 id='{section.key}'>"
        f"{escape(section.title)}</h2>{said}{tables}</section>"
    )


def _table(table: Table) -> str:
    if not table.rows:
        return f"<p><strong>{escape(table.caption)}:</strong> nessuna voce.</p>"
    html = _cards(table) if table.is_cards else grid(table)
    return folded(table, html) if table.is_long else html


def _cards(table: Table) -> str:
    """A card a row: its first two cells are the heading, the others follow one below the other."""
    headings = [heading for _, heading in table.columns]
    cards = []
    for row in table.rows:
        lines = "".join(
            f"<dt>{escape(heading)}</dt><dd>{text(cell)}</dd>"
            for heading, cell in zip(headings[2:], row[2:], strict=True)
            if cell is not None
        )
        cards.append(
            f"<div class='card'><h3>{text(row[1])} <small>{text(row[0])}</small></h3>"
            f"<dl>{lines}</dl></div>"
        )
    return "".join(cards)
