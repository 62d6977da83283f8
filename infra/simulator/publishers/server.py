"""The web server of the simulated publishers: on this machine only, on a port of its own."""

import ssl
import threading
import time
from collections import Counter
from collections.abc import Mapping
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final, Self
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from infra.simulator.publishers import pages, soda
from infra.simulator.publishers.faults import Fault, failing_reply, fails_now, left_of
from infra.simulator.publishers.offers import Offer, Reply, as_json, refusal

_PIECES: Final = 64


class PublisherServer:
    """Serves data sets by name, and fails where it is told to.

    /api/<whole|page|offset|cursor|link>/<name>   records, from and to by `time_field`
    /api/<…>/<name>/<day>                         records of a day
    /resource/<name>.json                         SODA 2
    /api/3/action/package_show?id=<name>          CKAN
    /files/<name>/<file>                          files

    Every answer names its state (ETag, Last-Modified) and can be asked whether it changed.
    `most_per_s` refuses what comes faster (429); `most_records` is the largest JSON page. `port` is
    taken if it is free; 0 takes any. `certificate` is a file with key and certificate: the server
    then speaks https. `requests` and `sent` count questions and bytes by name.
    """

    def __init__(
        self,
        offers: Mapping[str, Offer],
        *,
        most_per_s: int | None = None,
        most_records: int = 1000,
        certificate: Path | None = None,
        port: int = 0,
    ) -> None:
        """Raises OSError where the port is another's."""
        self.offers = dict(offers)
        self.requests: Counter[str] = Counter()
        self.sent: Counter[str] = Counter()
        self._faults: dict[str, Fault] = {}
        self._struck: Counter[tuple[str, str]] = Counter()
        self._recent: list[float] = []
        self._most_per_s = most_per_s
        self._most_records = most_records
        self._lock = threading.Lock()
        self.closing = threading.Event()
        handler = type("_Handler", (_Handler,), {"publisher": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._scheme = "http"
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if certificate is not None:
            self.show(certificate)
            self._server.socket = self._tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
            self._scheme = "https"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        """Where it is."""
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def show(self, certificate: Path) -> None:
        """Show this certificate to whoever connects from now on."""
        self._tls.load_cert_chain(certificate)

    def fail(self, name: str, fault: Fault) -> None:
        """Let a data set fail from now on."""
        with self._lock:
            self._faults[name] = fault
            self._struck = Counter({key: n for key, n in self._struck.items() if key[0] != name})

    def recover(self, name: str) -> None:
        """Let a data set answer as it should again."""
        with self._lock:
            self._faults.pop(name, None)

    def strike(self, name: str, target: str) -> Fault | None:
        """Count a request, and say which fault strikes it."""
        with self._lock:
            self.requests[name] += 1
            fault = self._faults.get(name)
            if fault is None:
                return None
            # Which of several callers at once it strikes must not be left to chance.
            key = (name, target if fault.kind == "flapping" else "")
            self._struck[key] += 1
            return fault if fails_now(fault, self._struck[key] - 1) else None

    def count(self, name: str, bytes_count: int) -> None:
        """Count what is about to be sent."""
        with self._lock:
            self.sent[name] += bytes_count

    def is_too_fast(self) -> bool:
        """Whether more came within the last second than the limit allows."""
        if self._most_per_s is None:
            return False
        with self._lock:
            now = time.monotonic()
            self._recent = [at for at in self._recent if at > now - 1]
            if len(self._recent) >= self._most_per_s:
                return True
            self._recent.append(now)
            return False

    def reply(self, target: str, fault: Fault | None) -> Reply:
        """The answer to a question, from what is offered."""
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        path = unquote(parts.path)
        name = name_in(path, query)
        offer = self.offers.get(name)
        if offer is None:
            return refusal(404, "no such data set")
        if path.startswith("/files/"):
            return _file(offer, path.split("/", 3)[-1])
        if path.startswith("/api/3/"):
            return self._package(name, offer)
        if path.startswith("/resource/"):
            return soda.answered(left_of(offer.records(), fault), query)
        _, _, style, _, *day = path.split("/", 4)
        found = offer.of_day(day[0]) if day else offer.records()
        if found is None:
            return refusal(404, "no such day")
        records = pages.within(left_of(found, fault), offer.time_field, query)
        address = f"{self.url}{parts.path}"
        return pages.paged(style, records, query, address=address, most=self._most_records)

    def _package(self, name: str, offer: Offer) -> Reply:
        where = offer.files_url or f"{self.url}/files/{name}"
        stated = offer.modified_at().replace(tzinfo=None).isoformat()
        resources = [
            {
                "name": file.rpartition(".")[0],
                "format": file.rpartition(".")[2].upper(),
                "url": f"{where}/{quote(file)}",
                "metadata_modified": stated,
            }
            for file in offer.files()
        ]
        return as_json({"success": True, "result": {"name": name, "resources": resources}})


def _file(offer: Offer, name: str) -> Reply:
    content = offer.files().get(name)
    if content is None:
        return refusal(404, "no such file")
    return Reply(content, content_type="application/octet-stream")


def name_in(path: str, query: Mapping[str, str]) -> str:
    """The data set that is asked for."""
    if path.startswith("/api/3/"):
        return query.get("id", "")
    steps = [*path.split("/"), "", "", ""]
    return steps[3] if path.startswith("/api/") else steps[2].removesuffix(".json")


class _Handler(BaseHTTPRequestHandler):
    publisher: PublisherServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        name = name_in(unquote(parts.path), dict(parse_qsl(parts.query)))
        fault = self.publisher.strike(name, self.path)
        self.close_connection = True
        if fault is not None and fault.kind in ("down", "flapping"):
            return
        reply = failing_reply(fault) if fault else None
        if reply is None and self.publisher.is_too_fast():
            reply = Reply(b"", 429, headers={"Retry-After": "1"})
        if reply is None:
            reply = self._unless_known(self.publisher.reply(self.path, fault), name)
        self.publisher.count(name, len(reply.body))
        self._send(reply, fault)

    def _unless_known(self, reply: Reply, name: str) -> Reply:
        """The answer, or 304 where the caller has it already."""
        offer = self.publisher.offers.get(name)
        if reply.status != 200 or offer is None:
            return reply
        modified_at = offer.modified_at().replace(microsecond=0)
        named = {"ETag": reply.etag, "Last-Modified": format_datetime(modified_at, usegmt=True)}
        known, since = self.headers.get("If-None-Match"), self.headers.get("If-Modified-Since")
        is_known = (
            known == reply.etag
            if known
            else bool(since) and (parsedate_to_datetime(str(since)) >= modified_at)
        )
        if is_known:
            return Reply(b"", 304, headers=named)
        return Reply(reply.body, 200, reply.content_type, {**named, **reply.headers})

    def _send(self, reply: Reply, fault: Fault | None) -> None:
        kind = fault.kind if fault else None
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        if reply.status != 304:
            self.send_header("Content-Length", str(len(reply.body)))
        self.send_header("Connection", "close")
        for header, value in reply.headers.items():
            self.send_header(header, value)
        self.end_headers()
        body = reply.body
        if kind == "truncated":
            body = body[: len(body) // 2]
        if fault is not None and kind == "slow":
            step = max(1, len(body) // _PIECES)
            for at in range(0, len(body), step):
                self.wfile.write(body[at : at + step])
                if self.publisher.closing.wait(fault.pause_s):
                    return
            return
        self.wfile.write(body)

    def handle(self) -> None:
        """Answer; a caller who hangs up, or does not trust us, is no error of the server."""
        try:
            super().handle()
        except (ConnectionError, ssl.SSLError, TimeoutError):
            self.close_connection = True

    def finish(self) -> None:
        try:
            super().finish()
        except (ConnectionError, ssl.SSLError, ValueError):
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Nothing: what is asked may hold what nobody should read."""
