"""What the tests of several packages share: a real object store, where one runs."""

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from s3fs import S3FileSystem

# The same examples every time, however busy the machine is.
settings.register_profile("gemello", derandomize=True, deadline=None)
settings.load_profile("gemello")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a case by its argument where it is bytes: packed ones differ from second to second."""
    return argname if isinstance(val, bytes) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes minutes begins first: else one process is left with it when all others ended."""
    items.sort(key=lambda item: item.get_closest_marker("longest") is None)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where everything is installed (GEMELLO_TEST_NO_SKIPS), a skipped test is a failed run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not os.environ.get("GEMELLO_TEST_NO_SKIPS"):
        return
    if reporter.stats.get("skipped") and session.exitstatus == pytest.ExitCode.OK:
        reporter.write_line("tests were skipped, and here none may be", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@dataclass(frozen=True, repr=False)
class ObjectStore:
    """A running object store and a bucket of this test session in it."""

    endpoint: str
    key_id: str
    secret: str
    bucket: str

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which a process reaches the store."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": self.key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret,
        }

    def files(self) -> "S3FileSystem":
        """A client of the store."""
        from s3fs import S3FileSystem

        return S3FileSystem(
            key=self.key_id,
            secret=self.secret,
            endpoint_url=self.endpoint,
            client_kwargs={"region_name": "us-east-1"},
            use_listings_cache=False,
        )

    def call(self, operation: str, **arguments: Any) -> Any:  # botocore has no types
        """The answer of one S3 operation."""
        return self.files().call_s3(operation, **arguments)

    def remove(self, bucket: str) -> None:
        """Remove a bucket with everything in it, older versions and open uploads too."""
        while True:
            listed = self.call("list_object_versions", Bucket=bucket)
            found = [*listed.get("Versions", ()), *listed.get("DeleteMarkers", ())]
            if not found:
                break
            for entry in found:
                name, version = entry["Key"], entry["VersionId"]
                self.call("delete_object", Bucket=bucket, Key=name, VersionId=version)
        for upload in self.call("list_multipart_uploads", Bucket=bucket).get("Uploads", ()):
            name, number = upload["Key"], upload["UploadId"]
            self.call("abort_multipart_upload", Bucket=bucket, Key=name, UploadId=number)
        self.call("delete_bucket", Bucket=bucket)


@pytest.fixture(scope="session")
def object_store() -> Iterator[ObjectStore]:
    """A bucket of its own for every process that runs tests; gone at the end."""
    if not os.environ.get("OBJECT_STORE_ENDPOINT"):
        pytest.skip(
            "no object store: run ../shared/tools/start-object-store.sh and export what it prints"
        )
    store = ObjectStore(
        endpoint=os.environ["OBJECT_STORE_ENDPOINT"],
        key_id=os.environ["LAKE_ADMIN_ACCESS_KEY_ID"],
        secret=os.environ["LAKE_ADMIN_SECRET_ACCESS_KEY"],
        bucket=f"twin-{uuid.uuid4().hex[:12]}",
    )
    store.call("create_bucket", Bucket=store.bucket)
    yield store
    store.remove(store.bucket)
