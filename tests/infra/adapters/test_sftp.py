import logging
import os
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from pydantic import ValidationError

from infra.adapters import sftp_fetch, sftp_files
from infra.adapters.opening import open_arrivals, payloads_of
from infra.adapters.sftp import SftpAdapter
from infra.errors import ContractError, PublisherUnavailable, TwinError
from infra.windows import Window
from tests.infra.adapters.ssh_servers import (
    PASSWORD,
    SSHD,
    Server,
    openssh_server,
    server_in_process,
)

STATIC = Window.always()
THREE_DAYS = Window.between(date(2025, 1, 1), date(2025, 1, 3), "daily")
SOON = {"stable_s": 0.2}
ENCRYPTED_KEY = (
    asyncssh.generate_private_key("ssh-ed25519")
    .export_private_key("pkcs8-pem", passphrase="invented")  # noqa: S106 # as it says
    .decode()
)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sftp_fetch, "PAUSES_S", (0.0, 0.0))


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    with server_in_process(tmp_path) as server:
        yield server


@pytest.fixture(params=["asyncssh", pytest.param("openssh", marks=pytest.mark.server)])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    if request.param == "openssh" and SSHD is None:
        pytest.skip("no sshd: install openssh-server")
    opened = openssh_server() if request.param == "openssh" else server_in_process(tmp_path)
    with opened as server:
        yield server


def at(server: Server, path: str, **more: Any) -> SftpAdapter:
    declared = {
        "protocol": "sftp",
        "url": "{drop}/" + path,
        "access": str(server.access),
        "host_key": server.fingerprint,
        "ready": SOON,
    }
    adapter = SftpAdapter.model_validate(declared | more)
    return adapter.resolved(lambda text: text.replace("{drop}/", server.address("")))


def pulled(adapter: SftpAdapter, window: Window = STATIC) -> list[tuple[str, bytes]]:
    return [(payload.name, payload.content) for payload in payloads_of(adapter.pull(window))]


def test_all_files_of_a_pattern_come_in_the_order_of_their_names(server: Server):
    server.put("drop/b.csv", "x\n3\n4\n")
    server.put("drop/a.csv", "x\n1\n2\n")
    server.put("drop/.hidden.csv", "x\n0\n")
    server.put("drop/notes.txt", "x\n0\n")
    server.put("drop/folder.csv/inside.txt", "x\n0\n")

    arrivals = at(server, "drop/*.csv").pull(STATIC)

    assert [payload.name for payload in payloads_of(arrivals)] == ["a.csv", "b.csv"]
    assert arrivals.modified_at == datetime(2025, 1, 1, tzinfo=UTC)
    frame = open_arrivals(arrivals, at(server, "x")).frame
    assert frame.select("x", "__payload").rows() == [("1", 0), ("2", 0), ("3", 1), ("4", 1)]


def test_a_window_in_the_name_picks_the_files_of_each_window(server: Server):
    for day in ("20250101", "20250103", "20250104"):
        server.put(f"drop/soste_{day}.csv", "x\n1\n")
    server.put("drop/soste_20250103_bis.csv", "x\n2\n")

    payloads = payloads_of(at(server, "drop/soste_{window:%Y%m%d}*.csv").pull(THREE_DAYS))

    starts = [payload.window_start for payload in payloads]
    assert starts == [date(2025, 1, 1), date(2025, 1, 3), date(2025, 1, 3)]


def test_a_pattern_may_stand_for_folders(server: Server):
    server.put("2025-01/a/x.csv", "x\n1\n")
    server.put("2025-01/b/x.csv", "x\n2\n")
    server.put("2025-01/a.csv", "x\n3\n")

    assert [content for _, content in pulled(at(server, "2025-01/*/x.csv"))] == [
        b"x\n1\n",
        b"x\n2\n",
    ]


def test_a_large_file_comes_whole(server: Server):
    content = bytes(range(256)) * 40_000
    server.put("drop/x.bin", content)

    assert pulled(at(server, "drop/x.bin")) == [("x.bin", content)]


def test_a_name_that_is_no_utf8_does_not_stop_the_others(server: Server):
    server.put("drop/a.csv", "x\n1\n")
    os.rename(  # noqa: PTH104 # a name that pathlib cannot spell everywhere
        server.put("drop/b.csv", "x\n2\n"), os.fsencode(server.folder) + b"/drop/citt\xe0.csv"
    )

    assert pulled(at(server, "drop/*.csv")) == [("a.csv", b"x\n1\n"), ("citt\ufffd.csv", b"x\n2\n")]


@pytest.mark.parametrize("path", ["drop/x.csv", "drop/*.csv", "nowhere/x.csv", "nowhere/*.csv"])
def test_nothing_found_says_what_was_looked_for_as_the_contract_writes_it(
    server: Server, path: str
):
    server.put("drop/x.txt", "x")

    with pytest.raises(PublisherUnavailable, match="nothing was found") as failure:
        at(server, path).pull(STATIC)

    assert str(failure.value).startswith("{drop}/" + path)
    assert "127.0.0.1" not in str(failure.value)


def test_a_file_that_still_grows_is_left_until_it_does_not(server: Server):
    growing = server.put("drop/x.csv", "x\n1\n")
    is_done = threading.Event()

    def upload() -> None:
        while not is_done.wait(0.02):
            with growing.open("a") as file:
                file.write("2\n")

    thread = threading.Thread(target=upload)
    thread.start()
    try:
        with pytest.raises(PublisherUnavailable, match="not all of them are whole"):
            at(server, "drop/x.csv").pull(STATIC)
    finally:
        is_done.set()
        thread.join()

    assert pulled(at(server, "drop/x.csv")) == [("x.csv", growing.read_bytes())]


def test_a_file_without_its_marker_is_left_until_it_has_one(server: Server):
    server.put("drop/x.csv", "x\n1\n")
    adapter = at(server, "drop/*", ready={"suffix": ".ok"})

    with pytest.raises(PublisherUnavailable, match=r"no \.ok lies beside them"):
        adapter.pull(STATIC)
    server.put("drop/x.csv.ok", "")

    assert pulled(adapter) == [("x.csv", b"x\n1\n")]


def test_a_marker_may_take_the_place_of_the_ending(server: Server):
    server.put("x.csv", "x\n1\n")
    server.put("x.ok", "")

    assert pulled(at(server, "x.csv", ready={"suffix": ".ok"})) == [("x.csv", b"x\n1\n")]


def test_a_window_that_is_still_uploaded_does_not_stop_the_others(server: Server):
    for day in ("01", "02"):
        for part in "ab":
            server.put(f"{day}_{part}.csv", "x\n1\n")
    for name in ("01_a.csv.ok", "01_b.csv.ok", "02_a.csv.ok"):
        server.put(name, "")

    adapter = at(server, "{window:%d}_*.csv", ready={"suffix": ".ok"})

    assert [name for name, _ in pulled(adapter, THREE_DAYS)] == ["01_a.csv", "01_b.csv"]


def test_of_a_delivery_without_windows_nothing_is_taken_before_all_is_there(server: Server):
    server.put("a.csv", "x\n1\n")
    server.put("b.csv", "x\n1\n")
    server.put("a.csv.ok", "")

    with pytest.raises(PublisherUnavailable, match="not all of them are whole"):
        at(server, "*.csv", ready={"suffix": ".ok"}).pull(STATIC)


def test_an_empty_file_is_one_whose_upload_has_only_begun(server: Server):
    server.put("x.csv", "")

    with pytest.raises(PublisherUnavailable, match="not all of them are whole"):
        at(server, "x.csv").pull(STATIC)


def test_one_of_two_agreed_keys_is_enough(server: Server):
    server.put("x.csv", "x\n1\n")
    other = asyncssh.generate_private_key("ssh-ed25519").get_fingerprint("sha256")

    assert pulled(at(server, "x.csv", host_key=[other, server.fingerprint]))


def test_a_known_host_is_trusted_and_another_is_not(server: Server):
    server.put("x.csv", "x\n1\n")
    known_hosts = server.access / "known_hosts"
    known_hosts.write_text(server.known_hosts)

    assert pulled(at(server, "x.csv", host_key=[]))
    known_hosts.write_text(server.known_hosts.replace("127.0.0.1", "192.0.2.1"))
    with pytest.raises(ContractError, match="key is not the one that was agreed"):
        at(server, "x.csv", host_key=[]).pull(STATIC)


def test_a_server_of_which_no_key_is_agreed_is_not_spoken_to(own_server: Server):
    with pytest.raises(TwinError, match="no host key is agreed"):
        at(own_server, "x.csv", host_key=[]).pull(STATIC)

    assert own_server.connections_count == 0


def test_a_key_opens_as_well_as_a_password(own_server: Server):
    own_server.put("x.csv", "x\n1\n")
    (own_server.access / "password").unlink()
    (own_server.access / "key_of_the_user").rename(own_server.access / "key")

    assert pulled(at(own_server, "x.csv"))


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "neither password nor key"),
        ({"key": "x"}, "no private key"),
        ({"key": ENCRYPTED_KEY}, "has a passphrase"),
        ({"password": "x", "known_hosts": "\xff x y z"}, "known_hosts"),
    ],
)
def test_an_access_folder_that_is_not_in_order_is_our_fault(
    own_server: Server, files: dict[str, str], message: str
):
    (own_server.access / "password").unlink()
    for name, content in files.items():
        (own_server.access / name).write_bytes(content.encode("latin-1"))

    with pytest.raises(TwinError, match=message):
        at(own_server, "x.csv").pull(STATIC)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("/srv/drop/", "is not sftp://user@host/path"),
        ("sftp://127.0.0.1/", "is not sftp://user@host/path"),
        ("sftp://u@127.0.0.1:99999/", "is not sftp://user@host/path"),
        ("sftp://u:segreta@127.0.0.1/", "has a password in its address"),
    ],
)
def test_a_place_that_is_no_account_is_refused(own_server: Server, address: str, message: str):
    adapter = at(own_server, "x").model_copy(update={"url": "{drop}/x.csv", "_written": None})
    adapter = adapter.resolved(lambda text: text.replace("{drop}/", address))

    with pytest.raises(ContractError, match=message) as refusal:
        adapter.pull(STATIC)

    assert "segreta" not in str(refusal.value)


def test_a_connection_that_breaks_is_made_again(own_server: Server):
    own_server.put("a.csv", "x\n1\n")
    own_server.put("b.csv", "x\n2\n")
    own_server.faults[:] = ["", "break", "break"]

    assert pulled(at(own_server, "*.csv")) == [("a.csv", b"x\n1\n"), ("b.csv", b"x\n2\n")]
    assert own_server.connections_count == 3


def test_a_file_that_changes_while_it_is_fetched_is_not_taken(own_server: Server):
    own_server.put("mario_rossi.csv", "x\n1\n")
    own_server.faults[:] = ["grow"]

    with pytest.raises(PublisherUnavailable, match="changed or went away") as failure:
        at(own_server, "*.csv").pull(STATIC)

    assert "mario" not in str(failure.value)


def test_a_file_above_the_size_limit_is_refused(
    own_server: Server, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sftp_files, "MAX_FETCHED_BYTES", 3)
    own_server.put("a.csv", "x\n1\n")

    with pytest.raises(ContractError, match="larger than"):
        at(own_server, "a.csv").pull(STATIC)


def test_the_configuration_of_the_user_we_run_as_is_not_read(
    own_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    own_server.put("x.csv", "x\n1\n")
    spy = tmp_path / "spy"
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "config").write_text(f"Host *\n  ProxyCommand touch {spy}\n")
    monkeypatch.setenv("HOME", str(tmp_path))

    assert pulled(at(own_server, "x.csv"))
    assert not spy.exists()


def test_neither_names_nor_secrets_reach_a_log(
    own_server: Server, caplog: pytest.LogCaptureFixture
):
    own_server.put("mario_rossi.csv", "x\n1\n")

    with caplog.at_level(logging.DEBUG):
        pulled(at(own_server, "*.csv"))

    assert not [word for word in ("mario_rossi", PASSWORD) if word in caplog.text]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("url", "ftp://h/x.csv", "is no sftp address"),
        ("url", "sftp://u:p@h/x.csv", "has a password"),
        ("host_key", "SHA256:short", "is no fingerprint"),
        ("host_key", "ssh-ed25519 AAAA", "is no fingerprint"),
        ("ready", {}, "says nothing, or two things"),
        ("ready", {"suffix": ".ok", "stable_s": 1}, "says nothing, or two things"),
    ],
)
def test_what_makes_no_sense_in_a_source_is_refused(key: str, value: object, message: str):
    good = {"protocol": "sftp", "url": "sftp://u@h/x.csv", "access": "a"}

    with pytest.raises(ValidationError, match=message):
        SftpAdapter.model_validate(good | {key: value})


def test_a_source_says_how_its_files_are_written_as_any_file_does():
    adapter = SftpAdapter.model_validate(
        {"protocol": "sftp", "url": "{a}/{window}.csv", "access": "{b}", "separator": ";"}
    )

    assert adapter.names_windows
    assert adapter.separator == ";"
    assert adapter.ready.stable_s == 10
