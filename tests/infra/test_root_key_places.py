import base64
import json
import pickle
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from infra.errors import TwinError
from infra.keys import Keyring
from infra.settings import Settings
from infra.simulator.publishers.certificates import make_certificate

KEY = bytes(range(32))
TOKEN = "hvs.CAESIJ-invented-0001"  # noqa: S105 # invented
# The answers in the form that the API documentation of the KV engine, version 2, gives.
FOUND = {
    "request_id": "0c2a9f3e-7c9e-7f0e-3a57-3f2f3b8c1f11",
    "lease_id": "",
    "renewable": False,
    "lease_duration": 0,
    "data": {
        "data": {"root_key": base64.b64encode(KEY).decode(), "note": "Brescia"},
        "metadata": {
            "created_time": "2026-03-22T02:24:06.945319214Z",
            "custom_metadata": None,
            "deletion_time": "",
            "destroyed": False,
            "version": 2,
        },
    },
    "wrap_info": None,
    "warnings": None,
    "auth": None,
}
DELETED = {
    "data": {
        "data": None,
        "metadata": {
            "created_time": "2026-03-22T02:36:33.954880664Z",
            "deletion_time": "2026-03-22T02:36:43.986212308Z",
            "destroyed": False,
            "version": 2,
        },
    }
}
VERSION_1 = {"data": {"root_key": base64.b64encode(KEY).decode()}}


@dataclass
class Vault:
    """A server that answers as the documentation of Vault says, and keeps what it was asked."""

    answers: list[tuple[int, object]] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    address: str = ""

    @property
    def setting(self) -> str:
        return f"{self.address}/v1/secret/data/gemello#root_key"


@contextmanager
def serving(vault: Vault, certificate: Path | None = None) -> Iterator[Vault]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            vault.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
            status, body = vault.answers.pop(0) if len(vault.answers) > 1 else vault.answers[0]
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            if status in (301, 307):
                self.send_header("Location", f"{vault.address}/v1/elsewhere")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    scheme = "http"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    vault.address = f"{scheme}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield vault
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def vault() -> Iterator[Vault]:
    with serving(Vault([(200, FOUND)])) as running:
        yield running


def opened(folder: Path, **variables: str) -> Keyring:
    return Keyring.open(Settings.load(variables, folder))


def from_vault(folder: Path, vault: Vault, **variables: str) -> Keyring:
    said = {"GEMELLO_ROOT_KEY_VAULT": vault.setting, "VAULT_TOKEN": TOKEN}
    return opened(folder, **{**said, **variables})


def is_the_key(keyring: Keyring) -> bool:
    return keyring.root_id() == Keyring(KEY, Path("unused")).root_id()


@pytest.mark.parametrize(
    "text",
    [
        base64.b64encode(KEY).decode(),
        base64.urlsafe_b64encode(KEY).decode().rstrip("="),
        KEY.hex(),
        f" {KEY.hex().upper()}\n",
    ],
)
def test_a_key_may_be_in_a_variable_in_base64_or_in_hexadecimal(tmp_path: Path, text: str) -> None:
    keyring = opened(tmp_path, GEMELLO_ROOT_KEY=text)

    keyring.pseudonym_key("parking")

    assert is_the_key(keyring)
    assert keyring.list()[0].created_on is None
    assert sorted(path.name for path in (tmp_path / ".gemello").iterdir()) == ["root.key.ring"]


@pytest.mark.parametrize("text", ["", "x", "a" * 42, "00" * 31, "ZZ" * 32, "à" * 44])
def test_what_is_no_key_is_refused_and_not_shown(tmp_path: Path, text: str) -> None:
    with pytest.raises(TwinError, match="GEMELLO_ROOT_KEY does not hold a root key") as refused:
        opened(tmp_path, GEMELLO_ROOT_KEY=text or " ")

    assert not text or len(text) == 1 or text not in str(refused.value)


def test_a_key_in_a_file_of_settings_is_refused(tmp_path: Path) -> None:
    (tmp_path / "gemello.toml").write_text(f'root_key = "{KEY.hex()}"\n')

    with pytest.raises(TwinError, match="unknown setting 'root_key'") as refused:
        Settings.load({}, tmp_path)

    assert KEY.hex() not in str(refused.value)


def test_two_places_for_one_key_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TwinError, match=r"several places \(GEMELLO_ROOT_KEY_FILE, GEMELLO_ROOT_K"):
        opened(tmp_path, GEMELLO_ROOT_KEY_FILE="root.key", GEMELLO_ROOT_KEY=KEY.hex())


def test_settings_show_and_pickle_neither_key_nor_token(tmp_path: Path) -> None:
    settings = Settings.load({"GEMELLO_ROOT_KEY": KEY.hex(), "VAULT_TOKEN": TOKEN}, tmp_path)

    assert KEY.hex() not in f"{settings} {settings!r}"
    assert TOKEN not in f"{settings} {settings!r}"
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(settings)


def test_vault_is_asked_for_the_path_with_the_token_in_a_header(
    tmp_path: Path, vault: Vault
) -> None:
    keyring = from_vault(tmp_path, vault, VAULT_NAMESPACE="city/")

    ((path, headers),) = vault.asked
    assert is_the_key(keyring)
    assert path == "/v1/secret/data/gemello"
    assert headers["x-vault-token"] == TOKEN
    assert headers["x-vault-namespace"] == "city/"


def test_a_token_may_lie_in_a_file_that_nobody_else_can_read(tmp_path: Path, vault: Vault) -> None:
    token_file = tmp_path / "token"
    token_file.touch(mode=0o600)
    token_file.write_text(f"{TOKEN}\n")
    said = {"GEMELLO_ROOT_KEY_VAULT": vault.setting, "GEMELLO_VAULT_TOKEN_FILE": "token"}

    assert is_the_key(opened(tmp_path, **said))
    token_file.chmod(0o644)
    with pytest.raises(TwinError, match=f"chmod 600 {token_file}"):
        opened(tmp_path, **said)
    assert vault.asked[0][1]["x-vault-token"] == TOKEN


def test_vault_is_asked_over_tls_if_its_certificate_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate(tmp_path, valid_for=timedelta(days=1))

    with serving(Vault([(200, FOUND)]), certificate) as vault:
        with pytest.raises(TwinError, match="has a certificate we do not trust: SSL_CERT_FILE"):
            from_vault(tmp_path, vault)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        keyring = from_vault(tmp_path, vault)

    assert is_the_key(keyring)
    assert len(vault.asked) == 1


@pytest.mark.parametrize(
    ("answers", "said", "asked_count"),
    [
        ([(403, {"errors": ["permission denied"]})], "does not accept the token", 1),
        ([(404, {"errors": []})], "has no such secret", 1),
        ([(404, DELETED)], "newest version was deleted", 1),
        ([(400, {"errors": ["?"]})], "does not understand the question", 1),
        ([(307, b"")], "name the active node", 1),
        ([(503, {"errors": ["Vault is sealed"]})], "is sealed or being maintained", 3),
        ([(500, b"oops")], "answers with HTTP 500", 3),
        ([(200, VERSION_1)], "KV engine of version 2", 1),
        ([(200, b"<html>")], "KV engine of version 2", 1),
        ([(200, {"data": {"data": {"other": "x"}}})], "has no field root_key", 1),
        ([(200, {"data": {"data": {"root_key": 7}}})], "has no field root_key", 1),
        ([(200, {"data": {"data": {"root_key": "c2hvcnQ="}}})], "does not hold a root key", 1),
    ],
)
def test_what_vault_answers_is_told_in_words_of_ours(
    tmp_path: Path, vault: Vault, answers: list[tuple[int, object]], said: str, asked_count: int
) -> None:
    vault.answers = answers

    with pytest.raises(TwinError, match=said) as refused:
        from_vault(tmp_path, vault)

    message = str(refused.value)
    assert len(vault.asked) == asked_count
    for secret in (TOKEN, "c2hvcnQ=", "permission denied", "oops", "/v1/elsewhere"):
        assert secret not in message


def test_a_moment_of_sealing_is_bridged(tmp_path: Path, vault: Vault) -> None:
    vault.answers = [(503, {"errors": []}), (429, b""), (200, FOUND)]

    assert is_the_key(from_vault(tmp_path, vault))


def test_a_vault_that_is_not_there_is_named(tmp_path: Path, vault: Vault) -> None:
    with serving(Vault()) as gone:
        pass

    with pytest.raises(TwinError, match=r"Vault at 127\.0\.0\.1:\d+ does not answer"):
        from_vault(tmp_path, gone)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://vault.example.org/v1/secret/data/gemello#root_key", "takes an https:// address"),
        ("vault.example.org", "takes an https:// address"),
        ("https://vault.example.org/v1/secret/data/gemello", "behind #, the field"),
        ("https://vault.example.org/secret/data/gemello#root_key", "behind #, the field"),
        ("https://me:pass@vault.example.org/v1/s/data/g#k", "takes no user"),
    ],
)
def test_an_address_that_would_give_the_token_away_or_names_no_secret_is_refused(
    tmp_path: Path, address: str, said: str
) -> None:
    with pytest.raises(TwinError, match=said):
        opened(tmp_path, GEMELLO_ROOT_KEY_VAULT=address, VAULT_TOKEN=TOKEN)


@pytest.mark.parametrize("token", [None, " ", "two words", "line\r\nX-Other: 1"])
def test_without_a_token_vault_is_not_asked(
    tmp_path: Path, vault: Vault, token: str | None
) -> None:
    said = {"GEMELLO_ROOT_KEY_VAULT": vault.setting}

    with pytest.raises(TwinError, match="token"):
        opened(tmp_path, **said, **({} if token is None else {"VAULT_TOKEN": token}))

    assert vault.asked == []
