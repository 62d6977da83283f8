import json
import uuid
from collections.abc import Iterator

import polars as pl
import pytest

from infra.lake import Lake, TableSpec
from infra.lake.access import let_in
from infra.settings import Settings
from tests.conftest import ObjectStore

TABLE = "bronze/parks/visits"


def filled(lake: Lake) -> Lake:
    rows = pl.DataFrame({"kind_code": ["a"]})
    lake.replace_all(TABLE, rows, spec=TableSpec(rows.schema), notes={}, mark=1)
    return lake


@pytest.mark.parametrize(
    ("mode", "above", "who"),
    [
        (0o700, 0o755, "owner"),
        (0o750, 0o755, "group"),
        (0o755, 0o755, "everyone"),
        (0o755, 0o700, "group"),
        (0o705, 0o711, "everyone"),
        (0o740, 0o755, "owner"),
    ],
)
def test_a_folder_is_open_to_whom_its_permissions_and_those_above_let_in(mode, above, who):
    assert let_in(mode, [above, 0o755]) == who


def test_a_folder_of_the_lake_is_looked_at_as_it_stands(tmp_path):
    lake = filled(Lake.open(Settings.load({}, tmp_path)))
    folder = tmp_path / ".gemello" / "lake" / "bronze"
    folder.chmod(0o700)

    closed = lake.access("bronze")
    folder.chmod(0o750)

    assert (closed, lake.access("bronze")) == ("owner", "group")


def test_a_stage_that_is_not_there_is_open_to_nobody(tmp_path):
    assert Lake.open(Settings.load({}, tmp_path)).access("gold") == "absent"


@pytest.fixture
def bucket(object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    name = f"twin-{uuid.uuid4().hex[:12]}"
    object_store.call("create_bucket", Bucket=name)
    for key, value in {**object_store.environment, "AWS_ALLOW_HTTP": "true"}.items():
        monkeypatch.setenv(key, value)
    yield name
    object_store.remove(name)


@pytest.mark.server
def test_a_bucket_is_asked_as_somebody_without_a_name_would(object_store, bucket):
    lake = filled(Lake.open(Settings.load({"GEMELLO_LAKE": f"s3://{bucket}/lake"})))

    closed = lake.access("bronze")
    allow(object_store, bucket, "s3:GetObject", f"arn:aws:s3:::{bucket}/*")
    readable = lake.access("bronze")
    allow(object_store, bucket, "s3:ListBucket", f"arn:aws:s3:::{bucket}")
    listable = lake.access("bronze")

    assert (closed, readable, listable) == ("nobody_unnamed", "everyone", "everyone")
    assert lake.access("gold") == "absent"


def allow(store: ObjectStore, bucket: str, what: str, where: str) -> None:
    """Let everybody do this, and nothing else."""
    statement = {"Effect": "Allow", "Principal": "*", "Action": [what], "Resource": [where]}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    store.call("put_bucket_policy", Bucket=bucket, Policy=json.dumps(policy))
