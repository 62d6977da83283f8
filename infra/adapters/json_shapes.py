"""Reading the lines of JSON Lines by how they are laid out, a block of them at a time.

Publishers write all records of a file in one way, or in few. Of a line that fits such a shape from
its first character to its last, it is certain what each cell holds: names and order are those of a
record that was read with care, numbers are taken as written, and texts with escapes are decoded.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Self

import polars as pl

from infra.adapters.json_rows import DECODER, Json

# As many values as one expression takes: with more than 16 groups it is ten times as slow.
_AT_ONCE: Final = 14
_MOST_VALUES: Final = 400
_DEEPEST: Final = 8
_BLANKS: Final = r"[ \t\r]*"
_NUMBER: Final = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
# Half a character (a lone surrogate) is left to those who read with care.
_HEX: Final = "[0-9a-fA-F]"
_ESCAPE: Final = rf'\\(?:["\\/bfnrt]|u(?:[0-9a-cefA-CEF]{_HEX}{{3}}|[dD][0-7]{_HEX}{{2}}))'
_VALUE: Final = rf'"(?:[^"\\]|{_ESCAPE})*"|{_NUMBER}|true|false|null'
# As text a list is written without blanks, and what is below a blank is escaped.
_ITEM: Final = rf'(?:"[^"\\\x00-\x1f]*"|{_NUMBER}|true|false|null)'
_LIST: Final = rf"\[(?:{_ITEM}(?:,{_ITEM})*)?\]"
_REST: Final = r"([ \t\r,}](?s:.*))$"


@dataclass(frozen=True, repr=False)
class Shape:
    """One way to lay out a record: its names, as the columns are called, and how to find values."""

    names: tuple[str, ...]
    patterns: tuple[str, ...]

    @classmethod
    def of(cls, line: str) -> Self | None:
        """The shape of a record; None if it has one that is not certain."""
        try:
            record = DECODER.decode(line)
        except (json.JSONDecodeError, RecursionError):
            return None
        if not isinstance(record, dict):
            return None
        leads: list[tuple[str, str, Json]] = []
        tail = _walked(record, "", _BLANKS + r"\{", leads, _DEEPEST)
        names = [name for _, name, _ in leads]
        if tail is None or not 0 < len(names) == len(set(names)) <= _MOST_VALUES:
            return None
        shape = cls(tuple(names), tuple(_patterns(leads, tail)))
        # A name that came twice, or was written with escapes, is not found again.
        return shape if shape.cells(pl.Series([line])).height else None

    def fits(self, lines: pl.Series) -> pl.Series:
        """Which lines are laid out so."""
        return self._found(lines)[-1].is_not_null()

    def cells(self, lines: pl.Series) -> pl.DataFrame:
        """The values of the lines that are laid out so, with `place`: where each line stood."""
        found = self._found(lines)
        fits = found[-1].is_not_null()
        frame = pl.DataFrame([cells.alias(str(place)) for place, cells in enumerate(found)])
        if not fits.all():
            frame = frame.filter(fits)
        values = frame.select(
            pl.when(~pl.all().is_in(["null", '""'])).then(
                pl.all().str.strip_prefix('"').str.strip_suffix('"')
            )
        )
        if lines.str.contains("\\", literal=True).any():
            values = pl.DataFrame([_unescaped(cells) for cells in values])
        return values.hstack([fits.arg_true().alias("place")])

    def _found(self, lines: pl.Series) -> list[pl.Series]:
        """Each value as written; the last is null where a line is laid out in another way."""
        found: list[pl.Series] = []
        rest = lines
        for number, pattern in enumerate(self.patterns, 1):
            groups = rest.str.extract_groups(pattern).struct.unnest().get_columns()
            if number < len(self.patterns):
                *groups, rest = groups
            found += groups
        return found


def _unescaped(cells: pl.Series) -> pl.Series:
    where = cells.str.contains("\\", literal=True).arg_true()
    if where.is_empty():
        return cells
    return cells.scatter(where, [DECODER.decode(f'"{text}"') for text in cells.gather(where)])


def learned(lines: pl.Series, *, tries: int, least_share: float) -> list[Shape]:
    """The shapes that a good share of these lines have."""
    shapes: list[Shape] = []
    left = lines
    for _ in range(tries):
        if left.is_empty():
            break
        shape, left = Shape.of(left[0] or ""), left.slice(1)
        if shape is not None:
            fits = shape.fits(left)
            if 1 + int(fits.sum()) >= least_share * lines.len():
                shapes.append(shape)
            left = left.filter(~fits)
    return shapes


def _walked(
    record: "dict[str, Json]",
    prefix: str,
    lead: str,
    leads: list[tuple[str, str, Json]],
    deepest: int,
) -> str | None:
    """Collect what stands before each value, and give what stands after the last of an object.

    None where it is nested too deeply to be looked at.
    """
    for place, (key, value) in enumerate(record.items()):
        if place:
            lead += ","
        lead += f'{_BLANKS}"{_written(key)}"{_BLANKS}:{_BLANKS}'
        name = prefix + key.strip()
        if not isinstance(value, dict):
            leads.append((lead, name, value))
            lead = _BLANKS
            continue
        inner = _walked(value, f"{name}.", lead + r"\{", leads, deepest - 1) if deepest else None
        if inner is None:
            return None
        lead = inner + _BLANKS
    return lead + (r"\}" if record else _BLANKS + r"\}")


def _written(key: str) -> str:
    """A name in all ways that its publisher is likely to write it."""
    ways = {json.dumps(key, ensure_ascii=is_ascii)[1:-1] for is_ascii in (True, False)}
    if not {'"', "\\"} & set(key):
        ways.add(key)
    return f"(?:{'|'.join(_literal(way) for way in sorted(ways))})"


def _literal(text: str) -> str:
    return "".join(
        letter if letter.isascii() and letter.isalnum() else rf"\x{{{ord(letter):x}}}"
        for letter in text
    )


def _patterns(leads: Sequence[tuple[str, str, Json]], tail: str) -> Iterator[str]:
    for first in range(0, len(leads), _AT_ONCE):
        part = leads[first : first + _AT_ONCE]
        values = "".join(
            f"{lead}({_VALUE}|{_LIST})" if isinstance(value, list) else f"{lead}({_VALUE})"
            for lead, _, value in part
        )
        is_last = first + _AT_ONCE >= len(leads)
        yield f"^{values}{tail}{_BLANKS}\\n?$" if is_last else f"^{values}{_REST}"
