"""A pack of files on disk: each hashed, the list of them signed and chained to the pack before."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from infra.errors import TwinError, UsageError
from infra.objects import storage_errors
from infra.signing import Signed, SigningKey, digest, is_valid, read_signed

MANIFEST: Final = "manifest.json"
_KIND: Final = "gemello audit pack 1"


@dataclass(frozen=True)
class Checked:
    """What `verify` found of a pack; no problems means that no byte of it has changed."""

    number: int
    made_at: str
    key_id: str
    files_count: int
    previous: str
    problems: tuple[str, ...]


def write(
    folder: Path,
    files: Mapping[str, str],
    *,
    key: SigningKey,
    made_at: datetime,
    previous: Path | None,
) -> Signed:
    """Write a pack into a folder that is empty or not there, chained to the pack before.

    Raises UsageError where something stands in the folder, or the pack before does not check.
    """
    before = _before(previous)
    with storage_errors(str(folder), "write the report"):
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise UsageError(f"{folder} is not empty; name a folder that is, or a new one")
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        signed = key.sign(
            {
                "pack": _KIND,
                "number": before.number + 1 if before else 1,
                "made_at": made_at.isoformat(),
                "files": _hashes(folder),
                "previous": before.previous if before else "",
            }
        )
        (folder / MANIFEST).write_text(signed.as_json(), encoding="utf-8")
    return signed


@dataclass(frozen=True)
class _Before:
    number: int
    previous: str


def _before(folder: Path | None) -> _Before | None:
    if folder is None:
        return None
    checked = verify(folder)
    if checked.problems:
        raise UsageError(
            f"the pack before, {folder}, is not as it was signed: {checked.problems[0]}; name the "
            "pack as it was handed out, or leave --previous out and begin a new chain"
        )
    return _Before(checked.number, digest(_manifest(folder).document))


def newest_beside(folder: Path) -> Path | None:
    """The pack with the highest number among the folders beside this one; None if there is none."""
    found: list[tuple[int, str, Path]] = []
    if folder.absolute().parent.is_dir():
        for other in folder.absolute().parent.iterdir():
            if other != folder.absolute() and (other / MANIFEST).is_file():
                document = _manifest(other).document
                number, made = document.get("number"), str(document.get("made_at"))
                found.append((number if isinstance(number, int) else 0, made, other))
    return max(found)[2] if found else None


def verify(folder: Path, *, public: bytes | None = None, previous: Path | None = None) -> Checked:
    """Hash every file of a pack again and hold it to the signed list; nothing else is needed.

    With `public` the signature must be of that key; with `previous` the chain is followed to that
    pack. Each problem names its file. Raises UsageError where there is no pack.
    """
    with storage_errors(str(folder), "read the report"):
        signed = _manifest(folder)
        problems = _problems(folder, signed, public)
    if previous is not None:
        before = _manifest(previous)
        if signed.document.get("previous") != digest(before.document):
            problems.append(f"{MANIFEST}: it does not follow the pack in {previous}")
        problems += [f"the pack before: {one}" for one in verify(previous, public=public).problems]
    document = signed.document
    number, files = document.get("number"), document.get("files")
    return Checked(
        number=number if isinstance(number, int) else 0,
        made_at=str(document.get("made_at")),
        key_id=signed.key_id if is_valid(signed) else "",
        files_count=len(files) if isinstance(files, dict) else 0,
        previous=str(document.get("previous")),
        problems=tuple(problems),
    )


def _manifest(folder: Path) -> Signed:
    path = folder / MANIFEST
    if not path.is_file():
        raise UsageError(f"{folder} holds no {MANIFEST}: it is no pack of `gemello report audit`")
    try:
        return read_signed(path.read_bytes().decode())
    except (TwinError, UnicodeDecodeError):
        raise UsageError(f"{path} was changed: it is no signed list of files any more") from None


def _problems(folder: Path, signed: Signed, public: bytes | None) -> list[str]:
    problems = []
    if not is_valid(signed):
        problems.append(f"{MANIFEST}: it was changed after it was signed")
    elif public is not None and not is_valid(signed, public=public):
        problems.append(f"{MANIFEST}: it is signed by another key than the one given")
    # The signature covers what the list says; its blanks and line ends are held here.
    if (folder / MANIFEST).read_bytes() != signed.as_json().encode():
        problems.append(f"{MANIFEST}: it was changed after it was signed")
    listed = signed.document.get("files")
    expected = listed if isinstance(listed, dict) else {}
    present = _hashes(folder)
    problems += [f"{name}: it is missing" for name in sorted(expected.keys() - present.keys())]
    problems += [
        f"{name}: it is not in the signed list" for name in sorted(present.keys() - expected.keys())
    ]
    problems += [
        f"{name}: it was changed after it was signed"
        for name in sorted(expected.keys() & present.keys())
        if expected[name] != present[name]
    ]
    return list(dict.fromkeys(problems))


def _hashes(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file below a folder but the list itself."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path != folder / MANIFEST
    }


def as_text(values: Mapping[str, object]) -> str:
    """JSON as it stands in a pack: sorted, indented, one form for the same content."""
    return json.dumps(values, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
