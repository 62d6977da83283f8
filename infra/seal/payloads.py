"""Payloads as one stream of bytes and back, and the keyed id of a delivery."""

import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Final

from infra.adapters.opening import payloads_of
from infra.arrivals import Arrivals, Payload
from infra.keys import Keyring

_LENGTH_BYTES: Final = 8
_ID_LENGTH: Final = 32


def delivery_id(arrivals: Arrivals, keyring: Keyring, *, policy: str = "") -> str:
    """Give the id of a delivery, 32 hex: it follows from contents, names, windows, order, policy.

    It is an HMAC, since a bare hash of a small delivery could be found by guessing what was in it.
    """
    return keyring.fingerprint(f"delivery|{policy}", _identity(arrivals, keyring))[:_ID_LENGTH]


def _identity(arrivals: Arrivals, keyring: Keyring) -> Iterator[bytes]:
    for payload in payloads_of(arrivals):
        yield payload.name.encode("utf-8", "surrogatepass")
        yield (payload.window_start.isoformat() if payload.window_start else "").encode()
        yield digest_of(payload, keyring)


def digest_of(payload: Payload, keyring: Keyring) -> bytes:
    """What a payload is known by: of one that rows were taken out of, what it was."""
    if payload.stands_for is not None:
        return payload.stands_for
    if keyring not in payload.digests:
        payload.digests[keyring] = keyring.digest(payload.content)
    return payload.digests[keyring]


def encode(arrivals: Arrivals) -> Iterator[bytes | memoryview]:
    """Write a delivery as bytes: for each payload a description, and its content."""
    for payload in payloads_of(arrivals):
        start = payload.window_start
        described = json.dumps(
            {
                "name": payload.name,
                "modified_at": payload.modified_at.isoformat(),
                "window_start": None if start is None else start.isoformat(),
                "bytes": len(payload.content),
                **({"stands_for": payload.stands_for.hex()} if payload.stands_for else {}),
            }
        ).encode()
        yield len(described).to_bytes(_LENGTH_BYTES, "big") + described
        yield memoryview(payload.content)


def decode(pieces: Iterable[bytes]) -> Arrivals:
    """Read a delivery that `encode` wrote, however its bytes were cut."""
    stream, payloads = _Stream(pieces), []
    while length := stream.take(_LENGTH_BYTES):
        described = json.loads(stream.take(int.from_bytes(length, "big")))
        start, was = described["window_start"], described.get("stands_for")
        payloads.append(
            Payload(
                name=described["name"],
                content=stream.take(described["bytes"]),
                modified_at=datetime.fromisoformat(described["modified_at"]),
                window_start=None if start is None else date.fromisoformat(start),
                stands_for=bytes.fromhex(was) if was else None,
            )
        )
    return Arrivals(payloads)


class _Stream:
    """Bytes to be taken in any lengths from pieces of other lengths."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = memoryview(b"")

    def take(self, count: int) -> bytes:
        """Give the next bytes; fewer only at the end of the stream."""
        parts: list[memoryview] = []
        while count:
            if not self._rest:
                piece = next(self._pieces, None)
                if piece is None:
                    break
                self._rest = memoryview(piece)
                continue
            parts.append(self._rest[:count])
            self._rest = self._rest[count:]
            count -= len(parts[-1])
        return b"".join(parts)
