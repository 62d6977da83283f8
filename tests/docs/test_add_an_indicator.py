import shutil
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, Reader

PACKAGES = ("orchestration", "assets", "quality", "infra")


@pytest.fixture
def repository(reader: Reader) -> Reader:
    ignored = shutil.ignore_patterns("__pycache__")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, reader.folder / package, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", reader.folder)
    # The installed `gemello` works on the packages it was installed with, not on the copy.
    command = Path(reader.folder, ".venv", "bin", "gemello")
    command.parent.mkdir(parents=True)
    command.write_text('#!/bin/sh\nexec python -m orchestration.cli "$@"\n')
    command.chmod(0o755)
    reader.run('export PATH="$PWD/.venv/bin:$PATH" PYTHONPATH="$PWD"')
    return reader


@pytest.mark.slow
def test_following_the_page_on_indicators_literally_shows_what_it_shows(repository: Reader):
    followed = repository.follow("docs/add-an-indicator.md")

    assert followed == 7
