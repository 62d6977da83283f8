"""The header of a sealed delivery: readable without opening, and bound to the wrapped key."""

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class Header:
    """What a key file says in the clear. Nothing here came from the publisher."""

    window: str
    sealed_at: datetime
    expires_on: date | None
    bytes_count: int
    payloads_count: int
    ciphertext: str
    key_domain: str | None
    key_version: int | None


def write_header(header: Header) -> bytes:
    """Write a header on one line, always the same way: these bytes are what is authenticated."""
    return json.dumps(asdict(header), default=_iso, sort_keys=True).encode()


def read_header(line: bytes) -> Header:
    """Read a header; an ill-formed one raises ValueError, KeyError or TypeError."""
    fields = json.loads(line)
    fields["sealed_at"] = datetime.fromisoformat(fields["sealed_at"])
    if fields["expires_on"] is not None:
        fields["expires_on"] = date.fromisoformat(fields["expires_on"])
    return Header(**fields)


def _iso(value: object) -> str:
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    raise TypeError
