"""Sniffing how a CSV file is written: separator, quotation mark, title lines and header.

What the contract declares is never sniffed. The judgement rests on the first lines of the file.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from infra.adapters.grammar import Grammar
from infra.adapters.layout import Layout, Record, find_layout
from infra.errors import ContractError

if TYPE_CHECKING:
    from infra.adapters.form import FileForm

# Of two that fit equally well, the one that is rarer in prose comes first.
_SEPARATORS: Final = ("\t", ";", "|", ",")
_SAMPLE_BYTES: Final = 256 * 1024
_SAMPLE_RECORDS: Final = 400
_LONGEST_QUOTED: Final = 100
_NUMBER: Final = re.compile(r"[-+]?[\d.,:/' -]*\d[\d.,:/' -]*%?")


@dataclass(frozen=True, repr=False)
class Dialect:
    """How a file is written, and where its rows begin."""

    grammar: Grammar
    layout: Layout


def sniff(content: bytes, adapter: "FileForm") -> Dialect:
    """Find out how a UTF-8 file is written. Raises ContractError if no line can be its header."""
    sample = content[:_SAMPLE_BYTES]
    if len(sample) < len(content):
        # A line cut in the middle would look like a damaged one.
        sample = sample[: sample.rfind(b"\n") + 1] or sample
    lines = [line.removesuffix("\r") for line in sample.decode(errors="replace").split("\n")]
    separators = (adapter.separator,) if adapter.separator else _SEPARATORS
    quotes: tuple[str, ...] = ('"',) if adapter.quote is None else (adapter.quote,)
    if adapter.quote is None and b"'" in sample:
        quotes = ('"', "'")
    found = [
        (
            _fit(records, layout),
            adapter.quote is None and grammar.quote == "'",
            -rank,
            Dialect(grammar, layout),
        )
        for rank, grammar in enumerate(Grammar(s, q) for q in quotes for s in separators)
        for records in [list(_records(lines, grammar, adapter))]
        for layout in [_layout(records, adapter)]
        if layout is not None
    ]
    usable = [entry for entry in found if not entry[1] or _wraps(lines, entry[3])]
    if not usable:
        raise ContractError(
            "no line can be the header: declare header: false, the column names as header, or "
            "skip_rows"
        )
    return max(usable, key=lambda entry: entry[:3])[3]


def _layout(records: list[Record], adapter: "FileForm") -> Layout | None:
    try:
        return find_layout(records, adapter.header, skips=adapter.skip_rows is None)
    except ContractError:
        return None


def _records(lines: list[str], grammar: Grammar, adapter: "FileForm") -> Iterator[Record]:
    """The first records below declared and leading comment lines; blank lines are none."""
    at = adapter.skip_rows or 0
    if adapter.skip_rows is None and adapter.comment is None:
        at = _below_comments(lines, grammar)
    count = 0
    while at < len(lines) and count < _SAMPLE_RECORDS:
        line = lines[at]
        is_comment = adapter.comment is not None and line.startswith(adapter.comment)
        is_blank = not line.strip() and grammar.separator not in line
        if is_blank or is_comment:
            at += 1
            continue
        end = _end(lines, at, grammar)
        yield Record(at + 1, end + 1, grammar.split("\n".join(lines[at:end])))
        at = end
        count += 1


def _below_comments(lines: list[str], grammar: Grammar) -> int:
    """The first line below leading `#` lines; a `#name` directly above the rows is their header."""
    at = 0
    while at < len(lines) and (lines[at].startswith("#") or not lines[at].strip()):
        at += 1
    if at in (0, len(lines)):
        return 0
    above = lines[at - 1]
    width = len(grammar.split(lines[at]) or ())
    is_header = re.match(r"#\w", above) and len(grammar.split(above) or ()) == width > 1
    return at - 1 if is_header else at


def _end(lines: list[str], at: int, grammar: Grammar) -> int:
    """The line after the record that starts here; one with an unclosed mark ends with its line."""
    if not grammar.quote or lines[at].count(grammar.quote) % 2 == 0:
        return at + 1
    for end in range(at + 1, min(at + _LONGEST_QUOTED, len(lines))):
        if lines[end].count(grammar.quote) % 2:
            is_whole = grammar.is_regular("\n".join(lines[at : end + 1]))
            return end + 1 if is_whole else at + 1
    return at + 1


def _fit(records: list[Record], layout: Layout) -> float:
    """How well a separator explains the sample: how many records are as wide as the header."""
    below = records[layout.skipped_count :]
    if layout.width < 2 or not below:
        return 0.0
    fit = sum(len(record.fields or ()) == layout.width for record in below) / len(below)
    names = [name.strip() for name in layout.names if name.strip()]
    if any(_NUMBER.fullmatch(name) for name in names) and below[0].line != layout.first_line:
        fit *= 0.5
    if len(set(names)) < len(names):
        fit *= 0.8
    return fit * 0.7 if layout.skipped_count else fit


def _wraps(lines: list[str], dialect: Dialect) -> bool:
    """Whether apostrophes are quotation marks here: they wrap whole fields in most lines."""
    separator = re.escape(dialect.grammar.separator)
    wrapped = re.compile(f"(?:^|{separator})'[^']*'(?={separator}|$)")
    filled = [line for line in lines if line.strip()]
    if any(re.search(f'(?:^|{separator})"', line) for line in filled):
        return False
    fits = sum(1 for line in filled if wrapped.search(line) and line.count("'") % 2 == 0)
    return fits > len(filled) / 2
