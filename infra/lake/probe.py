"""Whether a place can be trusted with commits, tried out before the first one is written.

A Delta commit is a file that must not exist yet. A store that overwrites it in silence loses
commits without an error: Ceph 16 does so in versioned buckets (of 100 acknowledged, 49 were lost).
"""

import os
import threading
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra.errors import TwinError
from infra.lake.faults import fault_of, store_errors, told
from infra.lake.places import Place

if TYPE_CHECKING:
    from s3fs import S3FileSystem

_LEAST_FREE_BYTES: Final = 32 * 1024 * 1024


class Roots:
    """The folders or prefixes of a lake, each tried out once before it is first written to."""

    def __init__(self, place: Place) -> None:
        """Nothing is tried out yet."""
        self._place = place
        self._trusted: set[str] = set()
        self._lock = threading.Lock()

    def probe(self, root: str) -> None:
        """Refuse a root that cannot be written or would lose commits. Raises TwinError."""
        with self._lock:
            if root not in self._trusted:
                _probe(self._place, root)
                self._trusted.add(root)


def _probe(place: Place, root: str) -> None:
    """Refuse a root that cannot be written, is full, or would overwrite a commit.

    Raises TwinError that says which of these and what to do. Leaves nothing behind.
    """
    try:
        if place.is_remote:
            _probe_bucket(place.files, root)
        else:
            _probe_folder(Path(root))
    except store_errors() as error:
        failure = told("the lake", "a trial write", fault_of(error), error)
    else:
        return
    raise failure


def _probe_folder(root: Path) -> None:
    with suppress(FileExistsError, FileNotFoundError, NotADirectoryError):
        root.mkdir(parents=True, exist_ok=True)
    if not root.is_dir():
        raise TwinError(
            "the lake: its folder cannot be made: a file stands in its place or in a parent's; "
            "correct GEMELLO_LAKE"
        )
    state = os.statvfs(root)
    if state.f_bavail * state.f_frsize < _LEAST_FREE_BYTES:
        raise TwinError(
            f"the lake: less than {_LEAST_FREE_BYTES >> 20} MiB are free on its disk; free some "
            "space before writing"
        )
    first = root / f".probe-{uuid.uuid4().hex}"
    second = first.with_suffix(".linked")
    try:
        first.write_bytes(b"gemello")
        second.hardlink_to(first)
        # deltalake commits by a hard link, which fails if the name is taken.
        if not _is_taken(second, first):
            raise TwinError(
                "the lake: its file system overwrites files that exist, so commits could be lost; "
                "use a local file system"
            )
    finally:
        first.unlink(missing_ok=True)
        second.unlink(missing_ok=True)


def _is_taken(name: Path, target: Path) -> bool:
    try:
        name.hardlink_to(target)
    except FileExistsError:
        return True
    return False


def _probe_bucket(files: "S3FileSystem", root: str) -> None:
    bucket, _, prefix = root.removeprefix("s3://").partition("/")
    name = f"{prefix}/.probe-{uuid.uuid4().hex}".lstrip("/")
    put = {"Bucket": bucket, "Key": name, "Body": b"gemello", "IfNoneMatch": "*"}
    files.call_s3("put_object", **put)
    try:
        is_refused = _is_refused(files, put)
        state = "" if is_refused else _versioning(files, bucket)
    finally:
        _remove(files, bucket, name)
    if not is_refused:
        raise TwinError(
            f"the lake: the bucket {bucket} overwrites objects that must not exist yet "
            f"(If-None-Match is ignored{state}), so commits would be lost without an error; use a "
            "bucket without versioning and object lock, and keep those for backup and audit"
        )


def _is_refused(files: "S3FileSystem", put: Mapping[str, object]) -> bool:
    """Whether a second put of the same object is refused, as HTTP 412 asks."""
    try:
        files.call_s3("put_object", **put)
    except OSError as error:
        if "PreconditionFailed" in f"{error.__cause__}":
            return True
        raise
    return False


def _versioning(files: "S3FileSystem", bucket: str) -> str:
    try:
        answer = files.call_s3("get_bucket_versioning", Bucket=bucket)
    except OSError:
        return ""
    return "; its versioning is on" if answer.get("Status") == "Enabled" else ""


def _remove(files: "S3FileSystem", bucket: str, name: str) -> None:
    """Remove the trial object; every version of it, where the bucket keeps versions."""
    try:
        files.call_s3("delete_object", Bucket=bucket, Key=name)
        listed = files.call_s3("list_object_versions", Bucket=bucket, Prefix=name)
        for kind in ("Versions", "DeleteMarkers"):
            for entry in listed.get(kind, ()):
                files.call_s3(
                    "delete_object", Bucket=bucket, Key=entry["Key"], VersionId=entry["VersionId"]
                )
    except OSError:
        # A writer of an append-only bucket may not delete: one more object is no reason to stop.
        return
