"""Columns as Great Expectations reads them: in pandas, without losing what they are.

Whole numbers stay whole, texts stay texts, instants are in UTC, dates are midnights without a zone,
and not-a-number counts as missing, as it does in pandas.
"""

from typing import TYPE_CHECKING, Final

import polars as pl

if TYPE_CHECKING:
    import pandas as pd

_EXACT_IN_A_FLOAT: Final = 2**53
_DIGITS_OF_A_FLOAT: Final = 15


def as_pandas(
    frame: pl.DataFrame,
    *,
    index: pl.Series | None = None,
    as_text: bool = False,
    pairs: bool = False,
) -> "pd.DataFrame":
    """Put the frame into pandas; `index` labels its rows.

    `as_text` is for rules about how a value is written: a decimal then keeps its digits.
    `pairs` is for rules that compare columns: there a missing whole number is a NaN, which equals
    nothing and is smaller than nothing, where pandas' own NA would be neither right nor wrong.
    """
    import pandas as pd

    labels = pd.RangeIndex(frame.height) if index is None else pd.Index(index.to_numpy())
    columns = {
        column.name: _column(column, labels, as_text=as_text, pairs=pairs)
        for column in frame.get_columns()
    }
    return pd.DataFrame(columns, index=labels, copy=False)


def _column(
    values: pl.Series, labels: "pd.Index", *, as_text: bool, pairs: bool
) -> "pd.Series | pd.DatetimeIndex":
    import pandas as pd

    kind = values.dtype
    if isinstance(kind, pl.Decimal) and not as_text and _survives_as_float(values):
        values = values.cast(pl.Float64)
        kind = values.dtype
    if kind.is_integer():
        return _whole_numbers(values, labels, pairs=pairs)
    if kind.is_float():
        floats = values.cast(pl.Float64).fill_null(float("nan")).to_numpy()
        return pd.Series(floats, index=labels, copy=False)
    if kind == pl.Boolean and not values.null_count():
        return pd.Series(values.to_numpy(), index=labels)
    if isinstance(kind, pl.Datetime):
        zoned = values.dt.convert_time_zone("UTC") if kind.time_zone else values
        instants = zoned.dt.replace_time_zone(None).cast(pl.Datetime("us")).to_numpy()
        return pd.Series(pd.DatetimeIndex(instants).tz_localize("UTC"), index=labels)
    if kind == pl.Date:
        return pd.Series(values.cast(pl.Datetime("us")).to_numpy(), index=labels)
    objects = values.cast(pl.String) if isinstance(kind, pl.Categorical | pl.Enum) else values
    return pd.Series(objects.to_list(), index=labels, dtype=object)


def _whole_numbers(values: pl.Series, labels: "pd.Index", *, pairs: bool) -> "pd.Series":
    import pandas as pd

    wide = values if values.dtype == pl.UInt64 else values.cast(pl.Int64)
    if not wide.null_count():
        return pd.Series(wide.to_numpy(), index=labels)
    missing = wide.is_null().to_numpy()
    if not pairs:
        numbers = pd.arrays.IntegerArray(wide.fill_null(0).to_numpy(writable=True), missing.copy())
        return pd.Series(numbers, index=labels)
    if _largest(wide) <= _EXACT_IN_A_FLOAT:
        return pd.Series(wide.cast(pl.Float64).fill_null(float("nan")).to_numpy(), index=labels)
    return pd.Series(wide.to_list(), index=labels, dtype=object)


def _survives_as_float(decimals: pl.Series) -> bool:
    # Written bounds are floats: 80.1 and Decimal("80.1") would not be equal. Up to 15 digits the
    # nearest floats of two decimals differ as the decimals do.
    scale = decimals.dtype.scale if isinstance(decimals.dtype, pl.Decimal) else 0
    digits_count = len(str(_largest(decimals))) + scale
    return digits_count <= _DIGITS_OF_A_FLOAT


def _largest(numbers: pl.Series) -> int:
    bounds = (numbers.min(), numbers.max())
    return max((abs(int(bound)) + 1 for bound in bounds if bound is not None), default=0)  # type: ignore[arg-type] # numbers have numbers as bounds
