"""The `sftp` protocol: files a publisher uploads to an SSH server, in any tabular format."""

import re
from collections.abc import Callable
from typing import Annotated, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from infra.adapters.form import FileForm
from infra.adapters.source import NOTHING_KNOWN, Source
from infra.arrivals import Arrivals, Known
from infra.errors import NothingDelivered
from infra.windows import Window

_FINGERPRINT: Final = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")


class Ready(BaseModel):
    """How an upload that has ended is told from one that goes on.

    By a marker beside the file (its name and `suffix`, or its name with `suffix` in place of its
    ending), or by the file staying as it is for `stable_s`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    suffix: str | None = None
    stable_s: float | None = Field(default=None, gt=0, le=3600)

    @field_validator("suffix")
    @classmethod
    def _is_suffix(cls, suffix: str | None) -> str | None:
        if suffix is not None and not re.fullmatch(r"\.[^/]+", suffix):
            raise ValueError("is no ending of a name; write such as .ok")
        return suffix

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if (self.suffix is None) == (self.stable_s is None):
            raise ValueError("says nothing, or two things; write {suffix: .ok} or {stable_s: 10}")
        return self


def _as_tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _is_fingerprint(text: str) -> str:
    if not _FINGERPRINT.fullmatch(text):
        raise ValueError(
            "is no fingerprint; write SHA256: and 43 characters, as ssh-keygen -lf prints"
        )
    return text


Fingerprint = Annotated[str, AfterValidator(_is_fingerprint)]


class SftpAdapter(FileForm, Source):
    """Files on an SSH server, who may be trusted to be that server, and when a file is whole.

    `access` is a folder with `password` or `key`, and with `known_hosts` where no `host_key` is
    written. Secrets stand there and nowhere else.
    """

    protocol: Literal["sftp"]
    access: str
    host_key: Annotated[tuple[Fingerprint, ...], BeforeValidator(_as_tuple)] = ()
    ready: Ready = Ready(stable_s=10)

    @field_validator("url")
    @classmethod
    def _is_sftp(cls, url: str) -> str:
        if not url.startswith(("sftp://", "{")):
            raise ValueError("is no sftp address; write {place}/file.csv or sftp://user@host/path")
        if re.match(r"sftp://[^/@]*:[^/@]*@", url):
            raise ValueError("has a password; put it into the file password of the access folder")
        return url

    def filled_texts(self) -> dict[str, str]:
        """The address, and the access folder."""
        return super().filled_texts() | {"access": self.access}

    def _filled(self, fill: Callable[[str], str]) -> dict[str, object]:
        return super()._filled(fill) | {"access": fill(self.access)}

    def pull(
        self, window: Window, known: Known = NOTHING_KNOWN
    ) -> Arrivals:  # an SSH server names no states
        """Fetch the files of these windows whose upload has ended; what is `known` too.

        A window, or a delivery without one, is taken when all its files are there whole. Raises
        PublisherUnavailable when nothing is found, the publisher does not answer or uploads still,
        ContractError when the server is not the one that was agreed or does not let us in, and
        TwinError when the access folder is not as it should be.
        """
        from infra.adapters.sftp_access import account_of
        from infra.adapters.sftp_fetch import fetch_by_sftp

        account = account_of(self.url, self.access, self.host_key, written=self.written)
        payloads = fetch_by_sftp(account, self.places(window), self.ready)
        if not payloads:
            raise NothingDelivered(f"{self.written}: nothing was found there for {window}")
        return Arrivals(payloads)
