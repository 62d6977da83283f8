"""The physical lines of a CSV body: which are surely one record, and what the odd ones hold."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from infra.adapters.clean import other_width, with_nulls
from infra.adapters.dialect import Dialect
from infra.adapters.encoding import Text
from infra.adapters.grammar import Grammar
from infra.adapters.raw import LINE

_BLOCK_BYTES: Final = 16 * 1024**2
_BLOCK_LINES: Final = 2_000_000
_Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, repr=False)
class OddLines:
    """The records of the odd lines, as line and fields, and the refused lines with reasons.

    Of the records joined from several lines those are doubtful that would also be as many full
    records of one line each: their marks may be text, as the tokens of a tab-separated file are.
    """

    records: list[tuple[object, ...]]
    refused: list[tuple[int, str]]
    joined_count: int
    doubtful_count: int


@dataclass(frozen=True, repr=False)
class Lines:
    """The lines of a body, where each begins (`starts` has one more: the end), and what each is.

    regular: one record of full width; full: with as many separators as that; marked: with quotation
    marks; odd_marks: with an odd number of them; passed: blank or a comment; barred: too long or
    not decodable.
    """

    content: bytes
    first: int
    starts: npt.NDArray[np.int64]
    grammar: Grammar
    width: int
    longest: int
    regular: _Flags
    full: _Flags
    marked: _Flags
    odd_marks: _Flags
    passed: _Flags
    barred: _Flags
    encoding: str

    @classmethod
    def of(
        cls, text: Text, dialect: Dialect, *, first: int, comment: str | None, longest: int
    ) -> "Lines":
        """Look at every line of a text whose first is this line of the file."""
        starts = _starts(text.content)
        count = len(starts) - 1
        too_long = np.diff(starts) > longest
        undecodable = np.zeros(count, np.bool_)
        bad = [line - first for line in text.undecodable if first <= line < first + count]
        undecodable[bad] = True
        blocks = [
            _classify(text.content, starts[at : at + _BLOCK_LINES + 1], dialect, comment)
            for at in range(0, max(count, 1), _BLOCK_LINES)
        ]
        flags = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
        barred = too_long | undecodable
        return cls(
            content=text.content,
            first=first,
            starts=starts,
            grammar=dialect.grammar,
            width=dialect.layout.width,
            longest=longest,
            regular=flags["regular"] & ~barred,
            full=flags["full"],
            marked=flags["marks"] > 0,
            odd_marks=(flags["marks"] % 2 == 1) & ~barred,
            passed=flags["passed"] & ~barred,
            barred=barred,
            encoding=text.encoding,
        )

    def read_odd(self) -> "OddLines":
        """Look at the odd lines one by one.

        Lines that turn out to belong to a record of several lines are no longer regular.
        """
        records: list[tuple[object, ...]] = []
        refused: list[tuple[int, str]] = []
        doubtful = joined = 0
        openers = np.flatnonzero(self.odd_marks)
        done = -1
        for at in np.flatnonzero(~self.regular & ~self.passed).tolist():
            if at <= done:
                continue
            fields: list[str] | None
            end = self._record_end(at, openers) if self.odd_marks[at] else None
            if end is not None and not self._swallows(at, end, openers):
                fields, done = self.grammar.split(self._text(at, end)), end
                self.regular[at : end + 1] = False
                joined += 1
                doubtful += bool(self.full[at : end + 1].all())
            else:
                fields = self._fields(at)
            if fields is not None and len(fields) == self.width:
                records.append((self.first + at, *fields))
            else:
                refused.append((self.first + at, self._reason(at, fields)))
        return OddLines(records, refused, joined, doubtful)

    def rows(self, schema: pl.Schema, odd: OddLines) -> pl.DataFrame:
        """The rows of regular and odd lines, in order, with their line numbers."""
        frame = self._regular_rows(schema)
        if (self.marked & self.regular).any():
            frame = with_nulls(frame)
        if not odd.records:
            return frame
        columns = {LINE: pl.Int64(), **schema}
        extra = pl.DataFrame(odd.records, schema=columns, orient="row").select(frame.columns)
        return pl.concat([frame, with_nulls(extra)], rechunk=False).sort(LINE)

    def _regular_rows(self, schema: pl.Schema) -> pl.DataFrame:
        """The regular lines, parsed by polars, with their line numbers."""
        places = np.flatnonzero(self.regular)
        numbers = pl.Series(LINE, places + self.first, dtype=pl.Int64)
        if not len(places):
            return pl.DataFrame(schema={**schema, LINE: pl.Int64()})
        breaks = np.flatnonzero(np.diff(places) != 1)
        heads = places[np.concatenate([[0], breaks + 1])]
        tails = places[np.concatenate([breaks, [len(places) - 1]])] + 1
        view = memoryview(self.content)
        runs = zip(self.starts[heads].tolist(), self.starts[tails].tolist(), strict=True)
        body = b"".join(view[start:end] for start, end in runs)
        try:
            frame = pl.read_csv(
                body,
                has_header=False,
                schema=schema,
                separator=self.grammar.separator,
                quote_char=self.grammar.quote or None,
            )
        except pl.exceptions.PolarsError:
            frame = pl.DataFrame(schema=schema)
        if frame.height != len(places):
            # No line may be lost because two parsers disagree: read them one by one.
            fields = [self._fields(at) for at in places.tolist()]
            frame = pl.DataFrame(fields, schema=schema, orient="row")
        return frame.with_columns(numbers)

    def _text(self, at: int, end: int) -> str:
        piece = self.content[self.starts[at] : self.starts[end + 1]]
        return piece.decode().removesuffix("\n").removesuffix("\r")

    def _fields(self, at: int) -> list[str] | None:
        """The fields of a line alone; None if it is barred or its marks do not pair."""
        if self.barred[at] or self.odd_marks[at]:
            return None
        return self.grammar.split(self._text(at, at))

    def _record_end(self, at: int, openers: npt.NDArray[np.int64]) -> int | None:
        """The last line of the record that starts on this line; None if none does."""
        if self.regular[at]:
            return at
        if not self.odd_marks[at]:
            fields = self._fields(at)
            return at if fields is not None and len(fields) == self.width else None
        # Marks pair up in every whole record: it can only end on the next line with an odd number.
        place = int(np.searchsorted(openers, at, side="right"))
        if place == len(openers):
            return None
        end = int(openers[place])
        is_small = self.starts[end + 1] - self.starts[at] <= self.longest
        if not is_small or self.barred[at : end + 1].any():
            return None
        text = self._text(at, end)
        if not self.grammar.is_regular(text):
            return None
        return end if len(self.grammar.split(text) or ()) == self.width else None

    def _swallows(self, at: int, end: int, openers: npt.NDArray[np.int64]) -> bool:
        """Whether this record, though well formed, is a damaged line that runs into a good record.

        So it is if its last line itself begins a record, and what would follow cannot be read.
        """
        if self._record_end(end, openers) is None:
            return False
        following = end + 1
        while following < len(self.passed) and self.passed[following]:
            following += 1
        return following < len(self.passed) and self._record_end(following, openers) is None

    def _reason(self, at: int, fields: list[str] | None) -> str:
        if self.starts[at + 1] - self.starts[at] > self.longest:
            return f"the line is longer than {self.longest // 1024**2} MiB"
        if self.barred[at]:
            return f"the line holds bytes that are not {self.encoding}"
        if fields is not None:
            return other_width(len(fields), self.width)
        if self.odd_marks[at]:
            return "a quotation mark on this line is opened but not closed"
        return "there is text before or after a quoted field on this line"


def _starts(content: bytes) -> npt.NDArray[np.int64]:
    """The byte at which each line begins, and the end."""
    found = [np.zeros(1, np.int64)]
    for at in range(0, len(content), _BLOCK_BYTES):
        codes = np.frombuffer(content, np.uint8, min(_BLOCK_BYTES, len(content) - at), at)
        found.append(np.flatnonzero(codes == ord("\n")) + (at + 1))
    starts = np.concatenate(found)
    if starts[-1] != len(content):
        starts = np.append(starts, len(content))
    return starts


def _classify(
    content: bytes, starts: npt.NDArray[np.int64], dialect: Dialect, comment: str | None
) -> dict[str, npt.NDArray[np.generic]]:
    """Say for each line how many marks it has, and whether it is full, regular, passed over."""
    grammar, width = dialect.grammar, dialect.layout.width
    lines = _series(content, starts)
    separators = lines.str.count_matches(grammar.separator, literal=True)
    full = (separators == width - 1).to_numpy(writable=True)
    marks = np.zeros(len(lines), np.uint32)
    if grammar.quote and lines.str.contains(grammar.quote, literal=True).any():
        marks = lines.str.count_matches(grammar.quote, literal=True).to_numpy()
    passed = np.zeros(len(lines), np.bool_)
    # With one column a line of blanks is a value; with more, no separator stands on a blank line.
    blanks = "\r\n" if width == 1 else " \t\r\n"
    shorts = lines.str.len_bytes() <= 2 if width == 1 else separators == 0
    places = shorts.arg_true()
    passed[places] = (lines.gather(places).str.strip_chars(blanks) == "").to_numpy()
    if comment is not None:
        passed |= lines.str.starts_with(comment).to_numpy()
    regular = full & ~passed
    marked = np.flatnonzero(marks)
    if len(marked):
        regular[marked] = _are_regular(lines.gather(marked), grammar, width) & ~passed[marked]
    return {"full": full, "marks": marks, "passed": passed, "regular": regular}


def _series(content: bytes, starts: npt.NDArray[np.int64]) -> pl.Series:
    """The lines with their ends, over the same bytes: nothing is copied."""
    offsets = np.ascontiguousarray(starts - starts[0])
    data = pa.py_buffer(memoryview(content)[int(starts[0]) : int(starts[-1])])
    array = pa.LargeStringArray.from_buffers(len(starts) - 1, pa.py_buffer(offsets), data)
    return pl.Series("line", array)


def _are_regular(lines: pl.Series, grammar: Grammar, width: int) -> _Flags:
    """Whether these lines, which have quotation marks, are one full regular record each."""
    texts = lines.str.strip_suffix("\n").str.strip_suffix("\r")
    outside = texts.str.replace_all(grammar.quoted_pattern, "")
    is_full = outside.str.count_matches(grammar.separator, literal=True) == width - 1
    return (texts.str.contains(grammar.regular_pattern) & is_full).to_numpy()
