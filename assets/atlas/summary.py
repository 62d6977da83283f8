"""What is said of an indicator in a few words: the city's value, its time, how sure it is."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from assets.atlas.indicator import Indicator
from assets.atlas.words import PLACES, moment
from assets.measured import QUALITY
from quality.report.look import number
from quality.report.parts import percent

# What a cell of a table has room for.
SHORT: Final = {
    "ok": "affidabile",
    "partial": "dati incompleti",
    "suspect": "sensore sospetto",
    "modelled": "da modello",
    "unverified": "fonte non verificata",
    "no_data": "dati mancanti",
}
# By these names a row is of all the others together, of which there is no mean.
_TOTALS: Final = ("totale", "tutti", "total", "all")
# Read beside the words, never in their place.
SIGNS: Final = {
    "ok": "✓", "partial": "◐", "suspect": "⚠", "modelled": "≈", "unverified": "?", "no_data": "–",
}  # fmt: skip


@dataclass(frozen=True)
class City:
    """A value in the whole city: its figure, what the figure is, and from where to where it goes.

    A level has no mean: of one the worst is told.
    """

    figure: str
    what: str
    reach: str


def city_value(one: Indicator, value: str) -> City:
    """The mean over the places of what is drawn first, or the worst of levels."""
    measured, view = one.measured, one.view()
    known = view.rows[value].drop_nulls().cast(pl.Float64).sort()
    total = view.rows.filter(pl.col(measured.entity).cast(pl.String).is_in(_TOTALS))
    if total.height == 1 and total[value].item() is not None:
        amount = float(total[value].cast(pl.Float64).item())
        return City(one.figure(value, amount), "di tutti insieme", "")
    single, several, _ = PLACES[measured.geometry]
    name = view.named(is_first=value == one.first)
    of = f" · {name}" if name else ""
    if known.is_empty():
        return City("–", f"nessun valore{of}", "")
    low, high = (one.figure(value, edge) for edge in (known[0], known[-1]))
    reach = f"da {low} a {high}" if low != high else ""
    count = f"{number(len(known))} {single if len(known) == 1 else several}"
    if value.endswith("_level") and value == one.first:
        is_low_bad = measured.is_high_bad is False
        word = "il più alto" if measured.is_high_bad is None else "il peggiore"
        return City(low if is_low_bad else high, f"{word} di {count}{of}", reach)
    mean = known.mean()
    figure = one.figure(value, float(mean) if isinstance(mean, float) else None)
    what = f"media di {count}{of}" if len(known) > 1 else f"{count}{of}"
    return City(figure, what, reach)


def as_of(one: Indicator) -> str:
    """Of when the newest rows are."""
    measured = one.measured
    if measured.period is None:
        written = f", calcolato il {moment(one.made.at, 'day')}" if one.made else ""
        return f"stato attuale{written}"
    return moment(one.rows[measured.period].max(), measured.grain)


def still_to_come(one: Indicator) -> str:
    """That a newer period has begun and has no value yet, in a sentence; nothing otherwise."""
    measured = one.measured
    if measured.period is None:
        return ""
    last = one.series[measured.period].max()
    if last == one.rows[measured.period].max():
        return ""
    return f"Il periodo dopo ({moment(last, measured.grain)}) non ha ancora valori."


def mean_completeness(one: Indicator) -> str:
    """The mean completeness of the rows."""
    mean = one.rows["completeness_ratio"].sort().mean()
    return percent(mean, digits=3) if isinstance(mean, float) else "–"


def completeness(one: Indicator) -> str:
    """The mean completeness of the rows, and the least where it differs."""
    shares = one.rows["completeness_ratio"].sort()
    mean, least = shares.mean(), shares.min()
    if not isinstance(mean, float) or not isinstance(least, float):
        return "–"
    if percent(mean) == percent(least):
        return percent(mean)
    return f"{percent(mean)} in media, {percent(least)} la minore"


def qualities(one: Indicator) -> list[tuple[str, str, int]]:
    """Sign, words and number of rows of each quality there is, best first."""
    counts = dict(one.rows.group_by("quality_code").len().iter_rows())
    return [
        (SIGNS[code], words, int(counts[code])) for code, words in QUALITY.items() if code in counts
    ]
