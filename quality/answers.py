"""Asking a publisher only for what changed: which answers hold as long as the lake holds its rows.

A server that is asked whether an answer changed sends nothing if it did not. That is no news only
while the lake holds exactly what that answer brought, under the rules of today: the mark of each
window says so. A lake that was deleted has no marks, and everything is asked for in full again.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from infra.arrivals import Arrivals, Known, Receipt
from infra.lake import Lake
from infra.seal import Archive
from infra.windows import Window
from quality.contract.model import Contract
from quality.tables import bronze_key


def known_answers(
    contract: Contract, window: Window, *, policy: str, lake: Lake, archive: Archive
) -> Known:
    """For each of these windows that the lake holds as it came: the questions that brought it."""
    remembered = {
        start: one
        for start, one in archive.answers.recall(contract.key).items()
        if one.policy == policy
    }
    if not remembered:
        return {}
    table = bronze_key(contract)
    if window.is_static:
        mark = lake.mark(table)
        return {start: one.receipts for start, one in remembered.items() if one.mark == mark}
    starts = list(window.starts())
    held = lake.marks(table, starts)
    known: dict[date | None, Sequence[Receipt]] = {
        start: one.receipts
        for start, one in remembered.items()
        if start is not None and start in window and held.get(start) == one.mark
    }
    whole = remembered.get(None)
    if whole is not None and all(held.get(start) == whole.mark for start in starts):
        known[None] = whole.receipts
    return known


def remember_answers(
    contract: Contract,
    arrivals: Arrivals,
    marks: Mapping[date | None, int],
    *,
    policy: str,
    archive: Archive,
    now: datetime,
) -> None:
    """Remember what the servers said of a delivery that landed, for as long as it is kept sealed.

    Where the contract keeps no sealed copies, nothing is remembered either.
    """
    if contract.archive_days == 0:
        return
    until = None
    if contract.archive_days != "forever":
        until = now.date() + timedelta(days=contract.archive_days)
    archive.remember(contract.key, arrivals, marks, policy=policy, until=until)
