"""A pack of files on disk: each hashed, the list of them signed and chained to the pack before."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from infra.errors import UsageError
from infra.objects import storage_errors
from infra.signing import Signed, SigningKey, is_valid
from quality.report.checking import (
    KIND,
    MANIFEST,
    Checked,
    Manifest,
    hashes,
    read_manifest,
    verify,
)

__all__ = ["MANIFEST", "Checked", "as_text", "newest_beside", "verify", "write"]


def write(
    folder: Path,
    files: Mapping[str, str],
    *,
    key: SigningKey,
    made_at: datetime,
    previous: Path | None,
) -> Signed:
    """Write a pack into a folder that is empty or not there, chained to the pack before.

    Raises UsageError where something stands in the folder, or the pack before does not check or is
    of another key.
    """
    before = None if previous is None else _before(previous, key)
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
                "pack": KIND,
                "number": before.number + 1 if before else 1,
                "made_at": made_at.isoformat(),
                "files": hashes(folder),
                "previous": before.digest if before else "",
            }
        )
        (folder / MANIFEST).write_text(signed.as_json(), encoding="utf-8")
    return signed


def _before(folder: Path, key: SigningKey) -> Manifest:
    checked = verify(folder, public=key.public)
    if checked.problems:
        raise UsageError(
            f"the pack before, {folder}, is not as it was signed with the key in use: "
            f"{checked.problems[0]}; name the pack as it was handed out, or write the new one "
            "into a folder beside which there is no other, which begins a new chain"
        )
    return read_manifest(folder)


def newest_beside(folder: Path, public: bytes) -> Path | None:
    """The last pack signed with a key among the folders beside this one; None if there is none.

    Packs of other keys are not ours to go on from. Raises UsageError where one of ours does not
    say any more which it is: the chain would fork in silence.
    """
    found: list[tuple[int, datetime, Path]] = []
    parent = folder.absolute().parent
    for other in sorted(parent.iterdir()) if parent.is_dir() else ():
        if other == folder.absolute() or not _is_pack(other):
            continue
        manifest = read_manifest(other)
        if is_valid(manifest.signed, public=public):
            found.append((manifest.number, manifest.made_at, other))
        elif not is_valid(manifest.signed):
            raise UsageError(
                f"{other} is a pack that was changed after it was signed; put back the one that "
                "was handed out, or move it away"
            )
    return max(found)[2] if found else None


def _is_pack(folder: Path) -> bool:
    """Whether a folder is a pack; many other things have a file called manifest.json."""
    return all((folder / name).is_file() for name in (MANIFEST, "report.json"))


def as_text(values: Mapping[str, object]) -> str:
    """JSON as it stands in a pack: sorted, indented, one form for the same content."""
    return json.dumps(values, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
