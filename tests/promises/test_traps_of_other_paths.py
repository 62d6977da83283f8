import base64
import hashlib
import json
import subprocess
import sys
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import duckdb
import pytest

from infra.errors import ContractError, UsageError
from infra.scan import scan
from infra.windows import Window
from orchestration.cli.reading import ask
from quality.by_window import land_by_window
from tests.promises.canaries import Person, plant
from tests.promises.contracts import VISITS_HEADER, parks_town
from tests.promises.town import FIRST_DAY, Town, days, process_environment, rows_of
from tests.promises.watched import watched

ROOT: Final = Path(__file__).parents[2]
VISITS: Final = "bronze/parks/visits"
SECOND_DAY: Final = days(2)[1]
NOW: Final = datetime(2025, 4, 1, 5, tzinfo=UTC)


@pytest.fixture
def visited(parks: Town) -> Town:
    """A park that one car visited."""
    return visited_by_one(parks)


def visited_by_one(town: Town) -> Town:
    path = town.sources / "town" / f"visits_{FIRST_DAY}.csv"
    path.write_text(f"{VISITS_HEADER}V1;ZZ001ZZ;DUCOS;{FIRST_DAY} 10:05:00;1.50;\n")
    land(town, "parks/visits")
    return town


def land(town: Town, key: str) -> None:
    """Land a data set beside Dagster."""
    twin = town.twin()
    contract = twin.contracts[key]
    days_of_it = Window.between(FIRST_DAY, SECOND_DAY, "daily")
    land_by_window(
        contract,
        Window.always() if contract.is_static else days_of_it,
        at=twin.workplace,
        adapter=twin.adapter(contract),
        notes={},
        now=NOW,
    )


# Spill and temporary files


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """The folder for temporary files and the one a process stands in."""
    folders = tmp_path / "temporary", tmp_path / "here"
    for folder in folders:
        folder.mkdir()
    for name in ("TMPDIR", "TEMP", "TMP", "POLARS_TEMP_DIR"):
        monkeypatch.setenv(name, str(folders[0]))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.chdir(folders[1])
    return folders


def test_the_watch_sees_a_file_that_is_gone_at_once(scratch: tuple[Path, Path]) -> None:
    tempfile.gettempdir()  # which tries it out with a file of its own

    with watched(*scratch) as names:
        with tempfile.NamedTemporaryFile(prefix="gone-") as file:
            file.write(b"x")
        Path("here.tmp").write_text("x")

        assert {name[:5] for name in names()} == {"gone-", "here."}


def test_nothing_of_a_delivery_of_any_kind_is_written_beside_lake_and_archive(
    tmp_path: Path, scratch: tuple[Path, Path]
) -> None:
    town = Town(tmp_path / "home", tmp_path / "sources", tmp_path / "contracts")
    plant(town.sources / "town", tmp_path / "contracts")
    landed = set()

    with watched(*scratch) as names:
        for key in sorted(town.twin().contracts):
            if key.startswith("canary/"):
                with suppress(ContractError):
                    land(town, key)
                    landed.add(key)
        written = names()

    assert {"canary/sessions", "canary/packed"} < landed
    assert written == set()


def test_a_query_that_does_not_fit_into_memory_is_spilled_nowhere(
    visited: Town, scratch: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = duckdb.connect
    limits = {"memory_limit": "60MB", "threads": "1"}
    monkeypatch.setattr(duckdb, "connect", lambda: opened(config=limits))
    large = f"FROM {VISITS.replace('/', '.')}, range(4000000) r ORDER BY hash(r.range), vehicle_pid"
    twin = visited.twin()

    with watched(*scratch) as names:
        with pytest.raises(UsageError, match="OutOfMemoryException"):
            ask(twin, f"SELECT vehicle_pid || r.range {large}", limit=1)

        assert names() == set()


def test_a_query_cannot_write_or_read_a_file(visited: Town, scratch: tuple[Path, Path]) -> None:
    twin = visited.twin()
    (scratch[1] / "clear.csv").write_text("nome\nMario Rossi\n")

    with watched(*scratch) as names:
        for query in (
            f"COPY (FROM {VISITS.replace('/', '.')}) TO 'out.csv'",
            "SELECT * FROM read_csv('clear.csv')",
            "SELECT * FROM 'clear.csv'",
        ):
            with pytest.raises(UsageError) as told:
                ask(twin, query, limit=1)
            assert "Rossi" not in str(told.value)

        assert names() == set()


@pytest.mark.parametrize(
    "start",
    [
        "sys.argv = ['gemello', 'keys', 'list']\nfrom orchestration.cli import main\nmain()",
        "from orchestration.definitions import defs\ndefs()",
    ],
    ids=["command", "Dagster"],
)
def test_a_process_leaves_no_core_dump_and_files_for_its_owner_alone(
    parks: Town, start: str
) -> None:
    asked = (
        "import atexit, os, resource, sys\n"
        "most = resource.getrlimit(resource.RLIMIT_CORE)[1]\n"
        "resource.setrlimit(resource.RLIMIT_CORE, (most, most))\n"
        "os.umask(0o022)\n"
        "atexit.register(lambda: print('left', resource.getrlimit(resource.RLIMIT_CORE)[0],"
        " oct(os.umask(0))))\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", asked + start],
        env=process_environment(parks.environment | {"PYTHONPATH": str(ROOT)}),
        cwd=parks.home.parent,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.splitlines()[-1] == "left 0 0o77", done.stderr


# Ids of deliveries


def forms_of(text: bytes) -> set[str]:
    """Every unkeyed digest of a text, written in every way, as short as any id of ours."""
    made = [
        hashlib.new(name, text, usedforsecurity=False).digest()
        for name in ("md5", "sha1", "sha256", "sha512", "blake2b", "blake2s")
    ]
    written = [digest.hex() for digest in made]
    written += [base64.b32encode(digest).decode().lower() for digest in made]
    return {text[:12] for text in written}


def test_no_id_or_name_of_a_delivery_can_be_made_by_guessing_what_is_in_it(
    visited: Town, tmp_path: Path
) -> None:
    (path,) = (visited.sources / "town").glob("visits_*.csv")
    content, name = path.read_bytes(), path.name.encode()
    guesses = [content, content.strip(), name + content, content + name, name]
    guesses += [b"parks/visits" + content, b"sealed|parks/visits" + content]
    guesses += content.splitlines()
    places = [visited.home, visited.lake]
    names = " ".join(str(one.relative_to(visited.home)) for one in visited.home.rglob("*"))
    notes = " ".join(json.dumps(commit.notes) for commit in visited.twin().lake.history(VISITS))
    texts = " ".join(one.read_text() for place in places for one in place.rglob("*.json"))

    (sealed,) = visited.twin().archive.deliveries("parks/visits")

    assert sealed.delivery_id in names
    assert sealed.delivery_id in notes
    for guess in guesses:
        assert not any(form in f"{names} {notes} {texts}".lower() for form in forms_of(guess))


def test_the_same_delivery_has_other_ids_under_another_root_key(tmp_path: Path) -> None:
    ids = []
    for name in ("one", "other"):
        town = visited_by_one(parks_town(tmp_path / name))
        (sealed,) = town.twin().archive.deliveries("parks/visits")
        ids.append(sealed.delivery_id)

    assert len(set(ids)) == 2


# Names of files


def test_the_name_of_a_file_is_in_no_name_of_an_object(parks: Town) -> None:
    who = Person(7)
    text = (parks.contracts or Path()) / "parks/visits/contract.yaml"
    text.write_text(text.read_text().replace("visits_{window", "*_{window"))
    lines = f"{VISITS_HEADER}V1;ZZ001ZZ;DUCOS;{FIRST_DAY} 10:05:00;1.50;\n"
    (parks.sources / "town" / f"{who.name} 1980-03-03_{FIRST_DAY}.csv").write_text(lines)

    land(parks, "parks/visits")

    assert rows_of(parks)[VISITS].height == 1
    assert scan(parks.home, [who.name, who.surname, "1980-03-03"]) == []
