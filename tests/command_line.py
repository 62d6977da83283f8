"""The command line, called in the tests' own process."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestration.cli import main


@dataclass(frozen=True)
class Said:
    """How a command ended and everything it said."""

    code: int
    text: str


Command = Callable[..., Said]


def call(
    arguments: Sequence[str],
    settings: Mapping[str, str],
    *,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    folder: Path | None = None,
) -> Said:
    """Call `gemello` with these arguments and variables, from a folder if one is given."""
    with monkeypatch.context() as patch:
        patch.setattr(sys, "argv", ["gemello", *arguments])
        if folder is not None:
            patch.chdir(folder)
        for name, text in settings.items():
            patch.setenv(name, text)
        with pytest.raises(SystemExit) as ended:
            main()
    streams = capfd.readouterr()
    code = ended.value.code
    return Said(code if isinstance(code, int) else 0, streams.out + streams.err)
