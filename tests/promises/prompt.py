"""Somebody at a prompt who types `gemello` commands, and some that are killed.

What every command must load is loaded once, in a process of its own; each command is a fork of it.
So it has its own process, which can be killed, and costs what it does.
"""

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Final

# What is not here each command that needs it loads for itself: slower, and nothing else.
_LOADED: Final = (
    "pytest", "dagster", "deltalake", "duckdb", "great_expectations", "pandas", "polars",
    "presidio_analyzer", "assets.erasing", "assets.twin", "assets.upkeep",
    "orchestration.cli.commands", "orchestration.runner",
)  # fmt: skip
_CONTEXT: Final = get_context("forkserver")
_CONTEXT.set_forkserver_preload([*_LOADED])


@dataclass(frozen=True)
class Said:
    """How a command ended (negative: by which signal) and what it said."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class _Running:
    process: ForkServerProcess
    out: Path
    err: Path

    def ended(self) -> Said:
        """Wait for its end."""
        self.process.join()
        code = self.process.exitcode
        self.process.close()
        return Said(-1 if code is None else code, self.out.read_text(), self.err.read_text())


@dataclass
class Prompt:
    """A prompt in a folder, with these variables; what commands say is kept in another one.

    What is typed is no trace of a command: `outside` is where nobody looks for traces.
    """

    folder: Path
    environment: Mapping[str, str]
    said: Path
    outside: Path
    typed_count: int = 0

    def gemello(self, *arguments: str, typed: str = "", **variables: str) -> Said:
        """Type a command, with this on its standard input, and wait for its end."""
        return self._start(arguments, typed, variables).ended()

    def killed(self, *arguments: str, when: Callable[[str], bool], **variables: str) -> Said:
        """Type a command and kill it as soon as something is so, by what it said on its way."""
        running = self._start(arguments, "", variables)
        while running.process.is_alive() and not when(running.err.read_text()):
            time.sleep(0.001)
        if running.process.is_alive():
            os.killpg(running.process.pid or 0, signal.SIGKILL)
        return running.ended()

    def _start(
        self, arguments: tuple[str, ...], typed: str, variables: Mapping[str, str]
    ) -> _Running:
        self.typed_count += 1
        name = f"{self.typed_count:03}-{arguments[0]}"
        streams = (self.outside / "typed", self.said / f"{name}.out", self.said / f"{name}.err")
        for path, text in zip(streams, (typed, "", ""), strict=True):
            path.write_text(text)
        process = _CONTEXT.Process(
            target=_command,
            args=(arguments, {**self.environment, **variables}, self.folder, streams),
        )
        process.start()
        return _Running(process, *streams[1:])


def _command(
    arguments: tuple[str, ...],
    environment: Mapping[str, str],
    folder: Path,
    streams: tuple[Path, ...],
) -> None:
    """One command line in the process that is to be it."""
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    tempfile.tempdir = None  # it was found out for the process of which this is a fork
    for number, path in enumerate(streams):
        opened = os.open(path, os.O_RDWR | os.O_APPEND)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.argv = ["gemello", "--debug", *arguments]
    from orchestration.cli import main

    main()
