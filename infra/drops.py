"""What a publisher left in a folder or bucket: when, and for which window; never under what name.

A file name may hold personal data. It leaves the adapter as a keyed digest only.
"""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class Drop:
    """A file that was left: known again by `digest`, which changes with name, size and time."""

    digest: str
    changed_at: datetime
    window_start: date | None = None
