"""Who we are to an SSH server, and how it proves to be the one that was agreed."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from infra.errors import ContractError, TwinError

if TYPE_CHECKING:
    from asyncssh import SSHClient, SSHClientConnection, SSHKey, SSHKnownHosts

CONNECT_TIMEOUT_S: Final = 20
LOGIN_TIMEOUT_S: Final = 30
_KEEPALIVE_S: Final = 15
_SSH_PORT: Final = 22


@dataclass(frozen=True, repr=False)
class Account:
    """A server, our user there, the secret that proves it, and the keys the server may have."""

    host: str
    port: int
    user: str
    written: str
    password: str | None
    key: "SSHKey | None"
    known_hosts: "SSHKnownHosts"
    fingerprints: tuple[str, ...]

    def __repr__(self) -> str:
        """The address as the contract writes it."""
        return f"Account({self.written})"


def account_of(url: str, access: str, fingerprints: Sequence[str], *, written: str) -> Account:
    """The account of an address, with the secrets of its access folder.

    Raises ContractError for an address that is no account, and TwinError for a folder that lacks a
    secret or a known host.
    """
    _check_library()
    server = urlsplit(url.partition("://")[0] + "://" + url.partition("://")[2].partition("/")[0])
    try:
        port = server.port or _SSH_PORT
    except ValueError:
        port = 0
    if server.scheme != "sftp" or not server.hostname or not server.username or not port:
        raise ContractError(
            f"{written} is not sftp://user@host/path; correct source.url, or what GEMELLO_SOURCES "
            "says of its placeholder"
        )
    if server.password is not None:
        raise ContractError(
            f"{written} has a password in its address; put it into the file password of the access "
            "folder"
        )
    folder = Path(access)
    password, key = _secret(folder, "password", written), _key(folder, written)
    if password is None and key is None:
        raise TwinError(
            f"{written}: the access folder holds neither password nor key; put one of them there"
        )
    known_hosts = _content(folder / "known_hosts", written)
    if known_hosts is None and not fingerprints:
        raise TwinError(
            f"{written}: no host key is agreed; write source.host_key, or put known_hosts into the "
            "access folder. Ask the publisher for it, and do not believe the server itself"
        )
    return Account(
        host=server.hostname,
        port=port,
        user=unquote(server.username),
        written=written,
        password=password,
        key=key,
        known_hosts=_known_hosts(known_hosts or b"", written),
        fingerprints=tuple(fingerprints),
    )


def connection_to(account: Account) -> "AbstractAsyncContextManager[SSHClientConnection]":
    """A connection that is made on entering and closed on leaving; no other host is spoken to."""
    import asyncssh

    return asyncssh.connect(
        account.host,
        account.port,
        username=account.user,
        password=account.password,
        client_keys=[account.key] if account.key else None,
        known_hosts=account.known_hosts,
        client_factory=lambda: _trusting(account.fingerprints),
        # Nothing of the user this process runs as: no configuration, no agent, no proxy.
        config=None,
        agent_path=None,
        gss_kex=False,
        gss_auth=False,
        x509_trusted_certs=None,
        preferred_auth=("publickey", "password", "keyboard-interactive"),
        connect_timeout=CONNECT_TIMEOUT_S,
        login_timeout=LOGIN_TIMEOUT_S,
        keepalive_interval=_KEEPALIVE_S,
    )


def _trusting(fingerprints: Sequence[str]) -> "SSHClient":
    """A client that trusts the keys with these fingerprints, beside those of known_hosts."""
    import asyncssh

    class Trusting(asyncssh.SSHClient):
        def validate_host_public_key(
            self, host: str, addr: str, port: int, key: asyncssh.SSHKey
        ) -> bool:
            return key.get_fingerprint("sha256") in fingerprints

    return Trusting()


def _check_library() -> None:
    if find_spec("asyncssh") is None:
        raise TwinError("the sftp protocol needs a library: install gemello with the extra sftp")


def _known_hosts(content: bytes, written: str) -> "SSHKnownHosts":
    import asyncssh

    try:
        return asyncssh.import_known_hosts(content.decode())
    except ValueError:
        raise TwinError(
            f"{written}: known_hosts of the access folder cannot be read; write a line for each "
            "server, as ssh-keyscan prints"
        ) from None


def _content(path: Path, written: str) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError:
        raise TwinError(
            f"{written}: {path.name} of the access folder cannot be read; correct its permissions"
        ) from None


def _secret(folder: Path, name: str, written: str) -> str | None:
    """The first line of a file; None if it is not there."""
    content = _content(folder / name, written)
    return None if content is None else content.decode(errors="replace").partition("\n")[0].rstrip()


def _key(folder: Path, written: str) -> "SSHKey | None":
    import asyncssh

    content = _content(folder / "key", written)
    if content is None:
        return None
    try:
        return asyncssh.import_private_key(content)
    except ValueError:
        # A passphrase would have to lie beside the key, where it protects nothing.
        raise TwinError(
            f"{written}: key of the access folder is no private key, or has a passphrase; put "
            "there one that ssh-keygen made without"
        ) from None
