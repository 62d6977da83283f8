"""Who asked to be erased, as keyed prints: so that nobody comes back with a later delivery.

    erasures/<request>     one sealed entry each, which nobody reads without the root key

An entry holds no identifier. Its prints tell whether an identifier that comes is one of those; its
rows say by which pseudonyms and places rows were erased, and are kept until the last backup that
may hold them has ended.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Final

from infra.errors import TwinError
from infra.keys import Keyring, fingerprints_under
from infra.objects import ObjectStore

_FOLDER: Final = "erasures"
_INSTANTS: Final = ("begun_at", "asked_at")


@dataclass(frozen=True)
class Print:
    """One identifier that may not come back: its kind, a keyed digest, and where it counts.

    Without a domain it counts in every data set. Where the root key was renewed since, `key` is the
    one the digest was made with (hexadecimal): the person stays out without being asked for again.
    """

    entity: str
    domain: str | None
    digest: str
    key: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Erasure:
    """One request and what was done for it so far.

    It was asked for `asked_at`, perhaps again. `rows` say which ones were erased: by table and
    column, or several joined by colons, the values by which they are known. `deliveries` are the
    sealed ones that were cut or destroyed, by data set and id. `is_lifted` ends that rows that come
    later are kept out.
    """

    request: str
    begun_at: datetime
    asked_at: datetime
    prints: tuple[Print, ...] = ()
    rows: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    deliveries: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    is_lifted: bool = False

    def __repr__(self) -> str:
        """The request only."""
        return f"Erasure({self.request})"


class Erasures:
    """The sealed entries of an archive."""

    def __init__(self, store: ObjectStore, keyring: Keyring) -> None:
        """Nothing is read yet."""
        self._store = store
        self._keyring = keyring
        self._read: dict[tuple[str, datetime], Erasure] = {}

    def all(self) -> list[Erasure]:
        """Every request there was, by its id."""
        found = {}
        for stored in self._store.list(_FOLDER):
            known = (stored.name, stored.modified_at)
            entry = self._read.get(known) or self._opened(stored.name)
            if entry is not None:
                found[known] = entry
        self._read = found
        return [found[known] for known in sorted(found)]

    def get(self, request: str) -> Erasure | None:
        """One request; None if it never came."""
        return self._opened(f"{_FOLDER}/{request}")

    def put(self, entry: Erasure) -> None:
        """Store what is known of a request, in place of what was."""
        self._store.write(f"{_FOLDER}/{entry.request}", [self.sealed(entry)])

    def forget_rows(self, before: datetime) -> int:
        """Forget by what rows were known of requests asked for before an instant; how many had any.

        No backup is left then in which they are. Who may not come back stays known.
        """
        old = [one for one in self.all() if one.rows and one.asked_at < before]
        for entry in old:
            self.put(replace(entry, rows={}))
        return len(old)

    def sealed(self, entry: Erasure) -> bytes:
        """An entry as it is stored, here or beside a backup."""
        instants = {name: getattr(entry, name).isoformat() for name in _INSTANTS}
        text = json.dumps(asdict(entry) | instants)
        return self._keyring.wrap(text.encode(), context=_context(entry.request))

    def unsealed(self, request: str, content: bytes) -> Erasure:
        """Read what `sealed` gave. Raises TwinError where it is not that."""
        values = json.loads(self._keyring.unwrap(content, context=_context(request)))
        values |= {name: datetime.fromisoformat(values[name]) for name in _INSTANTS}
        values["prints"] = tuple(Print(**each) for each in values["prints"])
        values["rows"] = {
            table: {column: tuple(found) for column, found in columns.items()}
            for table, columns in values["rows"].items()
        }
        return Erasure(**values)

    def rewrap(self, old: Keyring) -> None:
        """Seal every entry anew that another keyring sealed; its prints keep their keys.

        Raises TwinError for one that neither opens.
        """
        before = Erasures(self._store, old)
        for stored in self._store.list(_FOLDER):
            request, content = stored.name.rpartition("/")[2], self._store.get(stored.name)
            if content is None:
                continue
            try:
                self.unsealed(request, content)
            except TwinError:
                entry = before.unsealed(request, content)
                kept = tuple(
                    replace(one, key=one.key or old.fingerprint_key(_purpose(one.entity)).hex())
                    for one in entry.prints
                )
                self.put(replace(entry, prints=kept))

    def _opened(self, name: str) -> Erasure | None:
        content = self._store.get(name)
        if content is None:
            return None
        try:
            return self.unsealed(name.rpartition("/")[2], content)
        except TwinError:
            raise TwinError(
                f"archive: {name} does not open with this root key; without it nobody can say who "
                "asked to be erased: restore the key or the archive"
            ) from None


def prints_of(
    forms: Iterable[str], entity: str, keyring: Keyring, *, key: str | None = None
) -> list[str]:
    """The keyed prints of canonical forms of a kind, one for all domains.

    Under the keyring, or under the key that a print has kept.
    """
    if key is not None:
        return fingerprints_under(bytes.fromhex(key), forms)
    return keyring.fingerprints(_purpose(entity), forms)


def _purpose(entity: str) -> str:
    return f"erased|{entity}"


def with_rows(entry: Erasure, table: str, wanted: Mapping[str, Collection[str]]) -> Erasure:
    """An entry that also says by which values rows of a table were erased."""
    known = entry.rows.get(table, {})
    names = {*known, *wanted}
    both = {n: tuple(sorted({*known.get(n, ()), *wanted.get(n, ())})) for n in sorted(names)}
    return replace(entry, rows={**entry.rows, table: both})


def _context(request: str) -> bytes:
    return f"erasure|{request}".encode()
