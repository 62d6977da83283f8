"""The root key from HashiCorp Vault: one secret of a KV engine, version 2, asked for over HTTPS."""

import json
import ssl
import time
import urllib.error
import urllib.request
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from infra.errors import TwinError
from infra.keys.forms import key_of_text, read_private
from infra.secret import Secret
from infra.settings import Settings

_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
_PAUSES_S: Final = (0.5, 1.0)
_TIMEOUT_S: Final = 10
_MOST_BYTES: Final = 65536
_EXAMPLE: Final = "https://vault.example.org:8200/v1/secret/data/gemello#root_key"
_WHY: Final = {
    400: "does not understand the question: the path of KV version 2 has `data` behind the mount",
    403: "does not accept the token: it has ended, or may not read this path",
    404: "has no such secret, or its newest version was deleted",
    429: "answers that it is asked too often",
    503: "is sealed or being maintained: unseal it",
}


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The token goes to the server that was named, and to no other."""

    def redirect_request(self, *_: object, **__: object) -> None:
        """Follow nothing."""


def root_key_in_vault(settings: Settings) -> bytes:
    """Ask Vault for the root key.

    Raises TwinError that names the setting and the host; neither token nor answer is ever shown.
    """
    address = urlsplit(settings.root_key_vault)
    _check(address)
    request = urllib.request.Request(address._replace(fragment="").geturl())  # noqa: S310 # checked
    request.add_header("X-Vault-Token", _token(settings))
    request.add_header("X-Vault-Request", "true")
    if settings.vault_namespace:
        request.add_header("X-Vault-Namespace", settings.vault_namespace)
    fields = _fields(_asked(request, address), address)
    text = fields.get(address.fragment)
    if not isinstance(text, str):
        raise TwinError(
            f"the secret in Vault at {_told(address)} has no field {address.fragment}: put the "
            "root key there in base64, or correct GEMELLO_ROOT_KEY_VAULT"
        )
    return key_of_text(text, place=f"the field {address.fragment} in Vault at {_told(address)}")


def _check(address: SplitResult) -> None:
    is_own = address.scheme == "http" and address.hostname in _LOOPBACK  # an agent on this machine
    if not address.hostname or not (address.scheme == "https" or is_own):
        raise TwinError(
            f"GEMELLO_ROOT_KEY_VAULT takes an https:// address such as {_EXAMPLE}; http:// only "
            "for an agent on this machine: the token would travel in the clear"
        )
    if address.username or address.password or address.query:
        raise TwinError("GEMELLO_ROOT_KEY_VAULT takes no user and no query; the token has its own")
    if not address.fragment or not address.path.startswith("/v1/"):
        raise TwinError(
            f"GEMELLO_ROOT_KEY_VAULT names the path and, behind #, the field: such as {_EXAMPLE}"
        )


def _token(settings: Settings) -> str:
    path = settings.vault_token_file
    if path is not None:
        content = read_private(path, "the token for Vault", most_bytes=_MOST_BYTES)
        return _plain(Secret(content.decode("ascii", "replace")), str(path))
    if settings.vault_token is not None:
        return _plain(settings.vault_token, "VAULT_TOKEN")
    raise TwinError(
        "Vault wants a token: set GEMELLO_VAULT_TOKEN_FILE to a file that holds one, or VAULT_TOKEN"
    )


def _plain(token: Secret, place: str) -> str:
    text = token.reveal().strip()
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise TwinError(f"{place} holds no token: it is one word of letters, digits and points")
    return text


def _asked(request: urllib.request.Request, address: SplitResult) -> bytes:
    """The body of the answer, after at most two more attempts where a moment may be enough."""
    opener = urllib.request.build_opener(_NoRedirect())
    why = ""
    for pause in (*_PAUSES_S, None):
        try:
            with opener.open(request, timeout=_TIMEOUT_S) as answer:
                return bytes(answer.read(_MOST_BYTES))
        except urllib.error.HTTPError as error:
            error.close()
            why = _WHY.get(error.code, f"answers with HTTP {error.code}")
            if 300 <= error.code < 400:
                why = "sends us to another address: name the active node, or a load balancer"
            if error.code != 429 and error.code < 500:
                break
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", None)
            if isinstance(reason, ssl.SSLError):
                why = "has a certificate we do not trust: SSL_CERT_FILE names other authorities"
                break
            why = "does not answer"
        if pause is not None:
            time.sleep(pause)
    raise TwinError(
        f"Vault at {_told(address)} {why}. The root key was not read; see GEMELLO_ROOT_KEY_VAULT "
        "in docs/operations.md"
    ) from None


def _fields(body: bytes, address: SplitResult) -> dict[str, Any]:  # JSON of somebody else
    try:
        fields = json.loads(body)["data"]["data"]
    except (ValueError, KeyError, TypeError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise TwinError(
            f"Vault at {_told(address)} did not answer as a KV engine of version 2 does: its path "
            f"has `data` behind the mount, as in {_EXAMPLE}"
        ) from None
    return fields


def _told(address: SplitResult) -> str:
    port = f":{address.port}" if address.port else ""
    return f"{address.hostname}{port}"
