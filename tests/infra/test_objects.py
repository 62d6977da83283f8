import os
import secrets
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from infra.adapters.opening import payloads_of
from infra.arrivals import Arrivals, Payload
from infra.errors import ContractError, TwinError
from infra.keys import Keyring
from infra.objects import ObjectStore, create_file, open_store, storage_errors
from infra.seal import Archive
from infra.windows import Window

NOW = datetime(2025, 1, 31, tzinfo=UTC)
WINDOW = Window.of(date(2025, 1, 30), "daily")


def bucket_location(monkeypatch: pytest.MonkeyPatch) -> str:
    endpoint = os.environ["OBJECT_STORE_ENDPOINT"]
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", os.environ["LAKE_ADMIN_ACCESS_KEY_ID"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", os.environ["LAKE_ADMIN_SECRET_ACCESS_KEY"])
    from s3fs import S3FileSystem

    name = f"sealed-{secrets.token_hex(6)}"
    S3FileSystem(endpoint_url=endpoint, skip_instance_cache=True).mkdir(name)
    return f"s3://{name}/archive"


def empty_bucket(location: str) -> None:
    from s3fs import S3FileSystem

    bucket = location.removeprefix("s3://").partition("/")[0]
    files = S3FileSystem(endpoint_url=os.environ["AWS_ENDPOINT_URL"], skip_instance_cache=True)
    files.rm(bucket, recursive=True)


@pytest.fixture(params=["folder", pytest.param("bucket", marks=pytest.mark.server)])
def location(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    if request.param == "folder":
        yield str(tmp_path / "store")
        return
    place = bucket_location(monkeypatch)
    yield place
    empty_bucket(place)


@pytest.fixture
def store(location: str) -> ObjectStore:
    return open_store(location)


def test_an_object_is_read_as_it_was_written(store: ObjectStore) -> None:
    content = secrets.token_bytes(100_000)

    count = store.write("a/b/c", [content[:10], b"", content[10:]])

    assert count == 100_000
    assert store.get("a/b/c") == content
    with store.open("a/b/c") as file:
        assert file is not None
        assert file.read(7) + file.read() == content


def test_what_is_not_there_is_none_and_may_be_deleted(store: ObjectStore) -> None:
    with store.open("a") as file:
        assert file is None
    assert store.get("a") is None
    store.delete("a")
    assert store.list() == []
    assert store.list("a/b") == []


def test_a_name_that_is_taken_is_not_put_again(store: ObjectStore) -> None:
    assert store.put_new("a", b"first") is True
    assert store.put_new("a", b"second") is False

    assert store.get("a") == b"first"


def test_objects_are_listed_under_their_folder_and_no_other(store: ObjectStore) -> None:
    for name in ("keys/x/1", "keys/x/y/2", "keys/xy/3", "sealed/x/1"):
        store.put_new(name, name.encode())

    listed = store.list("keys/x")

    assert [(stored.name, stored.bytes_count) for stored in listed] == [
        ("keys/x/1", 8),
        ("keys/x/y/2", 10),
    ]
    assert abs(listed[0].modified_at - datetime.now(UTC)) < timedelta(minutes=5)


def test_a_write_that_breaks_off_leaves_nothing(store: ObjectStore) -> None:
    def breaking() -> Iterator[bytes]:
        yield bytes(20_000_000)
        raise ContractError("the sender stopped")

    with pytest.raises(ContractError):
        store.write("a/b", breaking())

    assert store.get("a/b") is None
    assert store.list() == []


def test_a_delivery_is_sealed_listed_opened_and_expired(location: str, tmp_path: Path) -> None:
    archive = Archive(location, Keyring(bytes(32), tmp_path / "root.key"))
    content = secrets.token_bytes(40_000_000)
    came = Arrivals([Payload("a", content, NOW), Payload("b", b"Zzcanary Zzprova", NOW)])
    last_day = date(2025, 2, 14)

    sealed = {
        archive.put("a2a/readings", WINDOW, came, sealed_at=NOW, expires_on=last_day)
        for _ in range(2)
    }
    (listed,) = archive.deliveries("a2a/readings")
    opened = archive.get("a2a/readings", listed.delivery_id)
    archive.expire(last_day)

    assert sealed == {listed}
    assert payloads_of(opened) == payloads_of(came)
    assert archive.deliveries("a2a/readings") == []
    with pytest.raises(ContractError, match="has expired"):
        archive.get("a2a/readings", listed.delivery_id)


@pytest.mark.server
def test_a_wrong_s3_key_is_told_without_showing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    place = bucket_location(monkeypatch)
    right = os.environ["AWS_SECRET_ACCESS_KEY"]
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-the-secret")

    with pytest.raises(TwinError, match=r"AWS_\* credentials") as raised:
        open_store(place).put_new("a", b"")

    assert "not-the-secret" not in str(raised.value)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", right)
    empty_bucket(place)


@pytest.mark.server
def test_a_bucket_that_does_not_exist_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    place = bucket_location(monkeypatch)
    empty_bucket(place)

    with pytest.raises(TwinError, match="no such bucket"):
        open_store(place).put_new("a", b"")


def test_a_server_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

    with pytest.raises(TwinError, match="check that it can be reached"):
        open_store("s3://city/archive").put_new("a", b"")


def test_of_many_processes_that_make_one_file_a_single_one_does(tmp_path: Path) -> None:
    script = (
        "import sys, secrets; from pathlib import Path; from infra.objects import create_file\n"
        "print(create_file(Path(sys.argv[1]), secrets.token_bytes(32), mode=0o600))"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "key")]

    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    answers = [process.communicate(timeout=60)[0].strip() for process in running]

    assert sorted(answers) == ["False"] * 5 + ["True"]
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_a_file_is_made_with_the_mode_asked_for(tmp_path: Path) -> None:
    create_file(tmp_path / "key", b"x", mode=0o600)

    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


def test_a_full_disk_is_told() -> None:
    with (
        pytest.raises(TwinError, match="no space left"),
        storage_errors("archive", "write"),
        Path("/dev/full").open("wb") as file,
    ):
        file.write(b"x")


def test_a_write_the_system_refuses_leaves_nothing_half_written(tmp_path: Path) -> None:
    script = (
        "import resource, signal, sys; from infra.errors import TwinError\n"
        "from infra.objects import open_store\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: open_store(sys.argv[1]).write('a/b', [bytes(2000)])\n"
        "except TwinError: print('told')"
    )

    command = [sys.executable, "-c", script, str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "told"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
