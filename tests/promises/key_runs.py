"""What the test of hidden keys lets happen in one process: runs, commands, and bugs around keys.

Run as `python -m tests.promises.key_runs FIRST LAST PAPER OTHER_KEY`.
"""

import os
import sys
from pathlib import Path

from infra.keys import Keyring, PseudonymKey
from infra.settings import Settings
from tests.promises.canary_runs import bug, command


def _shown(key: object) -> str:
    """All that a careless message could say of a key."""
    assert isinstance(key, PseudonymKey)
    both = (key.mac_key, key.cipher_key)
    return " ".join(f"{secret!r} {secret.hex()} {list(secret)} {vars(key)}" for secret in both)


def _careless(*given: object, **_: object) -> object:
    raise RuntimeError(_shown(given[2]))


def _chained(*given: object, **_: object) -> object:
    try:
        return _careless(*given)
    except RuntimeError as first:
        raise OSError("while pseudonyms were made") from first


def _root(self: Keyring, *_: object, **__: object) -> object:
    root = self._root
    raise ValueError(f"{root!r} {root.hex()} {self!r}")


def everything(first: str, last: str, paper: str, other_key: str) -> None:
    """All commands that have to do with keys, whole and broken."""
    from quality.privacy import pseudonyms

    span = ("--select", "bronze/parks/visits", "--from", first, "--to", last)
    for faulty in (_careless, _chained):
        with bug(pseudonyms, "pseudonyms", faulty):
            command("run", *span)
    for name in ("pseudonym_key", "fingerprint", "wrap"):
        with bug(Keyring, name, _root):
            command("run", *span)
            command("keys", "new", "parks")
    command("run", *span)
    command("doctor")
    command("keys", "list")
    command("keys", "new", "parks")
    command("keys", "rotate", "parks")
    command("keys", "split", "--out", paper)
    _recover(paper)
    with bug(Keyring, "split", _root):
        command("keys", "split")
    command("keys", "renew")
    right = os.environ["GEMELLO_ROOT_KEY"]
    for wrong in (other_key, right[:-2], f"{right}00"):
        os.environ["GEMELLO_ROOT_KEY"] = wrong
        command("run", *span)
        command("keys", "rotate", "parks")
        command("keys", "list")
    os.environ["GEMELLO_ROOT_KEY"] = right
    command("run", "--from-archive", *span)


def _recover(paper: str) -> None:
    """Once as it should be, to a place that is not looked at, and once with a typing error."""
    pages = sorted(Path(paper).iterdir())
    typed = Path(paper) / "typed"
    typed.write_text("".join(page.read_text() for page in pages[:3]))
    command("keys", "recover", str(typed), "--out", f"{paper}/recovered.key")
    command("keys", "recover", str(pages[0]), "--out", f"{Settings.load().home}/root.key")
    # The number of a line is part of what its check is of.
    typed.write_text(typed.read_text().replace(" 1-2  ", " 1-3  "))
    command("keys", "recover", str(typed), "--out", f"{Settings.load().home}/root.key")


if __name__ == "__main__":
    everything(*sys.argv[1:])
