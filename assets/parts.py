"""How a table divides: which of its rows hang on some rows of its inputs, and on no others."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import polars as pl

_ALL: Final[Mapping[str, pl.Expr]] = MappingProxyType({})


@dataclass(frozen=True)
class Parts:
    """A way to compute some parts of a table anew, such as some cells, where the rest stands.

    It holds where only columns of `of` (`<input>.<column>`) differ: rows of the table by then hang
    on rows of their own part, values of the columns `by`, and on what does not differ.

    `reached` tells the parts that may come out otherwise (a frame of `by`): it gets the rows that
    `differ` by input, as they were and as they are, and those of `stored` and of the inputs, with
    all rows, that it names. `near` tells which rows of inputs are all that these parts hang on, and
    maybe some more; of an input that it does not name they are all. It gets the parts, and all rows
    of the inputs that its parameters name.

    `each` gives, of whichever rows it gets, the columns that hang on `of` directly, with the key
    columns of the table. `rest` makes the whole table, by rows with those columns as they are now;
    in the others stands what stood there. Both take inputs by name, as the table's function does,
    and that function calls both: there is no second way to compute a number. Rows of the table are
    in the order of its key.
    """

    by: tuple[str, ...]
    of: tuple[str, ...]
    reached: Callable[..., pl.DataFrame]
    each: Callable[..., pl.DataFrame]
    near: Callable[..., Mapping[str, pl.Expr]] = lambda _: _ALL
    rest: Callable[..., pl.DataFrame] = lambda rows: rows


def that_differ(name: str, column: str) -> Callable[..., pl.DataFrame]:
    """The `reached` of parts that are the values of a column: those of the rows that differ."""

    def reached(differ: Mapping[str, pl.DataFrame], _: pl.DataFrame) -> pl.DataFrame:
        return differ[name].select(column).drop_nulls()

    return reached


def rows_of(**columns: str) -> Callable[[pl.DataFrame], Mapping[str, pl.Expr]]:
    """The `near` of parts that say by a column which rows of these inputs are theirs."""

    def near(parts: pl.DataFrame) -> Mapping[str, pl.Expr]:
        return {
            name: pl.col(column).is_in(parts[column].unique().implode())
            for name, column in columns.items()
        }

    return near


def with_parts(
    stored: pl.DataFrame, fresh: pl.DataFrame, parts: pl.DataFrame, *, key: tuple[str, ...]
) -> pl.DataFrame:
    """A table with the rows of these parts as `fresh` has them.

    Rows of them that are not in `fresh` are gone; columns that it does not have stay as they are.
    """
    by = parts.columns
    rows = fresh.join(parts, on=by, how="semi")
    kept = [name for name in stored.columns if name not in rows.columns]
    if kept:
        rows = rows.join(stored.select(*key, *kept), on=list(key), how="left")
    others = stored.join(parts, on=by, how="anti")
    return pl.concat([others, rows.select(stored.columns)]).sort(key)
