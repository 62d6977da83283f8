"""A sheet for each scenario: what, where, how sure, who gains, who loses, the cost, who decided."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

import polars as pl

from assets.atlas.classes import Classes
from assets.atlas.drawing import city_map, outlines
from assets.atlas.edit_map import edit_map
from assets.atlas.layout import Drawn
from assets.atlas.look import STYLE, policy
from assets.atlas.places import Places, places_of
from assets.atlas.units import readable
from assets.atlas.words import code
from assets.declaration import Declaration
from assets.derived_assets import find_declarations
from assets.measured import Value
from assets.scenarios.comparing import compared
from assets.scenarios.impact import ALL
from assets.scenarios.kind import Kind, find_kinds
from assets.scenarios.stored import group_rows, impact_rows, scenarios_run
from assets.twin import Twin
from quality.report.document import Cell, Table
from quality.report.look import number
from quality.report.parts import Frame, day, grid, text

_PUBLISHER: Final = "Comune di Brescia · atlante del gemello digitale"
_MOST: Final = 20
_DIGITS: Final = 3
_LEAST: Final = 0.001
_NOBODY: Final = "non ancora deciso"
_WITHHELD: Final = "non si dice"
# Fields of edits that name places, by what a citizen calls them and the column of their ids.
_PLACED: Final = {
    "segments": ("tratti di strada", "edge_id"),
    "cells": ("celle", "cell_id"),
    "quarters": ("quartieri", "quarter_id"),
    "sections": ("sezioni di censimento", "section_id"),
}
# Codes of a closed list, as a citizen says them.
_CODES: Final = {
    "local": "strade locali",
    "collector": "strade di quartiere",
    "arterial": "strade principali",
    "light": "leggera",
    "medium": "media",
    "deep": "profonda",
}
# What a template says beside a field: `route: L01    # codice della linea`.
_SAID: Final = re.compile(r"^[ -]+(\w+):[^#]*#\s*([^;:\n]+)", re.MULTILINE)


def scenario_pages(
    declarations: Mapping[str, Declaration], twin: Twin, *, quarters: Places
) -> dict[str, str]:
    """A page for each scenario that was run, by its file name, and one that lists them.

    None where none was run.
    """
    register = scenarios_run(twin)
    if register.is_empty():
        return {}
    groups, impact = group_rows(twin), impact_rows(twin)
    titles = _titles(declarations)
    names = _Names(declarations, twin, quarters, {})
    rows = {str(row["scenario_id"]): row for row in register.iter_rows(named=True)}
    pages = {
        _file(name): _page(row, groups, impact, titles=titles, names=names)
        for name, row in rows.items()
    }
    return {**pages, "scenari.html": _list(rows, groups, titles)}


def _file(name: str) -> str:
    return f"scenario_{name}.html"


def _titles(declarations: Mapping[str, Declaration]) -> dict[str, str]:
    """What a value is called, by `<theme>/<table>.<value>`."""
    return {
        f"{key.removeprefix('gold/')}.{name}": f"{one.measured.title}: {value.name}{_told(value)}"
        for key, one in declarations.items()
        if one.measured is not None
        for name, value in one.measured.values.items()
    }


def _told(value: Value) -> str:
    return ", rispetto agli altri luoghi" if value.is_relative else ""


def _title(indicator: str, titles: Mapping[str, str]) -> str:
    name, *told_apart = indicator.split(";")
    codes = ", ".join(code(one.partition("=")[2]) for one in told_apart)
    return f"{titles.get(name, name)} ({codes})" if codes else titles.get(name, name)


@dataclass(frozen=True)
class _Names:
    """What places are called: the quarters, and those of each indicator once it is asked for."""

    declarations: Mapping[str, Declaration]
    twin: Twin
    quarters: Places
    known: dict[str, Places]

    def of(self, indicator: str, entity: str) -> str:
        """The name of a place with its quarter, from the indicator and the entity's URN."""
        table, place = f"gold/{indicator.partition('.')[0]}", entity.rpartition(":")[2]
        measured = self.declarations[table].measured if table in self.declarations else None
        if measured is None or not self.twin.lake.exists(table):
            return place
        if table not in self.known:
            rows = self.twin.lake.read(table).select(measured.entity).unique().collect()
            self.known[table] = places_of(rows, measured, twin=self.twin, quarters=self.quarters)
        known = self.known[table]
        if measured.geometry == "cell" and place in known.quarters:
            return f"una cella in {known.quarters[place]}"
        return known.full_name(place)

    def listed(self, entity: str, ids: Sequence[str]) -> str:
        """The names of the places that an edit is of; of cells how many lie in each quarter."""
        if entity == "quarter_id":
            return ", ".join(self.quarters.name(one) for one in ids)
        measured = next(
            one.measured
            for one in self.declarations.values()
            if one.measured is not None and one.measured.entity == entity
        )
        rows = pl.DataFrame({entity: ids}, schema={entity: pl.String})
        known = places_of(rows, measured, twin=self.twin, quarters=self.quarters)
        if entity != "cell_id":
            return ", ".join(known.full_name(one) for one in ids)
        counts = Counter(known.quarters.get(one, "") for one in ids)
        return ", ".join(
            f"{number(count)} in {quarter}" if quarter else f"{number(count)} di quartiere non noto"
            for quarter, count in sorted(counts.items(), key=lambda pair: (not pair[0], pair[0]))
        )


def _page(
    row: Mapping[str, object],
    groups: pl.DataFrame,
    impact: pl.DataFrame,
    *,
    titles: Mapping[str, str],
    names: _Names,
) -> str:
    name, quarters = str(row["scenario_id"]), names.quarters
    own = impact.filter(pl.col("scenario_id") == name)
    sections = [
        ("cosa", "Che cosa si farebbe", _edits(row, names) + _map(row, names)),
        ("citta", "Che cosa cambia in città", _city(name, groups, titles)),
        ("dove", "Dove", _where(name, groups, titles, quarters)),
        ("chi", "Chi guadagna e chi perde", _who(name, groups, titles, quarters)),
        ("luoghi", "I luoghi che cambiano di più", _places(own, titles, names)),
        ("certezza", "Quanto è sicuro", _trust(row, own)),
    ]
    body = "".join(
        f"<section aria-labelledby='{key}-h'><h2 id='{key}-h'>{escape(title)}</h2>{html}</section>"
        for key, title, html in sections
        if html
    )
    return _frame(str(row["title_text"]), _facts(row) + body, back="scenari.html")


def _map(row: Mapping[str, object], names: _Names) -> str:
    edits = json.loads(str(row["edits_text"]))
    return edit_map(edits, twin=names.twin, quarters=names.quarters)


def _frame(title: str, main: str, *, back: str) -> str:
    return Frame(
        title=f"{title} – Atlante di Brescia",
        header=(
            "<p class='sub'><a href='index.html'>Atlante di Brescia</a> › "
            f"<a href='{back}'>Scenari</a></p><h1>{escape(title)}</h1>"
        ),
        nav="<ul><li><a href='index.html'>Tutti gli indicatori</a></li>"
        "<li><a href='scenari.html'>Tutti gli scenari</a></li></ul>",
        nav_name="In questo atlante",
        main=main,
        footer=f"<p>{_PUBLISHER}. Uno scenario è un calcolo su ciò che non è ancora: non è una "
        "misura e non cambia gli indicatori della città. Questa pagina non contiene dati "
        "personali.</p>",
        head=policy(has_script=False),
        style=STYLE,
    ).as_html


def _facts(row: Mapping[str, object]) -> str:
    decided_on, ran_at = row["decided_on"], row["ran_at"]
    facts = {
        "Perché": str(row["purpose_text"]),
        "Chi ha deciso": str(row["decided_by_name"] or _NOBODY),
        **({"Quando": day(decided_on)} if decided_on else {}),  # type: ignore[arg-type] # of days
        "Quanto costa": _cost(row["cost_eur"]),
        "Calcolato il": day(ran_at.date()),  # type: ignore[attr-defined] # a column of instants
    }
    pairs = "".join(f"<dt>{escape(key)}</dt><dd>{escape(one)}</dd>" for key, one in facts.items())
    return f"<dl class='fatti'>{pairs}</dl>"


def _cost(cost: object) -> str:
    return f"{number(round(cost))} euro" if isinstance(cost, float) else "non si sa"


def _edits(row: Mapping[str, object], names: _Names) -> str:
    kinds = find_kinds()
    items = []
    for edit in json.loads(str(row["edits_text"])):
        kind = kinds.get(edit["kind"])
        labels = _labels(kind) if kind else {}
        said = "; ".join(
            f"{_PLACED[key][0]}: {names.listed(_PLACED[key][1], value)}"
            if key in _PLACED
            else f"{labels.get(key, key)}: {_listed(value)}"
            for key, value in edit.items()
            # No is an answer, and so is zero; nothing is not.
            if key != "kind" and value not in (None, "", [])
        )
        title = kind.title if kind else edit["kind"]
        items.append(f"<li>{escape(title)}<br>{escape(said)}</li>")
    return f"<ol>{''.join(items)}</ol>" if items else "<p>Nessuna modifica.</p>"


def _labels(kind: Kind) -> dict[str, str]:
    """What the fields of an edit are called, as its template says to who fills it in."""
    return {field: said.strip() for field, said in _SAID.findall(kind.template)}


def _listed(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(_listed(one) for one in value)
    if isinstance(value, bool):
        return "sì" if value else "no"
    if isinstance(value, str):
        return _CODES.get(value, value)
    # Whole numbers may be years; of degrees seven digits are a metre.
    return number(value, digits=7) if isinstance(value, float) else str(value)


def _figure(value: object, unit: str = "", *, is_signed: bool = False) -> str:
    """A number as Italians write it, with its unit; with a sign where it is a difference."""
    if not isinstance(value, float):
        return "–"
    if 0 < abs(value) < _LEAST:
        return "quasi nulla" if is_signed else f"meno di {number(_LEAST)}"
    shown = float(f"{value:.{_DIGITS}g}")
    sign = "−" if shown < 0 else "+" if is_signed and shown > 0 else ""
    told = readable(unit) if unit not in ("", "1") else ""
    return f"{sign}{number(abs(shown))}{f' {told}' if told else ''}"


def _people(count: object) -> str:
    return number(count) if isinstance(count, int) else _WITHHELD


def _change(one: Mapping[str, object], name: str) -> list[Cell]:
    """The difference, and its interval where it has one."""
    unit = str(one["unit"])
    low, high = one.get(f"{name} lo"), one.get(f"{name} hi")
    between = "senza intervallo"
    if isinstance(low, float) and isinstance(high, float):
        between = f"da {_figure(low, is_signed=True)} a {_figure(high, is_signed=True)}"
    return [
        _figure(one["baseline_value"], unit),
        _figure(one[f"{name} delta"], unit, is_signed=True),
        between,
    ]


_CHANGE: Final = (("prima", "Oggi"), ("delta", "Differenza"), ("intervallo", "Intervallo"))


def _city(name: str, groups: pl.DataFrame, titles: Mapping[str, str]) -> str:
    found = compared(groups, [name], by="city")
    if found.is_empty():
        return (
            "<p>Nessun numero dei luoghi in cui si abita cambia in media: vedi i luoghi, sotto.</p>"
        )
    found = _one_each(found)
    table = Table(
        key="citta",
        caption="Medie dei residenti: di ogni numero la voce che cambia di più",
        columns=(
            ("indicatore", "Indicatore"),
            *_CHANGE,
            ("bene", "Guadagnano"),
            ("male", "Perdono"),
        ),
        rows=tuple(
            (
                _title(str(one["indicator_id"]), titles),
                *_change(one, name),
                _people(one[f"{name} winners_count"]),
                _people(one[f"{name} losers_count"]),
            )
            for one in found.head(_MOST).iter_rows(named=True)
        ),
    )
    return grid(table)


def _one_each(found: pl.DataFrame) -> pl.DataFrame:
    """Of each value the first row: one of many hours and services would fill the sheet alone."""
    value = pl.col("indicator_id").str.split(";").list.first()
    return found.filter(value.is_first_distinct())


def _main(name: str, groups: pl.DataFrame) -> str:
    """The indicator that changes most for the city; nothing where none of places does.

    Of each indicator the first value that is not relative.
    """
    found = compared(groups.filter(_is_first()), [name], by="city")
    return "" if found.is_empty() else str(found["indicator_id"][0])


def _is_first() -> pl.Expr:
    """Whether a number is of the first value of its indicator that is not relative."""
    firsts = [
        f"{key.removeprefix('gold/')}.{name}"
        for key, one in find_declarations().items()
        if one.measured is not None
        for name in [name for name, its in one.measured.values.items() if not its.is_relative][:1]
    ]
    return pl.col("indicator_id").str.split(";").list.first().is_in(firsts)


def _where(name: str, groups: pl.DataFrame, titles: Mapping[str, str], quarters: Places) -> str:
    main, drawn = _main(name, groups), Drawn.of(quarters, quarters)
    if not main or drawn is None:
        return ""
    rows = groups.filter(
        pl.col("scenario_id") == name, pl.col("indicator_id") == main,
        pl.col("quarter_id") != ALL, pl.col("age_code") == ALL,
    )  # fmt: skip
    values = {str(key): float(delta) for key, delta in rows.select("quarter_id", "delta").rows()}
    unit = str(rows["unit"][0]) if rows.height else ""
    said = {key: _figure(value, unit, is_signed=True) for key, value in values.items()}
    # Both ends may be good or bad: colours say how much, and the names the sign.
    classes = Classes.of(pl.Series([abs(one) for one in values.values()]), is_high_bad=None)
    svg = city_map(
        drawn, quarters, id_="mappa-0",
        title=f"Mappa per quartiere: {_title(main, titles)}; i numeri sono nella tabella",
        values={key: abs(value) for key, value in values.items()}, said=said, classes=classes,
        is_painted=False,
    )  # fmt: skip
    return (
        f"{outlines(drawn)}<div class='piano'><figure><figcaption>Differenza: "
        f"{escape(_title(main, titles))}</figcaption>{svg}</figure></div>"
        "<p class='conta'>Più scuro: cambia di più. Il segno è scritto accanto al quartiere.</p>"
    )


def _who(name: str, groups: pl.DataFrame, titles: Mapping[str, str], quarters: Places) -> str:
    main = _main(name, groups)
    if not main:
        return ""
    tables = []
    for by, key, heading in (("quarter", "quarter_id", "Quartiere"), ("age", "age_code", "Età")):
        found = compared(groups, [name], by=by, indicator=main)  # type: ignore[arg-type] # two of By
        found = found.filter(pl.col("indicator_id") == main)
        if found.is_empty():
            continue
        if by == "age":
            found = found.sort(pl.col(key).str.extract(r"^(\d+)").cast(pl.Int64))
        rows = tuple(
            (
                quarters.name(one[key]) if by == "quarter" else f"{one[key]} anni",
                *_change(one, name),
                _people(one[f"{name} winners_count"]),
                _people(one[f"{name} losers_count"]),
            )
            for one in found.iter_rows(named=True)
        )
        caption = f"{_title(main, titles)}, per {heading.lower()}"
        heads = ((by, heading), *_CHANGE, ("bene", "Guadagnano"), ("male", "Perdono"))
        tables.append(grid(Table(key=by, caption=caption, columns=heads, rows=rows)))
    note = (
        "<p>Persone in decine. Non si dice quante sono dove sono meno di dieci, né dove più alto "
        "non è né bene né male, o un luogo cambia rispetto agli altri (un posto in ordine): chi è "
        "superato non ha perso nulla. Un gruppo di meno di dieci residenti non è mostrato.</p>"
    )
    return note + "".join(tables)


def _places(own: pl.DataFrame, titles: Mapping[str, str], names: _Names) -> str:
    if own.is_empty():
        return "<p>Nessun numero cambia.</p>"
    value = pl.col("indicator_id").str.split(";").list.first()
    counts = own.group_by("indicator_id").len()
    share = pl.col("delta").abs() / pl.max_horizontal(pl.col("baseline_value").abs(), 1e-9)
    top = own.sort(-share, "indicator_id", "entity_id").unique(
        "indicator_id", keep="first", maintain_order=True
    )
    top = top.filter(value.is_first_distinct())
    joined = top.join(counts, on="indicator_id", maintain_order="left").head(_MOST)
    table = Table(
        key="luoghi",
        caption="Di ogni indicatore il luogo che cambia di più",
        columns=(("indicatore", "Indicatore"), ("luoghi", "Luoghi che cambiano"),
                 ("dove", "Luogo"), *_CHANGE),
        rows=tuple(
            (
                _title(str(one["indicator_id"]), titles),
                number(int(one["len"])),
                names.of(str(one["indicator_id"]), str(one["entity_id"])),
                *_change(one | {f"x {end}": one[end] for end in ("delta", "lo", "hi")}, "x"),
            )
            for one in joined.iter_rows(named=True)
        ),
    )  # fmt: skip
    return grid(table)


def _trust(row: Mapping[str, object], own: pl.DataFrame) -> str:
    kinds = find_kinds()
    edits = {edit["kind"] for edit in json.loads(str(row["edits_text"]))}
    sources = "".join(
        f"<li>{escape(kinds[one].title)}: {escape(kinds[one].source)}.</li>"
        for one in sorted(edits & set(kinds))
    )
    unverified = own.filter(pl.col("quality_flag") == "unverified").height
    doubt = (
        f"<p class='avviso'>{number(unverified)} numeri usano fattori citati a memoria, non "
        "riletti alla fonte.</p>"
        if unverified
        else ""
    )
    left = json.loads(str(row["left_out_text"]))
    reasons = "".join(f"<li>{escape(key)}: {escape(why)}</li>" for key, why in left.items())
    left_out = f"<h3>Non calcolati</h3><ul>{reasons}</ul>" if reasons else ""
    versions = json.loads(str(row["inputs_text"]))
    read = "".join(f"<li>{escape(key)}, versione {one}</li>" for key, one in versions.items())
    return (
        f"<ul>{sources}</ul>{doubt}<p>L'intervallo di una differenza va dalla minore alla maggiore "
        "tra gli estremi: ciò che rende incerto il numero (la pioggia, il fattore) è lo stesso con "
        "e senza lo scenario. Dove l'indicatore non ha intervallo non l'ha nemmeno la "
        f"differenza.</p>{left_out}<details><summary>Da quali versioni</summary><ul>{read}</ul>"
        f"<p>Programma {text(str(row['code_version']))}, file {text(str(row['plan_code']))}.</p>"
        "</details>"
    )


def _list(
    rows: Mapping[str, Mapping[str, object]], groups: pl.DataFrame, titles: Mapping[str, str]
) -> str:
    """All scenarios: who decided, the cost, and what changes most, in one table."""
    names = list(rows)
    found = _one_each(compared(groups.filter(_is_first()), names, by="city")).head(_MOST)
    items = "".join(
        f"<li><a href='{_file(name)}'>{escape(str(row['title_text']))}</a>: "
        f"{escape(str(row['decided_by_name'] or _NOBODY))}; costo {_cost(row['cost_eur'])}</li>"
        for name, row in rows.items()
    )
    beside = "<p>Qui stanno i piani uno accanto all'altro: per confrontare ne servono due.</p>"
    if len(names) > 1 and not found.is_empty():
        beside = grid(
            Table(
                key="confronto",
                caption="Differenze nella media dei residenti, uno scenario accanto all'altro",
                columns=(
                    ("indicatore", "Indicatore"), ("prima", "Oggi"),
                    *((name, str(row["title_text"])) for name, row in rows.items()),
                ),
                rows=tuple(
                    (
                        _title(str(one["indicator_id"]), titles),
                        _figure(one["baseline_value"], str(one["unit"])),
                        *(
                            _figure(one[f"{name} delta"], str(one["unit"]), is_signed=True)
                            for name in names
                        ),
                    )
                    for one in found.iter_rows(named=True)
                ),
            )
        )  # fmt: skip
        beside += "<p class='conta'>Dove c'è «–» lo scenario non cambia quel numero.</p>"
    return _frame("Scenari a confronto", f"<ul>{items}</ul>{beside}", back="scenari.html")
