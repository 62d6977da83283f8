"""Where tables lie: from the key of a table to its address, and what the store asks of us."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra.errors import TwinError

if TYPE_CHECKING:
    from s3fs import S3FileSystem

STAGES: Final = ("bronze", "quarantine", "silver", "gold", "open", "audit")
_KEY: Final = re.compile(r"[a-z][a-z0-9_]*(/[a-z0-9][a-z0-9_]*){2}")
# With any other character deltalake writes tables that polars looks for under an escaped path.
_READABLE: Final = re.compile(r"[A-Za-z0-9/!$&'()*+,;=@~:._-]*")
# Only these reach the store: it takes unknown names in silence, and some known ones (unsafe
# renames, no conditional put) would cost us commits.
_PASSED_ON: Final = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_VIRTUAL_HOSTED_STYLE_REQUEST",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
)
_LOSES_COMMITS: Final = (
    "AWS_S3_ALLOW_UNSAFE_RENAME",
    "AWS_CONDITIONAL_PUT",
    "AWS_COPY_IF_NOT_EXISTS",
    "AWS_S3_LOCKING_PROVIDER",
)


@dataclass(frozen=True, repr=False)
class Place:
    """The lake's location, with the options its store needs; a repr never shows credentials."""

    location: str
    options: Mapping[str, str]

    @classmethod
    def of(cls, location: str, environ: Mapping[str, str]) -> "Place":
        """The place at this location; AWS_* variables count for `s3://` only.

        Raises TwinError for variables with which commits would be lost, without credentials, and
        for a folder that readers of Delta do not open.
        """
        if not location.startswith("s3://"):
            if not _READABLE.fullmatch(location.replace("{stage}", "")):
                raise TwinError(
                    f"the lake cannot lie in {location}: polars opens no Delta table under a path "
                    "with a space, an accent or a bracket; choose another folder"
                )
            return cls(location.rstrip("/"), {})
        for name in _LOSES_COMMITS:
            if environ.get(name):
                raise TwinError(
                    f"{name} is set: with it, writers of the lake may overwrite each other's "
                    "commits; unset it"
                )
        options = {name: environ[name] for name in _PASSED_ON if environ.get(name)}
        options.setdefault("AWS_REGION", options.get("AWS_DEFAULT_REGION", "us-east-1"))
        endpoint = options.get("AWS_ENDPOINT_URL", "")
        if endpoint.startswith("http://"):
            options["AWS_ALLOW_HTTP"] = "true"
        has_key = "AWS_ACCESS_KEY_ID" in options and "AWS_SECRET_ACCESS_KEY" in options
        if endpoint and not has_key and "AWS_WEB_IDENTITY_TOKEN_FILE" not in options:
            raise TwinError(
                "the lake lies in object storage but there are no credentials: set "
                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            )
        return cls(location.rstrip("/"), options)

    def __repr__(self) -> str:
        """The location only."""
        return f"Place({self.location})"

    @property
    def is_remote(self) -> bool:
        """Whether the place is object storage."""
        return self.location.startswith("s3://")

    @property
    def storage_options(self) -> dict[str, str] | None:
        """What deltalake and polars take; None on a local disk."""
        return dict(self.options) if self.is_remote else None

    def root(self, stage: str) -> str:
        """The folder or prefix that the tables of a stage share; one for all without `{stage}`."""
        return self.location.replace("{stage}", stage)

    def roots(self) -> tuple[str, ...]:
        """Every root, each once."""
        return tuple(dict.fromkeys(self.root(stage) for stage in STAGES))

    def root_of(self, key: str) -> str:
        """The root under which a table lies. Raises TwinError for what is not a key."""
        if not _KEY.fullmatch(key):
            raise TwinError("the key of a table is stage/publisher/dataset in lower case")
        return self.root(key.partition("/")[0])

    def uri(self, key: str) -> str:
        """The address of a table. Raises TwinError for what is not a key."""
        rest = key.partition("/")[2] if "{stage}" in self.location else key
        return f"{self.root_of(key)}/{rest}"

    @cached_property
    def files(self) -> "S3FileSystem":
        """A client of the object store for what deltalake and polars do not do."""
        import s3fs

        options = self.options
        return s3fs.S3FileSystem(
            key=options.get("AWS_ACCESS_KEY_ID"),
            secret=options.get("AWS_SECRET_ACCESS_KEY"),
            token=options.get("AWS_SESSION_TOKEN"),
            endpoint_url=options.get("AWS_ENDPOINT_URL"),
            client_kwargs={"region_name": options["AWS_REGION"]},
            config_kwargs={"connect_timeout": 5, "retries": {"max_attempts": 2}},
            use_listings_cache=False,
            skip_instance_cache=True,
        )

    def keys(self) -> Iterator[str]:
        """The key of every table there is."""
        # An empty depth-3 folder is no table: only what has a Delta log counts.
        if "{stage}" in self.location:
            for stage in STAGES:
                for rest in self._tables_under(self.root(stage), depth=2):
                    yield f"{stage}/{rest}"
        else:
            yield from self._tables_under(self.location, depth=3)

    def _tables_under(self, root: str, *, depth: int) -> Iterator[str]:
        if not self.is_remote:
            pattern = "/".join(["*"] * depth)
            for log in sorted(Path(root).glob(f"{pattern}/_delta_log")):
                yield log.parent.relative_to(root).as_posix()
            return
        files, base = self.files, root.removeprefix("s3://")
        level = [base]
        for _ in range(depth):
            level = [folder for parent in level for folder in _folders(files, parent)]
        for folder in sorted(level):
            if files.exists(f"{folder}/_delta_log"):
                yield folder.removeprefix(f"{base}/")


def _folders(files: "S3FileSystem", parent: str) -> list[str]:
    try:
        listed = files.ls(parent, detail=True)
    except FileNotFoundError:
        return []
    return [str(entry["name"]) for entry in listed if entry["type"] == "directory"]
