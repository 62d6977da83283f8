"""The page of one indicator: its map, numbers, series, method, trust and versions."""

from html import escape
from typing import Final

from assets.atlas.figures import has_script, maps
from assets.atlas.indicator import Indicator
from assets.atlas.look import SCRIPT, STYLE, policy
from assets.atlas.numbers import MOST_ROWS, in_order, table_of
from assets.atlas.places import Places
from assets.atlas.series import series
from assets.atlas.summary import as_of, city_value, completeness, qualities, still_to_come
from assets.atlas.words import PLACES, THEMES, moment
from assets.explaining import Making
from assets.twin import Twin
from quality.contract.exports.italian import measure
from quality.report.document import Cell, Table
from quality.report.look import number
from quality.report.parts import Frame, day, folded, grid, percent, text

_WORST: Final = 10
_DIFFERENT: Final = 2
# A table with more rows is folded.
_SHORT: Final = 15
PUBLISHER: Final = "Comune di Brescia · atlante del gemello digitale"


def indicator_page(one: Indicator, *, quarters: Places, twin: Twin, outlook: str = "") -> str:
    """The whole page as HTML; that of an indicator without rows says so.

    `outlook` is what is expected of it next, as HTML.
    """
    measured = one.measured
    if one.rows.is_empty():
        sections = [("calcolo", "Come è calcolato", _method(one))]
        first = (
            "<p class='avviso'>Questo indicatore non ha ancora righe: i dati di cui è fatto non "
            "sono arrivati, o nessuno lo ha ancora calcolato con il metodo di ora.</p>"
        )
    else:
        first = _synthesis(one)
        sections = [
            ("mappa", "Mappa e numeri" if one.places.shapes else "Numeri", _map(one, quarters)),
            ("peggiori", _worst_title(one), _worst(one)),
            ("andamento", "Andamento nel tempo", series(one)),
            ("previsione", "Che cosa ci si aspetta", outlook),
            ("calcolo", "Come è calcolato", _method(one)),
            ("affidabilita", "Quanto è affidabile", _trust(one)),
            ("versioni", "Da quali dati e versioni", _versions(one, twin)),
        ]
    sections = [each for each in sections if each[2]]
    body = "".join(
        f"<section aria-labelledby='{key}'><h2 id='{key}'>{escape(title)}</h2>{html}</section>"
        for key, title, html in sections
    )
    links = "".join(f"<li><a href='#{key}'>{escape(title)}</a></li>" for key, title, _ in sections)
    theme = THEMES[one.declaration.theme]
    scripted = has_script(body)
    return Frame(
        title=f"{measured.title} – Atlante di Brescia",
        header=(
            f"<p class='sub'><a href='index.html'>Atlante di Brescia</a> › "
            f"<a href='index.html#{one.declaration.theme}'>{escape(theme)}</a></p>"
            f"<h1>{escape(measured.title)}</h1>"
        ),
        nav=f"<ul><li><a href='index.html'>Tutti gli indicatori</a></li>{links}</ul>",
        nav_name="In questa pagina",
        main=first + body,
        footer=f"<p>{PUBLISHER}. {_LICENCE}</p>"
        + (f"<script>{SCRIPT}</script>" if scripted else ""),
        head=policy(has_script=scripted),
        style=STYLE,
    ).as_html


_LICENCE: Final = (
    "Questa pagina non contiene dati personali: mostra soltanto indicatori aggregati e non carica "
    "nulla dalla rete."
)


def _synthesis(one: Indicator) -> str:
    figures = []
    for name, value in one.measured.values.items():
        city = city_value(one, name)
        reach = f"<br>{escape(city.reach)}" if city.reach else ""
        figures.append(
            f"<div><dt>{escape(value.name)}</dt><dd>{escape(city.figure)}</dd>"
            f"<dd class='cosa'>{escape(city.what)}{reach}</dd></div>"
        )
    return (
        f"<p><strong>Di quando:</strong> {escape(as_of(one))}. {escape(still_to_come(one))}</p>"
        f"<dl class='figures'>{''.join(figures)}</dl>"
    )


def _map(one: Indicator, quarters: Places) -> str:
    rows = in_order(one)
    count = f"{number(rows.height)} {'riga' if rows.height == 1 else 'righe'}"
    caption = f"Tutti i numeri: {one.measured.title}, {as_of(one)}"
    if rows.height > MOST_ROWS:
        caption = f"Le prime {MOST_ROWS} di {count}, dal valore peggiore: {one.measured.title}"
        if one.measured.is_high_bad is None:
            caption = f"Le prime {MOST_ROWS} di {count}, dal valore più alto: {one.measured.title}"
    table = table_of(one, rows.head(MOST_ROWS), key="numeri", caption=caption)
    html = grid(table)
    shown = folded(table, html) if len(table.rows) > _SHORT else html
    file = f"{one.page}.csv"
    return (
        f"{maps(one, quarters)}{shown}"
        f"<p><a href='{file}' download>Scarica tutti i numeri ({count}, CSV con punto e virgola)"
        "</a></p>"
    )


def _worst_title(one: Indicator) -> str:
    count = min(_WORST, one.view().rows[one.first].drop_nulls().len())
    if one.measured.is_high_bad is None:
        return "Il valore più alto" if count == 1 else f"I {count} valori più alti"
    return "Il luogo messo peggio" if count == 1 else f"I {count} luoghi messi peggio"


def _worst(one: Indicator) -> str:
    rows = in_order(one)
    measured, view = one.measured, one.view()
    keys = [measured.entity, *measured.by]
    rows = rows.join(view.rows.select(keys), on=keys, how="semi", maintain_order="left")
    rows = rows.drop_nulls(one.first).head(_WORST)
    # So few places are all in the table above, and where all are alike none is worse.
    if one.rows.height <= _WORST or view.rows[one.first].drop_nulls().n_unique() < _DIFFERENT:
        return ""
    caption = f"Per {measured.values[one.first].name}" + (f": {view.name}" if view.name else "")
    return grid(table_of(one, rows, key="peggiori", caption=caption))


def _method(one: Indicator) -> str:
    declaration, measured = one.declaration, one.measured
    facts = [("Versione del metodo", text(declaration.method_version))]
    if measured.definition_from and not one.rows.is_empty():
        since = one.rows[measured.definition_from].drop_nulls().unique().sort().to_list()
        days = ", ".join(day(one_day) for one_day in since) or "–"
        facts.append(("Definizione in vigore dal", escape(days)))
    facts.append(("Fonti del metodo", f"<span lang='en'>{escape(declaration.literature)}</span>"))
    words = " ".join((declaration.function.__doc__ or "").split())
    return (
        f"<p>{escape(measured.how)}</p>{_facts(facts)}"
        "<details><summary>La regola esatta, come la legge chi programma (in inglese)</summary>"
        f"<p lang='en'>{escape(words)}</p></details>"
    )


def _facts(facts: list[tuple[str, str]]) -> str:
    """Pairs of a name and HTML of our own."""
    return "<dl class='fatti'>" + "".join(
        f"<dt>{escape(name)}</dt><dd>{html}</dd>" for name, html in facts
    ) + "</dl>"  # fmt: skip


def _trust(one: Indicator) -> str:
    rows = one.rows
    several = PLACES[one.measured.geometry][1]
    kinds = "".join(
        f"<li><span class='segno' aria-hidden='true'>{sign}</span> {escape(words)}: "
        f"{number(count)} di {number(rows.height)} righe</li>"
        for sign, words, count in qualities(one)
    )
    intervals = "".join(
        f"<li><strong>{escape(value.name)}:</strong> {escape(_interval(one, name))}</li>"
        for name, value in one.measured.values.items()
    )
    observed = int(rows["observations_count"].sum())
    return (
        "<h3>Completezza</h3>"
        f"<p>{escape(completeness(one))} dei dati attesi, su {number(rows.height)} righe e "
        f"{number(rows[one.measured.entity].n_unique())} {several}; {number(observed)} "
        "osservazioni in tutto.</p>"
        f"<h3>Qualità</h3><ul>{kinds}</ul><h3>Incertezza</h3><ul>{intervals}</ul>"
    )


def _interval(one: Indicator, name: str) -> str:
    value = one.measured.values[name]
    if not value.low:
        return f"senza intervallo, perché {value.no_interval}."
    level = percent(value.level)
    return f"con un intervallo al {level}: è scritto accanto a ogni numero nella tabella."


def _versions(one: Indicator, twin: Twin) -> str:
    made = one.made
    if made is None:
        return ""
    facts = [
        ("Tabella", f"<code>{text(made.table)}</code>"),
        ("Versione della tabella", text(made.version)),
        ("Scritta il", f"{moment(made.at, 'hour')} (ora di Brescia)"),
        ("Versione del programma", text(made.notes.get("code"))),
        ("Esecuzione", f"<code>{text(made.notes.get('run'))}</code>"),
        ("Impronta del metodo", f"<code>{made.method:x}</code>"),
        ("Per ricalcolare un numero", f"<code>{escape(_command(one))}</code>"),
    ]
    inputs = Table(
        "ingressi",
        "Le tabelle lette, con le loro versioni",
        (
            ("table", "Tabella"),
            ("version", "Versione letta"),
            ("newest", "Versione di ora"),
            ("made_by", "Chi dice che cosa contiene"),
        ),
        tuple(
            (each.table, each.version, each.newest,
             f"contratto {each.contract}, {each.mark}" if each.contract
             else f"metodo, versione {each.mark}")
            for each in made.inputs
        ),
    )  # fmt: skip
    back = _back(made, twin)
    return f"{_facts(facts)}{grid(inputs)}{folded(back, grid(back))}"


def _back(made: Making, twin: Twin) -> Table:
    """The publishers' columns that the values come from, and what is done to them first."""
    ways = {(way.source, way.source_columns, way.through[0][1], way.treatment) for way in made.ways}
    rows: set[tuple[Cell, ...]] = set()
    for source, columns, stored, treatment in sorted(ways):
        contract = twin.contracts.get(source.removeprefix("source/"))
        column = contract.stored.get(stored) if contract else None
        done = measure(column, contract) if contract and column else treatment
        title = contract.title if contract else source
        rows.add((title, source.removeprefix("source/"), ", ".join(columns), done))
    return Table(
        "fonti",
        "I dati di partenza e che cosa se ne fa all'ingresso",
        (
            ("title", "Dati"),
            ("source", "Chi li manda"),
            ("columns", "Colonna"),
            ("treatment", "All'ingresso"),
        ),
        tuple(sorted(rows, key=str)),
    )


def _command(one: Indicator) -> str:
    """How to have the first number of the table computed again."""
    row = in_order(one).row(0, named=True)
    parts = []
    for name in one.declaration.key_columns:
        value = row[name]
        said = f"{value:%Y-%m-%dT%H:%M:%SZ}" if hasattr(value, "hour") else str(value)
        parts.append(f"--key '{name}={said}'" if " " in said else f"--key {name}={said}")
    return f"gemello explain {one.declaration.key} {' '.join(parts)}"
