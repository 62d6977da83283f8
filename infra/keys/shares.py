"""Shares of the root key on paper: lines that a person can read out and type, each with a check.

    1-3  7XQ2-M0RT-94KA-ZB6E

is line 3 of share 1: eight bytes and a CRC of sixteen bits over them and over the numbers before
them, in Crockford's base32 (no I, L, O, U). It notices every wrong character and every two
neighbours that changed places, and says in which line. A share says which split and which key it
belongs to.
"""

import binascii
import hashlib
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from infra.errors import UsageError
from infra.keys import shamir

SECRET_BYTES: Final = 32
_FORMAT: Final = 1
_SPLIT_BYTES: Final = 4
_KEY_ID_BYTES: Final = 4
_CHECK_BYTES: Final = 4
_LINE_BYTES: Final = 8
_LINES_COUNT: Final = 6  # 4 + 4 + 4 + 32 + 4 bytes in lines of 8
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# What is often written for another: Crockford's own table.
_MEANT: Final = str.maketrans("ILO", "110")
_LINE: Final = re.compile(r"\s*(\d{1,3})\s*[-.]\s*(\d{1,2})[\s:]+([0-9A-Za-z][0-9A-Za-z\s-]*)")
_NUMBERED: Final = re.compile(r"\s*\d{1,3}\s*[-.]\s*\d{1,2}\b")


@dataclass(frozen=True, repr=False)
class Share:
    """One of the shares of a key: of which split, of which key, how many are needed of how many."""

    number: int
    needed_count: int
    shares_count: int
    split_id: str
    key_id: str
    value: bytes = field(repr=False)

    def __repr__(self) -> str:
        return f"Share({self.number} of {self.shares_count}, split {self.split_id})"

    def lines(self) -> list[str]:
        """The lines to be printed."""
        head = bytes([_FORMAT, self.number, self.needed_count, self.shares_count])
        body = head + bytes.fromhex(self.split_id + self.key_id) + self.value
        content = body + hashlib.sha256(body).digest()[:_CHECK_BYTES]
        pieces = [content[at : at + _LINE_BYTES] for at in range(0, len(content), _LINE_BYTES)]
        return [_line(self.number, number, piece) for number, piece in enumerate(pieces, start=1)]


def shares_of(
    secret: bytes, *, key_id: str, shares_count: int = 5, needed_count: int = 3
) -> list[Share]:
    """Split a root key; by its id (8 hex digits) it will be known again once it is back."""
    values = shamir.split(secret, shares_count=shares_count, needed_count=needed_count)
    split_id = secrets.token_hex(_SPLIT_BYTES)
    return [
        Share(number, needed_count, shares_count, split_id, key_id, value)
        for number, value in values.items()
    ]


def read_shares(text: str) -> list[Share]:
    """The shares in a text that was typed; what is no line of a share is passed over.

    Raises UsageError that names the share and the line where something is wrong, and never what
    was typed there.
    """
    found: dict[int, dict[int, bytes]] = {}
    for place, line in enumerate(text.splitlines(), start=1):
        if not _NUMBERED.match(line):
            continue
        share, number, piece = _read_line(line, place)
        known = found.setdefault(share, {}).setdefault(number, piece)
        if known != piece:
            raise UsageError(
                f"line {number} of share {share} was typed twice, and differently: two shares of "
                "this number are mixed; give one of them"
            )
    return [_read_share(number, pieces) for number, pieces in sorted(found.items())]


def secret_of(shares: Sequence[Share]) -> bytes:
    """The key of these shares, as yet unproved: its id must be compared with that of the shares.

    Raises UsageError for too few shares and for shares of different splits.
    """
    if not shares:
        raise UsageError("no share was given: type the lines of each, such as `1-1 7XQ2-…`")
    first = shares[0]
    others = [share.number for share in shares if _split(share) != _split(first)]
    if others:
        raise UsageError(
            f"share {others[0]} is of another split than share {first.number}: shares go together "
            f"only with those printed at the same time (split {first.split_id} on the page)"
        )
    if len(shares) < first.needed_count:
        given = ", ".join(str(share.number) for share in shares)
        raise UsageError(
            f"{first.needed_count} shares are needed, and only {len(shares)} came "
            f"(number {given}): fewer say nothing about the key"
        )
    enough = shares[: first.needed_count]
    secret = shamir.combine({share.number: share.value for share in enough})
    for share in shares[first.needed_count :]:
        others_with = {one.number: one.value for one in (*enough[1:], share)}
        if shamir.combine(others_with) != secret:
            raise UsageError(
                "the shares do not agree with each other: one of them was forged or made anew; "
                f"try each {first.needed_count} of them by themselves"
            )
    return secret


def _split(share: Share) -> tuple[str, str, int, int]:
    return share.split_id, share.key_id, share.needed_count, share.shares_count


def _read_line(line: str, place: int) -> tuple[int, int, bytes]:
    match = _LINE.fullmatch(line)
    letters = re.sub(r"[\s-]", "", match[3]).upper().translate(_MEANT) if match else ""
    if match is None or not 1 <= int(match[1]) <= 255 or not 1 <= int(match[2]) <= _LINES_COUNT:
        raise UsageError(
            f"line {place} of what was typed begins like a line of a share and is none: it is "
            "written as `1-3 XXXX-XXXX-XXXX-XXXX`"
        )
    share, number = int(match[1]), int(match[2])
    wrong = f"line {number} of share {share} has a typing error: compare it with the paper"
    if len(letters) != 16 or any(letter not in _ALPHABET for letter in letters):
        raise UsageError(f"{wrong}; it has four groups of four letters and digits, and no U")
    packed = sum(_ALPHABET.index(letter) << 5 * at for at, letter in enumerate(reversed(letters)))
    content = packed.to_bytes(_LINE_BYTES + 2, "big")
    piece, check = content[:_LINE_BYTES], content[_LINE_BYTES:]
    if _crc(share, number, piece) != check:
        raise UsageError(f"{wrong}, its number too")
    return share, number, piece


def _read_share(number: int, pieces: dict[int, bytes]) -> Share:
    missing = [str(line) for line in range(1, _LINES_COUNT + 1) if line not in pieces]
    if missing:
        raise UsageError(f"share {number} lacks line {', '.join(missing)}: type it, too")
    content = b"".join(pieces[line] for line in range(1, _LINES_COUNT + 1))
    body, check = content[:-_CHECK_BYTES], content[-_CHECK_BYTES:]
    if hashlib.sha256(body).digest()[:_CHECK_BYTES] != check or body[1] != number:
        raise UsageError(f"share {number}: its lines are of different shares of this number")
    if body[0] != _FORMAT:
        raise UsageError(f"share {number} was printed by another version of gemello; use that one")
    ids = body[4 : 4 + _SPLIT_BYTES + _KEY_ID_BYTES]
    return Share(
        number,
        needed_count=body[2],
        shares_count=body[3],
        split_id=ids[:_SPLIT_BYTES].hex(),
        key_id=ids[_SPLIT_BYTES:].hex(),
        value=body[4 + len(ids) :],
    )


def _line(share: int, number: int, piece: bytes) -> str:
    packed = int.from_bytes(piece + _crc(share, number, piece), "big")
    letters = "".join(_ALPHABET[packed >> 5 * at & 31] for at in reversed(range(16)))
    groups = "-".join(letters[at : at + 4] for at in range(0, 16, 4))
    return f"{share}-{number}  {groups}"


def _crc(share: int, number: int, piece: bytes) -> bytes:
    """CRC-16 (CCITT): it notices every burst of up to sixteen wrong bits, three letters' worth."""
    return binascii.crc_hqx(bytes([share, number]) + piece, 0xFFFF).to_bytes(2, "big")


def pages(shares: Iterable[Share], *, installation: str, printed_on: str) -> list[str]:
    """A page for each share, in Italian, for whoever keeps it."""
    return [_page(share, installation, printed_on) for share in shares]


def _page(share: Share, installation: str, printed_on: str) -> str:
    needed, count = share.needed_count, share.shares_count
    lines = "\n\n".join(f"        {line}" for line in share.lines())
    return f"""\
    GEMELLO - CHIAVE PRINCIPALE                    QUOTA {share.number} DI {count}
    ------------------------------------------------------------------

    Installazione:  {installation}
    Stampata il:    {printed_on}
    Chiave:         {share.key_id}      Ripartizione: {share.split_id}

    Questa è una di {count} quote. Con {needed} quote qualsiasi si ricostruisce la
    chiave che protegge i dati personali della piattaforma; con meno di
    {needed} non se ne ricava nulla. Va custodita in busta chiusa, lontano
    dalle altre quote e da ogni copia dei dati. Non va fotografata, né
    fotocopiata, né scritta in un computer se non per il ripristino.

{lines}

    Ripristino: su una macchina fidata, `gemello keys recover`; si
    scrivono le sei righe di {needed} quote, numeri iniziali compresi.
    Maiuscole e trattini non contano. Un errore di battitura viene
    segnalato con la riga. I e L valgono 1, O vale 0.

    Custode: ______________________   Data e firma: __________________
"""
