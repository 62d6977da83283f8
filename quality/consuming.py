"""Files that publishers leave with us in the clear: removed once sealed, and counted while not."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from infra.errors import PublisherUnavailable
from infra.windows import Window
from quality.contract.model import Adapter, Contract
from quality.workplace import Workplace


@dataclass(frozen=True)
class Standing:
    """How many files of a personal source stand in the clear, and since when the oldest does."""

    files_count: int
    oldest_at: datetime

    def told(self, now: datetime) -> str:
        """The same in words."""
        days = (now - self.oldest_at).days
        return f"{self.files_count} in the publisher's folder, the oldest for {days} d"


def consume(contract: Contract, window: Window, *, at: Workplace, adapter: Adapter) -> int:
    """Remove the files of these windows that lie sealed in our archive; the count.

    A sealed delivery is opened before the file it holds is removed. A file that came or changed
    meanwhile stays. Nothing is removed unless the contract says `consume`.
    """
    if window.is_static:
        return 0

    @cache
    def sealed() -> frozenset[bytes]:
        return at.archive.digests(contract.key, window)

    return adapter.remove(window, lambda content: at.keyring.digest(content) in sealed())


def standing(contract: Contract, *, at: Workplace, adapter: Adapter) -> Standing | None:
    """What stands in the clear at the address of a personal source; None if nothing does.

    A web server shows none, and is not ours.
    """
    if not contract.is_personal:
        return None

    def digest(text: str) -> str:
        return at.keyring.fingerprint("drop", [text.encode()])[:16]

    try:
        drops = adapter.drops(digest)
    except PublisherUnavailable:
        return None  # it lies with somebody who does not answer now
    return Standing(len(drops), min(drop.changed_at for drop in drops)) if drops else None
