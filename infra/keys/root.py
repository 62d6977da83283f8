"""The root key: 32 random bytes in a file of its owner's, in a variable, or in Vault."""

import secrets
import warnings
from pathlib import Path
from typing import Final

from infra.errors import GemelloWarning, TwinError
from infra.keys.forms import ROOT_BYTES, key_of_text, read_private
from infra.keys.vault import root_key_in_vault
from infra.objects import create_file, storage_errors
from infra.settings import Settings

_VARIABLE: Final = "GEMELLO_ROOT_KEY"


def ring_folder(root_key_file: Path) -> Path:
    """Say where the wrapped keys lie: beside the root key file, or where it would lie."""
    return root_key_file.with_name(f"{root_key_file.name}.ring")


def renewed_file(root_key_file: Path) -> Path:
    """Say where the next root key lies while everything is wrapped anew under it."""
    return root_key_file.with_name(f"{root_key_file.name}.next")


def place_of_root_key(settings: Settings) -> str:
    """Say where the root key comes from, in words."""
    if settings.root_key is not None:
        return f"the variable {_VARIABLE}"
    if settings.root_key_vault:
        return "Vault, as GEMELLO_ROOT_KEY_VAULT says"
    return str(settings.root_key_file)


def load_root_key(settings: Settings) -> bytes:
    """Read the root key; the embedded default makes it, with a warning, the first time.

    Raises TwinError when it is declared in two places, when it is missing but was declared, or data
    lies in object storage, or others can read it, or what is there is no key.
    """
    _refuse_two_places(settings)
    if settings.root_key is not None:
        return key_of_text(settings.root_key.reveal(), place=_VARIABLE)
    if settings.root_key_vault:
        return root_key_in_vault(settings)
    return _in_file(settings)


def _refuse_two_places(settings: Settings) -> None:
    said = {
        "GEMELLO_ROOT_KEY_FILE": settings.is_root_key_declared,
        _VARIABLE: settings.root_key is not None,
        "GEMELLO_ROOT_KEY_VAULT": bool(settings.root_key_vault),
    }
    places = [name for name, is_said in said.items() if is_said]
    if len(places) > 1:
        raise TwinError(
            f"the root key is said to be in several places ({', '.join(places)}): unset all but one"
        )


def _in_file(settings: Settings) -> bytes:
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
            "restore the root key from its copy, or from its shares with `gemello keys recover`; a "
            "new one could not read what is stored"
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
    if renewed_file(path).exists():
        raise TwinError(
            f"the root key {path} is being renewed, or its renewal was cut off: type `gemello keys "
            "renew` to end it, then run again"
        )
    return read_root_key_file(path)


def read_root_key_file(path: Path) -> bytes:
    """Read the key in a file. Raises TwinError if others can read it, or it holds no key."""
    content = read_private(path, "the root key", most_bytes=ROOT_BYTES + 1)
    if len(content) != ROOT_BYTES:
        raise TwinError(
            f"{path} does not hold a root key: it must be exactly {ROOT_BYTES} random bytes; "
            f"restore it from its copy, or for a new installation `{_recipe(str(path))}`"
        )
    return content
