"""The empty files of Dagster, made once and copied: an instance costs 0.3 s, each test has one."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.event_store import OpenStorage


@pytest.fixture(scope="session", autouse=True)
def _instances_begin_as_copies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Processes of their own make theirs themselves, as whoever installs gemello does."""
    empty = tmp_path_factory.mktemp("instance")
    OpenStorage(str(empty)).dispose()
    as_it_is = OpenStorage.__init__

    def from_copy(storage: OpenStorage, base_dir: str, inst_data: object = None) -> None:
        if not any(Path(base_dir, each.name).exists() for each in empty.iterdir()):
            shutil.copytree(empty, base_dir, dirs_exist_ok=True)
        as_it_is(storage, base_dir, inst_data)  # type: ignore[arg-type] # only handed on

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(OpenStorage, "__init__", from_copy)
        yield
