"""The figures of an indicator's page: a map or bars for each value, and its series."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Final

import polars as pl

from assets.atlas.classes import Classes
from assets.atlas.drawing import Drawn, city_map, outlines
from assets.atlas.indicator import Indicator, View, is_share
from assets.atlas.lines import MOST_LINES, Chart, chart
from assets.atlas.places import Places
from assets.atlas.words import PLACES, code, column, moment, span, tick
from assets.pictures import one_a_place
from quality.report.document import Table
from quality.report.parts import folded, grid

# Numbers of other codes that a page carries for its map; above that they are in the file only.
_MOST_DATA: Final = 400_000
_MOST_BARS: Final = 40
_DARK: Final = {
    True: "Più scuro: valori più alti, dove guardare. Tra parentesi, quanti luoghi.",
    False: "Più scuro: valori più bassi, dove guardare. Tra parentesi, quanti luoghi.",
    None: "Più scuro: valori più alti. Tra parentesi, quanti luoghi.",
}
_STEPS: Final = {
    "quarter_hour": "15m", "hour": "1h", "day": "1d", "month": "1mo", "year": "1y",
}  # fmt: skip


def classes_of(one: Indicator, value: str) -> Classes:
    """The classes of a value over all its newest rows, so that maps of it can be compared."""
    return Classes.of(one.rows[value], is_high_bad=one.measured.is_high_bad)


def scale_of(one: Indicator) -> str:
    """The name of the colours: those of good and bad, or plain ones."""
    return "piano" if one.measured.is_high_bad is None else "male"


def numbers_of(one: Indicator, view: View, value: str) -> dict[str, float]:
    """The value of each place of a view, where there is one."""
    rows = view.rows.select(one.measured.entity, pl.col(value).cast(pl.Float64)).drop_nulls()
    return {str(place): float(number) for place, number in rows.iter_rows()}


def maps(one: Indicator, quarters: Places) -> str:
    """A map a value with its legend, the choice among them, and what the script needs."""
    drawn = Drawn.of(one.places, quarters)
    if drawn is None:
        return _bars(one)
    view = one.view()
    figures = "".join(
        _map(one, drawn, view, value, number=n) for n, value in enumerate(one.measured.values)
    )
    data = _data(one, drawn, view)
    return (
        f"{outlines(drawn)}{_choice(one, view, has_data=bool(data))}"
        f"<div class='{scale_of(one)}'>{figures}</div>{data}"
    )


def _map(one: Indicator, drawn: Drawn, view: View, value: str, *, number: int) -> str:
    classes = classes_of(one, value)
    values = numbers_of(one, view, value)
    said = {place: one.figure(value, amount) for place, amount in values.items()}
    name = one.measured.values[value].name
    several = PLACES[one.measured.geometry][1]
    of = view.named(is_first=value == one.first)
    shown = f": <span class='vista'>{escape(of)}</span>" if of else ""
    svg = city_map(
        drawn, one.places, id_=f"mappa-{number}",
        title=f"Mappa: {name}, {len(drawn.ids)} {several}; i numeri sono nella tabella",
        values=values, said=said, classes=classes,
    )  # fmt: skip
    return (
        f"<figure data-v='{number}'><figcaption>{escape(name)}{shown}</figcaption>{svg}"
        f"{_legend(one, drawn, value, classes, values)}</figure>"
    )


def _legend(
    one: Indicator, drawn: Drawn, value: str, classes: Classes, values: Mapping[str, float]
) -> str:
    """The classes with their limits and how many places are in each."""
    colours = [classes.colour(values.get(place)) for place in drawn.ids]
    is_whole = one.rows.schema[value].is_integer()
    names = classes.names(lambda limit: one.figure(value, limit, digits=4), is_whole=is_whole)
    shown = [(str(colour), name) for colour, name in zip(classes.colours, names, strict=True)]
    counts = {key: colours.count(int(key)) for key, _ in shown} | {"n": colours.count(None)}
    entries = "".join(
        "<li><svg class='casella' viewBox='0 0 24 18' aria-hidden='true' focusable='false'>"
        f"<rect class='k{key}' x='1' y='1' width='22' height='16'/></svg> {escape(name)} "
        f"<span class='conta' data-k='{key}'>({counts[key]})</span></li>"
        for key, name in [*shown, ("n", "senza valore")]
    )
    return (
        f"<ul class='legenda'>{entries}</ul><p class='conta'>{_DARK[one.measured.is_high_bad]}</p>"
    )


def _choice(one: Indicator, view: View, *, has_data: bool) -> str:
    """What can be chosen with the script; without it, it is not there."""
    parts = []
    if len(one.measured.values) > 1:
        options = "".join(
            f"<option value='{n}'>{escape(value.name)}</option>"
            for n, value in enumerate(one.measured.values.values())
        )
        parts.append(f"<label>Valore <select id='quale-valore'>{options}</select></label>")
    if has_data:
        options = "".join(
            f"<option value='{n}'>{escape(each.name[:1].upper() + each.name[1:])}</option>"
            for n, each in enumerate([view, *_others(one, view)])
        )
        parts.append(f"<label>Mostra <select id='quale-codice'>{options}</select></label>")
    return f"<div class='scelte' hidden>{''.join(parts)}</div>" if parts else ""


def _others(one: Indicator, view: View) -> list[View]:
    return [each for each in one.views() if each.name != view.name]


def _data(one: Indicator, drawn: Drawn, view: View) -> str:
    """The numbers of each code, place by place, for the script; nothing where there is one."""
    others = _others(one, view)
    if not others:
        return ""
    # What is left of a chosen view is one row a place.
    views = [view, *(View(each.name, one_a_place(each.rows, one.measured, one.first))
                     for each in others)]  # fmt: skip
    values = list(one.measured.values)
    content = {
        "luoghi": [one.places.full_name(place) for place in drawn.ids],
        "valori": [
            {
                "unita": one.unit(value),
                "quota": is_share(one.measured, value),
                "limiti": classes_of(one, value).breaks,
                "colori": classes_of(one, value).colours,
            }
            for value in values
        ],
        "viste": [
            {
                "nome": each.name,
                "altri": each.named(is_first=False),
                "numeri": [_line(one, drawn, each, value) for value in values],
            }
            for each in views
        ],
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    if len(text) > _MOST_DATA:
        return ""
    # No text may end the element it stands in.
    safe = text.replace("<", "\\u003c")
    return f"<script type='application/json' id='dati'>{safe}</script>"


def _line(one: Indicator, drawn: Drawn, view: View, value: str) -> list[float | int | None]:
    numbers = numbers_of(one, view, value)
    found = [numbers.get(place) for place in drawn.ids]
    # Six digits: two more than are shown, so that a number near a limit keeps its class.
    short = [None if x is None else float(f"{x:.6g}") for x in found]
    return [int(x) if x is not None and x.is_integer() else x for x in short]


def has_script(html: str) -> bool:
    """Whether a page has something to choose."""
    return "class='scelte'" in html


def _bars(one: Indicator) -> str:
    """Bars, where there is nothing to put on a map."""
    view = one.view()
    if view.rows.height == 1:
        return ""
    if view.rows.height > _MOST_BARS:
        return "<p>Questi luoghi non hanno una posizione nota: i numeri sono nella tabella.</p>"
    return "".join(_bar_figure(one, view, value) for value in one.measured.values)


def _bar_figure(one: Indicator, view: View, value: str) -> str:
    numbers = numbers_of(one, view, value)
    reach = max((abs(number) for number in numbers.values()), default=0) or 1.0
    order = sorted(numbers, key=lambda place: (-numbers[place], place))
    missing = sorted({str(place) for place in view.rows[one.measured.entity]} - set(numbers))
    bars = "".join(
        f"<li><span>{escape(code(one.places.name(place)))}</span>"
        "<svg viewBox='0 0 100 10' preserveAspectRatio='none' aria-hidden='true' focusable='false'>"
        f"<rect width='{100 * abs(numbers.get(place, 0)) / reach:.1f}' height='10'/></svg>"
        f"<span class='n'>{escape(one.figure(value, numbers.get(place)))}</span></li>"
        for place in [*order, *missing]
    )
    name = one.measured.values[value].name
    of = view.named(is_first=value == one.first)
    shown = f": {of}" if of else ""
    return (
        f"<figure><figcaption>{escape(name + shown)}</figcaption>"
        f"<ul class='barre'>{bars}</ul></figure>"
    )


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
