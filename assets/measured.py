"""How an indicator is read: whose number it is, of when, in which unit, and how sure it is."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import polars as pl

from infra.counting import counted
from infra.errors import TwinError

Grain = Literal["quarter_hour", "hour", "day", "month", "year", "always"]
Geometry = Literal["cell", "section", "quarter", "segment", "point", "city"]

# What stands in `quality_code`, worst last: how far a number may be relied on.
QUALITY: Final = {
    "ok": "valore affidabile",
    "partial": "calcolato su dati incompleti",
    "suspect": "almeno un sensore si comporta in modo anomalo",
    "modelled": "calcolato con un modello, non misurato in questo luogo",
    "unverified": "il riferimento del metodo non è stato verificato alla fonte",
    "no_data": "mancano i dati per calcolarlo",
}
# What every indicator carries beside its numbers.
TRUST: Final = ("completeness_ratio", "observations_count", "quality_code")


@dataclass(frozen=True)
class Value:
    """A number of an indicator that people look at.

    `unit` is a UCUM code (`1` for a share or an index, `kW.h`, `ug/m3`, `min`). `low` and `high`
    are the columns of its interval, of confidence `level`; without them `no_interval` says why.
    `bad` is said where another end is bad than that of the indicator, or neither. One that
    `is_relative` is of a place among the others (a rank, a share of the most): it moves where
    nothing happens, because others move. Texts are for citizens and planners, in Italian.
    """

    name: str
    unit: str
    low: str = ""
    high: str = ""
    level: float = 0.95
    no_interval: str = ""
    bad: Literal["as_indicator", "high", "low", "neither"] = "as_indicator"
    is_relative: bool = False

    def is_high_bad(self, *, of_indicator: bool | None) -> bool | None:
        """Whether high numbers are bad; None where neither end is."""
        return {"as_indicator": of_indicator, "high": True, "low": False, "neither": None}[self.bad]


@dataclass(frozen=True)
class Measured:
    """What the rows of an indicator are numbers of; the first of `values` is what is drawn.

    `entity` is the column that names the place or thing, and `urn` the first part of its NGSI-LD
    id (`urn:ngsi-ld:<Type>:brescia:<source>:`); `by` are further columns a row is told apart by,
    such as a pollutant, and `drawn` says of them which rows the map and the worst ten are of (all,
    where none are such); `period` is the column of the instant or day at which the period begins,
    None for a state that holds until it is computed again. `definition_from` is the column with
    the day from which the definition holds, where there is one. `shapes` is the table that gives
    the entity's geometry under the same column, for maps; cells of H3 need none. `title` and
    `how` ("come è calcolato") are in Italian. `is_high_bad` is None where neither end is bad.
    """

    entity: str
    urn: str
    geometry: Geometry
    grain: Grain
    values: Mapping[str, Value]
    title: str
    how: str
    period: str | None = None
    by: tuple[str, ...] = ()
    definition_from: str = ""
    shapes: str = ""
    is_high_bad: bool | None = True
    drawn: Mapping[str, str] = field(default_factory=dict)

    def check(self, table: str, columns: Collection[str], key_columns: Collection[str]) -> None:
        """Raise TwinError where it disagrees with the table's columns or leaves something open."""
        named = [self.entity, *self.by, *([self.period] if self.period else []), *self.values]
        named += [column for one in self.values.values() for column in (one.low, one.high)]
        named += [self.definition_from, *TRUST]
        for name in named:
            if name and name not in columns:
                raise TwinError(f"{table}: {name} is not among the columns it gives")
        told_apart = {self.entity, *self.by, *([self.period] if self.period else [])}
        if told_apart != set(key_columns):
            raise TwinError(
                f"{table}: its key is {', '.join(key_columns)}; measured names "
                f"{', '.join(sorted(told_apart))} as entity, by and period"
            )
        if not self.values:
            raise TwinError(f"{table}: name at least one value under measured")
        if (self.grain == "always") != (self.period is None):
            raise TwinError(f"{table}: a grain other than 'always' goes with a period")
        if not set(self.drawn) <= set(self.by):
            raise TwinError(f"{table}: drawn names columns of by, and no others")
        if not self.urn.startswith("urn:ngsi-ld:") or not self.urn.endswith(":"):
            raise TwinError(f"{table}: urn begins with urn:ngsi-ld: and ends with a colon")
        for name, value in self.values.items():
            if bool(value.low) != bool(value.high) or bool(value.low) == bool(value.no_interval):
                raise TwinError(
                    f"{table}: {name} has an interval (low and high) or says why it has none"
                )


def check_trust(table: str, frame: pl.DataFrame, measured: Measured) -> None:
    """Raise TwinError where what says how sure a number is cannot be true.

    Completeness lies in 0 to 1, quality is of the closed list, an interval holds its value, a
    value that is missing is said to be, and no number is infinite or not a number.
    """
    share = pl.col("completeness_ratio")
    wrong: dict[str, pl.Expr] = {
        "completeness_ratio is not from 0 to 1": ~share.is_between(0, 1) | share.is_null(),
        "observations_count is missing or negative": (pl.col("observations_count") < 0)
        | pl.col("observations_count").is_null(),
        "quality_code is not of the closed list": ~pl.col("quality_code").is_in(list(QUALITY))
        | pl.col("quality_code").is_null(),
    }
    for name, value in measured.values.items():
        number = pl.col(name).cast(pl.Float64)
        wrong[f"{name} is not a finite number"] = ~number.is_finite()
        if value.low:
            low, high = pl.col(value.low).cast(pl.Float64), pl.col(value.high).cast(pl.Float64)
            # The last digit of a sum may differ from that of the same sum in another order.
            slack = 1e-9 * (1 + number.abs())
            wrong[f"{name} is outside its interval"] = (low > number + slack) | (
                high < number - slack
            )
    first = next(iter(measured.values))
    wrong[f"{first} is empty and quality_code is ok"] = pl.col(first).is_null() & (
        pl.col("quality_code") == "ok"
    )
    counts = frame.select(
        expression.fill_null(value=False).sum().alias(text) for text, expression in wrong.items()
    ).row(0, named=True)
    for text, rows in counts.items():
        if rows:
            raise TwinError(f"{table}: in {counted(rows, 'row')} {text}; nothing was published")
