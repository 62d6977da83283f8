"""The ways in which a simulated publisher fails."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

from infra.simulator.publishers.offers import Reply

FaultKind = Literal[
    "down",
    "slow",
    "flapping",
    "rate_limited",
    "not_found",
    "gone",
    "forbidden",
    "server_error",
    "truncated",
    "shrinking",
    "login",
    "moved",
]
_Item = TypeVar("_Item")

LOGIN_PAGE: Final = (
    b"<!DOCTYPE html>\n<html lang='it'><head><title>Accesso</title></head><body>"
    b"<form method='post'><input name='utente'><input name='password' type='password'></form>"
    b"</body></html>\n"
)


@dataclass(frozen=True)
class Fault:
    """How a data set fails, for so many requests (`times`; None: until it recovers).

    `retry_after_s` is what a refusal asks for, `pause_s` the time between the bytes of a slow
    answer, `share` what is left of a shrinking series (its newest records), `location` where a
    moved one sends its callers.
    """

    kind: FaultKind
    times: int | None = None
    retry_after_s: int | None = None
    pause_s: float = 0.05
    share: float = 0.2
    location: str = "https://login.example.org/"
    status: int = 503


def fails_now(fault: Fault, asked_before: int) -> bool:
    """Whether the fault strikes this request, by how many came before it since it began."""
    if fault.times is not None and asked_before >= fault.times:
        return False
    return fault.kind != "flapping" or asked_before % 2 == 0


def left_of(items: Sequence[_Item], fault: Fault | None) -> Sequence[_Item]:
    """What a publisher still has: all, or the newest share of a series that shrinks."""
    if fault is None or fault.kind != "shrinking":
        return items
    return items[len(items) - int(len(items) * fault.share) :]


_STATUS: Final = {"rate_limited": 429, "not_found": 404, "gone": 410, "forbidden": 403}


def failing_reply(fault: Fault) -> Reply | None:
    """The answer in place of the right one; None where the fault is not in what is answered."""
    wish = {} if fault.retry_after_s is None else {"Retry-After": str(fault.retry_after_s)}
    if fault.kind == "login":
        return Reply(LOGIN_PAGE, content_type="text/html; charset=utf-8")
    if fault.kind == "moved":
        return Reply(b"", 302, headers={"Location": fault.location})
    if fault.kind == "server_error":
        return Reply(b"", fault.status, headers=wish)
    status = _STATUS.get(fault.kind)
    return Reply(b"", status, headers=wish) if status else None
