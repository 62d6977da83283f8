import gzip
import os
import threading
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pydantic import ValidationError

from infra.adapters import fetch
from infra.adapters.file import FileAdapter
from infra.adapters.opening import open_arrivals, payloads_of
from infra.errors import ContractError, PublisherUnavailable
from infra.windows import Window
from tests.infra.adapters.waiting import Waiting

STATIC = Window.always()
THREE_DAYS = Window.between(date(2025, 1, 1), date(2025, 1, 3), "daily")


def at(url: object, **declared: object) -> FileAdapter:
    return FileAdapter(protocol="file", url=str(url), **declared)


def test_all_files_of_a_pattern_are_read_in_the_order_of_their_names(tmp_path):
    (tmp_path / "b.csv").write_text("x,z\n3,4\n5\n")
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    os.utime(tmp_path / "a.csv", (0, 1_735_689_600))

    arrivals = at(tmp_path / "*.csv").pull(STATIC)
    raw = open_arrivals(arrivals, at(tmp_path / "*.csv"))

    assert payloads_of(arrivals)[0].modified_at == datetime(2025, 1, 1, tzinfo=UTC)
    assert raw.frame.select("x", "y", "z", "__payload", "__line").rows() == [
        ("1", "2", None, 0, 2),
        ("3", None, "4", 1, 2),
    ]
    assert raw.refused.select("__payload", "__line").rows() == [(1, 3)]


def test_a_window_in_the_name_picks_the_files_of_each_window(tmp_path):
    for day in ("20250101", "20250103", "20250104"):
        (tmp_path / f"soste_{day}.csv").write_text("x\n1\n")

    arrivals = at(f"{tmp_path}/soste_{{window:%Y%m%d}}.csv").pull(THREE_DAYS)

    starts = [payload.window_start for payload in payloads_of(arrivals)]
    assert starts == [date(2025, 1, 1), date(2025, 1, 3)]


def test_nothing_found_says_what_was_looked_for_as_the_contract_writes_it(tmp_path):
    adapter = at("{drop}/soste_{window}.csv").resolved(
        lambda url: url.replace("{drop}", str(tmp_path))
    )

    with pytest.raises(PublisherUnavailable, match="nothing was found") as failure:
        adapter.pull(THREE_DAYS)

    assert "{drop}/soste_{window}.csv" in str(failure.value)
    assert str(tmp_path) not in str(failure.value)


def test_a_static_data_set_has_no_windows_in_its_address():
    with pytest.raises(ContractError, match="static"):
        at("x_{window}.csv").pull(STATIC)


def test_payloads_stay_packed_until_they_are_read(tmp_path):
    packed = gzip.compress(b"x\n007\n")
    (tmp_path / "x.csv.gz").write_bytes(packed)

    arrivals = at(tmp_path / "x.csv.gz").pull(STATIC)

    assert payloads_of(arrivals)[0].content == packed
    assert open_arrivals(arrivals, at("x")).frame["x"].to_list() == ["007"]


def test_lines_count_on_through_the_files_of_a_zip(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a.csv", "x,y\n1,2\n3\n")
        archive.writestr("b.csv", "x,y\n5,6\n")

    raw = open_arrivals(at(tmp_path / "x.zip").pull(STATIC), at("x"))

    assert raw.frame.select("x", "__line").rows() == [("1", 2), ("5", 5)]
    assert raw.refused["__line"].to_list() == [3]


def test_a_file_that_cannot_be_read_is_named_by_its_place_only(tmp_path):
    (tmp_path / "a.csv").write_text("x\n1\n")
    (tmp_path / "mario_rossi.csv").write_text("<html>")

    arrivals = at(tmp_path / "*.csv").pull(STATIC)
    with pytest.raises(ContractError, match="file 2 of 2 in the delivery: a web page") as refusal:
        open_arrivals(arrivals, at("x"))

    assert "mario" not in str(refusal.value)


def test_a_file_above_the_size_limit_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(fetch, "MAX_FETCHED_BYTES", 3)
    (tmp_path / "a.csv").write_text("x\n1\n")

    with pytest.raises(ContractError, match="larger than"):
        at(tmp_path / "a.csv").pull(STATIC)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("encoding", "utf-99", "write an encoding"),
        ("separator", "\n", "no line break"),
        ("separator", "§", "one ASCII character"),
        ("melt", {"columns": "(", "name": "a", "value": "b"}, "regular expression"),
    ],
)
def test_a_dialect_that_makes_no_sense_is_refused_when_the_contract_loads(key, value, message):
    with pytest.raises(ValidationError, match=message):
        at("x.csv", **{key: value})


class _Publisher(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path.startswith("/soste"):
            self.send_response(200)
            self.send_header("Last-Modified", "Wed, 01 Jan 2025 10:00:00 GMT")
            self.send_header("Content-Length", "20" if "cut" in path else "4")
            self.end_headers()
            self.wfile.write(b"x\n1\n")
        elif path == "/slow":
            self.server.released.wait(10)
        else:
            self.send_error(503 if path == "/broken" else 404)

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Publisher)
        self.released = threading.Event()


@pytest.fixture
def publisher() -> Iterator[str]:
    with _Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.released.set()
        server.shutdown()
        thread.join()


def test_a_web_server_says_when_its_file_changed(publisher):
    arrivals = at(f"{publisher}/soste.csv?token=secret").pull(STATIC)

    (payload,) = payloads_of(arrivals)
    assert (payload.name, payload.content) == ("soste.csv", b"x\n1\n")
    assert payload.modified_at == datetime(2025, 1, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("missing", "answered HTTP 404"),
        ("broken", "answered HTTP 503"),
        ("soste_cut.csv", "broke off"),
        ("slow", "did not answer within"),
    ],
)
def test_a_web_server_that_fails_is_unavailable_and_no_query_is_shown(publisher, path, message):
    adapter = at(f"{publisher}/{path}?token=secret", timeout_s=0.3).timed(Waiting().time())

    with pytest.raises(PublisherUnavailable, match=message) as failure:
        adapter.pull(STATIC)

    assert "secret" not in str(failure.value)


def test_an_address_without_a_server_is_unavailable(publisher):
    with pytest.raises(PublisherUnavailable, match="cannot be reached"):
        at("http://user:secret@127.0.0.1:9/x.csv").timed(Waiting().time()).pull(STATIC)


def test_a_window_missing_on_the_web_is_left_out(publisher):
    arrivals = at(f"{publisher}/{{window:soste_%d}}.csv").pull(THREE_DAYS)

    assert arrivals.payloads_count == 3
    with pytest.raises(PublisherUnavailable, match="nothing was found"):
        at(f"{publisher}/{{window:altro_%d}}.csv").pull(THREE_DAYS)


@pytest.mark.parametrize("url", ["ftp://x/y.csv", "gopher://x"])
def test_other_schemes_are_refused(url):
    with pytest.raises(ContractError, match=r"source\.url"):
        at(url).pull(STATIC)


@pytest.mark.server
def test_objects_of_a_store_are_fetched_by_pattern(object_store, monkeypatch):
    for name, value in object_store.environment.items():
        monkeypatch.setenv(name, value)
    files = object_store.files()
    prefix = f"{object_store.bucket}/adapter"
    for day in ("01", "03"):
        files.pipe_file(f"{prefix}/soste_{day}.csv", b"x\n1\n")

    by_pattern = at(f"s3://{prefix}/*.csv").pull(STATIC)
    by_window = at(f"s3://{prefix}/soste_{{window:%d}}.csv").pull(THREE_DAYS)

    assert by_pattern.payloads_count == 2
    starts = [payload.window_start for payload in payloads_of(by_window)]
    assert starts == [date(2025, 1, 1), date(2025, 1, 3)]
    assert all(payload.modified_at.tzinfo == UTC for payload in payloads_of(by_window))


def test_a_store_that_does_not_answer_is_unavailable(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

    with pytest.raises(PublisherUnavailable, match="object store did not answer"):
        at("s3://bucket/x.csv").pull(STATIC)
