"""The words we know: names, places, common Italian; and the weights learnt. Hashes are checked."""

import hashlib
import json
import lzma
from functools import cache
from pathlib import Path
from typing import Any, Final

from infra.errors import TwinError

_FOLDER: Final = Path(__file__).parent / "trained"
MANIFEST: Final = "manifest.json"
WORDS: Final = "words.txt.xz"
WEIGHTS: Final = "weights.json.xz"


@cache
def lexicon() -> dict[str, str]:
    """What is known of each word, in lower case.

    `F` Italian first name, `S` Italian surname, `X` name from elsewhere, `T` place of the province,
    `C` place elsewhere, `W` common word of another language, and 1 to 3 for how common it is as a
    word of Italian.
    """
    lines = read(WORDS).decode().splitlines()
    return dict(line.split("\t") for line in lines)


@cache
def weights() -> dict[str, Any]:  # JSON
    """The weights of the name recogniser as `training` wrote them."""
    loaded: dict[str, Any] = json.loads(read(WEIGHTS))  # JSON
    return loaded


@cache
def model_id() -> str:
    """The first digits of the hash over all trained files: which model found what."""
    return hashlib.sha256((_FOLDER / MANIFEST).read_bytes()).hexdigest()[:16]


def read(name: str, folder: Path = _FOLDER) -> bytes:
    """A trained file, unpacked. Raises TwinError if it is not the one the manifest names."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        packed = (folder / name).read_bytes()
    except OSError:
        raise TwinError(
            f"{name}: a file of the name recogniser is missing; install gemello anew"
        ) from None
    if hashlib.sha256(packed).hexdigest() != manifest["sha256"].get(name):
        raise TwinError(
            f"{name}: a file of the name recogniser is not the one that was trained; install "
            "gemello anew"
        )
    return lzma.decompress(packed)
