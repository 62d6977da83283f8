"""Settings of an installation: `GEMELLO_*` variables, else `gemello.toml`, else `./.gemello/`."""

import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

from infra.addresses import without_secrets
from infra.errors import TwinError
from infra.secret import Secret
from infra.windows import PLACEHOLDERS

# In a folder of sources: where those are that do not lie in it, a table of name → address.
ADDRESSES: Final = "sources.toml"
_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_KEYS: Final = (
    "home",
    "lake",
    "archive",
    "contracts",
    "root_key_file",
    "root_key_vault",
    "vault_token_file",
    "signing_key_file",
    "sources",
    "since",
    "pii_model",
)


@dataclass(frozen=True)
class Settings:
    """Where an installation keeps its lake, archive and keys, and where its publishers are.

    `lake` and `archive` are a folder or `s3://bucket/prefix`; `lake` may hold `{stage}` for a
    bucket per stage. `sources` fills the placeholders of contracts, such as `{parking_api}`.
    `since` is the first day this installation holds, where contracts would go back further;
    `pii_model` the folder of a further recogniser of persons in texts. Keys and tokens themselves
    come from variables, never from a file of settings.
    """

    home: Path
    lake: str
    archive: str
    root_key_file: Path
    signing_key_file: Path
    contracts: tuple[Path, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    sources_base: str = ""
    is_sources_declared: bool = False
    is_root_key_declared: bool = False
    is_signing_key_declared: bool = False
    root_key: Secret | None = None
    root_key_vault: str = ""
    vault_token: Secret | None = None
    vault_token_file: Path | None = None
    vault_namespace: str = ""
    since: date | None = None
    pii_model: Path | None = None

    @classmethod
    def load(
        cls, environ: Mapping[str, str] | None = None, folder: Path | None = None
    ) -> "Settings":
        """Read the settings of this process; `folder` is where `gemello.toml` and `.gemello` are.

        The environment comes first, then `gemello.toml`, then the one in the home folder, which
        `gemello demo` writes.
        Raises TwinError for a setting that is unknown or does not make sense.
        """
        environ = os.environ if environ is None else environ
        folder = Path.cwd() if folder is None else folder
        declared = {
            key: environ[f"GEMELLO_{key.upper()}"]
            for key in _KEYS
            if environ.get(f"GEMELLO_{key.upper()}")
        }
        values = _from_file(folder / "gemello.toml") | declared
        home = (folder / str(values.get("home", ".gemello"))).absolute()
        values = _from_file(home / "gemello.toml") | values
        sources, base = _sources(values.get("sources", home / "sources"), folder)
        key_file = values.get("root_key_file")
        model = values.get("pii_model")
        settings = cls(
            home=home,
            lake=_location(values.get("lake"), home / "lake", folder),
            archive=_location(values.get("archive"), home / "archive", folder),
            root_key_file=_path(key_file, home / "root.key", folder),
            signing_key_file=_path(values.get("signing_key_file"), home / "signing.key", folder),
            contracts=_folders(values.get("contracts"), folder),
            sources=sources,
            sources_base=base,
            is_sources_declared="sources" in values,
            is_root_key_declared=key_file is not None,
            is_signing_key_declared="signing_key_file" in values,
            root_key=_secret(environ, "GEMELLO_ROOT_KEY"),
            root_key_vault=str(values.get("root_key_vault", "")),
            vault_token=_secret(environ, "VAULT_TOKEN"),
            vault_token_file=_optional(values.get("vault_token_file"), folder),
            vault_namespace=environ.get("VAULT_NAMESPACE", ""),
            since=_day(values.get("since")),
            pii_model=None if model is None else (folder / str(model)).absolute(),
        )
        settings._check_key_place()
        return settings

    def _check_key_place(self) -> None:
        for place, name in ((self.lake, "lake"), (self.archive, "archive")):
            if "://" not in place and self.root_key_file.is_relative_to(place.split("{")[0]):
                raise TwinError(
                    f"GEMELLO_ROOT_KEY_FILE lies inside the {name}: whoever copies the {name} has "
                    "the key; point it to another folder"
                )

    @property
    def is_root_key_elsewhere(self) -> bool:
        """Whether the root key comes from a variable or from Vault, and not from a file."""
        return self.root_key is not None or bool(self.root_key_vault)

    @property
    def is_remote(self) -> bool:
        """Whether the lake lies in object storage."""
        return self.lake.startswith("s3://")

    def resolve(self, address: str, *, contract: str) -> str:
        """Fill the source placeholders of an address, such as `{parking_api}/sessions`.

        Placeholders with a colon or named `window…` belong to the adapter and are left alone.
        Raises TwinError when no setting says where a placeholder points.
        """
        places = self.places(address)
        for name, place in places.items():
            if place is None:
                raise TwinError(
                    f"{contract}: source names {{{name}}}, and GEMELLO_SOURCES does not say "
                    f'where that is; add {name} = "…" to [sources] in gemello.toml, or {name}=… '
                    "to GEMELLO_SOURCES"
                )

        def filled(match: re.Match[str]) -> str:
            place = places.get(match[1])
            if place is None:
                return match[0]
            # What no path follows is filled as it stands: a key may end in a slash.
            return place.rstrip("/") if address.startswith("/", match.end()) else place

        return _PLACEHOLDER.sub(filled, address)

    def places(self, address: str) -> dict[str, str | None]:
        """Where each source placeholder of an address points; None where no setting says it."""
        names = dict.fromkeys(_PLACEHOLDER.findall(address))
        return {
            name: self._place(name)
            for name in names
            if name not in PLACEHOLDERS and ":" not in name
        }

    def _place(self, name: str) -> str | None:
        if name in self.sources:
            return self.sources[name]
        return f"{self.sources_base.rstrip('/')}/{name}" if self.sources_base else None

    def told(self, address: str) -> str:
        """Where the placeholders of an address point, in words; empty where it has none.

        Nothing is said of those in its query, or in place of a user or a password.
        """
        said = [
            f"{{{name}}} is {without_secrets(place)}"
            for name, place in self.places(without_secrets(address)).items()
            if place is not None
        ]
        if not said:
            return ""
        whose = "as GEMELLO_SOURCES says"
        if not self.is_sources_declared:
            whose = "by default; another place is said by GEMELLO_SOURCES"
        return f"{' and '.join(said)}, {whose}"


def _toml(path: Path) -> dict[str, object]:
    """What a file says; nothing where there is none."""
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise TwinError(f"{path.name} is not valid TOML; correct it or remove it") from None


def _from_file(path: Path) -> dict[str, object]:
    values = _toml(path)
    unknown = sorted(set(values) - set(_KEYS))
    if unknown:
        raise TwinError(
            f"{path.name}: unknown setting '{unknown[0]}'; known are {', '.join(_KEYS)}"
        )
    return values


def _day(value: object) -> date | None:
    if value is None or isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise TwinError("GEMELLO_SINCE is not a day; write one such as 2025-01-01") from None


def _path(value: object, default: Path, folder: Path) -> Path:
    return default if value is None else (folder / str(value)).absolute()


def _optional(value: object, folder: Path) -> Path | None:
    return None if value is None else (folder / str(value)).absolute()


def _secret(environ: Mapping[str, str], name: str) -> Secret | None:
    text = environ.get(name)
    return Secret(text) if text else None


def _location(value: object, default: Path, folder: Path) -> str:
    if value is None:
        return str(default)
    text = str(value).rstrip("/")
    if text.startswith("s3://"):
        return text
    if "://" in text:
        raise TwinError("GEMELLO_LAKE and GEMELLO_ARCHIVE take a folder or s3://bucket/prefix")
    return str((folder / text).absolute())


def _folders(value: object, folder: Path) -> tuple[Path, ...]:
    if value is None:
        return ()
    parts = value if isinstance(value, list) else str(value).split(os.pathsep)
    paths = tuple((folder / str(part)).absolute() for part in parts if str(part))
    for path in paths:
        if not path.is_dir():
            raise TwinError(f"GEMELLO_CONTRACTS names {path}, which is not a folder")
    return paths


def _sources(value: object, folder: Path) -> tuple[dict[str, str], str]:
    """A table of name → address (TOML, JSON or `name=address` pairs), or one base folder."""
    if isinstance(value, dict):
        return {str(k): str(v) for k, v in value.items()}, ""
    text = str(value)
    if text.lstrip().startswith("{"):
        try:
            table = json.loads(text)
        except json.JSONDecodeError:
            raise TwinError("GEMELLO_SOURCES looks like JSON but is not valid JSON") from None
        return {str(k): str(v) for k, v in table.items()}, ""
    if text.endswith(".toml") and Path(text).is_file():
        table = tomllib.loads(Path(text).read_text(encoding="utf-8"))
        return {str(k): str(v) for k, v in table.get("sources", table).items()}, ""
    if "=" in text and "://" not in text.partition("=")[0]:
        pairs = (part.partition("=") for part in text.split(",") if part.strip())
        return {name.strip(): address.strip() for name, _, address in pairs}, ""
    if "://" in text:
        return {}, text
    base = (folder / text).absolute()
    return {str(k): str(v) for k, v in _toml(base / ADDRESSES).items()}, str(base)
