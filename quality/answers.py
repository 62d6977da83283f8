"""Asking a publisher only for what changed: which answers hold as long as the lake holds its rows.

A server that is asked whether an answer changed sends nothing if it did not. That is no news only
while the lake holds exactly what that answer brought, under the rules of today: the mark of each
window says so. A lake that was deleted has no marks, and everything is asked for in full again.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from infra.arrivals import Arrivals, Known, Receipt
from infra.windows import Window
from quality.contract.model import Contract
from quality.news import marks_held, marks_of, marks_of_landed, marks_of_whole, rules_of
from quality.workplace import Workplace


def known_answers(contract: Contract, window: Window, *, at: Workplace, now: datetime) -> Known:
    """For each of these windows that the lake holds as it came: the questions that brought it."""
    policy_of = _policies(contract)
    remembered = {
        start: one
        for start, one in at.archive.answers.recall(contract.key).items()
        if (start is None or start in window) and one.policy == policy_of(start)
    }
    whole = remembered.pop(None, None)
    known: dict[date | None, Sequence[Receipt]] = {}
    if whole is not None and _holds(contract, window, whole.mark, at=at, now=now):
        known[None] = whole.receipts
    starts = [start for start in remembered if start is not None]
    held = marks_held(contract, starts, at.lake) if starts else {}
    for start in starts:
        if held.get(start) == {remembered[start].mark}:
            known[start] = remembered[start].receipts
    return known


def settled_windows(
    contract: Contract, window: Window, *, at: Workplace, before: date
) -> set[date]:
    """Of the windows before a day: those the lake holds, as far as we know under today's rules.

    Under which rules a window landed is known while its answer is remembered.
    """
    starts = [start for start in window.starts() if start < before]
    held = marks_held(contract, starts, at.lake) if starts else {}
    policy_of = _policies(contract)
    return {
        start
        for start in set(held) - _under_other_rules(contract, at, policy_of)
        if len(held[start]) == 1  # bronze and quarantine are of one delivery
    }


def _under_other_rules(
    contract: Contract, at: Workplace, policy_of: Callable[[date | None], str]
) -> set[date]:
    remembered = at.archive.answers.recall(contract.key).items()
    return {start for start, one in remembered if start and one.policy != policy_of(start)}


def remember_answers(
    contract: Contract, arrivals: Arrivals, *, at: Workplace, now: datetime
) -> None:
    """Remember what the servers said of a delivery that landed, for as long as it is kept sealed.

    Where the contract keeps no sealed copies, nothing is remembered either.
    """
    if contract.archive_days == 0:
        return
    until = None
    if contract.archive_days != "forever":
        until = now.date() + timedelta(days=contract.archive_days)
    marks = marks_of(contract, arrivals, at.keyring)
    policy_of = _policies(contract)
    at.archive.remember(contract.key, arrivals, marks, policy_of=policy_of, until=until)


def _holds(contract: Contract, window: Window, mark: int, *, at: Workplace, now: datetime) -> bool:
    """Whether all that a delivery as a whole stands for is held as it brought it."""
    if window.is_static:
        return marks_of_whole(contract, at.lake) == {mark}
    held = marks_of_landed(contract, window, at=at, now=now)
    return all(held.get(start) == {mark} for start in {*window.starts(), *held})


def _policies(contract: Contract) -> Callable[[date | None], str]:
    """Gives under which rules a window lands; without one, in any of the contract's layouts."""
    rules_on = rules_of(contract)
    ends = sorted(earlier.valid_until for earlier in contract.earlier)

    def policy_of(start: date | None) -> str:
        if start is not None:
            return rules_on([start])
        return "|".join([rules_on([*ends, date.max]), *(str(end) for end in ends)])

    return policy_of
