"""The root key: 32 random bytes in a file that only its owner can read."""

import os
import secrets
import stat
import warnings
from pathlib import Path
from typing import Final

from infra.errors import GemelloWarning, TwinError
from infra.objects import create_file, storage_errors
from infra.settings import Settings

ROOT_BYTES: Final = 32


def ring_folder(root_key_file: Path) -> Path:
    """Say where the wrapped keys lie: beside the root key file."""
    return root_key_file.with_name(f"{root_key_file.name}.ring")


def load_root_key(settings: Settings) -> bytes:
    """Read the root key; the embedded default makes it, with a warning, the first time.

    Raises TwinError when the file is missing but was declared, or data lies in object storage, or
    others can read it, or it does not hold a key.
    """
    path = settings.root_key_file
    is_remote = settings.is_remote or settings.archive.startswith("s3://")
    if is_remote and not settings.is_root_key_declared:
        raise TwinError(
            "data in s3:// needs a root key of your own: make one with "
            f"`{_recipe('root.key')}`, keep a copy away from the data, and set "
            "GEMELLO_ROOT_KEY_FILE to its path"
        )
    with storage_errors(str(path), "read the root key"):
        if not path.exists():
            if settings.is_root_key_declared:
                raise TwinError(
                    f"GEMELLO_ROOT_KEY_FILE names {path}, which does not exist: put the "
                    f"installation's key there, or make a first one with `{_recipe(str(path))}`"
                )
            _make_root_key(path)
        return _read_root_key(path)


def _recipe(path: str) -> str:
    return f"umask 077 && head -c {ROOT_BYTES} /dev/urandom > {path}"


def _make_root_key(path: Path) -> None:
    # In this order: another process makes the key before its ring.
    if ring_folder(path).exists() and not path.exists():
        raise TwinError(
            f"{path} is missing but the keys wrapped by it are still in {ring_folder(path)}: "
            "restore the root key from its copy; a new one could not read what is stored"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    if create_file(path, secrets.token_bytes(ROOT_BYTES), mode=0o600):
        warnings.warn(
            f"made a new root key in {path}: whoever has it can link pseudonyms to people, and "
            "without it nothing sealed can be opened; keep a copy in a safe place",
            GemelloWarning,
            stacklevel=4,
        )


def _read_root_key(path: Path) -> bytes:
    with path.open("rb") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if mode & 0o077:
            raise TwinError(
                f"others on this machine can read the root key {path} (mode {mode:04o}): "
                f"type `chmod 600 {path}`, and think who may have read it"
            )
        content = file.read(ROOT_BYTES + 1)
    if len(content) != ROOT_BYTES:
        raise TwinError(
            f"{path} does not hold a root key: it must be exactly {ROOT_BYTES} random bytes; "
            f"restore it from its copy, or for a new installation `{_recipe(str(path))}`"
        )
    return content
