"""Known ways in which a bucket keeps what was deleted from it."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from assets.erasing import office_of
from assets.twin import utc_now
from infra.objects import open_store
from infra.signing import Signed
from quality.erasure.erase import erase
from quality.erasure.proof import NotErased
from quality.erasure.request import read_request
from tests.conftest import ObjectStore
from tests.promises.erased_town import ANNA, erased_town, land_twice, write_request
from tests.promises.town import Town

pytestmark = pytest.mark.server


@dataclass(frozen=True)
class ArchivedTown(Town):
    """A town whose sealed deliveries lie in a bucket."""

    bucket: str = ""

    @property
    def environment(self) -> dict[str, str]:
        """As any town's; the root key is not where the archive is."""
        key = self.home.parent / "root.key"
        archive = f"s3://{self.bucket}/archive"
        names = {"GEMELLO_ARCHIVE": archive, "GEMELLO_ROOT_KEY_FILE": str(key)}
        return {**super().environment, **names}


@pytest.fixture
def bucket(object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket of this test's own."""
    for name, text in object_store.environment.items():
        monkeypatch.setenv(name, text)
    name = f"twin-kept-{uuid.uuid4().hex[:8]}"
    object_store.call("create_bucket", Bucket=name)
    yield name
    object_store.remove(name)


@pytest.fixture
def town(bucket: str, tmp_path: Path) -> ArchivedTown:
    """Anna, Bruno and Carla, whose deliveries are sealed in the bucket."""
    plain = erased_town(tmp_path)
    (tmp_path / "root.key").write_bytes(bytes(range(32)))
    (tmp_path / "root.key").chmod(0o600)
    return ArchivedTown(plain.home, plain.sources, plain.contracts, bucket)


def erased(town: Town) -> Signed:
    office = office_of(town.twin(), town.home / "dagster")
    request = town.home.parent / "ER-2026-001.request.json"
    return erase(read_request(request), office, clock=utc_now, told=lambda _: None)


def test_older_versions_and_parts_of_uploads_are_counted_though_no_list_shows_them(
    object_store: ObjectStore, bucket: str
) -> None:
    store = open_store(f"s3://{bucket}/archive")
    part = {"Bucket": bucket, "Key": "archive/part of a delivery"}
    store.put_new("kept", b"sealed")
    assert store.hidden_count() == 0

    upload = object_store.call("create_multipart_upload", **part)["UploadId"]
    assert store.hidden_count() == 1
    object_store.call("abort_multipart_upload", **part, UploadId=upload)
    switch_versions(object_store, bucket, "Enabled")
    store.delete("kept")

    assert store.list() == []
    assert store.hidden_count() == 1


def test_nothing_is_signed_while_the_bucket_keeps_older_versions(
    object_store: ObjectStore, town: ArchivedTown
) -> None:
    switch_versions(object_store, town.bucket, "Enabled")
    land_twice(town)
    write_request(town, ANNA)

    with pytest.raises(NotErased, match=r"the bucket of the archive keeps \d+ older versions"):
        erased(town)

    switch_versions(object_store, town.bucket, "Suspended")
    with pytest.raises(NotErased):
        erased(town)
    remove_older_versions(object_store, town.bucket)
    assert erased(town).document["rows_erased"] == 6


def switch_versions(store: ObjectStore, bucket: str, status: str) -> None:
    how = {"Status": status}
    store.call("put_bucket_versioning", Bucket=bucket, VersioningConfiguration=how)


def remove_older_versions(store: ObjectStore, bucket: str) -> None:
    listed = store.call("list_object_versions", Bucket=bucket)
    gone = [each for each in listed.get("Versions", ()) if not each["IsLatest"]]
    for each in [*gone, *listed.get("DeleteMarkers", ())]:
        store.call("delete_object", Bucket=bucket, Key=each["Key"], VersionId=each["VersionId"])
