"""Making backups, knowing which there are, and ending them on time.

    <destination>/<id>/key           when it was made and when it ends; its key, encrypted
    <destination>/<id>/<n>.sealed    the files of the tables, each encrypted
    <destination>/<id>/manifest      which file is which, encrypted; written last
    <destination>/erasures/<id>      who was erased, as in the archive: for whoever restores it
    <archive>/backups/<id>           where it is, and when it ends

A backup's key is encrypted under the root key, which is no part of it, and neither is the ring.
"""

import json
import secrets
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Final

from infra.errors import GemelloWarning, TwinError, UsageError
from infra.keys import Keyring
from infra.lake import Lake
from infra.objects import ObjectStore, open_store
from infra.seal import Archive
from infra.seal.cipher import seal
from infra.seal.erasures import Erasure

LONGEST_DAYS: Final = 30
_KEY_BYTES: Final = 32
_PIECE_BYTES: Final = 4 * 2**20
_REGISTER: Final = "backups"


@dataclass(frozen=True)
class Backup:
    """One backup: where it is, when it was made, and the day on which its key is destroyed."""

    id: str
    destination: str
    made_at: datetime
    expires_on: date

    @property
    def folder(self) -> str:
        """Where its objects are."""
        return f"{self.destination.rstrip('/')}/{self.id}"


@dataclass(frozen=True)
class Entry:
    """One file of a backup: of which table, under which name, in which object."""

    table: str
    name: str
    stored_as: str


class Backups:
    """The backups of an installation; where they are is noted in its archive."""

    def __init__(self, archive_location: str, archive: Archive, keyring: Keyring) -> None:
        """Nothing is read yet."""
        self._register = open_store(archive_location)
        self._archive = archive
        self._keyring = keyring

    def make(
        self, lake: Lake, destination: str, *, now: datetime, keep_days: int = LONGEST_DAYS
    ) -> Backup:
        """Copy the newest version of every table, encrypted; nobody may purge one meanwhile.

        All versions are fixed before the first file is copied: what is written later is not in it.
        """
        if not 1 <= keep_days <= LONGEST_DAYS:
            raise UsageError(
                f"a backup is kept for 1 to {LONGEST_DAYS} days: whoever is erased meanwhile stays "
                "in it until it ends"
            )
        made = Backup(
            id=f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}",
            destination=destination,
            made_at=now,
            expires_on=now.date() + timedelta(days=keep_days),
        )
        store = open_store(made.folder)
        secret = secrets.token_bytes(_KEY_BYTES)
        # Noted first: one that is stopped half-way is known, and ends on time.
        self._register.write(f"{_REGISTER}/{made.id}", [_said(made)])
        store.write("key", [_said(made) + b"\n" + self._wrapped(made, secret).hex().encode()])
        for erasure in self._archive.erasures.all():
            self._tell_one(made, erasure)
        tables = lake.tables()
        with lake.writing(*tables):
            versions = {table: lake.version(table) or 0 for table in tables}
            entries = [
                entry
                for table in tables
                for entry in _copy(
                    lake, table, versions[table], to=store, secret=secret, backup=made
                )
            ]
        manifest = {"versions": versions, "files": [asdict(entry) for entry in entries]}
        content = json.dumps(manifest).encode()
        store.write("manifest", seal([content], secret, context=context(made, "manifest")))
        return made

    def all(self) -> list[Backup]:
        """The backups there are, oldest first."""
        contents = [self._register.get(stored.name) for stored in self._register.list(_REGISTER)]
        return sorted((read(one) for one in contents if one), key=lambda one: one.made_at)

    def expire(self, today: date) -> int:
        """End the backups whose day has come: the key goes first; how many there were.

        A bucket that locks its objects ends them by itself; it refuses us until then, and the
        backup stays noted.
        """
        ended = [one for one in self.all() if one.expires_on <= today]
        return sum(self._end(backup) for backup in ended)

    def _end(self, backup: Backup) -> bool:
        try:
            store = open_store(backup.folder)
            store.delete("key")
            for stored in store.list():
                store.delete(stored.name)
        except TwinError:
            warnings.warn(
                f"the backup {backup.id} has had its time, but its place does not answer or does "
                "not let it go; it is tried again at every upkeep",
                GemelloWarning,
                stacklevel=3,
            )
            return False
        self._register.delete(f"{_REGISTER}/{backup.id}")
        return True

    def tell(self, erasure: Erasure) -> None:
        """Leave beside every backup who was erased, for whoever restores it."""
        for backup in self.all():
            self._tell_one(backup, erasure)

    def _tell_one(self, backup: Backup, erasure: Erasure) -> None:
        store = open_store(backup.destination)
        store.write(f"erasures/{erasure.request}", [self._archive.erasures.sealed(erasure)])

    def _wrapped(self, backup: Backup, secret: bytes) -> bytes:
        return self._keyring.wrap(secret, context=context(backup, "key"))


def context(backup: Backup, name: str) -> bytes:
    """What an object of a backup is bound to: which backup, until when, and its own name."""
    return b"|".join([b"backup", _said(backup, with_place=False), name.encode()])


def read(content: bytes) -> Backup:
    """Read what stands of a backup in the clear. Raises TwinError where it is damaged."""
    try:
        values: dict[str, str] = json.loads(content)
        return Backup(
            id=values["id"],
            destination=values.get("destination", ""),
            made_at=datetime.fromisoformat(values["made_at"]),
            expires_on=date.fromisoformat(values["expires_on"]),
        )
    except (ValueError, KeyError, TypeError):
        raise TwinError("the note of a backup is damaged; restore or delete it") from None


def _said(backup: Backup, *, with_place: bool = True) -> bytes:
    values = {
        "id": backup.id,
        "made_at": backup.made_at.isoformat(),
        "expires_on": backup.expires_on.isoformat(),
    }
    # A backup that was moved still opens: its place is no part of what it is bound to.
    place = {"destination": backup.destination} if with_place else {}
    return json.dumps(values | place, sort_keys=True).encode()


def _copy(
    lake: Lake, table: str, version: int, *, to: ObjectStore, secret: bytes, backup: Backup
) -> Iterator[Entry]:
    source = open_store(lake.uri(table))
    for name in lake.upkeep.files_at(table, version):
        stored_as = f"{secrets.token_hex(12)}.sealed"
        with source.open(name) as file:
            if file is None:
                raise TwinError(f"{table}: a file of version {version} is missing; restore it")
            pieces = iter(lambda file=file: file.read(_PIECE_BYTES), b"")  # type: ignore[misc]  # a loop's own file
            to.write(stored_as, seal(pieces, secret, context=context(backup, stored_as)))
        yield Entry(table, name, stored_as)
