"""What lies in the archive: ciphertexts, the key files that open them, and putting others in place.

A ciphertext that is replaced is written anew under another key first; then its key files are, one
by one, each in one piece; then the old one, which no key opens any more, is removed.
"""

import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final

from infra.arrivals import Arrivals
from infra.errors import TwinError
from infra.keys import Keyring
from infra.objects import ObjectStore
from infra.seal.cipher import TamperedError, seal, unseal
from infra.seal.headers import Header, write_header
from infra.seal.payloads import decode, encode
from infra.seal.records import Record

_KEY_BYTES: Final = 32
_READERS: Final = 8


def new_name(contract_key: str, delivery_id: str) -> str:
    """A name for a ciphertext that nobody has used."""
    return f"sealed/{contract_key}/{delivery_id}/{secrets.token_hex(8)}.sealed"


class Contents:
    """Ciphertexts and key files of an archive."""

    def __init__(self, store: ObjectStore, keyring: Keyring) -> None:
        """Nothing is read yet."""
        self._store = store
        self._keyring = keyring

    def records(self, folder: str) -> list[Record]:
        """The key files below a folder."""
        names = [stored.name for stored in self._store.list(f"keys/{folder}".rstrip("/"))]
        with ThreadPoolExecutor(_READERS) as readers:
            contents = list(readers.map(self._store.get, names))
        return [
            Record.read(n, content) for n, content in zip(names, contents, strict=True) if content
        ]

    def by_ciphertext(self, contract_key: str) -> list[list[Record]]:
        """The key files of a contract, together where they open the same ciphertext."""
        found: dict[str, list[Record]] = {}
        for record in self.records(contract_key):
            # A contract's folder may begin as another's does.
            if record.contract_key == contract_key:
                found.setdefault(record.header.ciphertext, []).append(record)
        return list(found.values())

    def contract_keys(self) -> list[str]:
        """The contracts of which anything is sealed."""
        return sorted({record.contract_key for record in self.records("")})

    def open(self, record: Record) -> Arrivals:
        """Open a delivery. Raises TwinError where it is not as it was written."""
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

    def write(self, name: str, arrivals: Arrivals) -> bytes:
        """Seal a delivery under this name; give the key, which is stored nowhere yet."""
        secret = secrets.token_bytes(_KEY_BYTES)
        self._store.write(name, seal(encode(arrivals), secret, context=name.encode()))
        return secret

    def key_file(self, name: str, header: Header, secret: bytes) -> bytes:
        """What stands in a key file of this name."""
        context = Record(name, header, b"").context()
        wrapped = self._keyring.wrap(secret, context=context)
        return write_header(header) + b"\n" + wrapped.hex().encode()

    def replace(self, records: Sequence[Record], arrivals: Arrivals) -> None:
        """Put another content in the place of the one ciphertext that these key files open."""
        first = records[0]
        name = new_name(first.contract_key, first.delivery_id)
        secret = self.write(name, arrivals)
        for record in records:
            header = replace(record.header, ciphertext=name, bytes_count=arrivals.bytes_count)
            self._store.write(record.name, [self.key_file(record.name, header, secret)])
        self._store.delete(first.header.ciphertext)

    def destroy(self, records: Sequence[Record], *, mark: bytes) -> None:
        """Destroy the key files and then the ciphertext; a mark says that it once was there."""
        for record in records:
            self._store.put_new(f"expired/{record.contract_key}/{record.delivery_id}", mark)
            self._store.delete(record.name)
        self._store.delete(records[0].header.ciphertext)

    def remove_unkeyed(self, contract_key: str) -> int:
        """Remove ciphertexts that no key opens; the count. Nobody may be sealing meanwhile."""
        known = {record.header.ciphertext for record in self.records(contract_key)}
        unkeyed = [
            stored.name
            for stored in self._store.list(f"sealed/{contract_key}")
            if stored.name not in known
        ]
        for name in unkeyed:
            self._store.delete(name)
        return len(unkeyed)
