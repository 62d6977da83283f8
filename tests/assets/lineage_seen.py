"""What a table's function truly makes its columns of: seen by changing one input column at a time.

A column counts as made of an input column when its value changes in rows that stay (rows are known
by their key), or when it is a part of the key and values appear that were not there before.
"""

from collections.abc import Iterator, Mapping

import polars as pl

from assets.declaration import Declaration
from assets.lineage import TIMES

Inputs = Mapping[str, pl.DataFrame]


def unsaid(declaration: Declaration, inputs: Inputs) -> list[str]:
    """`<column> of <input>.<column>` for whatever a column is made of and does not say.

    What rows are told apart by decides every column, and need not be said again; neither do
    columns of that name in other inputs, by which their rows are found.
    """
    told_apart = {
        origin.partition(".")[2]
        for key in declaration.key_columns
        for origin in _said(declaration, key)
    }
    found = []
    for origin, changed in _changes(declaration, inputs):
        found += [
            f"{column} of {origin}"
            for column in changed
            if origin.partition(".")[2] not in told_apart
            and origin not in _said(declaration, column)
        ]
    return found


def passed_on(
    declaration: Declaration, inputs: Inputs, columns: Mapping[str, set[str]]
) -> list[str]:
    """`<column> holds <input>.<column>` where values of these input columns stand in a column."""
    made = declaration.function(**inputs)
    found = []
    for name, guarded in columns.items():
        for column in guarded:
            values = set(inputs[name][column].drop_nulls().cast(pl.String).unique())
            found += [
                f"{given} holds {name}.{column}"
                for given in made.columns
                if values & set(made[given].drop_nulls().cast(pl.String).unique())
            ]
    return found


def _said(declaration: Declaration, column: str) -> tuple[str, ...]:
    return declaration.gives[column].made_of


def _changes(declaration: Declaration, inputs: Inputs) -> Iterator[tuple[str, list[str]]]:
    before = declaration.function(**inputs)
    for name, frame in inputs.items():
        for column in frame.columns:
            if column in TIMES:
                continue
            changed: set[str] = set()
            for other in _others(frame[column]):
                after = declaration.function(**{**inputs, name: frame.with_columns(other)})
                changed |= _differing(before, after, declaration.key_columns)
            yield f"{name}.{column}", sorted(changed)


def _others(values: pl.Series) -> Iterator[pl.Series]:
    """The same values in other rows, and other numbers and times; other texts may be no texts."""
    if values.n_unique() > 1:
        yield values.shuffle(seed=7).alias(values.name)
        yield values.reverse().alias(values.name)
    if values.dtype.is_numeric():
        yield (values * 2 + 1).cast(values.dtype)
    elif values.dtype == pl.Boolean:
        yield ~values
    elif values.dtype.is_temporal():
        yield values.dt.offset_by("1d").cast(values.dtype)


def _differing(before: pl.DataFrame, after: pl.DataFrame, key: tuple[str, ...]) -> set[str]:
    new = {column for column in key if set(after[column].unique()) - set(before[column].unique())}
    both = before.join(after, on=list(key), how="inner", suffix="_after", nulls_equal=True)
    return new | {
        column
        for column in before.columns
        if column not in key and _differ(both[column], both[f"{column}_after"])
    }


def _differ(before: pl.Series, after: pl.Series) -> bool:
    """Whether any value is another; sums of floats in another order are not."""
    if not before.dtype.is_float():
        return bool(before.ne_missing(after).any())
    far = (before - after).abs() > 1e-9 * (1 + before.abs())
    return bool(far.any()) or bool((before.is_null() != after.is_null()).any())
