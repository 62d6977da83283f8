import base64
import json
import secrets
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl
import pytest

from infra.keys import Keyring
from infra.keys.ring import Ring
from infra.keys.shares import read_shares
from infra.scan import scan
from tests.promises.contracts import VISITS, VISITS_HEADER, write_contract
from tests.promises.key_forms import forms
from tests.promises.town import FIRST_DAY, Town, days, process_environment

ROOT: Final = Path(__file__).parents[2]
SECOND_DAY: Final = days(2)[1]
TOKEN: Final = "hvs.CAESIHnothing-of-this-kind-0123456789"  # noqa: S105 # invented


@dataclass(frozen=True)
class World:
    """All that an installation wrote and said, and every key there ever was in it."""

    disk: Path
    said: str
    keys: dict[str, bytes]
    shares: list[str]


def found(world: World, keys: dict[str, bytes]) -> set[tuple[str, str]]:
    """Which keys stand where on the disk, as they are or as a text."""
    texts = {form: name for name, key in keys.items() for form in forms(key)}
    words = list(texts)
    hits = {(texts[words[h.canary]], h.path) for h in scan(world.disk, words) if h.canary >= 0}
    for path in world.disk.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        hits |= {(name, path.name) for name, key in keys.items() if key in content}
    return hits


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An installation whose root key is in a variable, through which everything went once."""
    disk, outside, paper = (tmp_path / name for name in ("disk", "outside", "paper"))
    (outside / "sources" / "town").mkdir(parents=True)
    write_contract(outside / "contracts", "parks/visits", VISITS)
    for day in (FIRST_DAY, SECOND_DAY):
        (outside / "sources" / "town" / f"visits_{day}.csv").write_text(
            f"{VISITS_HEADER}V1;ZZ001ZZ;DUCOS;{day} 10:05:00;1.50;\n"
        )
    root, other = secrets.token_bytes(32), secrets.token_bytes(32)
    town = Town(disk / "gemello", outside / "sources", outside / "contracts")
    folders = {name: disk / name.lower() for name in ("HOME", "TMPDIR", "DAGSTER_HOME", "work")}
    for folder in folders.values():
        folder.mkdir(parents=True)
    places = {name: str(folder) for name, folder in folders.items() if name.isupper()}
    said = {"GEMELLO_ROOT_KEY": root.hex(), "VAULT_TOKEN": TOKEN, "PYTHONPATH": str(ROOT)}
    with (disk / "output.txt").open("wb") as output, (disk / "errors.txt").open("wb") as errors:
        subprocess.run(
            [
                *(sys.executable, "-m", "tests.promises.key_runs"),
                *map(str, (FIRST_DAY, SECOND_DAY, paper, other.hex())),
            ],
            env=process_environment(town.environment | places | said),
            cwd=folders["work"],
            stdout=output,
            stderr=errors,
            check=True,
        )
    text = (disk / "output.txt").read_text() + (disk / "errors.txt").read_text()
    typed = [page.read_text() for page in paper.glob("share-*.txt")]
    keys = {**_keys(town, root), "other": other, "token": TOKEN.encode()}
    keys |= {f"share {share.number}": share.value for page in typed for share in read_shares(page)}
    lines = [line.split()[1] for page in typed for line in page.splitlines() if line[8:10] == "1-"]
    assert (paper / "recovered.key").read_bytes() == root
    return World(disk, text, keys, lines)


def _keys(town: Town, root: bytes) -> dict[str, bytes]:
    """Every key that is in the ring, opened, and those that are derived from the root key."""
    keyring = Keyring(root, town.settings.root_key_file)
    ring = Ring(town.home / "root.key.ring", keyring)
    live = [slot for slot, is_destroyed in ring.slots() if not is_destroyed]
    stored = {slot.name: stored.secret for slot in live if (stored := ring.get(slot))}
    derived = {name: keyring._derive(name.encode()) for name in ("wrap", "digest", "id")}
    return {"root": root, **stored, **derived}


@pytest.mark.slow
def test_no_key_is_in_anything_that_was_written_or_said(world: World) -> None:
    assert {"root", "wrap", "parks.k1", "parks.k2", "parks.c2", "share 1"} < set(world.keys)
    assert sum(name.startswith("parks.e") for name in world.keys) == 2
    for words in (
        "RuntimeError at",
        "OSError at",
        "gemello failed with ValueError",
        "parks: 2 tables, 2 rows have new pseudonyms",
        "5 shares in",
        "shares are needed",
        "line 3 of share 1 has a typing error",
        "where it cannot be renewed",
        "does not open with the root key",
        "GEMELLO_ROOT_KEY does not hold a root key",
    ):
        assert words in world.said, words

    assert found(world, world.keys) == set()
    assert not any(line in world.said for line in world.shares)


def test_the_search_finds_a_key_in_every_form_it_looks_for(tmp_path: Path) -> None:
    keys = {f"key {number}": secrets.token_bytes(32) for number in range(6)}
    one, two, three, four, five, six = keys.values()
    world = World(tmp_path, "", keys, [])
    (tmp_path / "raw").write_bytes(b"before" + one + b"after")
    (tmp_path / "run.log").write_text(f"x{two.hex()}y")
    (tmp_path / "event.json").write_text(json.dumps({"message": repr(three)}))
    (tmp_path / "plan").write_text(base64.b64encode(b"before" + four + b"after").decode())
    pl.DataFrame({"a": [base64.urlsafe_b64encode(b"x" + five).decode()]}).write_parquet(
        tmp_path / "a.parquet", statistics=False
    )
    (tmp_path / "list").write_text(str({"key": list(six)}))

    assert {name for name, _ in found(world, keys)} == set(keys)
