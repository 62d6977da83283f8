import traceback
import uuid
from pathlib import Path

import pytest
from deltalake.exceptions import CommitFailedError

from infra.errors import TwinError
from infra.lake import Lake
from infra.lake.faults import commit, fault_of
from tests.conftest import ObjectStore
from tests.infra.lake.tables import (
    KEY,
    day,
    days,
    lake_at,
    readings,
    rows,
    start_process,
    write,
)

CANARY = "canary"


def complaint_of(lake: Lake) -> str:
    with pytest.raises(TwinError) as refusal:
        write(lake, readings((CANARY, 1.0, day(1))), days(1, 1))
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None
    assert CANARY not in str(refusal.value)
    return str(refusal.value)


@pytest.fixture
def reach(object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
    for name, text in object_store.environment.items():
        monkeypatch.setenv(name, text)
    return object_store


def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "lake").write_text("not a folder")

    assert "file stands in its place" in complaint_of(lake_at(str(tmp_path / "lake")))
    assert "file stands in its place" in complaint_of(lake_at(str(tmp_path / "lake" / "deeper")))


def test_a_folder_that_nobody_can_make_is_told() -> None:
    assert "its folder cannot be made" in complaint_of(lake_at("/proc/gemello/lake"))


def test_a_probe_leaves_nothing_behind(lake: Lake, location: str) -> None:
    lake.probe()

    assert lake.tables() == []
    if not location.startswith("s3://"):
        assert list(Path(location).iterdir()) == []


FULL_DISK = """
import resource, sys
from infra.errors import TwinError
from tests.infra.lake.tables import days, day, lake_at, write
import polars as pl
lake = lake_at(sys.argv[1])
lake.probe()
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
frame = pl.DataFrame({"energy_kwh": pl.Series(range(200_000)).hash().cast(pl.Float64)})
frame = frame.select(pl.lit("canary").alias("meter_pid"), "energy_kwh", window_on=pl.lit(day(1)))
try:
    write(lake, frame, days(1, 1))
except TwinError as error:
    print(error)
"""


def test_a_disk_that_fills_up_is_told_and_the_table_stays_as_it_was(tmp_path: Path) -> None:
    lake = lake_at(str(tmp_path))
    write(lake, readings(("a", 1.0, day(1))), days(1, 1))

    told, noise = start_process(FULL_DISK, str(tmp_path)).communicate(timeout=120)

    assert "the disk is full" in told, noise
    assert CANARY not in told
    assert list(tmp_path.rglob("*.unfinished")) == []
    assert lake.version(KEY) == 1
    assert rows(lake) == [("a", 1.0, day(1))]


def test_a_store_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")

    assert "does not answer" in complaint_of(lake_at("s3://twin/lake"))


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("Error performing GET http://x in 2.1s, after 10 retries, max_retries 10", "unreachable"),
        ("Server returned non-2xx status code 503 Service Unavailable", "unreachable"),
        ("Connection was closed before we received a valid response", "unreachable"),
        ("An error occurred (InternalError) when calling PutObject", "unreachable"),
        ("404 Not Found <Code>NoSuchBucket</Code>", "bucket"),
        ("403 Forbidden <Code>SignatureDoesNotMatch</Code>", "secret"),
        ("The operation lacked the necessary privileges to complete", "denied"),
        ("File too large (os error 27)", "full"),
        ("Read-only file system (os error 30)", "read_only"),
        ("version already exists", "conflict"),
    ],
)
def test_a_fault_is_known_by_the_words_of_the_store(words: str, fault: str) -> None:
    assert fault_of(OSError(words)) == fault


def test_a_commit_is_tried_again_after_a_conflict_and_after_an_outage() -> None:
    failures = [OSError("connection reset"), CommitFailedError("concurrent")]

    def attempt() -> int:
        if failures:
            raise failures.pop()
        return 7

    assert commit(KEY, attempt) == 7


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("No space left on device", "the disk is full"),
        ("AccessDenied", "access is denied"),
        ("Preview of invalid data: canary", "OSError"),
    ],
)
def test_what_waiting_cannot_heal_is_told_at_once_without_the_stores_words(
    words: str, told: str
) -> None:
    def attempt() -> int:
        raise OSError(words)

    with pytest.raises(TwinError, match=told) as refusal:
        commit(KEY, attempt)

    assert CANARY not in "".join(traceback.format_exception(refusal.value))


@pytest.mark.server
def test_a_versioned_bucket_is_refused_because_it_would_lose_commits(reach: ObjectStore) -> None:
    bucket = f"twin-versioned-{uuid.uuid4().hex[:8]}"
    reach.call("create_bucket", Bucket=bucket)
    try:
        on = {"Status": "Enabled"}
        reach.call("put_bucket_versioning", Bucket=bucket, VersioningConfiguration=on)

        complaint = complaint_of(lake_at(f"s3://{bucket}/lake"))

        left = reach.call("list_object_versions", Bucket=bucket)
    finally:
        reach.remove(bucket)
    assert "If-None-Match is ignored; its versioning is on" in complaint
    assert not left.get("Versions")
    assert not left.get("DeleteMarkers")


@pytest.mark.server
def test_a_bucket_per_stage_is_probed_bucket_by_bucket(reach: ObjectStore) -> None:
    bucket = f"twin-{uuid.uuid4().hex[:8]}"
    reach.call("create_bucket", Bucket=f"{bucket}-bronze")
    try:
        lake = lake_at(f"s3://{bucket}-{{stage}}")

        write(lake, readings(("a", 1.0, day(1))), days(1, 1))

        assert rows(lake) == [("a", 1.0, day(1))]
        with pytest.raises(TwinError, match="bucket does not exist"):
            lake.probe()
    finally:
        reach.remove(f"{bucket}-bronze")


@pytest.mark.server
@pytest.mark.parametrize("name", ["AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"])
def test_wrong_credentials_are_told_without_showing_them(
    reach: ObjectStore, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "wrong-one")
    lake = lake_at(f"s3://{reach.bucket}/{uuid.uuid4().hex}")

    complaint = complaint_of(lake)
    with pytest.raises(TwinError, match="credentials") as refusal:
        lake.read(KEY)

    assert "does not accept the credentials" in complaint
    assert "wrong-one" not in complaint + str(refusal.value)


@pytest.mark.server
@pytest.mark.usefixtures("reach")
def test_a_bucket_that_does_not_exist_is_told() -> None:
    lake = lake_at("s3://twin-that-is-not-there/lake")

    assert "bucket does not exist" in complaint_of(lake)
    with pytest.raises(TwinError, match="bucket does not exist"):
        lake.read(KEY)
