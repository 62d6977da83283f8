"""Lakes for tests: on a folder, and in a bucket where an object store runs."""

import uuid
from pathlib import Path

import pytest

from infra.lake import Lake
from tests.infra.lake.tables import lake_at


@pytest.fixture(params=["folder", pytest.param("bucket", marks=pytest.mark.server)])
def location(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """Where a lake may lie, with nothing in it yet."""
    if request.param == "folder":
        return str(tmp_path / "lake")
    store = request.getfixturevalue("object_store")
    for name, text in store.environment.items():
        monkeypatch.setenv(name, text)
    return f"s3://{store.bucket}/{uuid.uuid4().hex}"


@pytest.fixture
def lake(location: str) -> Lake:
    """An empty lake."""
    return lake_at(location)
