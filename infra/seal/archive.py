"""The archive of sealed deliveries.

    sealed/<publisher>/<dataset>/<delivery id>/<random>.sealed    the ciphertext
    keys/<publisher>/<dataset>/<delivery id>/<keyed hash>.key     its wrapped key and a header
    expired/<publisher>/<dataset>/<delivery id>                   the mark that it once was here
    answers/<publisher>/<dataset>                                 see `infra.seal.answers`

The key is written last, so a ciphertext without a key is what a killed writer left, and counts as
absent. The key is destroyed first, so a ciphertext that outlives it can be read by nobody. Keys lie
apart so that a backup can leave them out. The same delivery put for another window shares the
ciphertext and gets a key file of its own: a publisher may send one unchanged file for months.
"""

import re
import secrets
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from infra.adapters.opening import receipts_of
from infra.arrivals import Arrivals
from infra.errors import ContractError, TwinError
from infra.keys import Keyring
from infra.objects import open_store
from infra.seal.answers import Answers, landed
from infra.seal.cipher import TamperedError, seal, unseal
from infra.seal.headers import Header, read_header, write_header
from infra.seal.payloads import decode, delivery_id, encode
from infra.windows import Window

_KEY_BYTES: Final = 32
_CONTRACT_KEY: Final = re.compile(r"[a-z0-9][a-z0-9_]*(/[a-z0-9][a-z0-9_]*)*")
_DELIVERY_ID: Final = re.compile(r"[0-9a-f]{32}")
# A writer that takes longer than this between ciphertext and key is taken for dead.
_ORPHAN_AGE: Final = timedelta(days=1)
_READERS: Final = 8


@dataclass(frozen=True)
class SealedDelivery:
    """What may be known of a sealed delivery without opening it."""

    delivery_id: str
    window: str
    sealed_at: datetime
    expires_on: date | None
    bytes_count: int
    payloads_count: int


@dataclass(frozen=True, repr=False)
class _Record:
    """One key file: where it lies, what it says, and the key it holds, still wrapped."""

    name: str
    header: Header
    wrapped: bytes

    @property
    def contract_key(self) -> str:
        return self.name.partition("/")[2].rsplit("/", 2)[0]

    @property
    def delivery_id(self) -> str:
        return self.name.rsplit("/", 2)[1]

    def context(self) -> bytes:
        """Say what the wrapped key is bound to: its place and every word of its header."""
        return f"sealed delivery|{self.name}|".encode() + write_header(self.header)


class Archive:
    """Sealed deliveries in a folder or under `s3://bucket/prefix`."""

    def __init__(self, location: str, keyring: Keyring) -> None:
        """Nothing is read or made yet."""
        self._store = open_store(location)
        self._keyring = keyring
        self.answers = Answers(self._store, keyring)

    def __repr__(self) -> str:
        return "Archive()"

    def put(
        self,
        contract_key: str,
        window: Window,
        arrivals: Arrivals,
        *,
        sealed_at: datetime,
        expires_on: date | None,
    ) -> str:
        """Seal a delivery until a day (None: for good) and give its id.

        What is sealed already for this window stays as it is, with the term it was given.
        """
        key = _checked(contract_key)
        sealed_id = delivery_id(arrivals, self._keyring, policy=f"sealed|{key}")
        name = f"{self._folder(key, sealed_id)}/{self._window_id(window)}.key"
        records = self._records(f"{key}/{sealed_id}")
        if any(record.name == name for record in records):
            return sealed_id
        header = Header(
            window=str(window),
            sealed_at=sealed_at,
            expires_on=expires_on,
            bytes_count=arrivals.bytes_count,
            payloads_count=arrivals.payloads_count,
            ciphertext=f"sealed/{key}/{sealed_id}/{secrets.token_hex(8)}.sealed",
        )
        for record in records:
            # One whose term is about to end may lose its ciphertext while we share it.
            ends = record.header.expires_on
            if ends is None or ends > sealed_at.date() + timedelta(days=1):
                secret = self._keyring.unwrap(record.wrapped, context=record.context())
                self._write_key(name, header.sharing(record.header.ciphertext), secret)
                return sealed_id
        secret = secrets.token_bytes(_KEY_BYTES)
        pieces = seal(encode(arrivals), secret, context=header.ciphertext.encode())
        self._store.write(header.ciphertext, pieces)
        if not self._write_key(name, header, secret):
            self._store.delete(header.ciphertext)  # another process sealed it meanwhile
        return sealed_id

    def get(self, contract_key: str, delivery_id: str) -> Arrivals:
        """Open a sealed delivery.

        Raises ContractError when its term has ended, and TwinError when there never was one or it
        is not as it was written.
        """
        key = _checked(contract_key)
        if not _DELIVERY_ID.fullmatch(delivery_id):
            raise TwinError(f"{key}: a delivery id is 32 hexadecimal digits")
        records = self._records(f"{key}/{delivery_id}")
        if not records:
            if self._store.get(f"expired/{key}/{delivery_id}") is not None:
                raise ContractError(
                    f"{key}: the sealed delivery {delivery_id} has expired and its key is "
                    "destroyed; ask the publisher to send it again"
                )
            raise TwinError(f"{key}: no sealed delivery {delivery_id} in the archive")
        return self._open(records[0])

    def drop(self, contract_key: str, delivery_id: str, window: Window) -> None:
        """Forget that a delivery came for a window: nothing of it was published."""
        key = _checked(contract_key)
        name = f"{self._folder(key, delivery_id)}/{self._window_id(window)}.key"
        records = self._records(f"{key}/{delivery_id}")
        dropped = [record for record in records if record.name == name]
        kept = {record.header.ciphertext for record in records if record.name != name}
        for record in dropped:
            self._store.delete(record.name)
            if record.header.ciphertext not in kept:
                self._store.delete(record.header.ciphertext)

    def remember(
        self,
        contract_key: str,
        arrivals: Arrivals,
        marks: Mapping[date | None, int],
        *,
        policy: str,
        until: date | None,
    ) -> None:
        """Remember what the servers said of a delivery that landed with these marks."""
        found = landed(receipts_of(arrivals), marks, policy=policy)
        if found:
            self.answers.remember(_checked(contract_key), found, until=until)

    def deliveries(self, contract_key: str) -> list[SealedDelivery]:
        """List what is sealed for a contract, oldest first; one entry for each window."""
        found = [
            SealedDelivery(
                record.delivery_id,
                record.header.window,
                record.header.sealed_at,
                record.header.expires_on,
                record.header.bytes_count,
                record.header.payloads_count,
            )
            for record in self._records(_checked(contract_key))
        ]
        return sorted(found, key=lambda d: (d.sealed_at, d.window, d.delivery_id))

    def expire(self, today: date) -> int:
        """Destroy the keys, then the ciphertexts, of all deliveries whose last day has come.

        Gives how many entries of `deliveries` ended. Also removes what killed writers left.
        """
        records = self._records("")
        ended = [r for r in records if r.header.expires_on and r.header.expires_on <= today]
        gone = {record.name for record in ended}
        living = {record.header.ciphertext for record in records if record.name not in gone}
        for record in ended:
            if record.header.ciphertext not in living:
                mark = f"expired/{record.contract_key}/{record.delivery_id}"
                self._store.put_new(mark, today.isoformat().encode())
            self._store.delete(record.name)
        for ciphertext in {record.header.ciphertext for record in ended} - living:
            self._store.delete(ciphertext)
        self._remove_orphans()
        self.answers.expire(today)
        return len(ended)

    def _remove_orphans(self) -> None:
        limit = datetime.now(UTC) - _ORPHAN_AGE
        aged = [stored.name for stored in self._store.list("sealed") if stored.modified_at < limit]
        known = {record.header.ciphertext for record in self._records("")} if aged else set()
        for name in aged:
            if name not in known:
                self._store.delete(name)
        self._store.sweep(limit)

    def _open(self, record: _Record) -> Arrivals:
        secret = self._keyring.unwrap(record.wrapped, context=record.context())
        name = record.header.ciphertext
        damaged = f"{record.contract_key}: the sealed delivery {record.delivery_id}"
        with self._store.open(name) as file:
            if file is None:
                raise TwinError(f"{damaged} has a key but its content is missing; restore it")
            try:
                return decode(unseal(file, secret, context=name.encode()))
            except TamperedError:
                raise TwinError(
                    f"{damaged} was changed or damaged after it was sealed; restore the archive, "
                    "or pull the delivery again"
                ) from None

    def _write_key(self, name: str, header: Header, secret: bytes) -> bool:
        context = _Record(name, header, b"").context()
        wrapped = self._keyring.wrap(secret, context=context)
        return self._store.put_new(name, write_header(header) + b"\n" + wrapped.hex().encode())

    def _records(self, folder: str) -> list[_Record]:
        names = [stored.name for stored in self._store.list(f"keys/{folder}".rstrip("/"))]
        with ThreadPoolExecutor(_READERS) as readers:
            contents = list(readers.map(self._store.get, names))
        return [_record(n, content) for n, content in zip(names, contents, strict=True) if content]

    def _folder(self, contract_key: str, sealed_id: str) -> str:
        return f"keys/{contract_key}/{sealed_id}"

    def _window_id(self, window: Window) -> str:
        return self._keyring.fingerprint("sealed window", [str(window).encode()])[:16]


def _record(name: str, content: bytes) -> _Record:
    header, _, wrapped = content.partition(b"\n")
    try:
        return _Record(name, read_header(header), bytes.fromhex(wrapped.decode("ascii")))
    except (ValueError, KeyError, TypeError):
        raise TwinError(f"archive: {name} is damaged; restore it or delete it") from None


def _checked(contract_key: str) -> str:
    if not _CONTRACT_KEY.fullmatch(contract_key):
        raise TwinError("a contract key is <publisher>/<dataset> in lower-case letters, digits, _")
    return contract_key
