"""What a delivered column seems to hold: a word for it, never a value."""

from typing import Final, Literal

import polars as pl

Kind = Literal["nothing", "numbers", "dates or times", "yes or no", "text", "something else"]

_SAMPLE: Final = 400
# So many of a hundred must look alike: a stray word among numbers is a bad row, not another kind.
_SHARE: Final = 0.9
_DAY: Final = r"(?:[0-9]{1,4}[-/][0-9]{1,2}[-/][0-9]{1,4}|[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4})"
_FORMS: Final[tuple[tuple[Kind, str], ...]] = (
    ("yes or no", r"(?i)^(?:true|false|vero|falso|s[iì]|no|yes)$"),
    ("dates or times", rf"^{_DAY}(?:[T ,].*)?$"),
    ("numbers", r"^[+-]?[0-9][0-9., ']*(?:[eE][+-]?[0-9]+)?$|^[+-]?[.,][0-9]+$"),
)

_NATIVE: Final[tuple[tuple[tuple[type[pl.DataType], ...], Kind], ...]] = (
    ((pl.Date, pl.Datetime, pl.Time), "dates or times"),
    ((pl.Boolean,), "yes or no"),
    ((pl.Null,), "nothing"),
)


def kind_of(cells: pl.Series) -> Kind:
    """The kind of a column, by up to 400 of its cells from all over it."""
    dtype = cells.dtype
    if dtype in (pl.String, pl.Categorical, pl.Enum):
        texts = cells.gather_every(max(1, len(cells) // _SAMPLE)).cast(pl.String)
        return _kind_of_texts(texts.drop_nulls().str.strip_chars())
    if dtype.is_numeric():
        return "numbers"
    native = (kind for dtypes, kind in _NATIVE if dtype in dtypes)
    return next(native, "something else")


def _kind_of_texts(texts: pl.Series) -> Kind:
    texts = texts.filter(texts != "")
    if texts.is_empty():
        return "nothing"
    forms = (
        kind for kind, form in _FORMS if int(texts.str.contains(form).sum()) >= _SHARE * len(texts)
    )
    return next(forms, "text")
