"""Restoring a backup into a lake, without whoever was erased since it was made."""

import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final

from infra.backup.backups import Backup, Entry, context, read
from infra.errors import TwinError, UsageError
from infra.keys import Keyring
from infra.lake import Lake, any_of
from infra.objects import ObjectStore, open_store
from infra.seal import Archive
from infra.seal.cipher import TamperedError, unseal
from infra.seal.erasures import Erasure

_RESTORING: Final = ".restoring"
_WHOLE: Final = b" whole"
_LOG: Final = "_delta_log/"
_POINTER: Final = "_last_checkpoint"
Told = Callable[[str], None]


@dataclass(frozen=True)
class Restored:
    """What came back: tables, and of how many rows of people erased since the lake is rid again."""

    tables: tuple[str, ...]
    erased_rows_count: int


def restore(
    lake: Lake,
    archive: Archive,
    keyring: Keyring,
    *,
    folder: str,
    tables: Collection[str] = (),
    told: Told,
) -> Restored:
    """Bring tables of a backup back as they were, then erase whoever was erased since.

    All its tables, or some. Raises UsageError for one that is there already. A restore that was
    stopped is gone on with by the same call: a table that was not whole yet begins anew.
    """
    backup, secret, store = _opened(folder, keyring)
    erasures = _erasures(folder, archive)
    content = json.loads(b"".join(_unsealed(store, "manifest", secret, backup)))
    entries = [Entry(**one) for one in content["files"]]
    known = sorted(content["versions"])
    unknown = sorted(set(tables) - set(known))
    if unknown:
        raise UsageError(f"the backup has no table {unknown[0]}; it has {', '.join(known)}")
    wanted = [table for table in known if not tables or table in tables]
    notes = {table: _Note(lake, table, backup) for table in wanted}
    for table, note in notes.items():
        if lake.exists(table) and not note.is_there:
            raise UsageError(
                f"{table} is in the lake; move its folder away first: nothing is overwritten"
            )
    count = 0
    for table, note in notes.items():
        if note.is_whole and lake.exists(table):
            continue
        with lake.upkeep.alone(table):
            note.begin()
            own = [entry for entry in entries if entry.table == table]
            _write_files(lake, table, own, store=store, secret=secret, backup=backup)
            told(f"{table}: {len(own)} files restored")
            for erasure in erasures:
                count += _erase_again(lake, table, erasure)
            note.end()
    for note in notes.values():
        note.remove()
    return Restored(tuple(wanted), count)


def _opened(folder: str, keyring: Keyring) -> tuple[Backup, bytes, ObjectStore]:
    store = open_store(folder)
    content = store.get("key")
    if content is None:
        raise UsageError(
            "there is no backup, or its time has ended and its key is destroyed; give the folder "
            "of one backup, as `gemello backup` said it"
        )
    said, _, wrapped = content.partition(b"\n")
    backup = read(said)
    secret = keyring.unwrap(bytes.fromhex(wrapped.decode("ascii")), context=context(backup, "key"))
    return backup, secret, store


def _unsealed(store: ObjectStore, name: str, secret: bytes, backup: Backup) -> Iterator[bytes]:
    with store.open(name) as file:
        if file is None:
            raise TwinError("the backup is not whole: it was stopped, or a file was taken away")
        try:
            yield from unseal(file, secret, context=context(backup, name))
        except TamperedError:
            raise TwinError(
                "the backup was changed or damaged after it was made; take another one"
            ) from None


def _erasures(folder: str, archive: Archive) -> list[Erasure]:
    """Who was erased, as the archive knows and as it was left beside the backup.

    An archive that was lost learns it anew: nobody may come back with the next delivery.
    """
    beside = open_store(folder.rstrip("/").rpartition("/")[0])
    for stored in beside.list("erasures"):
        request, content = stored.name.rpartition("/")[2], beside.get(stored.name)
        if content is not None and archive.erasures.get(request) is None:
            archive.erasures.put(archive.erasures.unsealed(request, content))
    return archive.erasures.all()


def _write_files(
    lake: Lake,
    table: str,
    entries: list[Entry],
    *,
    store: ObjectStore,
    secret: bytes,
    backup: Backup,
) -> None:
    """Write the files of a table; its log last, so that it is nothing before it is whole.

    What a restore that was stopped left of it goes first: who was erased may be in it.
    """
    to = open_store(lake.uri(table))
    to.sweep(datetime.now(UTC))
    for left in to.list():
        to.delete(left.name)

    def order(entry: Entry) -> tuple[bool, bool, str]:
        return entry.name.startswith(_LOG), entry.name.endswith(_POINTER), entry.name

    for entry in sorted(entries, key=order):
        to.write(entry.name, _unsealed(store, entry.stored_as, secret, backup))


def _erase_again(lake: Lake, table: str, erasure: Erasure) -> int:
    wanted = erasure.rows.get(table, {})
    where = partial(any_of, wanted)
    if not wanted or not lake.upkeep.holding(table, where).is_any:
        return 0
    done = lake.upkeep.rewrite(
        table,
        lambda rows: rows.filter(~where(rows.columns)),
        job=erasure.request,
        notes={"erasure": erasure.request},
    )
    lake.upkeep.purge(table, job=erasure.request)
    return done.rows_before_count - done.rows_count


class _Note:
    """A note beside a table until the restore has ended: that it began, or is whole.

    Whole is a table that is rid of whoever was erased, too.
    """

    def __init__(self, lake: Lake, table: str, backup: Backup) -> None:
        self._store = open_store(lake.uri(table).rpartition("/")[0])
        self._name = f"{_RESTORING}/{table.replace('/', '.')}"
        self._begun = backup.id.encode()

    @property
    def is_there(self) -> bool:
        return self._store.get(self._name) in {self._begun, self._begun + _WHOLE}

    @property
    def is_whole(self) -> bool:
        return self._store.get(self._name) == self._begun + _WHOLE

    def begin(self) -> None:
        self._store.write(self._name, [self._begun])

    def end(self) -> None:
        self._store.write(self._name, [self._begun + _WHOLE])

    def remove(self) -> None:
        self._store.delete(self._name)
