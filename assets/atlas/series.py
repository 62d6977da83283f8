"""The series of an indicator: a chart a value, what it shows in words, and its numbers."""

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Final

import polars as pl

from assets.atlas.indicator import Indicator, is_share
from assets.atlas.lines import MOST_LINES, Chart, chart
from assets.atlas.words import PLACES, code, column, moment, span, tick
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
    period, by = str(measured.period), list(measured.by)
    rows = one.series.filter(**measured.drawn) if measured.drawn else one.series
    left = [name for name in by if name not in measured.drawn]
    single, several, heading = PLACES[measured.geometry]
    starts = _periods(one)
    drawn = "; ".join(code(each) for each in measured.drawn.values())
    about = f" ({drawn})" if drawn else ""
    codes = rows.select(left).n_unique() if left else 1
    if codes == 1 and rows[measured.entity].n_unique() <= MOST_LINES:
        lines = _lines(rows, [measured.entity], value, period, starts)
        named = {one.places.name(key[0]): line for key, line in lines.items()}
        low, high = measured.values[value].low, measured.values[value].high
        if len(named) == 1 and low:
            edges = [_lines(rows, [measured.entity], name, period, starts) for name in (low, high)]
            band = [next(iter(each.values())) for each in edges]
            level = round(100 * measured.values[value].level)
            what = f"La fascia chiara è l'intervallo al {level} %{about}."
            return starts, Chart(_ticks(one, starts), named, *band), what
        if len(named) == 1:
            return (
                starts,
                Chart(_ticks(one, starts), named),
                f"{heading}: {next(iter(named))}{about}.",
            )
        return starts, Chart(_ticks(one, starts), named), f"Una linea per {single}{about}."
    if 1 < codes <= MOST_LINES:
        lines = _lines(rows, left, value, period, starts)
        named = {", ".join(map(code, key)): line for key, line in lines.items()}
        return (
            starts,
            Chart(_ticks(one, starts), named),
            (
                f"La media {_of(several)}{about}, una linea per "
                f"{' e '.join(column(name).lower() for name in left)}."
            ),
        )
    worst = one_a_place_and_period(rows, one, value)
    mean = next(iter(_lines(worst, [], value, period, starts).values()))
    bounds = worst.group_by(period).agg(low=pl.col(value).min(), high=pl.col(value).max())
    low_of = dict(bounds.select(period, "low").iter_rows())
    high_of = dict(bounds.select(period, "high").iter_rows())
    band = [[_float(edge.get(at)) for at in starts] for edge in (low_of, high_of)]
    chart_ = Chart(_ticks(one, starts), {"": mean}, *band)
    if codes > 1:
        about += ", ogni luogo con il suo valore peggiore"
    return (
        starts,
        chart_,
        (f"La linea è la media {_of(several)}{about}; la fascia va dal minimo al massimo."),
    )


def _of(several: str) -> str:
    """`dei quartieri`, `delle celle`."""
    is_feminine = several.split(maxsplit=1)[0] in ("celle", "sezioni", "voci")
    return f"{'delle' if is_feminine else 'dei'} {several}"


def one_a_place_and_period(rows: pl.DataFrame, one: Indicator, value: str) -> pl.DataFrame:
    """Of each place and period the worst row."""
    period = str(one.measured.period)
    worst = pl.col(value).min() if one.measured.is_high_bad is False else pl.col(value).max()
    return rows.group_by(one.measured.entity, period).agg(worst).sort(period, one.measured.entity)


def _float(value: object) -> float | None:
    return None if value is None else float(str(value))


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
