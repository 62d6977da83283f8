"""One exchange with a web server: a request, an answer, and nothing left open behind it.

No exchange outlasts its deadline, however slowly bytes drip in: every wait is at most what is left.
"""

import base64
import io
import socket
import ssl
import urllib.request
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Final, cast
from urllib.parse import SplitResult, unquote, urlsplit

_PIECE: Final = 1024**2
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_GZIP_OR_ZLIB: Final = 47  # zlib's own code for: find out which of the two it is


class BrokenOffError(Exception):
    """The connection could not be made, or ended before all was said: worth another try."""


class TooLargeError(Exception):
    """The answer is larger than the limit."""


class BadCertificateError(Exception):
    """Nobody can know who answered; `reason` says what is wrong with the certificate."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, repr=False)
class Raw:
    """What a server answered. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    is_part: bool = False


def exchange(
    url: str,
    headers: Mapping[str, str],
    *,
    left_s: Callable[[], float],
    limit_bytes: int,
    part_bytes: int | None = None,
) -> Raw:
    """Ask for an address, and read the whole answer, unpacked; or its first `part_bytes`.

    `left_s` says how long the next wait may last. Raises TimeoutError when it is none,
    BrokenOffError, BadCertificateError and TooLargeError.
    """
    parts = urlsplit(url)
    connection, target = _connection(parts, left_s())
    try:
        connection.connect()
        with connection.sock as sock:
            connection.sock = cast("socket.socket", _Line(sock, left_s))
            connection.request("GET", target, headers=dict(headers))
            response = connection.getresponse()
            named = {name.lower(): value for name, value in response.getheaders()}
            body, is_part = _body(response, limit_bytes, part_bytes)
            if not is_part:
                body = _unpacked(body, named, limit_bytes)
            return Raw(response.status, named, body, is_part)
    except ssl.SSLCertVerificationError as error:
        raise BadCertificateError(_REASONS.get(error.verify_code, "is not to be trusted")) from None
    except TimeoutError:
        raise TimeoutError from None
    except (OSError, HTTPException, zlib.error):
        raise BrokenOffError from None
    finally:
        connection.close()


# What OpenSSL calls X509_V_ERR_…
_REASONS: Final = {
    9: "is not valid yet",
    10: "has expired",
    18: "was signed by nobody but itself",
    19: "was signed by nobody we know",
    20: "was signed by nobody we know",
    62: "is for another host",
}


def _connection(parts: SplitResult, timeout_s: float) -> tuple[HTTPConnection, str]:
    """A connection that is not yet made, and what is asked for over it."""
    host, path = parts.hostname or "", parts._replace(scheme="", netloc="", fragment="").geturl()
    path = path or "/"
    proxy = _proxy(parts)
    if parts.scheme == "https":
        first = (proxy.hostname or "", proxy.port) if proxy else (host, parts.port)
        secure = HTTPSConnection(*first, timeout=timeout_s, context=ssl.create_default_context())
        if proxy:
            secure.set_tunnel(host, parts.port, headers=_credentials(proxy))
        return secure, path
    if proxy:
        return HTTPConnection(proxy.hostname or "", proxy.port, timeout=timeout_s), parts.geturl()
    return HTTPConnection(host, parts.port, timeout=timeout_s), path


def _proxy(parts: SplitResult) -> SplitResult | None:
    """The proxy that the environment names for this address, as other tools read it."""
    host = parts.hostname or ""
    address = urllib.request.getproxies().get(parts.scheme)
    if not address or host in _LOOPBACK or urllib.request.proxy_bypass(host):
        return None
    return urlsplit(address if "://" in address else f"http://{address}")


def _credentials(parts: SplitResult) -> dict[str, str]:
    if parts.username is None:
        return {}
    return {"Proxy-Authorization": basic(parts.username, parts.password or "")}


def basic(user: str, password: str) -> str:
    """A user and a password as HTTP's basic authorisation sends them."""
    said = f"{unquote(user)}:{unquote(password)}".encode()
    return f"Basic {base64.b64encode(said).decode('ascii')}"


class _Line:
    """A connection that gives up when time is over; for http.client it looks like its socket."""

    def __init__(self, sock: socket.socket, left_s: Callable[[], float]) -> None:
        self._sock = sock
        self._left_s = left_s

    def sendall(self, content: bytes) -> None:
        self._sock.settimeout(_some(self._left_s()))
        self._sock.sendall(content)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Bytes(self._sock, self._left_s))

    def close(self) -> None:
        """Nothing: whoever made the connection closes it."""


class _Bytes(io.RawIOBase):
    def __init__(self, sock: socket.socket, left_s: Callable[[], float]) -> None:
        super().__init__()
        self._sock = sock
        self._left_s = left_s

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override] # a Buffer, always one
        self._sock.settimeout(_some(self._left_s()))
        return self._sock.recv_into(buffer)


def _some(left_s: float) -> float:
    if left_s <= 0:
        raise TimeoutError
    return left_s


def _body(response: HTTPResponse, limit_bytes: int, part_bytes: int | None) -> tuple[bytes, bool]:
    """The body, and whether it is only its beginning."""
    pieces: list[bytes] = []
    count = 0
    while piece := response.read1(_PIECE):
        count += len(piece)
        if count > limit_bytes:
            raise TooLargeError
        pieces.append(piece)
        if part_bytes is not None and count >= part_bytes:
            return b"".join(pieces), True
    expected = response.headers.get("Content-Length", "")
    # Reading in pieces, the library takes a broken connection for the end.
    if expected.isdigit() and int(expected) != count:
        raise BrokenOffError
    return b"".join(pieces), False


def _unpacked(body: bytes, headers: Mapping[str, str], limit_bytes: int) -> bytes:
    """The body without the packing of the way; a file that is itself packed stays as it is."""
    coding = headers.get("content-encoding", "identity").strip().lower()
    if coding in ("identity", "") or not body:
        return body
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise BrokenOffError
    stream = zlib.decompressobj(_GZIP_OR_ZLIB)
    content = stream.decompress(body, limit_bytes + 1)
    if len(content) > limit_bytes:
        raise TooLargeError
    if not stream.eof:
        raise BrokenOffError
    return content
