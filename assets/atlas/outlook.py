"""What is expected next of an indicator: the newest forecasts that go with it, and how sure."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from html import escape
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from assets.atlas.indicator import Indicator
from assets.atlas.lines import Chart, chart
from assets.atlas.units import readable
from assets.atlas.words import PLACES, moment, span, tick
from assets.declaration import Declaration
from assets.forecast_tables import LEVELS, Target
from assets.forecast_targets import TARGETS
from assets.measured import Measured
from assets.twin import Twin
from quality.report.document import Cell, Table
from quality.report.look import number
from quality.report.parts import folded, grid, percent

_ROME: Final = ZoneInfo("Europe/Rome")
_LEDGER: Final = "gold/actions/daily_forecast_score_by_target"
# Scores of so many days are told.
_DAYS: Final = 28
_INNER, _OUTER = LEVELS
_WHICH: Final = {_INNER: "più scura", _OUTER: "più chiara"}


def outlook(one: Indicator, declarations: Mapping[str, Declaration], twin: Twin) -> str:
    """The newest forecasts that go with an indicator, as HTML; nothing where there are none."""
    parts: list[str] = []
    for declaration, target in _forecasts_of(one.declaration, declarations):
        rows = _newest(declaration, twin)
        if declaration.measured is not None and not rows.is_empty():
            parts.append(_told(one, declaration.measured, target, rows, twin, n=len(parts)))
    return "".join(parts)


def _forecasts_of(
    indicator: Declaration, declarations: Mapping[str, Declaration]
) -> Iterator[tuple[Declaration, Target]]:
    """Forecasts of the same theme that are made of what the indicator is made of, or of it."""
    made_of = {indicator.key, *indicator.reads.values()}
    for one in declarations.values():
        if not one.issued_from:
            continue
        seen = one.reads[one.issued_from.partition(".")[0]]
        is_beside = not indicator.issued_from and one.theme == indicator.theme and seen in made_of
        if one.key != indicator.key and not is_beside:
            continue
        for target in TARGETS:
            if target.entity in one.key_columns and target.value in one.gives:
                yield one, target


def _newest(declaration: Declaration, twin: Twin) -> pl.DataFrame:
    """The forecasts that were issued last, as long as they have the columns of now."""
    if not twin.lake.exists(declaration.key):
        return pl.DataFrame()
    rows = twin.lake.read(declaration.key)
    if not set(declaration.gives) <= set(rows.collect_schema().names()):
        return pl.DataFrame()
    last = rows.filter(pl.col("issued_at") == pl.col("issued_at").max()).collect()
    return last.sort(declaration.key_columns)


def _told(
    one: Indicator,
    measured: Measured,
    target: Target,
    rows: pl.DataFrame,
    twin: Twin,
    *,
    n: int,
) -> str:
    said = measured.values[target.value]
    unit = readable(said.unit)
    place = _shown(rows, target, is_low=measured.is_high_bad is False)
    name = _name(one, target, place)
    its = rows.filter(pl.col(target.entity) == place).sort(target.lead)
    drawn = _fan(its, target)
    desc = _in_words(its, target, unit)
    svg = chart(
        drawn, id_=f"previsione-{n}", title=f"{said.name}: {name}", desc=desc,
        said=lambda amount: f"{number(amount)} {unit}".rstrip(),
    )  # fmt: skip
    heading = f"{said.name}: {name}"
    table = _table(one, target, rows, key=f"previsione-{n}-numeri", name=said.name, unit=unit)
    return (
        f"<h3>{escape(measured.title)}</h3><p>{escape(_how_sure(rows, target, measured))} "
        f"{escape(_tried(target, twin))}</p>"
        f"<figure><figcaption>{escape(heading)}</figcaption><p>{escape(desc)}</p>"
        f"<div class='wide' tabindex='0' role='region' aria-label='Grafico: "
        f"{escape(heading, quote=True)}'>{svg}</div></figure>{folded(table, grid(table))}"
    )


def _shown(rows: pl.DataFrame, target: Target, *, is_low: bool) -> str:
    """The place of which most is expected, or least where little is bad."""
    best = rows.sort(target.value, target.entity, descending=[not is_low, False])
    return str(best[target.entity][0])


def _name(one: Indicator, target: Target, place: str) -> str:
    return one.places.full_name(place) if one.measured.entity == target.entity else place


def _fan(its: pl.DataFrame, target: Target) -> Chart:
    ticks = [_tick(at) for at in its[target.at]]
    low, high = (its[target.named(f"{side}_{_OUTER}")].to_list() for side in ("low", "high"))
    inner = tuple(its[target.named(f"{side}_{_INNER}")].to_list() for side in ("low", "high"))
    lines = {"Quello che ci si aspetta": its[target.value].to_list()}
    if its["model_code"][0] != "naive":
        lines["Lo stesso, ripetendo la settimana prima"] = its[target.named("naive")].to_list()
    return Chart(ticks, lines, low, high, inner=(inner[0], inner[1]))


def _tick(at: object) -> str:
    if isinstance(at, datetime):
        return f"{at.astimezone(_ROME).hour}:00"
    return tick(at, "day")


def _in_words(its: pl.DataFrame, target: Target, unit: str) -> str:
    """What the fan shows, for who does not see it."""
    most = its.sort(target.value, target.lead, descending=[True, False]).row(0, named=True)
    period = span(its[target.at][0], its[target.at][-1], target.step)
    low, high = (most[target.named(f"{side}_{_OUTER}")] for side in ("low", "high"))
    between = "" if low is None else f", tra {number(low)} e {number(high)} in 95 casi su 100"
    has_bands = its[target.named(f"low_{_OUTER}")].null_count() < its.height
    bands = (
        f" La fascia più scura è dove il vero dovrebbe cadere in {_INNER} casi su 100, quella più "
        f"chiara in {_OUTER}."
        if has_bands
        else ""
    )
    amount = f"{number(most[target.value])} {unit}".rstrip()
    return (
        f"{period[:1].upper()}{period[1:]}: il valore più alto "
        f"atteso è {amount} ({moment(most[target.at], target.step)}){between}.{bands}"
    )


def _how_sure(rows: pl.DataFrame, target: Target, measured: Measured) -> str:
    """When it was issued, by which model, how that one did lately, and of what there is no band."""
    single, several, _ = PLACES[measured.geometry]
    models = rows.group_by(target.entity).agg(pl.col("model_code", "error_ratio").first())
    beaten = models.filter(model_code="harmonic")
    issued = moment(rows["issued_at"][0], "hour")
    sentences = [f"Emessa con i dati fino a {issued}: quello che è arrivato dopo non c'è."]
    naive = "di chi ripete semplicemente la settimana prima"
    if beaten.is_empty():
        sentences.append(
            f"Il modello non ha ancora mostrato di sbagliare meno {naive}: perciò si pubblica la "
            "settimana prima, ripetuta."
        )
    else:
        mean: float = beaten.select(pl.col("error_ratio").mean()).item()
        count = f"{number(beaten.height)} {single if beaten.height == 1 else several} su "
        others = (
            "" if beaten.height == models.height else "; per gli altri si ripete la settimana prima"
        )
        sentences.append(
            f"Per {count}{number(models.height)} vale il modello, che nelle ultime previsioni ha "
            f"sbagliato meno {naive} (in media {percent(1 - mean, digits=2)} in meno){others}."
        )
    if rows[target.named(f"low_{_OUTER}")].null_count():
        sentences.append(
            "Dove manca un intervallo, le previsioni passate sono troppo poche per darlo."
        )
    return " ".join(sentences)


def _tried(target: Target, twin: Twin) -> str:
    """How often the truth lay in the intervals lately; nothing before any was scored."""
    if not twin.lake.exists(_LEDGER):
        return ""
    scores = twin.lake.read(_LEDGER).filter(pl.col("target_code") == target.code).collect()
    last = scores["scored_on"].max()
    told = []
    for level in LEVELS:
        column = f"coverage_{level}_ratio"
        lately = scores.drop_nulls(column).filter(
            pl.col("scored_on") > pl.lit(last, pl.Date) - pl.duration(days=_DAYS)
        )
        weight = pl.col("observations_count")
        if lately.height:
            share: float = lately.select((pl.col(column) * weight).sum() / weight.sum()).item()
            told.append(f"{percent(share, digits=3)} in quella {_WHICH[level]} ({level} attesi)")
    if not told:
        return ""
    return (
        "Alla prova dei fatti, per tutti i luoghi insieme, ecco quanti valori veri delle ultime "
        f"settimane sono caduti nella fascia prevista: {', '.join(told)}."
    )


def _table(
    one: Indicator, target: Target, rows: pl.DataFrame, *, key: str, name: str, unit: str
) -> Table:
    """The highest number of each place, when, between what, and by which model."""
    peaks = (
        rows.sort(target.value, target.lead, descending=[True, False])
        .group_by(target.entity, maintain_order=True)
        .first()
    )
    bounds = [target.named(f"{side}_{level}") for level in LEVELS for side in ("low", "high")]
    found: list[tuple[Cell, ...]] = [
        (
            _name(one, target, row[target.entity]),
            moment(row[target.at], target.step),
            row[target.value],
            *(row[bound] for bound in bounds),
            "modello" if row["model_code"] == "harmonic" else "come la settimana prima",
        )
        for row in peaks.iter_rows(named=True)
    ]
    edges = [(f"{side}_{level}", f"{word} {level} %") for level in LEVELS
             for side, word in (("low", "Da"), ("high", "A"))]  # fmt: skip
    caption = f"Il valore più alto atteso in ogni luogo: {name}" + (f" ({unit})" if unit else "")
    columns = [("place", "Luogo"), ("at", "Quando"), ("value", "Atteso"), *edges, ("model", "Come")]
    return Table(key, caption, tuple(columns), tuple(found))
