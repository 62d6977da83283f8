"""Checking a pack with nothing but the pack: every byte of it, its signature, its chain."""

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from infra.errors import TwinError, UsageError
from infra.objects import storage_errors
from infra.signing import Signed, digest, is_valid, read_signed

MANIFEST: Final = "manifest.json"
# What a signed document must say of itself: the same key signs certificates of erasures.
KIND: Final = "gemello audit pack 1"
_CHANGED: Final = "it was changed after it was signed"


@dataclass(frozen=True)
class Manifest:
    """The signed list of a pack: its number in the chain, its files, the digest of the one before.

    `signed` is the document as it was read, whether its signature is right or not.
    """

    signed: Signed
    number: int
    made_at: datetime
    files: dict[str, str]
    previous: str

    @property
    def digest(self) -> str:
        """By which the next pack names this one."""
        return digest(self.signed.document)


@dataclass(frozen=True)
class Checked:
    """What `verify` found of a pack; no problems means that no byte of it has changed."""

    number: int
    made_at: datetime
    key_id: str
    files_count: int
    previous: str
    problems: tuple[str, ...]


def verify(folder: Path, *, public: bytes | None = None, previous: Path | None = None) -> Checked:
    """Hash every file of a pack again and hold it to the signed list; nothing else is needed.

    With `public` the signature must be of that key; with `previous` the chain is followed to that
    pack, which must be of the same key. Each problem names its file. Raises UsageError where there
    is no pack.
    """
    with storage_errors(str(folder), "read the report"):
        manifest = read_manifest(folder)
        problems = _problems(folder, manifest, public)
    if previous is not None:
        problems += _broken_chain(manifest, previous, public)
    signed = manifest.signed
    return Checked(
        number=manifest.number,
        made_at=manifest.made_at,
        key_id=signed.key_id if is_valid(signed) else "",
        files_count=len(manifest.files),
        previous=manifest.previous,
        problems=tuple(problems),
    )


def read_manifest(folder: Path) -> Manifest:
    """The list of a pack, as it stands. Raises UsageError where it is none, signed or not."""
    path = folder / MANIFEST
    if not path.is_file():
        raise UsageError(f"{folder} holds no {MANIFEST}: it is no pack of `gemello report audit`")
    try:
        signed = read_signed(path.read_bytes().decode())
    except (TwinError, UnicodeDecodeError):
        raise UsageError(f"{path} was changed: it is no signed list of files any more") from None
    found = _understood(signed)
    if found is None:
        raise UsageError(f"{path} was changed, or is no list of a pack of `gemello report audit`")
    return found


def _understood(signed: Signed) -> Manifest | None:
    document = signed.document
    if not isinstance(document, dict) or document.get("pack") != KIND:
        return None
    number, files, previous = (document.get(name) for name in ("number", "files", "previous"))
    if not isinstance(number, int) or not isinstance(files, dict) or not isinstance(previous, str):
        return None
    try:
        made_at = datetime.fromisoformat(str(document.get("made_at")))
    except ValueError:
        return None
    return Manifest(signed, number, made_at, {str(n): str(h) for n, h in files.items()}, previous)


def _problems(folder: Path, manifest: Manifest, public: bytes | None) -> list[str]:
    problems, signed = [], manifest.signed
    if not is_valid(signed):
        problems.append(f"{MANIFEST}: {_CHANGED}")
    elif public is not None and not is_valid(signed, public=public):
        problems.append(f"{MANIFEST}: it is signed by another key than the one given")
    # The signature covers what the list says; its blanks and line ends are held here.
    if (folder / MANIFEST).read_bytes() != signed.as_json().encode():
        problems.append(f"{MANIFEST}: {_CHANGED}")
    present = {name: hash_ for name, hash_ in hashes(folder).items() if name != MANIFEST}
    for name in sorted(manifest.files.keys() | present.keys()):
        if name not in present:
            problems.append(f"{_shown(name)}: it is missing")
        elif name not in manifest.files:
            problems.append(f"{_shown(name)}: it is not in the signed list")
        elif present[name] != manifest.files[name]:
            problems.append(f"{_shown(name)}: {_CHANGED}")
    problems += [f"{_shown(name)}: {what}" for name, what in _strange(folder)]
    return list(dict.fromkeys(problems))


def _broken_chain(manifest: Manifest, previous: Path, public: bytes | None) -> list[str]:
    before = read_manifest(previous)
    broken = []
    is_next = manifest.number == before.number + 1 and manifest.made_at >= before.made_at
    if manifest.previous != before.digest or not is_next:
        broken.append(f"{MANIFEST}: it does not follow the pack in {previous}")
    if manifest.signed.public_key != before.signed.public_key:
        broken.append(f"{MANIFEST}: it is signed by another key than the pack in {previous}")
    found = verify(previous, public=public).problems
    return broken + [f"the pack before: {one}" for one in found]


def hashes(folder: Path) -> dict[str, str]:
    """The SHA-256 of every plain file below a folder; links are not followed."""
    found = {}
    for name, path in _entries(folder):
        if stat.S_ISREG(path.lstat().st_mode):
            with path.open("rb") as file:
                found[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def _strange(folder: Path) -> Iterator[tuple[str, str]]:
    """What a pack never has: links, devices, folders without a file."""
    for name, path in _entries(folder):
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode):
            if not any(path.iterdir()):
                yield name, "it is an empty folder, and not in the signed list"
        elif not stat.S_ISREG(mode):
            yield name, "it is no plain file: a link or a device was put in its place"


def _entries(folder: Path) -> Iterator[tuple[str, Path]]:
    """Everything below a folder, hidden or not, by name; links to folders as what they are."""
    for at, folders, files in os.walk(folder, onerror=_cannot_look):
        for name in sorted([*folders, *files]):
            path = Path(at) / name
            yield path.relative_to(folder).as_posix(), path


def _cannot_look(error: OSError) -> None:
    """A folder that cannot be listed is an error, never an empty one."""
    raise error


def _shown(name: str) -> str:
    """A name as it can be printed: whoever changed a pack may have called a file anything."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in name)
