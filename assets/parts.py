"""How a table divides: which of its rows hang on some rows of its inputs, and on no others."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

# The part to which each row of an input belongs, and which rows may belong to these parts.
At = Callable[[pl.DataFrame], pl.Series]
Near = Callable[[pl.Series], pl.Expr]


@dataclass(frozen=True)
class Parts:
    """A way to compute some parts of a table anew, such as some cells, where the rest stands.

    It holds where only columns of `of` (`<input>.<column>`) differ: rows of the table by then hang
    on those rows of these inputs that `at` says are of their part, a value of the column `by`, and
    on inputs that do not differ. `near` keeps at least the rows of some parts, and is quick.

    `each` gives, of whichever rows it gets, the columns that hang on `of` directly, with the key
    columns of the table. `rest` makes the whole table, by rows with those columns as they are now;
    in the others stands what stood there. Both take inputs by name, as the table's function does,
    and that function calls both: there is no second way to compute a number. Rows of the table are
    in the order of its key.
    """

    by: str
    of: tuple[str, ...]
    at: Mapping[str, At]
    near: Mapping[str, Near]
    each: Callable[..., pl.DataFrame]
    rest: Callable[..., pl.DataFrame] = lambda rows: rows


def with_parts(
    stored: pl.DataFrame, fresh: pl.DataFrame, parts: pl.Series, *, by: str, key: tuple[str, ...]
) -> pl.DataFrame:
    """A table with the rows of these parts as `fresh` has them.

    Rows of them that are not in `fresh` are gone; columns that it does not have stay as they are.
    """
    is_part = pl.col(by).is_in(parts.implode())
    rows = fresh.filter(is_part)
    kept = [name for name in stored.columns if name not in rows.columns]
    if kept:
        rows = rows.join(stored.select(*key, *kept), on=list(key), how="left")
    return pl.concat([stored.filter(~is_part), rows.select(stored.columns)]).sort(key)
