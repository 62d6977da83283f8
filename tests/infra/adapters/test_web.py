import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.adapters import web as web_module
from infra.adapters.patience import Patience, Time
from infra.adapters.web import NotThereError, Web
from infra.errors import ContractError, PublisherUnavailable
from infra.simulator.publishers import Fault, Offer, PublisherServer, make_certificate
from tests.infra.adapters.waiting import Waiting

FILE = b"x\n1\n"
OFFER = Offer(files=lambda: {"soste.csv": FILE, "lungo.csv": FILE * 100})
SHORT = Patience(timeout_s=0.3, deadline_s=0.9, attempts=2, first_pause_s=0)


@pytest.fixture
def server() -> Iterator[PublisherServer]:
    with PublisherServer({"soste": OFFER}) as running:
        yield running


def asking(server: PublisherServer, waiting: Waiting | None = None, **how: object) -> Web:
    host = server.url.partition("://")[2]
    time = (waiting or Waiting()).time()
    return Web("{parking}/soste", **{"hosts": (host,), "time": time, **how})


def at(server: PublisherServer) -> str:
    return f"{server.url}/files/soste/soste.csv?token=geheim"


def test_an_answer_comes_with_its_name_and_its_date(server):
    answer = asking(server).get(at(server))

    assert answer is not None
    assert (answer.body, answer.changed_at.isoformat()) == (FILE, "2025-01-01T00:00:00+00:00")
    assert answer.receipt(at(server), None).is_named


def test_what_did_not_change_is_not_sent_again(server):
    web = asking(server)
    answer = web.get(at(server))
    sent = server.sent["soste"]

    again = web.get(at(server), known=answer.receipt(at(server), None))

    assert again is None
    assert server.sent["soste"] == sent


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_in_trouble_is_asked_again_with_growing_pauses(server, status):
    server.fail("soste", Fault("server_error", status=status, times=3))
    waiting = Waiting()

    answer = asking(server, waiting).get(at(server))

    assert answer.body == FILE
    assert waiting.slept == [0.5, 1.0, 2.0]


def test_a_server_that_stays_in_trouble_is_unavailable_after_four_attempts(server):
    server.fail("soste", Fault("server_error"))

    with pytest.raises(PublisherUnavailable, match=r"answered HTTP 503 \(4 attempts\)"):
        asking(server).get(at(server))

    assert server.requests["soste"] == 4


def test_a_server_that_asks_for_a_pause_gets_it(server):
    server.fail("soste", Fault("rate_limited", times=1, retry_after_s=7))
    waiting = Waiting()

    asking(server, waiting).get(at(server))

    assert waiting.slept == [7.5]


def test_a_server_that_asks_for_hours_is_left_alone(server):
    server.fail("soste", Fault("rate_limited", retry_after_s=7200))
    waiting = Waiting()

    with pytest.raises(PublisherUnavailable, match="not to be called for 7200 s: run again after"):
        asking(server, waiting).get(at(server))

    assert (server.requests["soste"], waiting.slept) == (1, [])


def test_a_pause_may_be_asked_for_until_an_hour_of_the_clock():
    said = "HTTP/1.1 503 x\r\nRetry-After: Wed, 01 Jan 2025 12:00:09 GMT\r\n\r\n"
    waiting = Waiting()
    with one_answer_each(said.encode(), good(FILE)) as url:
        answer = Web("x", hosts=(url.partition("://")[2],), time=waiting.time()).get(url)

    assert (answer.body, waiting.slept) == (FILE, [9.5])


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("not_found", "answered HTTP 404"),
        ("gone", r"answered HTTP 410 \(withdrawn for good\)"),
        ("forbidden", "answered HTTP 403: it wants a login"),
        ("login", "sent a web page in place of data"),
        ("moved", "redirects to a host that the contract does not name"),
    ],
)
def test_what_will_not_pass_is_asked_for_once(server, kind, said):
    server.fail("soste", Fault(kind))

    with pytest.raises(PublisherUnavailable, match=said) as failure:
        asking(server).get(at(server))

    assert server.requests["soste"] == 1
    assert "geheim" not in str(failure.value)
    assert "login.example.org" not in str(failure.value)


def test_what_is_gone_can_be_told_from_what_is_down(server):
    with pytest.raises(NotThereError):
        asking(server).get(f"{server.url}/files/soste/altro.csv")


@pytest.mark.parametrize("kind", ["down", "truncated"])
def test_an_answer_that_breaks_off_is_asked_for_again(server, kind):
    server.fail("soste", Fault(kind, times=1))

    assert asking(server).get(at(server)).body == FILE
    assert server.requests["soste"] == 2


@pytest.mark.parametrize("kind", ["down", "truncated"])
def test_an_answer_that_always_breaks_off_is_never_taken_for_whole(server, kind):
    server.fail("soste", Fault(kind))

    with pytest.raises(PublisherUnavailable, match="broke off while sending"):
        asking(server).get(at(server))


def test_a_flapping_server_is_read_in_the_end(server):
    server.fail("soste", Fault("flapping"))

    assert [asking(server).get(at(server)).body for _ in range(3)] == [FILE] * 3


def test_bytes_that_drip_do_not_outlast_the_deadline(server):
    server.fail("soste", Fault("slow", pause_s=0.25))
    web = asking(server, time=Time(), patience=SHORT)

    with pytest.raises(PublisherUnavailable, match=r"did not answer in full within 0\.9 s"):
        web.get(f"{server.url}/files/soste/lungo.csv")


def test_headers_that_drip_do_not_outlast_the_deadline():
    with dripping(b"HTTP/1.1 200 OK\r\nX-A: " + b"b" * 1000) as url:
        web = Web("x", hosts=(url.partition("://")[2],), time=Time(), patience=SHORT)

        with pytest.raises(PublisherUnavailable, match=r"did not answer in full within 0\.9 s"):
            web.get(url)


def test_a_broken_chunk_is_not_taken_for_the_end():
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nx\n1\n\r\n9\r\n2"
    with one_answer_each(chunked) as url:
        web = Web("x", hosts=(url.partition("://")[2],), time=Waiting().time())

        with pytest.raises(PublisherUnavailable, match="broke off while sending"):
            web.get(url)


def test_a_packed_body_that_unpacks_beyond_the_limit_is_refused(monkeypatch):
    import gzip

    monkeypatch.setattr(web_module, "MAX_FETCHED_BYTES", 1000)
    with one_answer_each(good(gzip.compress(bytes(5000)), "Content-Encoding: gzip")) as url:
        web = Web("x", hosts=(url.partition("://")[2],), time=Waiting().time())

        with pytest.raises(ContractError, match="larger than"):
            web.get(url)


def test_a_redirect_within_the_host_is_followed_and_remembered():
    onward = b"HTTP/1.1 301 x\r\nLocation: /new\r\n\r\n"
    with one_answer_each(onward, good(FILE)) as url:
        answer = Web("x", hosts=(url.partition("://")[2],), time=Waiting().time()).get(url)

    assert (answer.body, answer.url, answer.is_moved) == (FILE, f"{url}/new", True)


def test_a_redirect_to_a_declared_host_is_followed_without_our_headers(server):
    other = Offer(files=lambda: {"soste.csv": FILE})
    seen: list[bytes] = []
    with (
        PublisherServer({"soste": other}) as elsewhere,
        one_answer_each(
            f"HTTP/1.1 302 x\r\nLocation: {at(elsewhere)}\r\n\r\n".encode(), seen=seen
        ) as url,
    ):
        hosts = (url.partition("://")[2], elsewhere.url.partition("://")[2])
        web = Web("x", hosts=hosts, headers={"X-Key": "geheim"}, time=Waiting().time())

        assert web.get(url).body == FILE
    assert b"X-Key: geheim" in seen[0]


def test_a_folder_in_place_of_a_server_is_a_setting_to_put_right(tmp_path):
    web = Web("{parking_api}/sessions", hosts=("",), time=Waiting().time())

    with pytest.raises(PublisherUnavailable, match="GEMELLO_SOURCES") as refused:
        web.get(f"{tmp_path}/parking_api/sessions")

    assert not refused.value.is_passing


def test_a_circle_of_redirects_ends():
    with one_answer_each(*[b"HTTP/1.1 302 x\r\nLocation: /a\r\n\r\n"] * 6) as url:
        web = Web("x", hosts=(url.partition("://")[2],), time=Waiting().time())

        with pytest.raises(PublisherUnavailable, match="in a circle"):
            web.get(url)


def test_an_expired_certificate_is_no_server_we_know(tmp_path, monkeypatch):
    certificate = make_certificate(tmp_path, valid_for=timedelta(days=-1))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with PublisherServer({"soste": OFFER}, certificate=certificate) as secure:
        with pytest.raises(PublisherUnavailable, match="certificate has expired"):
            asking(secure).get(at(secure))

        assert secure.requests["soste"] == 0


def test_a_certificate_we_trust_is_read(tmp_path, monkeypatch):
    certificate = make_certificate(tmp_path, valid_for=timedelta(days=1))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with PublisherServer({"soste": OFFER}, certificate=certificate) as secure:
        assert asking(secure).get(at(secure)).body == FILE


def test_a_certificate_of_nobody_is_refused(tmp_path):
    certificate = make_certificate(tmp_path, valid_for=timedelta(days=1))
    with (
        PublisherServer({"soste": OFFER}, certificate=certificate) as secure,
        pytest.raises(PublisherUnavailable, match="signed by nobody"),
    ):
        asking(secure).get(at(secure))


def test_questions_keep_the_pace_the_contract_allows(server):
    waiting = Waiting()
    web = asking(server, waiting, requests_per_s=4)

    for _ in range(3):
        web.get(at(server))

    assert waiting.slept == [0.25, 0.25]


def test_a_limit_of_the_server_is_kept_by_waiting():
    waiting = Waiting()
    with PublisherServer({"soste": OFFER}, most_per_s=1) as strict:
        web = asking(strict, waiting)
        web.get(at(strict))

        with pytest.raises(PublisherUnavailable, match="answered HTTP 429"):
            web.get(at(strict))

    assert waiting.slept == [1.5, 2.0, 3.0]


@given(bounds=st.lists(st.floats(0, 1), min_size=3, max_size=3))
def test_pauses_are_drawn_between_nothing_and_a_doubling_bound(bounds):
    drawn: list[float] = []
    shares = iter(bounds)

    def up_to(bound: float) -> float:
        drawn.append(bound)
        return bound * next(shares)

    waiting = Waiting()
    time = Time(now_s=lambda: waiting.now_s, sleep=waiting.slept.append, up_to=up_to)
    with pytest.raises(PublisherUnavailable):
        Web("x", hosts=("127.0.0.1:9",), time=time).get("http://127.0.0.1:9/")

    assert drawn == [0.5, 1.0, 2.0]
    assert waiting.slept == [bound * share for bound, share in zip(drawn, bounds, strict=True)]


def good(body: bytes, *headers: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


@contextmanager
def one_answer_each(*answers: bytes, seen: list[bytes] | None = None) -> Iterator[str]:
    """A server that gives these answers, one a connection, and the last ever after."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            for number in range(20):
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    asked = connection.recv(65536)
                    if not asked:
                        return
                    if seen is not None:
                        seen.append(asked)
                    connection.sendall(answers[min(number, len(answers) - 1)])

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        with socket.create_connection(listening.getsockname()):
            pass
        thread.join()


@contextmanager
def dripping(answer: bytes) -> Iterator[str]:
    """A server that sends a byte ten times a second."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                for byte in answer:
                    try:
                        connection.sendall(bytes([byte]))
                    except OSError:
                        return
                    if over.wait(0.1):
                        return

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        over.set()
        thread.join()
