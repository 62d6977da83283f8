"""A sheet for each action: what, where, since when, whether it worked, and how sure that is."""

import re
from collections.abc import Sequence
from html import escape
from typing import Any, Final

import polars as pl

from assets.action_words import METHODS, REGISTERED, VERDICTS, change
from assets.atlas.indicator import Indicator
from assets.atlas.lines import Chart, chart
from assets.atlas.look import STYLE, policy
from assets.atlas.page import PUBLISHER
from assets.atlas.units import readable
from assets.atlas.words import moment
from assets.twin import Twin
from quality.report.document import Table
from quality.report.look import number
from quality.report.parts import Frame, day, folded, grid, percent

EFFECTS: Final = "gold/actions/action_effect"
_COURSES: Final = "gold/actions/daily_action_course"
# The page of the indicator, from which the sheets are reached.
_LIST: Final = "actions-action_effect.html"
_SIGNS: Final = {"effective": "✔", "adverse": "✖", "no_evidence": "○", "not_enough_data": "…"}
_LINES: Final = ("measured_index", "expected_index", "expected_low_index", "expected_high_index")

Row = dict[str, Any]  # a row of the indicator, whose columns are of many types


def sheets(one: Indicator, twin: Twin) -> dict[str, str]:
    """The sheet of each action by the name of its file."""
    if one.rows.is_empty():
        return {}
    courses = pl.DataFrame()
    if twin.lake.exists(_COURSES):
        courses = twin.lake.read(_COURSES).collect().sort("action_id", "day_on")
    rows = one.rows.sort("action_id").to_dicts()
    return {_file(row): _sheet(row, courses) for row in rows}


def with_links(page: str, one: Indicator) -> str:
    """The indicator's page with a list of the sheets before all else."""
    if one.rows.is_empty():
        return page
    entries = "".join(
        f"<li><a href='{_file(row)}'>{escape(row['action_name'])}</a>: {_verdict(row)}</li>"
        for row in one.rows.sort("action_id").to_dicts()
    )
    listed = (
        "<section aria-labelledby='schede'><h2 id='schede'>Una scheda per azione</h2>"
        f"<ul>{entries}</ul></section>"
    )
    return page.replace("<main id='main'>", f"<main id='main'>{listed}", 1)


def _file(row: Row) -> str:
    """Ids of publishers may hold anything; names of files may not."""
    return f"azione-{re.sub(r'[^A-Za-z0-9-]', '_', row['action_id'])}.html"


def _verdict(row: Row) -> str:
    code = row["verdict_code"]
    return f"<span class='segno' aria-hidden='true'>{_SIGNS[code]}</span> {escape(VERDICTS[code])}"


def _sheet(row: Row, courses: pl.DataFrame) -> str:
    course = courses.filter(action_id=row["action_id"]) if courses.width else courses
    sections = [
        ("decisione", "Che cosa si è deciso", _decision(row)),
        ("esito", "Ha funzionato?", _outcome(row)),
        ("corso", "Prima e dopo", _course(course)),
        ("sicurezza", "Quanto è sicuro", _trust(row)),
    ]
    shown = [one for one in sections if one[2]]
    body = "".join(
        f"<section aria-labelledby='{key}'><h2 id='{key}'>{escape(title)}</h2>{html}</section>"
        for key, title, html in shown
    )
    links = "".join(f"<li><a href='#{key}'>{escape(title)}</a></li>" for key, title, _ in shown)
    name = row["action_name"]
    return Frame(
        title=f"{name} – Azioni – Atlante di Brescia",
        header=(
            "<p class='sub'><a href='index.html'>Atlante di Brescia</a> › "
            f"<a href='{_LIST}'>Effetto delle azioni</a></p><h1>{escape(name)}</h1>"
        ),
        nav=f"<ul><li><a href='{_LIST}'>Tutte le azioni</a></li>{links}</ul>",
        nav_name="In questa pagina",
        main=body,
        footer=f"<p>{PUBLISHER}. Questa pagina non contiene dati personali e non carica nulla "
        "dalla rete.</p>",
        head=policy(has_script=False),
        style=STYLE,
    ).as_html


def _decision(row: Row) -> str:
    where = "l'area indicata dal Comune"
    if row["radius_m"] is not None and row["lat_deg"] is not None:
        where = (
            f"entro {number(row['radius_m'])} m da {_degrees(row['lat_deg'])} N, "
            f"{_degrees(row['lng_deg'])} E"
        )
    cost = "non indicato" if row["cost_eur"] is None else f"{number(row['cost_eur'])} €"
    return _facts(
        ("Obiettivo", f"{row['goal_name'] or row['goal_code']}: {change(row['goal_ratio'])}"),
        ("Dove", where),
        ("Lavori", f"dal {day(row['started_on'])} al {day(row['finished_on'])}"),
        ("Chi ha deciso", row["decided_by_name"] or "Comune di Brescia"),
        ("Costo", cost),
        ("Codice", row["action_id"]),
    )


def _degrees(value: float) -> str:
    return f"{value:.4f}°".replace(".", ",")


def _outcome(row: Row) -> str:
    told = f"<p class='valore'>{_verdict(row)}</p><p>{escape(row['verdict_text'])}</p>"
    if row["effect_ratio"] is None:
        return told
    period = "all'anno" if row["method_code"] == "empirical_bayes" else "al giorno"
    unit = readable(row["unit_code"] or "1")
    amount = f"{number(row['value'], digits=3)} {unit}".strip()
    return told + _facts(
        ("Rispetto all'atteso", change(row["effect_ratio"])),
        (
            "Intervallo al 95 %",
            f"da {change(row['effect_low_ratio'])} a {change(row['effect_high_ratio'])}",
        ),
        ("In numeri", f"{amount} {period}"),
        ("Che cosa si sperava", change(row["goal_ratio"])),
    )


def _course(course: pl.DataFrame) -> str:
    """The weeks before and after as a chart, in words and in numbers."""
    if course.is_empty():
        return ""
    # A mean of other days than the other line's would show a gap that is none.
    is_whole = pl.col("measured_index").is_not_null() & pl.col("expected_index").is_not_null()
    weeks = (
        course.with_columns(pl.when(is_whole).then(name).alias(name) for name in _LINES)
        .group_by_dynamic("day_on", every="1w")
        .agg(pl.col(name).mean().round(3) for name in _LINES)
        .sort("day_on")
    )
    measured, expected, low, high = (weeks[name].to_list() for name in _LINES)
    drawn = Chart(
        [f"{week:%d/%m/%y}" for week in weeks["day_on"]],
        {"Misurato": measured, "Atteso senza l'azione": expected},
        low,
        high,
    )
    svg = chart(
        drawn, id_="corso-0", title="Prima e dopo l'azione, settimana per settimana",
        desc=_told(weeks), said=_share,
    )  # fmt: skip
    columns = (
        ("week", "Settimana dal"), ("measured", "Misurato"), ("expected", "Atteso"),
        ("low", "Minimo"), ("high", "Massimo"),
    )  # fmt: skip
    rows = tuple(
        (moment(week, "day"), *values)
        for week, *values in zip(weeks["day_on"], measured, expected, low, high, strict=True)
    )
    table = Table("corso-numeri", "I numeri del grafico (1 = media di prima)", columns, rows)
    return (
        "<figure><figcaption>Medie di ogni settimana; 100 % è la media di prima. La fascia è "
        "l'intervallo al 95 % di un giorno atteso; durante i lavori non si misura."
        f"</figcaption><div class='wide' tabindex='0' role='region' aria-label='Grafico: prima e "
        f"dopo'>{svg}</div>{folded(table, grid(table))}</figure>"
    )


def _told(weeks: pl.DataFrame) -> str:
    """What the chart shows, for who does not see it."""
    return " ".join(
        f"{name}: minimo {_share(low)}, massimo {_share(high)}."
        for name, low, high in (
            _ends("Misurato", weeks["measured_index"].drop_nulls().to_list()),
            _ends("Atteso", weeks["expected_index"].drop_nulls().to_list()),
        )
    )


def _ends(name: str, values: Sequence[float]) -> tuple[str, float, float]:
    return name, min(values, default=0.0), max(values, default=0.0)


def _share(value: float) -> str:
    return percent(value, digits=3)


def _trust(row: Row) -> str:
    counted = "incidenti" if row["method_code"] == "empirical_bayes" else "giorni misurati"
    facts = [
        ("Metodo", METHODS[row["method_code"]]),
        ("Prima e dopo", f"{_count(row['before_count'])} e {_count(row['after_count'])} {counted}"),
    ]
    if row["chance_ratio"] is not None:
        facts.append(("Probabilità che sia un caso", percent(row["chance_ratio"], digits=2)))
    if row["fit_error_ratio"] is not None:
        facts.append(
            (
                "Errore del modello prima dell'azione",
                f"{number(row['fit_error_ratio'], digits=2)} volte quello della previsione "
                "più semplice",
            )
        )
    if row["placebo_rank_count"] is not None:
        facts.append(
            (
                "Prove a vuoto",
                f"{row['placebo_rank_count']}° effetto per grandezza su "
                f"{row['placebos_count'] + 1}, contando altri luoghi e altre date",
            )
        )
    fixed = REGISTERED[row["registered_code"]]
    if row["registered_on"] is not None:
        fixed = f"{fixed} È del {day(row['registered_on'])}."
    facts.append(("Quando è stato fissato l'obiettivo", fixed))
    changes = row["changes_count"]
    facts.append(("Modifiche da allora", "nessuna" if not changes else number(changes)))
    return _facts(*facts) + (
        "<p>Con i dati di poi il verdetto si ricalcola. Metodo, fonti e versioni sono nella "
        f"pagina <a href='{_LIST}'>Effetto delle azioni</a>.</p>"
    )


def _count(count: int | None) -> str:
    return "meno di 3" if count is None else number(count)


def _facts(*facts: tuple[str, str]) -> str:
    pairs = "".join(f"<dt>{escape(name)}</dt><dd>{escape(said)}</dd>" for name, said in facts)
    return f"<dl class='fatti'>{pairs}</dl>"
