"""What the atlas shows of one indicator: its newest rows, how they came about, and before."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from assets.atlas.places import Places, current, places_of
from assets.atlas.units import readable
from assets.atlas.words import PLACES, REACH, code
from assets.declaration import Declaration
from assets.explaining import Making, making
from assets.measured import Measured
from assets.pictures import one_a_place
from assets.twin import Twin
from infra.errors import TwinError
from quality.report.look import number
from quality.report.parts import percent


@dataclass(frozen=True)
class View:
    """One row a place, to be drawn: the rows of one code, or of each place the worst.

    `others` is its name where another value than the first is drawn.
    """

    name: str
    rows: pl.DataFrame
    others: str = ""

    def named(self, *, is_first: bool) -> str:
        """What is drawn of the first value, or of another."""
        return self.name if is_first or not self.others else self.others


@dataclass(frozen=True)
class Indicator:
    """An indicator with the rows of its newest period and those drawn as a series.

    Without rows it was never computed, or there was nothing to compute.
    """

    declaration: Declaration
    measured: Measured
    rows: pl.DataFrame
    series: pl.DataFrame
    places: Places
    made: Making | None

    @property
    def page(self) -> str:
        """The name of its file, without an ending."""
        return self.declaration.key.removeprefix("gold/").replace("/", "-")

    @property
    def first(self) -> str:
        """The value that is shown first."""
        return next(iter(self.measured.values))

    def unit(self, value: str) -> str:
        """The unit of a value as people read it; shares of one are told in per cent."""
        return "%" if is_share(self.measured, value) else readable(self.measured.values[value].unit)

    def figure(self, value: str, amount: float | None, *, digits: int = 3) -> str:
        """A number of this value, with its unit."""
        if amount is None:
            return "–"
        if is_share(self.measured, value):
            return percent(amount, digits=digits)
        told = number(amount, digits=digits)
        unit = readable(self.measured.values[value].unit, amount=amount)
        return f"{told} {unit}".rstrip()

    def view(self) -> View:
        """What is drawn first: what the indicator asks for, else where places differ most."""
        measured = self.measured
        if not measured.by:
            return View("", self.rows)
        drawn = measured.drawn
        chosen = self.rows.filter(**drawn) if drawn else self.rows
        if drawn and chosen.height:
            name = ", ".join(code(one) for one in drawn.values())
            return View(name, one_a_place(chosen, measured, self.first))
        all_of_them = one_a_place(self.rows, measured, self.first)
        word = "più alto" if measured.is_high_bad is None else "peggiore"
        worst = View(
            f"il valore {word} di ogni {PLACES[measured.geometry][0]}",
            all_of_them,
            f"dove «{measured.values[self.first].name}» è {word}",
        )
        if _spread(all_of_them, self.first) > 1:
            return worst
        best = max(self.views(), key=lambda one: _spread(one.rows, self.first), default=worst)
        return best if _spread(best.rows, self.first) > 1 else worst

    def views(self) -> Iterator[View]:
        """The rows of each code, or of each pair of them."""
        by = list(self.measured.by)
        if not by:
            return
        for key, rows in self.rows.sort(by).group_by(by, maintain_order=True):
            yield View(", ".join(code(one) for one in key), rows)


def _spread(rows: pl.DataFrame, value: str) -> int:
    return rows[value].drop_nulls().n_unique()


def is_share(measured: Measured, value: str) -> bool:
    """Whether a value is a share of one."""
    return measured.values[value].unit == "1" and value.endswith("_ratio")


def indicator_of(
    declaration: Declaration,
    declarations: Mapping[str, Declaration],
    *,
    twin: Twin,
    quarters: Places,
) -> Indicator:
    """Read an indicator from its gold table, and nothing but that and the places of its rows."""
    measured = declaration.measured
    if measured is None or not declaration.key.startswith("gold/"):
        raise TwinError(f"{declaration.key} is no indicator; the atlas shows indicators")
    empty = pl.DataFrame()
    if not twin.lake.exists(declaration.key):
        return Indicator(declaration, measured, empty, empty, Places(), None)
    columns = twin.lake.read(declaration.key).collect_schema().names()
    # An earlier method gave other columns: it has to be computed once more.
    if not set(declaration.gives) <= set(columns):
        return Indicator(declaration, measured, empty, empty, Places(), None)
    series = _series(declaration, measured, twin)
    newest = _newest(series, measured)
    if newest.is_empty():
        return Indicator(declaration, measured, newest, series, Places(), None)
    return Indicator(
        declaration,
        measured,
        newest,
        series if measured.period is not None else empty,
        places_of(series, measured, twin=twin, quarters=quarters),
        making(declaration, declarations, twin, day=_window(declaration, newest)),
    )


def _series(declaration: Declaration, measured: Measured, twin: Twin) -> pl.DataFrame:
    """The rows of the time that is drawn, in one order whatever the order of the files."""
    rows = current(twin.lake.read(declaration.key))
    columns = rows.collect_schema().names()
    kept = [name for name in columns if name in declaration.gives]
    keys: Sequence[str] = declaration.key_columns
    if measured.period is not None:
        period = pl.col(measured.period)
        last = rows.select(period.max()).collect().item()
        if last is None:
            return rows.select(kept).head(0).collect()
        first = pl.select(pl.lit(last).dt.offset_by(f"-{REACH[measured.grain]}")).item()
        rows = rows.filter(period > first)
    return rows.select(kept).collect().sort(*keys)


def _newest(rows: pl.DataFrame, measured: Measured) -> pl.DataFrame:
    """The rows of the last period in which the first value is known anywhere.

    A period that has only begun has rows before it has values.
    """
    if measured.period is None:
        return rows
    known = rows.filter(pl.col(next(iter(measured.values))).is_not_null())
    last = (known if known.height else rows)[measured.period].max()
    return rows.filter(pl.col(measured.period) == last)


def _window(declaration: Declaration, rows: pl.DataFrame) -> date | None:
    if declaration.window_by is None:
        return None
    newest: date | None = rows.select(pl.col(declaration.window_by).cast(pl.Date).max()).item()
    return newest
