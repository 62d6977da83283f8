"""An installation whose every step is looked at: who types its commands, and who reads its disk."""

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from deltalake import DeltaTable

from infra.adapters.opening import payloads_of
from infra.backup.restoring import _opened, _unsealed
from infra.keys import Keyring
from infra.scan import scan
from tests.promises.canaries import People, Person
from tests.promises.crowded_town import CrowdedTown, crowded_town
from tests.promises.prompt import Prompt, Said
from tests.promises.talkative_server import talkative_server
from tests.promises.town import process_environment
from tests.promises.watch import Watch


@dataclass
class Life:
    """An installation, somebody who types commands in it, and somebody who looks at its disk."""

    disk: Path
    crowd: CrowdedTown
    prompt: Prompt
    watch: Watch

    @property
    def home(self) -> Path:
        """The folder of the installation."""
        return self.crowd.town.home

    @property
    def outside(self) -> Path:
        """Where publishers, and people with paper, keep what is theirs."""
        return self.prompt.outside

    def step(self, *arguments: str, ends: int = 0, typed: str = "", **variables: str) -> Said:
        """Type a command that ends like this, and look at everything."""
        said = self.prompt.gemello(*arguments, typed=typed, **variables)
        assert said.code == ends, f"{arguments} ended with {said.code}\n{said.out}{said.err}"
        self.look(arguments)
        return said

    def killed(self, *arguments: str, when: Callable[[str], bool], **variables: str) -> None:
        """Type a command, kill it as soon as something is so, and look at what it left."""
        said = self.prompt.killed(*arguments, when=when, **variables)
        assert said.code == -signal.SIGKILL, f"{arguments} ended with {said.code}\n{said.err}"
        self.look((*arguments, "killed"))

    def erase(self, who: Person, request: str, *, killed_at: tuple[str, ...]) -> None:
        """Erase somebody by a command that is killed and typed again; the certificate is right."""
        path = self.outside / f"{request}.json"
        kinds = {"IT_FISCAL_CODE": who.fiscal_code, "IT_PLATE": who.plate, "IT_POD": who.pod}
        kinds |= {"PHONE_NUMBER": who.phone, "EMAIL_ADDRESS": who.email}
        asked = [{"entity": entity, "value": value} for entity, value in kinds.items()]
        path.write_text(json.dumps({"request": request, "identifiers": [{"entity": who.name}]}))
        self.step("erase", "--request", str(path), ends=2)
        path.write_text(json.dumps({"request": request, "identifiers": asked}))
        for words in killed_at:
            self.killed(
                "erase", "--request", str(path), when=lambda said, words=words: words in said
            )
        assert "erased and proved" in self.step("erase", "--request", str(path)).out
        self.step("erase", "--verify", str(self.home / "certificates" / f"{request}.json"))

    def back_up(self) -> Path:
        """The folder of a backup; one before it was killed half-way, unless it was faster."""
        safe = self.disk / "safe"
        command = ("backup", "--to", str(safe))
        self.prompt.killed(*command, when=lambda _: any(safe.glob("*/*.sealed")))
        self.step(*command)
        return max(safe.glob("*/manifest")).parent

    def restore(self, backup: Path, place: Path) -> dict[str, str]:
        """The settings of a new place, restored by a command that is killed and typed again."""
        place.mkdir()
        # Of the old place there is nothing but the keys, which are never in a backup.
        shutil.copytree(self.home / "root.key.ring", place / "root.key.ring")
        shutil.copy2(self.home / "root.key", place)
        settings = {"GEMELLO_HOME": str(place), "DAGSTER_HOME": str(place / "dagster")}
        command = ("restore", "--from", str(backup))
        self.killed(*command, when=lambda said: "letters: " in said, **settings)
        self.step(*command, **settings)
        return settings

    def look(self, after: tuple[str, ...]) -> None:
        """Fail if anybody, or a key, is in anything that was written or said."""
        self.watch.learn(self.crowd.town.settings)
        found = self.watch.look()
        assert not found, f"after {' '.join(after)}: " + "; ".join(found[:5])

    def assert_is_private(self) -> None:
        """Fail if anybody but its owner can read what the installation wrote."""
        open_ = [
            path for path in self.home.rglob("*") if path.is_file() and path.stat().st_mode & 0o77
        ]
        assert open_ == []

    def steps_count(self) -> int:
        """How far a run has come: files of data, commits and sealed keys."""
        places = (self.home / "lake", self.home / "archive")
        return sum(len(names) for place in places for _, _, names in os.walk(place))

    def rows_count(self, table: str) -> int:
        """How many rows a table has."""
        return pl.read_delta(str(self.home / "lake" / table)).height

    def pids(self) -> set[str]:
        """Every pseudonym that the town's own tables hold now."""
        logs = self.home.glob("lake/*/canary/*/_delta_log")
        frames = [pl.read_delta(str(log.parent)) for log in logs]
        names = [(frame, name) for frame in frames for name in frame.columns if "_pid" in name]
        return {pid for frame, name in names for pid in frame[name].drop_nulls()}

    def told_pids(self) -> list[str]:
        """Where pseudonyms stand that are no rows: logs of tables (statistics), events, archive."""
        logs = self.home.glob("lake/*/*/*/_delta_log")
        places = (*logs, self.home / "archive", self.disk / "dagster_home")
        wanted = sorted(self.pids())
        return [
            f"{place.parent.name}: {hit.path}" for place in places for hit in scan(place, wanted)
        ]

    def shown_columns(self) -> set[str]:
        """The personal columns of which logs of tables show the least and the greatest value."""
        found = set()
        for key, contract in self.crowd.town.twin().contracts.items():
            personal = {n for n, column in contract.columns.items() if column.personal != "none"}
            for log in self.home.glob(f"lake/*/{key}/_delta_log"):
                actions = DeltaTable(log.parent).get_add_actions(flatten=True).schema.names
                shown = {name.partition(".")[2] for name in actions if name[:4] in {"min.", "max."}}
                found |= {f"{key} {name}" for name in personal & shown}
        return found

    def inside(self, backup: Path) -> Path:
        """What is in a backup, opened with its key, in a folder outside."""
        said, secret, store = _opened(str(backup), Keyring.open(self.crowd.town.settings))
        self.watch.keys["backup"] = secret
        pieces = {
            stored.name: _unsealed(store, stored.name, secret, said)
            for stored in store.list()
            if stored.name != "key"
        }
        return self._laid_out({name: b"".join(content) for name, content in pieces.items()})

    def sealed(self) -> Path:
        """What is in all sealed deliveries, opened with their keys, in a folder outside."""
        contents = self.crowd.town.twin().archive.contents
        deliveries = [
            contents.open(records[0])
            for key in contents.contract_keys()
            for records in contents.by_ciphertext(key)
        ]
        files = [file.content for delivery in deliveries for file in payloads_of(delivery)]
        return self._laid_out({str(number): content for number, content in enumerate(files)})

    def _laid_out(self, files: Mapping[str, bytes]) -> Path:
        folder = self.outside / "opened"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content)
        return folder


@contextmanager
def whole_life(folder: Path) -> Iterator[Life]:
    """An installation in which nothing has happened yet, on a disk of its own."""
    disk, outside, people = folder / "disk", folder / "outside", People()
    folders = {name: disk / name.lower() for name in ("HOME", "TMPDIR", "DAGSTER_HOME")}
    for made in (outside, disk / "work", disk / "said", *folders.values()):
        made.mkdir(parents=True)
    with talkative_server(people) as web:
        crowd = crowded_town(outside, disk / "gemello", web, people)
        places = {name: str(place) for name, place in folders.items()}
        variables = process_environment(crowd.town.environment | places)
        prompt = Prompt(disk / "work", variables, disk / "said", outside)
        yield Life(disk, crowd, prompt, Watch(disk, crowd.canaries))
