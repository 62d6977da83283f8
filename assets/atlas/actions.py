"""A sheet for each action: what, where, since when, whether it worked, and how sure that is."""

import math
import re
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from assets.action_words import COUNTED, GAINERS, METHODS, REASONS, REGISTERED, VERDICTS, change
from assets.atlas.indicator import Indicator
from assets.atlas.layout import Drawn
from assets.atlas.lines import Chart, chart
from assets.atlas.look import STYLE, policy
from assets.atlas.page import PUBLISHER
from assets.atlas.places import Places
from assets.atlas.units import readable
from assets.atlas.words import moment
from assets.twin import Twin
from quality.report.document import Table
from quality.report.look import number
from quality.report.parts import Frame, day, folded, grid, percent

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

EFFECTS: Final = "gold/actions/action_effect"
_COURSES: Final = "gold/actions/daily_action_course"
# The page of the indicator, from which the sheets are reached.
_LIST: Final = "actions-action_effect.html"
_SIGNS: Final = {"effective": "✔", "adverse": "✖", "no_evidence": "○", "not_enough_data": "…"}
# A circle on the map, how wide the map is, and which quarters are said to have it.
_METRES_A_DEGREE: Final = 111_320.0
_CORNERS: Final = 48
_MAP: Final = 300
_GOOD_PART: Final = 0.1
_MOST_NAMED: Final = 4
# A goal that was fixed when the result could be known weighs less: the sheet says so first.
_LATE: Final = ("after", "declared_after")
_LINES: Final = ("measured_index", "expected_index", "expected_low_index", "expected_high_index")

Row = dict[str, Any]  # a row of the indicator, whose columns are of many types


def sheets(one: Indicator, twin: Twin, *, quarters: Places) -> dict[str, str]:
    """The sheet of each action by the name of its file."""
    if one.rows.is_empty():
        return {}
    courses = pl.DataFrame()
    if twin.lake.exists(_COURSES):
        courses = twin.lake.read(_COURSES).collect().sort("action_id", "day_on")
    rows = one.rows.sort("action_id").to_dicts()
    return {_file(row): _sheet(row, courses, quarters) for row in rows}


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


def _sheet(row: Row, courses: pl.DataFrame, quarters: Places) -> str:
    course = courses.filter(action_id=row["action_id"]) if courses.width else courses
    sections = [
        ("decisione", "Che cosa si è deciso, e dove", _decision(row, quarters)),
        ("esito", "Ha funzionato?", _outcome(row)),
        ("corso", "Prima e dopo", _course(course)),
        ("persone", "Chi ci guadagna e chi ci perde", _people(row)),
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


def _decision(row: Row, quarters: Places) -> str:
    where, picture = "dove lo indica il Comune", ""
    if row["radius_m"] is not None and row["lat_deg"] is not None:
        circle = _circle(row["lat_deg"], row["lng_deg"], row["radius_m"])
        named = _names(circle, quarters)
        within = (
            f"entro {number(row['radius_m'])} m da {_degrees(row['lat_deg'])} N, "
            f"{_degrees(row['lng_deg'])} E"
        )
        where = f"{named} ({within})" if named else within
        picture = _map(circle, quarters, where=named or within)
    cost = "non indicato" if row["cost_eur"] is None else f"{number(row['cost_eur'])} €"
    works = f"cominciato il {day(row['started_on'])}, finito il {day(row['finished_on'])}"
    facts = _facts(
        ("Obiettivo", f"{row['goal_name'] or row['goal_code']}: {change(row['goal_ratio'])}"),
        ("Dove", where),
        ("Intervento", works),
        ("Chi ha deciso", row["decided_by_name"] or "Comune di Brescia"),
        ("Costo", cost),
        ("Codice", row["action_id"]),
    )
    return facts + picture


def _circle(lat_deg: float, lng_deg: float, radius_m: float) -> "BaseGeometry":
    import shapely

    north = radius_m / _METRES_A_DEGREE
    east = north / math.cos(math.radians(lat_deg))
    turns = [math.tau * at / _CORNERS for at in range(_CORNERS)]
    return shapely.Polygon(
        [(lng_deg + east * math.cos(one), lat_deg + north * math.sin(one)) for one in turns]
    )


def _names(circle: "BaseGeometry", quarters: Places) -> str:
    """The quarters that have a good part of the area, the most of it first."""
    parts = {
        name: shape.intersection(circle).area / circle.area
        for name, shape in quarters.shapes.items()
    }
    if not parts or max(parts.values()) <= _GOOD_PART:
        return "gran parte della città" if parts else ""
    most = sorted(parts, key=lambda name: (-parts[name], name))
    named = [quarters.name(one) for one in most if parts[one] > _GOOD_PART]
    return ", ".join(named[:_MOST_NAMED]) + (" e altri quartieri" * (len(named) > _MOST_NAMED))


def _map(circle: "BaseGeometry", quarters: Places, *, where: str) -> str:
    drawn = Drawn.of(Places({"area": circle}), quarters, longest=_MAP)
    if drawn is None or not quarters.shapes:
        return ""
    title = escape(f"Mappa: l'area dell'azione nella città ({where})", quote=True)
    return (
        f'<svg class="piccola" viewBox="0 0 {drawn.sheet.width} {drawn.sheet.height}" role="img" '
        f'aria-label="{title}"><path class="citta" d="{drawn.outline}"/>'
        f'<path d="{drawn.sheet.path(circle)}" fill="#9a3412" fill-opacity=".55" '
        'stroke="#7c2d12" stroke-width="1.5"/></svg>'
    )


def _degrees(value: float) -> str:
    return f"{value:.4f}°".replace(".", ",")


def _outcome(row: Row) -> str:
    told = f"<p class='valore'>{_verdict(row)}</p>"
    if row["reason_code"]:
        told += f"<p>Perché: {escape(REASONS[row['reason_code']])}.</p>"
    if row["registered_code"] in _LATE:
        told += f"<p>{escape(REGISTERED[row['registered_code']])}</p>"
    if row["effect_ratio"] is None:
        return told
    effect = change(row["effect_ratio"])
    low, high = change(row["effect_low_ratio"]), change(row["effect_high_ratio"])
    facts = [("Rispetto all'atteso senza l'azione", f"{effect}, tra {low} e {high} (al 95 %)")]
    if row["verdict_code"] != "no_evidence":
        facts.append(("In numeri", f"{_amount(row)} {_period(row)}"))
    facts.append(("Che cosa si sperava", f"{change(row['goal_ratio'])}: {_reached(row)}"))
    return told + _facts(*facts)


def _amount(row: Row) -> str:
    """Such as 4,6 incidenti in meno."""
    unit = COUNTED.get(row["goal_code"]) or readable(row["unit_code"] or "1")
    direction = "in più" if row["value"] > 0 else "in meno"
    return f"{number(abs(row['value']), digits=2)} {unit} {direction}"


def _period(row: Row) -> str:
    return "all'anno" if row["method_code"] == "empirical_bayes" else "al giorno"


def _reached(row: Row) -> str:
    """Whether the effect is what was hoped for, as far as its interval tells."""
    goal, low, high = (
        row[name] for name in ("goal_ratio", "effect_low_ratio", "effect_high_ratio")
    )
    if low <= goal <= high:
        is_proved = row["verdict_code"] == "effective"
        return "l'effetto misurato è compatibile" if is_proved else "né confermato né escluso"
    return "di più" if (low > goal) == (goal > 1) else "di meno"


def _people(row: Row) -> str:
    """Who has it better or worse, as far as the verdict tells; and what each bit of it cost."""
    who = GAINERS.get(row["goal_code"])
    verdict, others = row["verdict_code"], "non si misura se altrove qualcosa è peggiorato"
    gain = (
        who if who and verdict == "effective" else "non si può dire: manca la prova di un effetto"
    )
    lose = who if who and verdict == "adverse" else others
    facts = [
        ("Chi ci guadagna", "nessuno, per questo obiettivo" if verdict == "adverse" else gain),
        ("Chi ci perde", lose),
    ]
    if verdict == "effective" and row["cost_eur"] and row["value"]:
        each = number(float(round(row["cost_eur"] / abs(row["value"]), -1)))
        facts.append(
            (
                "Spesa",
                f"{each} €, spesi una volta, per ognuno di questi: {_amount(row)} {_period(row)}",
            )
        )
    return _facts(*facts)


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
    has_band = any(value is not None for value in low)
    band = "La fascia è l'intervallo al 95 % di un giorno atteso. " if has_band else ""
    return (
        f"<figure><figcaption>Medie di ogni settimana; 100 % è la media di prima. {band}"
        "Durante l'intervento non si misura."
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
    facts = [("Metodo", METHODS[row["method_code"]])]
    if row["before_count"] != 0 or row["after_count"] != 0:
        counts = f"{_count(row['before_count'])} e {_count(row['after_count'])} {counted}"
        facts.append(("Prima e dopo", counts))
    if row["chance_ratio"] is not None:
        many = round(1_000 * row["chance_ratio"])
        often = "non più di un caso" if many <= 1 else f"{number(many)} casi"
        told = f"una differenza così si vedrebbe in {often} su 1.000"
        facts.append(("Se l'azione non avesse effetto", told))
    if row["fit_error_ratio"] is not None:
        facts.append(
            (
                "Errore del modello prima dell'azione",
                f"{number(row['fit_error_ratio'], digits=2)} volte quello della previsione "
                "più semplice",
            )
        )
    if row["placebos_count"]:
        many, as_large = row["placebos_count"], (row["placebo_rank_count"] or 1) - 1
        showing = {0: "nessuna mostra", 1: "una mostra"}.get(as_large, f"{as_large} mostrano")
        told = f"su {many} in luoghi o date senza l'azione, {showing} un effetto altrettanto grande"
        facts.append(("Prove a vuoto", told))
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
