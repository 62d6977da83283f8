"""What a table's function truly makes its columns of: seen by changing one input column at a time.

A column is made of an input column when its value changes in rows that stay (rows are known by
their key), or when it is a part of the key and values appear that its own origins do not have.
Which rows there are may hang on any column that some column of the table names.
"""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Final

import polars as pl

from assets.declaration import Declaration
from assets.lineage import TIMES
from quality.differential.policy import Noisy
from quality.disclosure.policy import WITHHELD, Cells

Inputs = Mapping[str, pl.DataFrame]
# Columns of inputs, by input.
Columns = Mapping[str, set[str]]
ROWS: Final = "its rows"
# All rows changed leave nothing of a table that shows only what is complete: one in so many do.
_FEW: Final = 50
_GRID: Final = ("grid_row_index", "grid_column_index")


def unsaid(declaration: Declaration, inputs: Inputs, *, may_be_empty: Columns) -> list[str]:
    """`<column> of <input>.<column>` for whatever a column is made of and does not say.

    What rows are told apart by decides every column, and need not be said again; neither do
    columns of that name in other inputs, by which their rows are found. Columns that may be empty
    are changed to that, too. A column that no column names is changed together with all others of
    its kind; only where that shows is each of them looked at.
    """
    told_apart = {
        origin.partition(".")[2]
        for key in declaration.key_columns
        for origin in declaration.gives[key].made_of
    }
    said = {origin for given in declaration.gives.values() for origin in given.made_of}
    looked_at = [
        (name, column)
        for name, frame in inputs.items()
        for column in frame.columns
        if column not in TIMES and column not in told_apart
    ]
    unnamed = [(name, column) for name, column in looked_at if f"{name}.{column}" not in said]
    named = [place for place in looked_at if place not in unnamed]
    before = published(declaration, inputs)
    looks = _Looks(declaration, inputs, before, may_be_empty)
    if looks.changed(unnamed):
        named = looked_at
    return [
        f"{column} of {name}.{origin}"
        for name, origin in named
        for column in sorted(looks.changed([(name, origin)]))
        if f"{name}.{origin}" not in (said if column == ROWS else _said(declaration, column))
    ]


def renamed(declaration: Declaration, inputs: Inputs, pseudonyms: Columns) -> list[str]:
    """The columns that change when everybody gets another pseudonym, the same one everywhere.

    Who only counts pseudonyms is not told of it; who passes them on, cuts, hashes or sorts by
    them is. (A rotated key renames everybody, and no published number may change with that.)
    """
    others = {
        name: frame.with_columns(
            pl.Series(column, [_other_name(value) for value in frame[column]], pl.String)
            for column in pseudonyms.get(name, ())
        )
        for name, frame in inputs.items()
    }
    before, after = published(declaration, inputs), published(declaration, others)
    changed = _differing(before, after, declaration.key_columns)
    keys = list(declaration.key_columns)
    if keys and not before.select(keys).sort(keys).equals(after.select(keys).sort(keys)):
        changed |= {ROWS}
    return sorted(changed)


def fewer(declaration: Declaration, inputs: Inputs, *, most: int) -> Inputs:
    """Of large inputs the rows of some of the things that the table tells apart, all of theirs.

    They are told by the text of the key that has the most values; not by pseudonyms, which are
    others in each installation. Of a grid the middle stays, whole.
    """
    inputs = {name: _middle(frame) for name, frame in inputs.items()}
    largest = max(inputs.values(), key=lambda frame: frame.height)
    origins = [origin for key in declaration.key_columns for origin in _said(declaration, key)]
    things = {
        column: inputs[name][column].drop_nulls().unique().sort()
        for name, _, column in (origin.partition(".") for origin in origins)
        if column in inputs[name].columns
        and inputs[name].schema[column] == pl.String
        and not column.endswith("_pid")
    }
    step = 1 + largest.height // most
    named = max(things, key=lambda column: things[column].len(), default=None)
    if step == 1 or named is None or things[named].len() < step:
        return inputs
    kept = things[named].gather_every(step).implode()
    return {
        name: frame.filter(pl.col(named).is_in(kept)) if named in frame.columns else frame
        for name, frame in inputs.items()
    }


def _middle(frame: pl.DataFrame) -> pl.DataFrame:
    """Of a grid the middle third in both directions."""
    if not {*_GRID} <= set(frame.columns):
        return frame
    ends = [(pl.col(place).max() + 1) for place in _GRID]
    return frame.filter(
        (pl.col(place) * 3).is_between(end, 2 * end) for place, end in zip(_GRID, ends, strict=True)
    )


def published(declaration: Declaration, inputs: Inputs) -> pl.DataFrame:
    """What the function gives; of an open table its cells, before anything is withheld or noisy.

    Whether a cell is withheld hangs on all of its numbers: they stand for it.
    """
    units = declaration.function(**inputs)
    release = declaration.release
    if isinstance(release, Cells):
        count = pl.col(release.count).sum() if release.count in units.columns else pl.len()
        numbers = {release.count: count, **{name: pl.col(name).sum() for name in release.sums}}
        cells = units.group_by(release.key_columns).agg(**numbers)
        facts = pl.struct(pl.col(name).cast(pl.Float64).round(6) for name in numbers)
        return cells.with_columns(facts.hash().alias(WITHHELD))
    if isinstance(release, Noisy):
        question = release.question
        sums = [pl.col(name).sum() for name in question.sums]
        count = pl.col(question.unit).n_unique().alias(question.count)
        return units.group_by(release.key_columns).agg(count, *sums)
    return units


def _said(declaration: Declaration, column: str) -> tuple[str, ...]:
    return declaration.gives[column].made_of


def _other_name(value: str | None) -> str | None:
    # As long as the gate writes them, and long enough that no two get the same one.
    length = max(len(value or ""), 26)
    return None if value is None else sha256(value.encode()).hexdigest()[:length]


class _Looks:
    """One table looked at again and again, each time with something changed."""

    def __init__(
        self, declaration: Declaration, inputs: Inputs, before: pl.DataFrame, empty: Columns
    ) -> None:
        self._declaration = declaration
        self._inputs = inputs
        self._before = before
        self._empty = empty

    def changed(self, places: Iterable[tuple[str, str]]) -> set[str]:
        """Which columns change with these, changed together in each of several ways."""
        origins = list(places)
        if not origins:
            return set()
        ways = {
            place: list(
                _others(
                    self._inputs[place[0]][place[1]],
                    may_be_empty=place[1] in self._empty.get(place[0], ()),
                )
            )
            for place in origins
        }
        found: set[str] = set()
        for number in range(max(len(others) for others in ways.values())):
            inputs = dict(self._inputs)
            for (name, _), others in ways.items():
                if number < len(others):
                    inputs[name] = inputs[name].with_columns(others[number])
            found |= self._after(inputs)
        return found

    def _after(self, inputs: Inputs) -> set[str]:
        try:
            return self._seen(published(self._declaration, inputs))
        except (pl.exceptions.PolarsError, TypeError, ValueError):
            return {ROWS}  # a function that cannot read a value has looked at it

    def _seen(self, after: pl.DataFrame) -> set[str]:
        before, keys = self._before, list(self._declaration.key_columns)
        if after.equals(before):
            return set()
        found = _differing(before, after, keys)
        if before.height != after.height or (
            keys and before.join(after, on=keys, how="anti", nulls_equal=True).height
        ):
            found |= {ROWS}
        return found | {key for key in keys if self._strange(key, after)}

    def _strange(self, key: str, after: pl.DataFrame) -> bool:
        """Whether a key has values that were not there, nor are where it says it is from."""
        if after[key].equals(self._before[key]):
            return False
        new = set(after[key].unique()) - set(self._before[key].unique())
        for origin in _said(self._declaration, key):
            name, _, column = origin.partition(".")
            new -= set(self._inputs[name][column].unique()) if new else set()
        return bool(new)


def _others(values: pl.Series, *, may_be_empty: bool) -> Iterator[pl.Series]:
    """The same values in other rows, all and few; other numbers and times; none in few rows.

    A text is made up only where all rows say the same: others may be of a closed list. Where few
    rows are changed and few are emptied, both are looked at together.
    """
    name = values.name
    rows = pl.int_range(values.len(), eager=True)
    places = rows.shuffle(seed=7)
    count = 1 + values.len() // _FEW
    few, others = places < count, places.is_between(count, 2 * count, closed="left")
    nothing = pl.Series(name, [None], dtype=values.dtype).new_from_index(0, values.len())
    if values.n_unique() > 1:
        yield values.shuffle(seed=7).alias(name)
        changed = values.reverse().zip_with(few, values)
        yield (nothing.zip_with(others, changed) if may_be_empty else changed).alias(name)
    elif values.dtype == pl.String:
        yield pl.Series(name, ["another"]).new_from_index(0, values.len()).zip_with(few, values)
    elif values.dtype == pl.Date:
        # Such as editions of a definition, of which a later one ends the others.
        yield values.dt.offset_by("1d").zip_with(few, values).alias(name)
    if values.dtype.is_numeric():
        yield (values * 2 + 1).cast(values.dtype).alias(name)
    elif values.dtype == pl.Boolean:
        yield (~values).alias(name)
    elif values.dtype.is_temporal():
        yield values.dt.offset_by("1d").cast(values.dtype).alias(name)
    if may_be_empty and values.n_unique() <= 1:
        yield nothing.zip_with(few, values).alias(name)


def _differing(before: pl.DataFrame, after: pl.DataFrame, key: Iterable[str]) -> set[str]:
    keys = list(key)
    others = [column for column in before.columns if column not in keys]
    if not keys:  # rows that nothing tells apart: all of their values, whatever the row
        return {column for column in others if _differ(before[column].sort(), after[column].sort())}
    both = before.join(after, on=keys, how="inner", suffix="_after", nulls_equal=True)
    return {column for column in others if _differ(both[column], both[f"{column}_after"])}


def _differ(before: pl.Series, after: pl.Series) -> bool:
    """Whether any value is another; sums of floats in another order are not."""
    if before.len() != after.len():
        return True
    if not before.dtype.is_float():
        return bool(before.ne_missing(after).any())
    far = (before - after).abs() > 1e-9 * (1 + before.abs())
    return bool(far.any()) or bool((before.is_null() != after.is_null()).any())
