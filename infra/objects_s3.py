"""The object store in a bucket: Amazon S3 and what speaks its protocol."""

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime
from typing import Any, BinaryIO, Final, cast

from infra.objects import Stored, storage_errors

_BLOCK_BYTES: Final = 16 * 2**20


class S3Store:
    """Objects in a bucket; credentials and endpoint come from the `AWS_*` environment."""

    def __init__(self, location: str) -> None:
        """Objects lie under this `s3://bucket/prefix`; the bucket must exist."""
        self._location = location.rstrip("/")
        self._connected: Any = None  # s3fs has no types

    @property
    def _files(self) -> Any:  # s3fs has no types
        if self._connected is None:
            from s3fs import S3FileSystem

            endpoint = os.environ.get("AWS_ENDPOINT_URL")
            # Servers other than Amazon's often have no host name for each bucket, and no checksums.
            s3 = {"addressing_style": "path"} if endpoint else {}
            self._connected = S3FileSystem(
                endpoint_url=endpoint,
                client_kwargs={"region_name": os.environ.get("AWS_REGION") or "us-east-1"},
                config_kwargs={
                    "s3": s3,
                    "request_checksum_calculation": "when_required",
                    "response_checksum_validation": "when_required",
                },
                use_listings_cache=False,
                skip_instance_cache=True,
            )
        return self._connected

    def put_new(self, name: str, content: bytes) -> bool:
        """See ObjectStore. A bucket that ignores conditions lets the last of two writers win."""
        with self._errors("write"):
            try:
                self._files.pipe_file(self._path(name), content, mode="create")
            except OSError as error:  # a refused condition is EINVAL where the server is terse
                if isinstance(error, FileExistsError) or error.errno == errno.EINVAL:
                    return False
                raise
            return True

    def write(self, name: str, pieces: Iterable[bytes]) -> int:
        """See ObjectStore."""
        count = 0
        with self._errors("write"):
            file = self._files.open(self._path(name), "wb", block_size=_BLOCK_BYTES)
            try:
                for piece in pieces:
                    count += file.write(piece)
                file.close()
            except BaseException:
                file.discard()  # closing would store what there is
                file.closed = True
                raise
        return count

    def get(self, name: str) -> bytes | None:
        """See ObjectStore."""
        with self._errors("read"), suppress(FileNotFoundError):
            return cast("bytes", self._files.cat_file(self._path(name)))
        return None

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO | None]:
        """See ObjectStore."""
        file: BinaryIO | None = None
        with self._errors("read"):
            with suppress(FileNotFoundError):
                file = self._files.open(self._path(name), "rb", block_size=_BLOCK_BYTES)
            try:
                yield file
            finally:
                if file is not None:
                    file.close()

    def list(self, prefix: str = "") -> list[Stored]:
        """See ObjectStore."""
        start = len(self._path(""))
        with self._errors("list"):
            found = self._files.find(self._path(prefix), detail=True).values()
        return [Stored(item["name"][start:], item["size"], item["LastModified"]) for item in found]

    def delete(self, name: str) -> None:
        """See ObjectStore."""
        with self._errors("delete"), suppress(FileNotFoundError):
            self._files.rm_file(self._path(name))

    def sweep(self, before: datetime) -> int:
        """Do nothing: an upload that was not completed is no object (the bucket's rules end it)."""
        return 0

    def hidden_count(self) -> int:
        """See ObjectStore. TwinError, too, where nobody may ask: then nobody knows."""
        bucket, _, prefix = self._path("").partition("/")
        with self._errors("ask for older versions"):
            uploads = self._files.call_s3("list_multipart_uploads", Bucket=bucket, Prefix=prefix)
            count = len(uploads.get("Uploads", ()))
            if self._files.call_s3("get_bucket_versioning", Bucket=bucket).get("Status"):
                count += sum(self._older(bucket, prefix))
        return count

    def _older(self, bucket: str, prefix: str) -> Iterator[int]:
        """How many older versions each page of the bucket's list has."""
        after: dict[str, str] = {}
        while True:
            page = self._files.call_s3(
                "list_object_versions", Bucket=bucket, Prefix=prefix, **after
            )
            yield sum(not version["IsLatest"] for version in page.get("Versions", ()))
            if not page.get("IsTruncated"):
                return
            names = {"KeyMarker": "NextKeyMarker", "VersionIdMarker": "NextVersionIdMarker"}
            after = {name: page[found] for name, found in names.items() if found in page}

    def _path(self, name: str) -> str:
        return f"{self._location.removeprefix('s3://')}/{name}"

    def _errors(self, doing: str) -> AbstractContextManager[None]:
        from s3fs import core

        boto = core.botocore.exceptions
        failures = (OSError, core.ClientError, boto.BotoCoreError)
        return storage_errors(self._location, doing, failures)
