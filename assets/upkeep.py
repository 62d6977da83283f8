"""Destroying on time: sealed deliveries and day keys whose term has ended."""

from datetime import date, timedelta
from typing import Final

from assets.twin import Twin, utc_now

# A delivery may hold rows of the days before its window.
_LATE_ROWS: Final = timedelta(days=7)


def upkeep(twin: Twin) -> None:
    """Destroy what has had its time: sealed deliveries, and the epoch keys none of them needs.

    An epoch key lives as long as the deliveries of its day, so that they can be rebuilt: those of
    a history that came all at once live until that delivery is destroyed.
    """
    today = utc_now().date()
    twin.archive.expire(today)
    contracts = [c for c in twin.contracts.values() if any(x.epoch for x in c.columns.values())]
    terms = [c.archive_days for c in contracts if isinstance(c.archive_days, int)]
    needed = [today - timedelta(days=max(terms, default=0))]
    for contract in contracts:
        for sealed in twin.archive.deliveries(contract.key):
            start = sealed.window.partition("/")[0]
            needed += [date.fromisoformat(start)] if start != "static" else []
    twin.keyring.expire_epochs(min(needed) - _LATE_ROWS)
