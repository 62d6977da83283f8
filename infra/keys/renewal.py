"""Another root key: every key that is wrapped under the old one is wrapped under the new one.

The new key lies beside the old one until all is done, and while it does nothing else opens the
keyring. Whoever is stopped in between begins again with the same new key: what opens with it
already is left alone.
"""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.errors import TwinError
from infra.keys.forms import ROOT_BYTES
from infra.keys.keyring import Keyring
from infra.keys.ring import Ring
from infra.keys.root import place_of_root_key, read_root_key_file, renewed_file, ring_folder
from infra.objects import create_file, storage_errors
from infra.settings import Settings

# Wraps anew what lies elsewhere, and gives how much of it there is.
Rewrap = Callable[[Keyring, Keyring], int]
_PASSES: Final = 2  # what a forgotten process stored during the first is wrapped by the second


@dataclass(frozen=True)
class Renewed:
    """Which root key is in use now, and how much is wrapped under it."""

    key_id: str
    ring_count: int
    others_count: int


def renew(settings: Settings, rewrap: Rewrap) -> Renewed:
    """Put a new root key in the place of the old one.

    Raises TwinError where the root key is not in a file, or a stored key opens with neither key.
    """
    path = settings.root_key_file
    if settings.is_root_key_elsewhere:
        raise TwinError(
            f"the root key is in {place_of_root_key(settings)}, where it cannot be renewed: put it "
            "into a file, name that in GEMELLO_ROOT_KEY_FILE, renew it, and put the new one back"
        )
    if not path.exists():
        raise TwinError(f"{path} does not exist: there is no root key to be renewed")
    fresh = renewed_file(path)
    with storage_errors(str(fresh), "make the new root key"):
        create_file(fresh, secrets.token_bytes(ROOT_BYTES), mode=0o600)
    old = Keyring(read_root_key_file(path), path)
    new = Keyring(read_root_key_file(fresh), path)
    ring_count = others_count = 0
    for _ in range(_PASSES):
        ring_count = Ring(ring_folder(path), new).rewrap(old)
        others_count = rewrap(old, new)
    _put_in_place(fresh, path)
    return Renewed(new.root_id(), ring_count, others_count)


def _put_in_place(fresh: Path, path: Path) -> None:
    """Replace the old key, whose blocks are overwritten where the file system writes in place."""
    with storage_errors(str(path), "replace the root key"), path.open("r+b") as old:
        fresh.replace(path)
        old.write(bytes(ROOT_BYTES))
        old.flush()
        os.fsync(old.fileno())
