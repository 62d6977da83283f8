"""The forms in which a secret lies outside: a file of one's own, or a text in base64 or hex."""

import base64
import binascii
import os
import re
import stat
from pathlib import Path
from typing import Final

from infra.errors import TwinError
from infra.objects import storage_errors

ROOT_BYTES: Final = 32
_HEX: Final = re.compile(r"[0-9a-fA-F]{64}")


def read_private(path: Path, what: str, *, most_bytes: int) -> bytes:
    """The first bytes of a file that nobody else on this machine can read.

    Raises TwinError that names it as `what`, and says how to close it to others.
    """
    with storage_errors(str(path), f"read {what}"), path.open("rb") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if mode & 0o077:
            raise TwinError(
                f"others on this machine can read {what} {path} (mode {mode:04o}): "
                f"type `chmod 600 {path}`, and think who may have read it"
            )
        return file.read(most_bytes)


def key_of_text(text: str, *, place: str) -> bytes:
    """The key written in base64, or as 64 hexadecimal digits.

    Raises TwinError that names the place and shows nothing of the text.
    """
    plain = text.strip()
    try:
        key = bytes.fromhex(plain) if _HEX.fullmatch(plain) else _from_base64(plain)
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != ROOT_BYTES:
        raise TwinError(
            f"{place} does not hold a root key: it is {ROOT_BYTES} random bytes in base64 (44 "
            "characters, `base64 root.key`) or in hexadecimal (64)"
        ) from None
    return key


def _from_base64(text: str) -> bytes:
    bare = text.rstrip("=").translate(str.maketrans("-_", "+/"))
    return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
