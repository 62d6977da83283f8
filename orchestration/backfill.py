"""Backfills that can be stopped: what is under way, so that the same command goes on with it."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from assets.twin import utc_now
from infra.settings import Settings

# One begun longer ago is begun anew: what the publisher corrected since would be missed.
_GOES_ON_FOR: Final = timedelta(days=7)


@dataclass
class Backfill:
    """A run over a range of days. `begun` is when it first began, if an earlier one was stopped."""

    begun: datetime | None = None
    is_whole: bool = False


@contextmanager
def backfill(
    settings: Settings, *, select: str, first: date | None, last: date | None, from_archive: bool
) -> Iterator[Backfill]:
    """A run over this range, gone on with if one for the same was stopped.

    It counts as stopped until `is_whole` is set. A run that names no first and last day is none:
    it asks for everything anew, whatever happened before.
    """
    if first is None or last is None:
        yield Backfill()
        return
    asked = {
        "select": select,
        "from": first.isoformat(),
        "to": last.isoformat(),
        "from_archive": from_archive,
    }
    name = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]
    path = settings.home / "backfills" / f"{name}.json"
    begun = _begun(path)
    if begun is None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({**asked, "begun": utc_now().isoformat()}), encoding="utf-8")
    under_way = Backfill(begun)
    yield under_way
    if under_way.is_whole:
        path.unlink(missing_ok=True)


def _begun(path: Path) -> datetime | None:
    """When the backfill of this file began, if that is not too long ago."""
    try:
        begun = datetime.fromisoformat(json.loads(path.read_text(encoding="utf-8"))["begun"])
    except (OSError, ValueError, KeyError):
        return None  # there is none, or its process was killed while it wrote this
    return begun if utc_now() - begun < _GOES_ON_FOR else None
