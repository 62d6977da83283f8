"""How one CSV record is written: fields, separators and quotation marks, strictly and leniently."""

import re
from dataclasses import dataclass
from functools import cached_property


def _hex(character: str) -> str:
    return f"\\x{{{ord(character):x}}}"


@dataclass(frozen=True)
class Grammar:
    """A separator and a quotation mark; an empty quotation mark means that nothing is quoted.

    A regular record has its marks around whole fields only, doubled within. Leniently, blanks may
    stand around a quoted field, and marks inside a field that is not quoted are text, if they pair.
    """

    separator: str
    quote: str

    @cached_property
    def regular_pattern(self) -> str:
        """A regular record, for polars."""
        quote, other = _hex(self.quote), f"[^{_hex(self.quote)}{_hex(self.separator)}]*"
        field = f"(?:{quote}(?:[^{quote}]|{quote}{quote})*{quote}|{other})"
        return f"^{field}(?:{_hex(self.separator)}{field})*$"

    @cached_property
    def quoted_pattern(self) -> str:
        """What stands between two quotation marks, for polars."""
        return f"{_hex(self.quote)}[^{_hex(self.quote)}]*{_hex(self.quote)}"

    @cached_property
    def _regular(self) -> re.Pattern[str]:
        quote, separator = re.escape(self.quote), re.escape(self.separator)
        inside = f"[^{quote}]*+(?:{quote}{quote}[^{quote}]*+)*+"
        field = f"(?:{quote}{inside}{quote}|[^{quote}{separator}\\n]*+)"
        return re.compile(f"{field}(?:{separator}{field})*+")

    @cached_property
    def _quoted(self) -> re.Pattern[str]:
        quote, separator = re.escape(self.quote), re.escape(self.separator)
        inside = f"[^{quote}]*+(?:{quote}{quote}[^{quote}]*+)*+"
        return re.compile(f"[ ]*{quote}({inside}){quote}[ ]*(?={separator}|\\Z)")

    @cached_property
    def _opened(self) -> re.Pattern[str]:
        return re.compile(f"[ ]*{re.escape(self.quote)}")

    def is_regular(self, text: str) -> bool:
        """Whether a record, which may span lines, has its marks around whole fields only."""
        return self._regular.fullmatch(text) is not None

    def split(self, text: str) -> list[str] | None:
        """The fields of a record, leniently; None if a mark is left open or text follows it."""
        if not self.quote or self.quote not in text:
            return text.split(self.separator)
        fields: list[str] = []
        at = 0
        while True:
            if match := self._quoted.match(text, at):
                fields.append(match[1].replace(self.quote * 2, self.quote))
                end = match.end()
            elif self._opened.match(text, at):
                return None
            else:
                end = text.find(self.separator, at)
                end = len(text) if end < 0 else end
                fields.append(text[at:end])
            if end == len(text):
                return fields
            at = end + 1
