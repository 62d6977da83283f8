"""The ring: a small file for each stored key, wrapped by the root key, beside the root key file."""

import base64
import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, Protocol

from infra.errors import KeyDestroyed, TwinError
from infra.objects import create_file, replace_file, storage_errors

_NAME: Final = re.compile(
    r"([a-z][a-z0-9_]*)\.(?:k([1-9]\d*)|e(\d{4}-\d{2}-\d{2})|c([1-9]\d*))\.(key|destroyed)"
)


class Wrapper(Protocol):
    """What encrypts a stored key: the keyring."""

    def wrap(self, key: bytes, *, context: bytes) -> bytes:
        """Encrypt a key; only the same context opens it again."""

    def unwrap(self, wrapped: bytes, *, context: bytes) -> bytes:
        """Decrypt a key wrapped in this context."""


@dataclass(frozen=True)
class Slot:
    """The place of one stored key: of a domain its version, its day, or the turn of its cipher."""

    domain: str
    version: int | None = None
    epoch: date | None = None
    turn: int | None = None

    @property
    def name(self) -> str:
        """The slot as its file is called: `parking.k1`, `parking.e2025-01-31`, `parking.c1`."""
        if self.turn is not None:
            return f"{self.domain}.c{self.turn}"
        which = f"k{self.version}" if self.epoch is None else f"e{self.epoch.isoformat()}"
        return f"{self.domain}.{which}"


@dataclass(frozen=True, repr=False)
class StoredKey:
    """A key as it was stored, opened."""

    slot: Slot
    secret: bytes
    version: int
    created_on: date


class Ring:
    """Stored keys are made once, never replaced, and leave a mark when they are destroyed."""

    def __init__(self, folder: Path, wrapper: Wrapper) -> None:
        """Keys lie in this folder, which is made with the first of them."""
        self._folder = folder
        self._wrapper = wrapper

    def get(self, slot: Slot) -> StoredKey | None:
        """Open a stored key; None if there is none. Raises TwinError if it was destroyed."""
        with storage_errors(str(self._folder), "read a key"):
            self._refuse_destroyed(slot)
            try:
                content = self._file(slot, "key").read_bytes()
            except FileNotFoundError:
                self._refuse_destroyed(slot)
                return None
        try:
            record = json.loads(content)
            wrapped = base64.b64decode(record.pop("wrapped"))
            version, created_on = int(record["version"]), date.fromisoformat(record["created_on"])
        except (ValueError, KeyError, TypeError, AttributeError):
            self._refuse_destroyed(slot)  # perhaps between our two looks
            raise TwinError(f"key {slot.name}: the file is damaged; restore the ring") from None
        secret = self._wrapper.unwrap(wrapped, context=_context(slot, record))
        return StoredKey(slot, secret, version, created_on)

    def add(self, slot: Slot, secret: bytes, *, version: int) -> bool:
        """Store a key in an empty slot; False if another process was first."""
        content = self._content(slot, secret, version, datetime.now(UTC).date())
        with storage_errors(str(self._folder), "store a key"):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            is_first = create_file(self._file(slot, "key"), content, mode=0o600)
            if self._file(slot, "destroyed").exists():  # while we were making it
                self._remove(slot)
            self._refuse_destroyed(slot)
            return is_first

    def destroy(self, slot: Slot) -> None:
        """Remove a key for good: the mark goes first, so that no one makes it anew."""
        with storage_errors(str(self._folder), "destroy a key"):
            create_file(self._file(slot, "destroyed"), b"", mode=0o600)
            self._remove(slot)

    def rewrap(self, old: Wrapper) -> int:
        """Wrap every stored key that another wrapper wrapped; give how many keys there are.

        Raises TwinError for one that neither opens.
        """
        live = [slot for slot, is_destroyed in self.slots() if not is_destroyed]
        for slot in live:
            try:
                self.get(slot)
            except TwinError:
                stored = Ring(self._folder, old).get(slot)
                if stored is not None:
                    content = self._content(slot, stored.secret, stored.version, stored.created_on)
                    with storage_errors(str(self._folder), "store a key"):
                        replace_file(self._file(slot, "key"), content, mode=0o600)
        return len(live)

    def slots(self) -> list[tuple[Slot, bool]]:
        """List every slot, and whether its key was destroyed, by name."""
        found: dict[str, tuple[Slot, bool]] = {}
        for match in self._names():
            domain, version, epoch, turn, ending = match.groups()
            day = None if epoch is None else date.fromisoformat(epoch)
            slot = Slot(domain, int(version) if version else None, day, int(turn) if turn else None)
            is_destroyed = ending == "destroyed" or found.get(slot.name, (slot, False))[1]
            found[slot.name] = (slot, is_destroyed)
        return [found[name] for name in sorted(found)]

    def unfinished(self) -> list[Slot]:
        """List the slots whose mark of destruction stands but whose key is still there."""
        return [
            slot
            for slot, is_destroyed in self.slots()
            if is_destroyed and self._file(slot, "key").exists()
        ]

    def destroyed_on(self, slot: Slot) -> date:
        """Say the day a destroyed key was destroyed."""
        status = self._file(slot, "destroyed").stat()
        return datetime.fromtimestamp(status.st_mtime, UTC).date()

    def latest(self, domain: str) -> int:
        """Give the newest version of a domain's key; zero if it has none."""
        versions = (slot.version or 0 for slot, _ in self.slots() if slot.domain == domain)
        return max(versions, default=0)

    def turns(self, domain: str) -> list[int]:
        """List the turns of a domain's cipher key that are not destroyed: two while it rotates."""
        return sorted(
            slot.turn
            for slot, is_destroyed in self.slots()
            if slot.domain == domain and slot.turn is not None and not is_destroyed
        )

    def is_newest(self, slot: Slot) -> bool:
        """Say whether this turn of a cipher key is the one in use, without a look at all keys."""
        following = Slot(slot.domain, turn=(slot.turn or 0) + 1)
        return self._file(slot, "key").exists() and not self._file(following, "key").exists()

    def _refuse_destroyed(self, slot: Slot) -> None:
        if self._file(slot, "destroyed").exists():
            raise KeyDestroyed(
                f"key {slot.name} was destroyed as its term ended: its pseudonyms cannot be made "
                "again; leave that day out, or read the table as it was stored"
            )

    def _remove(self, slot: Slot) -> None:
        path = self._file(slot, "key")
        with suppress(FileNotFoundError):
            with path.open("r+b") as file:  # the blocks, too, where the file system writes in place
                file.write(bytes(path.stat().st_size))
                file.flush()
                os.fsync(file.fileno())
            path.unlink()

    def _content(self, slot: Slot, secret: bytes, version: int, created_on: date) -> bytes:
        record = {"created_on": created_on.isoformat(), "version": version}
        wrapped = self._wrapper.wrap(secret, context=_context(slot, record))
        return json.dumps(record | {"wrapped": base64.b64encode(wrapped).decode()}).encode()

    def _file(self, slot: Slot, ending: str) -> Path:
        return self._folder / f"{slot.name}.{ending}"

    def _names(self) -> Iterator[re.Match[str]]:
        with storage_errors(str(self._folder), "list keys"), suppress(FileNotFoundError):
            for path in self._folder.iterdir():
                if match := _NAME.fullmatch(path.name):
                    yield match


def _context(slot: Slot, record: dict[str, object]) -> bytes:
    fields = {"slot": slot.name, "version": record["version"], "created_on": record["created_on"]}
    return b"ring|" + json.dumps(fields, sort_keys=True).encode()
