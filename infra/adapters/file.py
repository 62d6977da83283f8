"""The `file` protocol: local paths and globs, http(s) and s3, in any of the tabular formats."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Final, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    field_validator,
    model_validator,
)

from infra.arrivals import Arrivals, Payload
from infra.errors import ContractError, PublisherUnavailable
from infra.windows import Window

if TYPE_CHECKING:
    from infra.adapters.fetch import Place
    from infra.adapters.raw import RawRows

Format = Literal["csv", "xlsx", "json", "jsonl", "geojson", "parquet"]

# {window} or {window:%Y-%m-%d}: the first day of the delivery window, in the publisher's file name.
WINDOW: Final = re.compile(r"\{window(?::([^{}]+))?\}")


class Melt(BaseModel):
    """Wide to long: the columns whose name matches `columns` become rows of `name` and `value`.

    The pattern may match any part of the name; an empty cell becomes a row without a value.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    columns: str
    name: str
    value: str

    @field_validator("columns")
    @classmethod
    def _is_pattern(cls, text: str) -> str:
        try:
            re.compile(text)
        except re.error:
            raise ValueError("write a regular expression that matches the columns' names") from None
        return text


class FileAdapter(BaseModel):
    """Files a publisher leaves somewhere, and how to read them where sniffing would be wrong."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    protocol: Literal["file"]
    url: str
    format: Format | None = None
    encoding: str | None = None
    separator: str | None = Field(default=None, min_length=1, max_length=1)
    quote: str | None = Field(default=None, max_length=1)
    decimal: Literal[".", ","] | None = None
    thousands: Literal[".", ",", "'", " "] | None = None
    skip_rows: int | None = Field(default=None, ge=0)
    comment: str | None = Field(default=None, min_length=1)
    header: bool | tuple[str, ...] = True
    melt: Melt | None = None
    sheet: str | int | None = None
    records: str | None = None

    _written: str | None = PrivateAttr(default=None)

    @field_validator("encoding")
    @classmethod
    def _is_encoding(cls, name: str | None) -> str | None:
        try:
            if name is not None:
                "".encode(name)
        except LookupError:
            raise ValueError("write an encoding such as utf-8, windows-1252 or cp850") from None
        return name

    @field_validator("separator", "quote")
    @classmethod
    def _is_one_byte(cls, character: str | None) -> str | None:
        if character is not None and (not character.isascii() or character in ("\n", "\r")):
            raise ValueError("write one ASCII character that is no line break")
        return character

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if self.separator is not None and self.separator == self.quote:
            raise ValueError("separator and quote are the same character: correct one of them")
        if self.decimal is not None and self.decimal == self.thousands:
            raise ValueError("decimal and thousands are the same character: correct one of them")
        return self

    @property
    def names_windows(self) -> bool:
        """Whether the file names say which window a file is for."""
        return WINDOW.search(self.url) is not None

    @property
    def may_be_empty(self) -> bool:
        """Whether a delivery without any row is news: of a window, and not of a whole list."""
        return self.names_windows

    @property
    def sends_versions(self) -> bool:
        """Whether the files of an undated delivery are each a whole, one after the other."""
        return False

    def resolved(self, fill: Callable[[str], str]) -> Self:
        """The same adapter with the placeholders of its address filled.

        Messages go on to show the address as the contract writes it.
        """
        filled = self.model_copy(update={"url": fill(self.url)})
        filled._written = self._written or self.url
        return filled

    def pull(self, window: Window) -> Arrivals:
        """Fetch the files of these windows, as they are.

        If the address names windows, those of each window in the range that are there; otherwise
        all files at the address. Raises PublisherUnavailable when nothing is found or the
        publisher does not answer.
        """
        from infra.adapters.fetch import fetch

        return self._found(fetch(self._places(window)), window)

    def read(self, payloads: Sequence[Payload]) -> "RawRows":
        """Read the rows of a delivery; a row that cannot be read is refused, with its reason.

        Raises ContractError if a whole file cannot be read: empty, cut short, a web page.
        """
        from infra.adapters.reading import read_payloads

        return read_payloads(self, payloads)

    @property
    def _shown(self) -> str:
        """The address as the contract writes it, without secrets."""
        from infra.adapters.fetch import without_secrets

        return without_secrets(self._written or self.url)

    def _places(self, window: Window) -> "list[Place]":
        """The addresses to look at: one, or one for each window where the address names it."""
        from infra.adapters.fetch import Place

        if not self.names_windows:
            return [Place(self.url, self._shown)]
        if window.is_static:
            raise ContractError(
                f"{self._shown}: a static data set has no windows; take {{window}} out of "
                "source.url"
            )
        return [Place(_dated(self.url, start), self._shown, start) for start in window.starts()]

    def _found(self, payloads: list[Payload], window: Window) -> Arrivals:
        if not payloads:
            raise PublisherUnavailable(f"{self._shown}: nothing was found there for {window}")
        return Arrivals(payloads)


def _dated(url: str, start: date) -> str:
    return WINDOW.sub(lambda match: start.strftime(match[1] or "%Y-%m-%d"), url)
