"""The series of an indicator: a chart a value, what it shows in words, and its numbers."""

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Final

import polars as pl

from assets.atlas.indicator import Indicator, is_share
from assets.atlas.lines import MOST_LINES, Chart, chart
from assets.atlas.words import PLACES, code, column, moment, span, tick
from assets.measured import Value
from quality.report.document import Table
from quality.report.parts import folded, grid

_STEPS: Final = {
    "quarter_hour": "15m", "hour": "1h", "day": "1d", "month": "1mo", "year": "1y",
}  # fmt: skip


def series(one: Indicator) -> str:
    """A chart a value over the last periods, what it shows in words, and its numbers."""
    measured = one.measured
    if measured.period is None or one.series.is_empty():
        return ""
    parts = []
    for n, (value, said) in enumerate(measured.values.items()):
        starts, drawn, what = chart_of(one, value)
        if not drawn.numbers:
            parts.append(f"<p>{escape(said.name)}: nessun valore in questo periodo.</p>")
            continue
        desc = _told(one, value, starts, drawn)
        svg = chart(
            drawn, id_=f"serie-{n}", title=f"Andamento: {said.name}", desc=desc,
            said=lambda amount, value=value: one.figure(value, amount),  # type: ignore[misc] # mypy cannot tell a lambda's default
        )  # fmt: skip
        heading = f"{said.name}, {span(starts[0], starts[-1], measured.grain)}"
        parts.append(
            f"<figure><figcaption>{escape(heading)}</figcaption><p>{escape(what)}</p>"
            f"<div class='wide' tabindex='0' role='region' aria-label='Grafico: "
            f"{escape(said.name)}'>{svg}</div>{_numbers(one, value, starts, drawn, n)}</figure>"
        )
    return "".join(parts)


def chart_of(one: Indicator, value: str) -> tuple[list[object], Chart, str]:
    """The periods, their lines, and what the lines are.

    A line a place or a code, if there are few; else the mean of all places and from where to where
    they go.
    """
    measured = one.measured
    drawn = one.series.filter(**measured.drawn) if measured.drawn else one.series
    rows = drawn if drawn.height else one.series
    is_chosen = bool(measured.drawn) and bool(drawn.height)
    by = [name for name in measured.by if not (is_chosen and name in measured.drawn)]
    about = f" ({', '.join(map(code, measured.drawn.values()))})" if is_chosen else ""
    starts = _periods(one)
    codes = rows.select(by).n_unique() if by else 1
    if codes == 1 and rows[measured.entity].n_unique() <= MOST_LINES:
        drawing, what = _by_place(one, rows, value, starts)
    elif 1 < codes <= MOST_LINES:
        drawing, what = _by_code(one, rows, value, starts, by)
    else:
        drawing, what = _mean(one, rows, value, starts)
    return starts, drawing, f"{what}{about}."


def _by_place(
    one: Indicator, rows: pl.DataFrame, value: str, starts: Sequence[object]
) -> tuple[Chart, str]:
    measured = one.measured
    lines = _lines(rows, [measured.entity], value, str(measured.period), starts)
    named = {one.places.name(place): line for (place,), line in lines.items()}
    ticks = _ticks(one, starts)
    single, _, heading = PLACES[measured.geometry]
    if len(named) > 1:
        return Chart(ticks, named), f"Una linea per {single}"
    what = f"{heading}: {next(iter(named))}"
    said = measured.values[value]
    if not said.low:
        return Chart(ticks, named), what
    band = [_lines(rows, [], edge, str(measured.period), starts)[()] for edge in _edges(said)]
    level = round(100 * said.level)
    return Chart(ticks, named, *band), f"{what}; la fascia chiara è l'intervallo al {level} %"


def _edges(value: Value) -> tuple[str, str]:
    return value.low, value.high


def _by_code(
    one: Indicator, rows: pl.DataFrame, value: str, starts: Sequence[object], by: Sequence[str]
) -> tuple[Chart, str]:
    lines = _lines(rows, by, value, str(one.measured.period), starts)
    named = {", ".join(map(code, key)): line for key, line in lines.items()}
    names = " e ".join(column(name).lower() for name in by)
    return Chart(_ticks(one, starts), named), f"La media {_places(one)}, una linea per {names}"


def _mean(
    one: Indicator, rows: pl.DataFrame, value: str, starts: Sequence[object]
) -> tuple[Chart, str]:
    """The mean over the places, each with the worst of its rows, and the least and greatest."""
    entity, period = one.measured.entity, str(one.measured.period)
    is_low_bad = one.measured.is_high_bad is False
    number = pl.col(value).cast(pl.Float64)
    worst = rows.group_by(entity, period).agg(number.min() if is_low_bad else number.max())
    bounds = worst.group_by(period).agg(low=pl.col(value).min(), high=pl.col(value).max())
    low, high = (dict(bounds.select(period, edge).iter_rows()) for edge in ("low", "high"))
    drawing = Chart(
        _ticks(one, starts),
        {"": _lines(worst, [], value, period, starts)[()]},
        [low.get(at) for at in starts],
        [high.get(at) for at in starts],
    )
    each = ", ogni luogo con il suo valore peggiore" if worst.height < rows.height else ""
    return drawing, f"La linea è la media {_places(one)}{each}; la fascia va dal minimo al massimo"


def _places(one: Indicator) -> str:
    """`dei quartieri`, `delle celle`."""
    several = PLACES[one.measured.geometry][1]
    is_feminine = several.split(maxsplit=1)[0] in ("celle", "sezioni", "voci")
    return f"{'delle' if is_feminine else 'dei'} {several}"


def _lines(
    rows: pl.DataFrame, by: Sequence[str], value: str, period: str, starts: Sequence[object]
) -> dict[tuple[object, ...], list[float | None]]:
    """A line a key: the mean of its rows in each period, and gaps."""
    means = (
        rows.sort(*by, period, value)
        .group_by(*by, period, maintain_order=True)
        .agg(pl.col(value).cast(pl.Float64).mean())
    )
    found: dict[tuple[object, ...], dict[object, float | None]] = {}
    for *key, at, amount in means.select(*by, period, value).iter_rows():
        found.setdefault(tuple(key), {})[at] = amount
    return {key: [line.get(at) for at in starts] for key, line in found.items()}


def _periods(one: Indicator) -> list[object]:
    """Every period from the first to the last, those without rows as well."""
    period, grain = str(one.measured.period), one.measured.grain
    found = one.series[period]
    first, last = found.min(), found.max()
    if grain == "always" or first is None or first == last:
        return found.unique().sort().to_list()
    steps = pl.datetime_range if isinstance(first, datetime) else pl.date_range
    between = pl.select(steps(pl.lit(first), pl.lit(last), _STEPS[grain])).to_series()
    return sorted({*between.to_list(), *found.unique().to_list()})


def _ticks(one: Indicator, starts: Sequence[object]) -> list[str]:
    return [tick(at, one.measured.grain) for at in starts]


def _told(one: Indicator, value: str, starts: Sequence[object], drawn: Chart) -> str:
    """What the lines show, for who does not see them."""
    grain = one.measured.grain
    reach = span(starts[0], starts[-1], grain)
    sentences = [f"{reach[:1].upper()}{reach[1:]}."]
    for name, line in drawn.lines.items():
        known = [
            (amount, at) for amount, at in zip(line, starts, strict=True) if amount is not None
        ]
        if not known:
            continue
        least = min(known, key=lambda pair: pair[0])
        most = max(known, key=lambda pair: pair[0])
        sentences.append(
            f"{name + ': ' if name else ''}minimo {one.figure(value, least[0])} "
            f"({moment(least[1], grain)}), massimo {one.figure(value, most[0])} "
            f"({moment(most[1], grain)}), ultimo {one.figure(value, known[-1][0])}."
        )
    return " ".join(sentences)


def _numbers(
    one: Indicator, value: str, starts: Sequence[object], drawn: Chart, number: int
) -> str:
    """The lines as a table, folded."""
    grain = one.measured.grain
    name = one.measured.values[value].name
    unit = one.unit(value)
    suffix = "_ratio" if is_share(one.measured, value) else ""
    columns = [("period", "Periodo")]
    columns += [(f"line_{n}{suffix}", line or "Media") for n, line in enumerate(drawn.lines)]
    lines = list(drawn.lines.values())
    if drawn.low:
        columns += [(f"low{suffix}", "Minimo"), (f"high{suffix}", "Massimo")]
        lines += [list(drawn.low), list(drawn.high)]
    rows = tuple((moment(at, grain), *(line[n] for line in lines)) for n, at in enumerate(starts))
    caption = f"I numeri del grafico: {name}" + (f" ({unit})" if unit else "")
    table = Table(f"serie-{number}", caption, tuple(columns), rows[::-1])
    return folded(table, grid(table))
