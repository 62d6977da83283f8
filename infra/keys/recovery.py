"""The root key back from its shares: proved to be the right one before it is written."""

import os
from dataclasses import dataclass
from pathlib import Path

from infra.errors import UsageError
from infra.keys.keyring import Keyring
from infra.keys.shares import read_shares, secret_of
from infra.objects import create_file, storage_errors


@dataclass(frozen=True)
class Recovered:
    """Which root key is where now, and how many stored keys it opens."""

    key_id: str
    path: Path
    opened_count: int


def recover(text: str, path: Path) -> Recovered:
    """Write the key of the shares in a text to a file that is not there yet.

    Raises UsageError for a typing error, for too few or mixed shares, and for a file that is there;
    TwinError if the ring beside it was stored under another root key.
    """
    shares = read_shares(text)
    secret = secret_of(shares)
    keyring = Keyring(secret, path)
    if keyring.root_id() != shares[0].key_id:
        raise UsageError(
            "the shares fit together, but not to the key they say they are of: one of them was "
            "forged or belongs to another split; try others"
        )
    opened_count = keyring.opens_ring()
    with storage_errors(str(path), "write the root key"):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not create_file(path, secret, mode=0o600):
            raise UsageError(
                f"{path} is there already and was not replaced: move it away, or say another file "
                "with --out"
            )
        os.chmod(path, 0o600)  # noqa: PTH101 # whatever the umask is
    return Recovered(keyring.root_id(), path, opened_count)
