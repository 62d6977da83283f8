"""The empty files of Dagster, made once and copied: an instance costs 0.3 s, each test has one."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from dagster._core.storage import sql

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

    # The sixty files of its schema's history are read at each opening of a file.
    history: dict[str | None, ScriptDirectory] = {}

    def known(config: Config) -> ScriptDirectory:
        at = config.get_main_option("script_location")
        return history.get(at) or history.setdefault(at, ScriptDirectory.from_config(config))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(OpenStorage, "__init__", from_copy)
        patched.setattr(sql, "ScriptDirectory", SimpleNamespace(from_config=known))
        yield
