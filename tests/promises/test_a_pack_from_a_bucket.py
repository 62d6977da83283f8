import json
import os
import uuid
from collections.abc import Iterator

import polars as pl
import pytest

from infra.lake import Lake, TableSpec
from infra.settings import Settings
from tests.command_line import call
from tests.conftest import ObjectStore

TABLE = "bronze/parks/visits"


@pytest.fixture
def bucket(object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket with one table in it, which its owner wrote."""
    name = f"twin-{uuid.uuid4().hex[:12]}"
    object_store.call("create_bucket", Bucket=name)
    for key, value in {**object_store.environment, "AWS_ALLOW_HTTP": "true"}.items():
        monkeypatch.setenv(key, value)
    rows = pl.DataFrame({"kind_code": ["a"]})
    lake = Lake.open(Settings.load({"GEMELLO_LAKE": f"s3://{name}/lake"}))
    lake.replace_all(TABLE, rows, spec=TableSpec(rows.schema), notes={}, mark=1)
    yield name
    object_store.remove(name)


@pytest.mark.server
def test_a_key_that_may_only_read_is_enough_for_a_pack_and_changes_nothing(
    object_store, bucket, tmp_path, monkeypatch, capfd
):
    allow_reader(object_store, bucket)
    key = tmp_path / "signing.key"
    key.write_bytes(bytes(32))
    key.chmod(0o600)
    before = objects(object_store, bucket)

    settings = {
        "GEMELLO_HOME": str(tmp_path / "home"),
        "GEMELLO_LAKE": f"s3://{bucket}/lake",
        "GEMELLO_ARCHIVE": f"s3://{bucket}/archive",
        "GEMELLO_SIGNING_KEY_FILE": str(key),
        "AWS_ACCESS_KEY_ID": os.environ["LAKE_READER_ACCESS_KEY_ID"],
        "AWS_SECRET_ACCESS_KEY": os.environ["LAKE_READER_SECRET_ACCESS_KEY"],
    }
    arguments = ("report", "audit", "--out", str(tmp_path / "1"))
    said = call(arguments, settings, monkeypatch=monkeypatch, capfd=capfd)

    assert said.code == 0, said.text
    versions = json.loads((tmp_path / "1" / "report.json").read_text())["sections"]["versioni"]
    assert [row["table"] for row in versions["tables"]["versions"]] == [TABLE]
    assert objects(object_store, bucket) == before


def allow_reader(store: ObjectStore, bucket: str) -> None:
    """Let the reader list and get, and nothing else."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": ["arn:aws:iam:::user/reader"]},
        "Action": ["s3:ListBucket", "s3:GetObject"],
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    store.call("put_bucket_policy", Bucket=bucket, Policy=json.dumps(policy))


def objects(store: ObjectStore, bucket: str) -> list[tuple[str, str, str]]:
    """Every object with its digest and when it was written."""
    listed = store.call("list_objects_v2", Bucket=bucket)["Contents"]
    return [(each["Key"], each["ETag"], str(each["LastModified"])) for each in listed]
