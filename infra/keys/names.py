"""What can be told of keys without any: their ids, and from the ring's file names their days."""

from dataclasses import dataclass
from datetime import date
from typing import Final, NoReturn

from infra.keys.keyring import id_of_version
from infra.keys.ring import Ring
from infra.keys.root import ring_folder
from infra.settings import Settings

_MOST_VERSIONS: Final = 100


@dataclass(frozen=True)
class KeyDays:
    """The keys of days of a domain: how many are there, how many were destroyed and for which days.

    `oldest_live` is the earliest day of which the pseudonyms can still be made.
    """

    live_count: int
    oldest_live: date | None
    destroyed_count: int
    first_destroyed: date | None
    last_destroyed: date | None


def version_of(domain: str, key_id: str) -> int | None:
    """Which version of a domain's key an id is; None if it is of another domain.

    An id is the hash of the key's name, and says nothing of the key.
    """
    versions = range(1, _MOST_VERSIONS + 1)
    return next((one for one in versions if id_of_version(domain, one) == key_id), None)


def days_of_keys(settings: Settings) -> dict[str, KeyDays] | None:
    """By domain the days that have or had a key; None where the ring cannot be looked into.

    Reads names of files, and opens none.
    """
    folder = ring_folder(settings.root_key_file)
    try:
        next(folder.iterdir(), None)
    except OSError:
        return None
    days: dict[str, tuple[list[date], list[date]]] = {}
    for slot, is_destroyed in Ring(folder, _Nobody()).slots():
        if slot.epoch is not None:
            days.setdefault(slot.domain, ([], []))[is_destroyed].append(slot.epoch)
    return {
        domain: KeyDays(
            live_count=len(live),
            oldest_live=min(live, default=None),
            destroyed_count=len(gone),
            first_destroyed=min(gone, default=None),
            last_destroyed=max(gone, default=None),
        )
        for domain, (live, gone) in days.items()
    }


class _Nobody:
    """In place of a root key, where names are read only."""

    def wrap(self, key: bytes, *, context: bytes) -> NoReturn:
        """Never asked for."""
        raise AssertionError

    def unwrap(self, wrapped: bytes, *, context: bytes) -> NoReturn:
        """Never asked for."""
        raise AssertionError
