import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Literal

import pytest

from infra.errors import TwinError
from infra.lake import Lake
from infra.lake.places import Place
from tests.infra.lake.tables import KEY, day, days, lake_at, readings, rows, start_process, write

Way = Literal["alone", "writing"]
HOLDER = """
import sys, time
from tests.infra.lake.tables import KEY, lake_at
lake = lake_at(sys.argv[1])
with lake.upkeep.alone(KEY) if sys.argv[2] == "alone" else lake.writing(KEY):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def holders() -> Iterator[ExitStack]:
    """Processes that are killed at the end, whatever a test finds."""
    with ExitStack() as stack:
        yield stack


def holding(location: str, way: Way, holders: ExitStack) -> "subprocess.Popen[str]":
    """Another process that holds the table, and goes on."""
    process = start_process(HOLDER, location, way)
    holders.callback(process.communicate)
    holders.callback(process.kill)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def hurried(location: str, wait_s: float) -> Lake:
    return Lake(Place.of(location, os.environ), wait_s=wait_s)


def held(lake: Lake, way: Way) -> AbstractContextManager[None]:
    return lake.upkeep.alone(KEY) if way == "alone" else lake.writing(KEY)


@pytest.mark.parametrize(
    ("first", "second"), [("alone", "alone"), ("alone", "writing"), ("writing", "alone")]
)
def test_who_was_killed_holds_a_table_no_longer_than_who_lives(
    location: str, holders: ExitStack, first: Way, second: Way
) -> None:
    other = holding(location, first, holders)
    with pytest.raises(TwinError, match=r"others go on|is being rewritten"):
        holders.enter_context(held(hurried(location, 1), second))

    other.kill()
    other.wait(60)

    lake = hurried(location, 20)
    with held(lake, second):
        write(lake, readings(("a", 1.0, day(1))), days(1, 1))
    assert rows(lake_at(location)) == [("a", 1.0, day(1))]


def test_of_several_who_go_on_for_one_who_was_killed_each_is_alone(
    location: str, holders: ExitStack
) -> None:
    other = holding(location, "alone", holders)
    other.kill()
    other.wait(60)
    inside: list[int] = []
    seen: list[int] = []

    def go_on(number: int) -> None:
        with hurried(location, 60).upkeep.alone(KEY):
            inside.append(number)
            time.sleep(0.3)
            seen.append(len(inside))
            inside.remove(number)

    threads = [threading.Thread(target=go_on, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)

    assert seen == [1] * 4


@pytest.mark.server
@pytest.mark.parametrize("location", ["bucket"], indirect=True)
def test_who_was_killed_on_another_machine_is_waited_for(
    location: str, holders: ExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TMPDIR", str(tmp_path))
        other = holding(location, "alone", holders)
    other.kill()
    other.wait(60)

    with (
        pytest.raises(TwinError, match="others go on"),
        held(hurried(location, 2), "alone"),
    ):
        pass
