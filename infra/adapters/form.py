"""How a publisher writes its files, where finding it out from the file would go wrong."""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from infra.arrivals import Payload

if TYPE_CHECKING:
    from infra.adapters.raw import RawRows

Format = Literal["csv", "xlsx", "json", "jsonl", "geojson", "parquet"]


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


class FileForm(BaseModel):
    """The format of files and their dialect: what every source that sends files may declare."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

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

    def read(self, payloads: Sequence[Payload]) -> "RawRows":
        """Read the rows of a delivery; a row that cannot be read is refused, with its reason.

        Raises ContractError if a whole file cannot be read: empty, cut short, a web page.
        """
        from infra.adapters.reading import read_payloads

        return read_payloads(self, payloads)

    def read_in_pieces(self, payloads: Sequence[Payload]) -> "Iterator[RawRows]":
        """Yield the same rows, of a large delivery in pieces; see `read`."""
        from infra.adapters.reading import read_in_pieces

        return read_in_pieces(self, payloads)
