import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from infra.lake.life import Life, burying, is_seen_dead
from tests.infra.lake.tables import start_process

LIVING = """
import time
from infra.lake.life import Life
life = Life()
print(life.id, flush=True)
time.sleep(600)
"""


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)


@pytest.fixture
def other() -> "Iterator[tuple[subprocess.Popen[str], str]]":
    """Another process of this installation, and the id of its life."""
    process = start_process(LIVING)
    assert process.stdout is not None
    yield process, process.stdout.readline().strip()
    process.kill()
    process.communicate()


def kill(process: "subprocess.Popen[str]") -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.wait(60)


def test_a_process_is_seen_dead_when_it_was_killed_and_not_before(
    other: "tuple[subprocess.Popen[str], str]",
) -> None:
    process, id_ = other
    before = is_seen_dead(id_)

    kill(process)

    assert (before, is_seen_dead(id_)) == (False, True)


def test_of_many_who_find_one_dead_at_once_one_alone_acts_for_it(
    other: "tuple[subprocess.Popen[str], str]",
) -> None:
    process, id_ = other
    kill(process)

    def acted(_: int) -> bool:
        with burying(id_) as is_dead:
            return is_dead

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(acted, range(40)))

    assert sum(told) == 1


def test_who_fails_while_acting_for_the_dead_leaves_it_to_the_next(
    other: "tuple[subprocess.Popen[str], str]",
) -> None:
    process, id_ = other
    kill(process)

    with pytest.raises(OSError, match="the store is away"), burying(id_):
        raise OSError("the store is away")

    with burying(id_) as is_dead:
        assert is_dead


def test_nobody_is_seen_dead_who_ended_or_is_of_another_machine_or_another_start_of_it(
    tmp_path: Path,
) -> None:
    ended = Life()
    ended.end()
    folder = tmp_path / f"gemello-{os.getuid()}"
    elsewhere = "00000000-0000-0000-0000-000000000000.0"
    (folder / elsewhere).touch()
    (folder / ".0").touch()

    told = [is_seen_dead(id_) for id_ in (ended.id, elsewhere, ".0", "", f"{ended.id}x")]

    assert told == [False] * 5


def test_a_folder_that_others_can_write_shows_no_death(
    tmp_path: Path, other: "tuple[subprocess.Popen[str], str]"
) -> None:
    process, id_ = other
    kill(process)
    (tmp_path / f"gemello-{os.getuid()}").chmod(0o777)

    with ExitStack() as stack:
        assert not stack.enter_context(burying(id_))
    assert not is_seen_dead(id_)
    Life().end()
