"""A publisher's web server that speaks of people where nobody expects it: errors, headers, links.

Each address that fails names somebody else.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import quote, urlsplit

from tests.promises.canaries import People, Person

# By the address that fails: how.
FAULTS: Final = ("down", "denied", "login", "moved", "cut_short", "not_json", "slip")


@dataclass(frozen=True)
class _Answer:
    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)
    missing_count: int = 0


def answers_of(people: People) -> dict[str, _Answer]:
    """What the server answers at each address, with somebody in every answer."""
    who = {name: people.new(f"web server, {name}") for name in (*FAULTS, "good", "found")}
    link = f"http://elsewhere.example.org/{quote(who['moved'].name)}?mail={who['moved'].email}"
    found = who["found"]
    named = {
        "ETag": f'"{found.plate}-{found.fiscal_code}"',
        "Content-Disposition": f'attachment; filename="{found.surname} {found.phone}.csv"',
        "Set-Cookie": f"user={quote(found.email)}",
    }
    return {
        "down": _Answer(500, _page(who["down"])),
        "denied": _Answer(403, _page(who["denied"]), {"WWW-Authenticate": who["denied"].email}),
        "login": _Answer(200, _page(who["login"]), {"Content-Type": "text/html"}),
        "moved": _Answer(302, _page(who["moved"]), {"Location": link}),
        "cut_short": _Answer(200, f"luogo;posti\nA;1;{who['cut_short'].name}", missing_count=900),
        "not_json": _Answer(200, f'[{{"luogo": "A", "{who["not_json"].name}": {_page(found)}'),
        "slip": _Answer(200, f"luogo;posti\nA;1\n{who['slip'].email};2\n"),
        "good": _Answer(200, f"luogo;posti\nA;1\nA;{who['good'].phone}\n", named),
    }


def _page(who: Person) -> str:
    return (
        f"<html><title>{who.name}</title>ValueError: {who.fiscal_code} {who.plate} "
        f"{who.phone} {who.email} {who.pod}</html>"
    )


@contextmanager
def talkative_server(people: People) -> Iterator[str]:
    """The address of a server that runs until the block ends."""
    answers = answers_of(people)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name that the library calls
            name = urlsplit(self.path).path.strip("/").partition(".")[0]
            answer = answers[name]
            body = answer.body.encode()
            self.send_response(answer.status)
            for header, text in answer.headers.items():
                self.send_header(header, text)
            self.send_header("Content-Length", str(len(body) + answer.missing_count))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing: what it would say stands in the test's own output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
