"""Text → numbers, as Italian and other publishers write them."""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

import polars as pl

from infra.errors import ContractError
from quality.contract.types import FORMS
from quality.privacy import conversion
from quality.privacy.cells import empty, unread

NumberType = Literal["integer", "float", "decimal"]
DTYPES: Final[dict[str, pl.DataType]] = {
    "integer": FORMS["integer"].polars,
    "float": FORMS["float"].polars,
    "decimal": FORMS["decimal"].polars,
}
_LARGEST_INTEGER: Final = 2**63 - 1
# Values that can only be meant one way; `1.234` can be meant two ways and decides nothing.
_COMMA_DECIMAL: Final = r"^[+-]?(?:[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]*),[0-9]+(?:[eE][+-]?[0-9]+)?$"
_DOT_DECIMAL: Final = (
    r"^[+-]?(?:[0-9]+\.[0-9]{1,2}|[0-9]*\.[0-9]{4,}|[0-9]{4,}\.[0-9]{3}|0?\.[0-9]{3})"
    r"(?:[eE][+-]?[0-9]+)?$"
)


@dataclass(frozen=True)
class Dialect:
    """How the contract says numbers are written; None where it does not say."""

    decimal: str | None = None
    thousands: str | None = None

    @property
    def is_declared(self) -> bool:
        """Whether the contract says anything of how numbers are written."""
        return self.decimal is not None or self.thousands is not None

    @property
    def is_certain(self) -> bool:
        """Whether the contract says enough to read a number without looking at others."""
        return _marks(self)[0] is not None

    @property
    def is_plain(self) -> bool:
        """Whether numbers are written as a programmer writes them, and that is declared."""
        return self.decimal == "." and self.thousands is None


def read_numbers(texts: pl.Series, type_: NumberType, dialect: Dialect) -> pl.Series:
    """The numbers these texts stand for, null where one is no finite number.

    Without a declared dialect the column decides: decimal comma if more of its distinct values can
    only be meant so (`12,5`, `1.234,5`) than can only be meant with a dot; else decimal dot.
    """
    decimal, thousands = _marks(dialect)
    if thousands is not None and decimal is None:
        texts = _without_thousands(texts, thousands)
        thousands = None
    if decimal is None:
        plain = _parse(texts, type_)
        if not unread(texts, plain).any() or not _has_decimal_comma(texts):
            return plain
        decimal, thousands = ",", "."
    if decimal == "." and thousands is None:
        return _parse(texts, type_)
    return _parse(_to_plain(texts, decimal, thousands), type_)


def is_one_of(numbers: pl.Series, texts: tuple[str, ...]) -> pl.Series:
    """Whether each number equals one of these texts read as a number: `-9999.0` is `-9999`."""
    values = [value for value in map(_as_float, texts) if value is not None]
    return numbers.cast(pl.Float64, strict=False).is_in(values)


def convert(numbers: pl.Series, type_: NumberType, by: Fraction) -> pl.Series:
    """Numbers multiplied by a factor; an integer that no longer fits becomes null."""
    if by == 1:
        return numbers
    if type_ == "integer":
        largest = _LARGEST_INTEGER // by.numerator
        return empty(numbers, where=~numbers.is_between(-largest, largest)) * by.numerator
    if type_ == "float":
        return numbers * by.numerator / by.denominator
    exact = numbers.cast(pl.Float64) * by.numerator / by.denominator
    return exact.cast(DTYPES["decimal"], strict=False)


def unit_factor(sent: str | None, stored: str | None, type_: NumberType) -> Fraction:
    """What the numbers of a column are multiplied by. Raises ContractError where that cannot be."""
    if sent is None or stored is None:
        return Fraction(1)
    by = conversion.factor(sent, stored)
    if type_ == "integer" and by.denominator != 1:
        raise ContractError(
            f"sent_as.unit: {sent} in {stored} are no integers; write type: float or decimal"
        )
    return by


def _marks(dialect: Dialect) -> tuple[str | None, str | None]:
    decimal, thousands = dialect.decimal, dialect.thousands
    if decimal is None and thousands in (".", ","):
        decimal = "," if thousands == "." else "."
    if decimal == "," and thousands is None:
        thousands = "."
    return decimal, thousands


def _has_decimal_comma(texts: pl.Series) -> bool:
    distinct = texts.unique()
    commas = int(distinct.str.contains(_COMMA_DECIMAL).sum())
    return commas > int(distinct.str.contains(_DOT_DECIMAL).sum())


def _grouped(mark: str) -> str:
    # Spreadsheets keep 15 digits; what has more was a coordinate once (4.558.995.084.452.920).
    return rf"[0-9]{{1,3}}(?:{re.escape(mark)}[0-9]{{3}}){{1,4}}"


def _without_thousands(texts: pl.Series, mark: str) -> pl.Series:
    """Texts without their thousands marks, where these stand at every third digit."""
    if mark == " ":
        texts = texts.str.replace_all("[\u00a0\u202f]", " ")
    is_grouped = texts.str.contains(rf"^[+-]?{_grouped(mark)}(?:[.,][0-9]*)?$").fill_null(False)
    return texts.str.replace_all(mark, "", literal=True).zip_with(is_grouped, texts)


def _to_plain(texts: pl.Series, decimal: str, thousands: str | None) -> pl.Series:
    """The same numbers written with a decimal dot and nothing else; null where that cannot be."""
    whole = f"(?:{_grouped(thousands)}|[0-9]+)" if thousands else "[0-9]+"
    mark = re.escape(decimal)
    pattern = rf"^[+-]?(?:{whole}(?:{mark}[0-9]*)?|{mark}[0-9]+)(?:[eE][+-]?[0-9]+)?$"
    is_number = texts.str.contains(pattern)
    plain = texts.str.replace_all(thousands, "", literal=True) if thousands else texts
    plain = plain.str.replace(decimal, ".", literal=True)
    return empty(plain, where=~is_number)


def _parse(texts: pl.Series, type_: NumberType) -> pl.Series:
    numbers = texts.cast(DTYPES[type_], strict=False)
    if type_ == "float":
        is_finite = numbers.is_finite()
        return empty(numbers, where=~is_finite)
    if type_ == "integer" and unread(texts, numbers).any():
        # 123.00 is what spreadsheets make of 123.
        whole = empty(texts, where=~texts.str.contains(r"^[+-]?[0-9]+\.0*$"))
        return numbers.fill_null(whole.str.replace(r"\.0*$", "").cast(pl.Int64, strict=False))
    return numbers


def _as_float(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None
