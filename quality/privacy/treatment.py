"""One column through the gate: read, then pseudonymised, generalised, redacted or kept."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from infra.adapters.raw import PAYLOAD
from infra.errors import KeyDestroyed
from infra.keys import Keyring, PseudonymKey
from quality.contract.model import H3, Bands, Column, Contract, RoundTo, Truncate
from quality.privacy import generalise
from quality.privacy.canonical import DEFAULT_ENTITY
from quality.privacy.cells import Repeats
from quality.privacy.free_text import redact
from quality.privacy.instants import ROME
from quality.privacy.numbers import Dialect, NumberType
from quality.privacy.pseudonyms import Familiar, pseudonyms, pseudonyms_by_day
from quality.privacy.reading import Problem, Reading, read_cells, read_identifiers, read_number

Delivered = Mapping[str, pl.Series]


@dataclass(frozen=True, repr=False)
class ByDay:
    """The keys of a pseudonymisation domain, and the day of each row for the keys of a day.

    The days are asked for only where a column has a key a day: they come of the event time.
    """

    domain: str
    days: Callable[[], pl.Series]
    keyring: Keyring
    familiar: Familiar


def read_event_time(delivered: Delivered, contract: Contract, dialect: Dialect) -> Reading | None:
    """The event time as delivered, before any truncation; None where the contract has none."""
    if contract.event_time is None:
        return None
    column = contract.columns[contract.event_time]
    return read_cells(sources_of(delivered, column), contract.event_time, column, dialect)


def days_of(event: Reading) -> pl.Series:
    """The day of each row's instant on the city's clock, or its date.

    A publisher that writes midnight of a day means that day, not the UTC day before.
    """
    values = event.cells.values
    if values.dtype != pl.Date:
        values = values.dt.convert_time_zone(ROME).dt.date()
    return event.cells.spread(values)


def sources_of(delivered: Delivered, column: Column) -> tuple[pl.Series, ...]:
    """The delivered columns one of ours comes from; empty cells if an optional one was left out."""
    if delivered.keys() >= set(column.source):
        return tuple(delivered[name] for name in column.source)
    nothing = pl.repeat(None, len(delivered[PAYLOAD]), dtype=pl.String, eager=True)
    return tuple(nothing for _ in column.source)


def protect_column(
    delivered: Delivered,
    name: str,
    column: Column,
    *,
    dialect: Dialect,
    by_day: ByDay,
    event: Reading | None,
) -> Reading:
    """The stored values of a column, and what was wrong with some of its rows.

    `event` is the column's reading if it is the event time, which has been read already.
    """
    sources = sources_of(delivered, column)
    treatment = column.treatment
    if column.is_pseudonym:
        reading = read_identifiers(sources, name, column)
        named = _pseudonyms(reading.cells, name, column, by_day)
        return Reading(named.cells, (*reading.problems, *named.problems))
    if column.is_free_text:
        return redact(read_cells(sources, name, column, dialect), name)
    if isinstance(treatment, H3):
        return _cells(sources, name, column, dialect=dialect, resolution=treatment.h3)
    if isinstance(treatment, Bands):
        reading = read_number(sources[0], name, column, dialect, type_="float")
        values = generalise.band(reading.cells.values, treatment)
    elif column.entity is not None and column.type == "string":
        reading = read_identifiers(sources, name, column)
        values = reading.cells.values
    else:
        reading = event or read_cells(sources, name, column, dialect)
        values = _coarser(reading.cells.values, column)
    return Reading(reading.cells.with_values(values), reading.problems)


def _coarser(values: pl.Series, column: Column) -> pl.Series:
    if isinstance(column.treatment, Truncate):
        return generalise.truncate(values, column.treatment)
    if isinstance(column.treatment, RoundTo):
        type_: NumberType = "float"
        if column.type in ("integer", "decimal"):
            type_ = "integer" if column.type == "integer" else "decimal"
        return generalise.round_to(values, column.treatment, type_)
    return values


def _pseudonyms(forms: Repeats, name: str, column: Column, by_day: ByDay) -> Reading:
    entity = column.entity or DEFAULT_ENTITY
    if column.epoch is None:
        key = by_day.keyring.pseudonym_key(by_day.domain)
        if forms.positions is None:
            return Reading(forms.with_values(pseudonyms(forms.values, entity, key)))
        return Reading(
            forms.with_values(by_day.familiar.pseudonyms(name, forms.values, entity, key))
        )
    closed: list[date] = []
    days = by_day.days()

    def key_of(day: date) -> PseudonymKey | None:
        try:
            return by_day.keyring.pseudonym_key(by_day.domain, epoch=day)
        except KeyDestroyed:
            closed.append(day)
            return None

    values = pseudonyms_by_day(forms, days, entity, key_of=key_of)
    if not closed:
        return Reading(Repeats(values))
    # One row of long ago must not stop the delivery it came in.
    reason = f"{name}: the key of this row's day was destroyed as its term ended"
    has_form = forms.spread(forms.values).is_not_null()
    late = days.is_in(closed).fill_null(value=False) & has_form
    return Reading(Repeats(values), (Problem(late, "day_is_closed", reason),))


def _cells(
    sources: Sequence[pl.Series], name: str, column: Column, *, dialect: Dialect, resolution: int
) -> Reading:
    readings: list[Reading] = []
    for source, part in zip(sources, ("latitude", "longitude"), strict=True):
        readings.append(read_number(source, f"{name}: {part}", column, dialect, type_="float"))
    latitudes, longitudes = (reading.rows for reading in readings)
    problems = tuple(problem for reading in readings for problem in reading.problems)
    cells = generalise.cell(latitudes, longitudes, resolution)
    half = latitudes.is_null() != longitudes.is_null()
    for problem in problems:  # a half that could not be read has been reported already
        half = half & ~problem.where
    off = latitudes.is_not_null() & longitudes.is_not_null() & cells.is_null()
    if half.any():
        reason = f"{name}: only one of latitude and longitude is there"
        problems = (*problems, Problem(half, "not_a_place", reason))
    if off.any():
        reason = f"{name}: latitude or longitude is out of range"
        problems = (*problems, Problem(off, "not_a_place", reason))
    return Reading(Repeats(cells), problems)
