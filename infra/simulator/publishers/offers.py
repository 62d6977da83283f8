"""What a simulated publisher offers over the web, and the answers it gives."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, TypeAlias

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
Record: TypeAlias = Mapping[str, Json]
# A record, or what a publisher's server says in its place.
Item: TypeAlias = Record | str
_BEGAN_AT: Final = datetime(2025, 1, 1, tzinfo=UTC)


def _no_records() -> Sequence[Item]:
    return ()


def _no_files() -> Mapping[str, bytes]:
    return {}


@dataclass(frozen=True)
class Offer:
    """One data set: functions, so that it can grow while it is served.

    `records` are served by the JSON and SODA routes, `files` by `/files` and as the resources of a
    CKAN package. `time_field` is what `from` and `to` of the JSON routes compare; `of_day`
    are the records of the day that their path names, None where there is no such day. `files_url`
    is where the package says that its files are; None: on this server.
    """

    records: Callable[[], Sequence[Item]] = _no_records
    of_day: Callable[[str], Sequence[Item] | None] = lambda _: None
    files: Callable[[], Mapping[str, bytes]] = _no_files
    modified_at: Callable[[], datetime] = lambda: _BEGAN_AT
    time_field: str | None = None
    files_url: str | None = None


@dataclass(frozen=True)
class Reply:
    """What is sent back."""

    body: bytes
    status: int = 200
    content_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def etag(self) -> str:
        """The name of this state: it changes with the content."""
        return f'"{hashlib.sha256(self.body).hexdigest()[:24]}"'


def as_json(value: object, **headers: str) -> Reply:
    """A value as JSON, umlauts and accents as they are."""
    return Reply(json.dumps(value, ensure_ascii=False).encode(), headers=headers)


def refusal(status: int, message: str) -> Reply:
    """A refusal with a reason, as an API writes it."""
    return Reply(json.dumps({"error": True, "message": message}).encode(), status=status)
