import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from tests.conftest import ObjectStore

pytestmark = pytest.mark.server


@pytest.mark.longest
def test_the_whole_demo_runs_on_an_object_store_and_again_without_news(
    object_store: ObjectStore, tmp_path: Path
):
    key = tmp_path / "keys" / "root.key"
    key.parent.mkdir()
    key.write_bytes(os.urandom(32))
    key.chmod(0o600)
    environment = {
        **os.environ,
        **object_store.environment,
        "AWS_ALLOW_HTTP": "true",
        "HOME": str(tmp_path),
        "PYTHONWARNINGS": "ignore",
        "GEMELLO_LAKE": f"s3://{object_store.bucket}/demo/lake",
        "GEMELLO_ARCHIVE": f"s3://{object_store.bucket}/demo/archive",
        "GEMELLO_ROOT_KEY_FILE": str(key),
    }
    environment.pop("DAGSTER_HOME", None)

    def gemello(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "orchestration.cli", *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=1200,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    gemello("demo", "--days", "2")
    versions = gemello("history", "bronze/a2a/electricity_readings")
    again = gemello("demo", "--days", "2")
    rows = gemello("sql", "SELECT count(*) AS n FROM bronze.a2a.electricity_readings")

    assert int(rows.split()[1]) > 500_000
    assert "nothing new" in again
    assert gemello("history", "bronze/a2a/electricity_readings") == versions
    assert not (tmp_path / ".gemello" / "lake").exists()
    assert not (tmp_path / ".gemello" / "archive").exists()
    stored = pl.scan_delta(
        f"s3://{object_store.bucket}/demo/lake/gold/air/hourly_european_air_quality_index",
        storage_options={**object_store.environment, "AWS_ALLOW_HTTP": "true"},
    )
    assert stored.select(pl.len()).collect().item() > 0
