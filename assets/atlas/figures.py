"""The figures of an indicator's page: a map for each value, or bars where there is no map."""

import json
from collections.abc import Mapping
from html import escape
from typing import Final

import polars as pl

from assets.atlas.classes import Classes
from assets.atlas.drawing import city_map, outlines
from assets.atlas.indicator import Indicator, View, is_share
from assets.atlas.layout import Drawn
from assets.atlas.places import Places
from assets.atlas.words import PLACES, code
from assets.pictures import one_a_place

# Numbers of other codes that a page carries for its map; above that they are in the file only.
_MOST_DATA: Final = 400_000
_MOST_BARS: Final = 20
_DARK: Final = {
    True: "Più scuro: valori più alti, dove guardare. Tra parentesi, quanti luoghi.",
    False: "Più scuro: valori più bassi, dove guardare. Tra parentesi, quanti luoghi.",
    None: "Più scuro: valori più alti. Tra parentesi, quanti luoghi.",
}


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
    data = _data(one, drawn, view)
    figures = "".join(
        _map(one, drawn, view, value, number=n, is_painted=bool(data))
        for n, value in enumerate(one.measured.values)
    )
    return (
        f"{outlines(drawn)}{_choice(one, view, has_data=bool(data))}"
        f"<div class='{scale_of(one)}'>{figures}</div>{data}"
    )


def _map(
    one: Indicator, drawn: Drawn, view: View, value: str, *, number: int, is_painted: bool
) -> str:
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
        values=values, said=said, classes=classes, is_painted=is_painted,
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
    return "".join(_bar_figure(one, view, value) for value in one.measured.values)


def _bar_figure(one: Indicator, view: View, value: str) -> str:
    numbers = numbers_of(one, view, value)
    reach = max((abs(number) for number in numbers.values()), default=0) or 1.0
    is_low_bad = one.measured.is_high_bad is False
    order = sorted(numbers, key=lambda place: (-numbers[place], place), reverse=is_low_bad)
    missing = sorted({str(place) for place in view.rows[one.measured.entity]} - set(numbers))
    shown_first = [*order, *missing][:_MOST_BARS]
    bars = "".join(
        f"<li><span>{escape(code(one.places.name(place)))}</span>"
        "<svg viewBox='0 0 100 10' preserveAspectRatio='none' aria-hidden='true' focusable='false'>"
        f"<rect width='{100 * abs(numbers.get(place, 0)) / reach:.1f}' height='10'/></svg>"
        f"<span class='n'>{escape(one.figure(value, numbers.get(place)))}</span></li>"
        for place in shown_first
    )
    name = one.measured.values[value].name
    of = view.named(is_first=value == one.first)
    shown = f": {of}" if of else ""
    if len(shown_first) < len(order) + len(missing):
        word = "più alti" if one.measured.is_high_bad is None else "peggiori"
        shown += f" (i {len(shown_first)} {word} di {len(order) + len(missing)})"
    return (
        f"<figure><figcaption>{escape(name + shown)}</figcaption>"
        f"<ul class='barre'>{bars}</ul></figure>"
    )
