"""What can go wrong with a store, told without the store's own words, and what to try again.

Messages of deltalake, polars and pyarrow may quote rows, so none of them is ever passed on.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import SystemRandom
from typing import Final, Literal

import polars as pl

from infra.errors import TwinError

Fault = Literal[
    "conflict",
    "exists",
    "missing",
    "bucket",
    "secret",
    "denied",
    "read_only",
    "full",
    "unreachable",
    "damaged",
    "other",
]
_CONFLICTS_TRIED: Final = 100
_OUTAGES_TRIED: Final = (
    6  # 0.5 + 1 + 2 + 4 + 8 s: longer than the 11 s a killed store took to return
)
_SIGNS: Final[tuple[tuple[Fault, tuple[str, ...]], ...]] = (
    ("exists", ("already exists at that location", "table already exists")),
    (
        "conflict",
        ("failed to commit", "concurrent", "version already exists", "max commit attempts"),
    ),
    ("bucket", ("nosuchbucket", "bucket does not exist")),
    (
        "secret",
        (
            "signaturedoesnotmatch",
            "invalidaccesskeyid",
            "expiredtoken",
            "unable to locate credentials",
            "169.254.169.254",
        ),
    ),
    (
        "denied",
        ("accessdenied", "403 forbidden", "permission denied", "lacked the necessary privileges"),
    ),
    ("read_only", ("read-only file system", "not a directory", "operation not permitted")),
    ("full", ("no space left", "disk quota exceeded", "file too large", "quotaexceeded")),
    (
        "unreachable",
        (
            "connection refused",
            "could not connect",
            "connection closed",
            "connection was closed",
            "connection reset",
            "error sending request",
            "dns error",
            "timed out",
            "timeout",
            "after 10 retries",
            "500 internal",
            "internalerror",
            "502 bad",
            "503 service",
            "slowdown",
            "serviceunavailable",
            "broken pipe",
        ),
    ),
    ("damaged", ("parquet error", "invalid json", "corrupt", "not found")),
)
_ADVICE: Final[dict[Fault, str]] = {
    "conflict": "other writers kept changing the same windows; run it again when they are done",
    "exists": "another writer made the table at the same moment; run it again",
    "missing": "there is no such table; run its source first",
    "bucket": "the bucket does not exist; create it, or correct GEMELLO_LAKE",
    "secret": (
        "the object store does not accept the credentials; correct AWS_ACCESS_KEY_ID and "
        "AWS_SECRET_ACCESS_KEY"
    ),
    "denied": "access is denied; give this user the right to read and write there",
    "read_only": "the folder cannot be written; correct GEMELLO_LAKE or the folder's owner",
    "full": "the disk is full; free some space and run it again: nothing was half-written",
    "unreachable": (
        "the object store does not answer; check AWS_ENDPOINT_URL and the store, then run it again"
    ),
    "damaged": "files of the table are missing or damaged; restore them from the backup",
    "other": "the store failed in a way we do not know; run `gemello doctor`",
}


def store_errors() -> tuple[type[Exception], ...]:
    """Everything the libraries below raise, whose text may hold values."""
    # deltalake raises OSError and ValueError beside its own family, s3fs OSError and botocore's.
    import pyarrow as pa
    from botocore.exceptions import (  # type: ignore[import-untyped]  # it ships no types
        BotoCoreError,
        ClientError,
    )
    from deltalake.exceptions import DeltaError

    return (
        DeltaError,
        OSError,
        ValueError,
        pl.exceptions.PolarsError,
        pa.ArrowException,
        BotoCoreError,
        ClientError,
    )


def fault_of(error: BaseException) -> Fault:
    """Tell what happened from the words of an error, its cause included."""
    from deltalake.exceptions import CommitFailedError, TableNotFoundError

    if isinstance(error, TableNotFoundError):
        return "missing"
    if isinstance(error, CommitFailedError):
        return "conflict"
    text = f"{type(error).__name__} {error} {error.__cause__}".lower()
    for fault, signs in _SIGNS:
        if any(sign in text for sign in signs):
            return fault
    if isinstance(error, PermissionError):
        return "denied"
    if isinstance(error, FileExistsError | NotADirectoryError):
        return "read_only"
    return "other"


def told(key: str, doing: str, fault: Fault, error: BaseException) -> TwinError:
    """Our own error for a fault; of the original only the name of its class remains."""
    name = f" ({type(error).__name__})" if fault == "other" else ""
    return TwinError(f"{key}: {doing} failed{name}: {_ADVICE[fault]}")


@contextmanager
def translated(key: str, doing: str) -> Iterator[None]:
    """Turn whatever a store raises into a TwinError without values."""
    try:
        yield
    except store_errors() as error:
        failure = told(key, doing, fault_of(error), error)
    else:
        return
    raise failure


def commit(key: str, attempt: Callable[[], int]) -> int:
    """Try a commit until it stands: again at once after a conflict, later after an outage.

    The attempt opens the table anew each time, so it sees what the others wrote.
    """
    conflicts, outages = 0, 0
    while True:
        try:
            return attempt()
        except store_errors() as error:
            fault = fault_of(error)
            failure = told(key, "writing", fault, error)
        if fault in ("conflict", "exists") and conflicts < _CONFLICTS_TRIED:
            conflicts += 1
            time.sleep(SystemRandom().uniform(0, min(1.0, 0.01 * conflicts)))
        elif fault == "unreachable" and outages < _OUTAGES_TRIED - 1:
            time.sleep(0.5 * 2**outages)
            outages += 1
        else:
            raise failure
