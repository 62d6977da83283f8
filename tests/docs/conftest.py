"""Readers who follow the pages, and a small lake for them to read."""

from pathlib import Path

import pytest

from tests.docs.pages import Reader


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    """Somebody in an empty folder, with the installed `gemello`."""
    folder = tmp_path / "reader"
    folder.mkdir()
    return Reader(folder)
