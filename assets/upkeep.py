"""Destroying on time: sealed deliveries, day keys, backups and rows whose term has ended."""

from datetime import date, timedelta
from typing import Final

from assets.erasing import backups_of
from assets.twin import Twin, utc_now
from infra.backup import LONGEST_DAYS
from quality.retention import Kept, keep_terms

# A delivery may hold rows of the days before its window.
_LATE_ROWS: Final = timedelta(days=7)


def upkeep(twin: Twin) -> None:
    """Destroy what has had its time: sealed deliveries, and the epoch keys none of them needs.

    An epoch key lives as long as the deliveries of its day, so that they can be rebuilt: those of
    a history that came all at once live until that delivery is destroyed.
    """
    now = utc_now()
    today = now.date()
    twin.archive.expire(today)
    backups_of(twin).expire(today)
    twin.archive.erasures.forget_rows(now - timedelta(days=LONGEST_DAYS + 1))
    contracts = [c for c in twin.contracts.values() if any(x.epoch for x in c.columns.values())]
    terms = [c.archive_days for c in contracts if isinstance(c.archive_days, int)]
    needed = [today - timedelta(days=max(terms, default=0))]
    for contract in contracts:
        for sealed in twin.archive.deliveries(contract.key):
            start = sealed.window.partition("/")[0]
            needed += [date.fromisoformat(start)] if start != "static" else []
    twin.keyring.expire_epochs(min(needed) - _LATE_ROWS)


def end_terms(twin: Twin) -> list[Kept]:
    """End the rows whose contract keeps them no longer, prove it, and enter it in the ledger.

    Done by the clock, not after every run: rows that a publisher sends again for days long past
    stand until the next night.
    """
    return keep_terms(twin.contracts, twin.lake, now=utc_now())
