"""The archive of sealed deliveries.

    sealed/<publisher>/<dataset>/<delivery id>/<random>.sealed    the ciphertext
    keys/<publisher>/<dataset>/<delivery id>/<keyed hash>.key     its wrapped key and a header
    expired/<publisher>/<dataset>/<delivery id>                   the mark that it once was here
    answers/<publisher>/<dataset>                                 see `infra.seal.answers`
    erasures/<request>                                            see `infra.seal.erasures`

The key is written last, so a ciphertext without a key is what a killed writer left, and counts as
absent. The key is destroyed first, so a ciphertext that outlives it can be read by nobody. Keys lie
apart so that a backup can leave them out. The same delivery put for another window shares the
ciphertext and gets a key file of its own: a publisher may send one unchanged file for months. So
does one that comes back after another came in between: what was said last can be told from dates.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Final

from infra.adapters.opening import payloads_of, receipts_of
from infra.arrivals import Arrivals
from infra.errors import ContractError, TwinError
from infra.keys import Keyring
from infra.objects import open_store
from infra.seal.answers import Answers, landed
from infra.seal.contents import Contents, new_name
from infra.seal.erasures import Erasures
from infra.seal.headers import Header
from infra.seal.payloads import delivery_id, digest_of
from infra.seal.records import Record, SealedDelivery
from infra.windows import Window

_CONTRACT_KEY: Final = re.compile(r"[a-z0-9][a-z0-9_]*(/[a-z0-9][a-z0-9_]*)*")
_DELIVERY_ID: Final = re.compile(r"[0-9a-f]{32}")
# A writer that takes longer than this between ciphertext and key is taken for dead.
_ORPHAN_AGE: Final = timedelta(days=1)


class Archive:
    """Sealed deliveries in a folder or under `s3://bucket/prefix`."""

    def __init__(self, location: str, keyring: Keyring) -> None:
        """Nothing is read or made yet."""
        self._store = open_store(location)
        self._keyring = keyring
        self.answers = Answers(self._store, keyring)
        self.contents = Contents(self._store, keyring)
        self.erasures = Erasures(self._store, keyring)

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
        key: tuple[str, int] | None = None,
    ) -> SealedDelivery:
        """Seal a delivery until a day (None: for good), and give the entry that stands for it.

        What is sealed already for this window stays as it is, with its date and the term it was
        given, unless another delivery came in between. `key` is the domain and the version of the
        key it is protected with; a delivery that is still here keeps the version it has.
        """
        folder = _checked(contract_key)
        sealed_id = delivery_id(arrivals, self._keyring, policy=f"sealed|{folder}")
        records = self.contents.records(f"{folder}/{sealed_id}")
        same = [record for record in records if record.header.window == str(window)]
        newest = max(same, key=lambda record: record.header.sealed_at, default=None)
        if newest is not None and not self._is_followed(newest, folder):
            return newest.described()
        domain, version = _kept_key(records, key)
        header = Header(
            window=str(window),
            sealed_at=sealed_at,
            expires_on=expires_on,
            bytes_count=arrivals.bytes_count,
            payloads_count=arrivals.payloads_count,
            ciphertext=new_name(folder, sealed_id),
            key_domain=domain,
            key_version=version,
        )
        name = self._free_name(f"keys/{folder}/{sealed_id}", window, records)
        for record in records:
            # One whose term is about to end may lose its ciphertext while we share it; one for the
            # same window may say another time of the publisher's file.
            ends = record.header.expires_on
            if record not in same and (ends is None or ends > sealed_at.date() + timedelta(days=1)):
                secret = self._keyring.unwrap(record.wrapped, context=record.context())
                header = replace(header, ciphertext=record.header.ciphertext)
                self._store.put_new(name, self.contents.key_file(name, header, secret))
                return self._entry(name)
        secret = self.contents.write(header.ciphertext, arrivals)
        if not self._store.put_new(name, self.contents.key_file(name, header, secret)):
            self._store.delete(header.ciphertext)  # another process sealed it meanwhile
        return self._entry(name)

    def get(self, contract_key: str, delivery_id: str, *, entry: str | None = None) -> Arrivals:
        """Open a sealed delivery; as it came at the time of an `entry`, if one is given.

        Raises ContractError when its term has ended, and TwinError when there never was one or it
        is not as it was written.
        """
        key = _checked(contract_key)
        if not _DELIVERY_ID.fullmatch(delivery_id):
            raise TwinError(f"{key}: a delivery id is 32 hexadecimal digits")
        records = self.contents.records(f"{key}/{delivery_id}")
        if not records:
            if self._store.get(f"expired/{key}/{delivery_id}") is not None:
                raise ContractError(
                    f"{key}: the sealed delivery {delivery_id} has expired and its key is "
                    "destroyed; ask the publisher to send it again"
                )
            raise TwinError(f"{key}: no sealed delivery {delivery_id} in the archive")
        chosen = [record for record in records if record.entry == entry]
        return self.contents.open((chosen or records)[0])

    def digests(self, contract_key: str, window: Window) -> frozenset[bytes]:
        """Give what the files that lie sealed for these windows are known by, each opened."""
        days = [start.isoformat() for start in window.starts()]
        records = self.contents.records(_checked(contract_key))
        return frozenset(
            digest_of(payload, self._keyring)
            for record in records
            if record.contract_key == contract_key and record.header.window[:10] in days
            for payload in payloads_of(self.contents.open(record))
        )

    def drop(self, contract_key: str, sealed: SealedDelivery) -> None:
        """Forget that a delivery came, this one time: nothing of it was published."""
        records = self.contents.records(f"{_checked(contract_key)}/{sealed.delivery_id}")
        dropped = [record for record in records if record.entry == sealed.entry]
        kept = {record.header.ciphertext for record in records if record.entry != sealed.entry}
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
        policy_of: Callable[[date | None], str],
        until: date | None,
    ) -> None:
        """Remember what the servers said of a delivery that landed with these marks."""
        found = landed(receipts_of(arrivals), marks, policy_of=policy_of)
        if found:
            self.answers.remember(_checked(contract_key), found, until=until)

    def deliveries(self, contract_key: str) -> list[SealedDelivery]:
        """List what is sealed for a contract, oldest first; one entry for each window."""
        found = [record.described() for record in self.contents.records(_checked(contract_key))]
        return sorted(found, key=lambda d: (d.sealed_at, d.window, d.delivery_id))

    def expire(self, today: date) -> int:
        """Destroy the keys, then the ciphertexts, of all deliveries whose last day has come.

        Gives how many entries of `deliveries` ended. Also removes what killed writers left.
        """
        records = self.contents.records("")
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
        known = (
            {record.header.ciphertext for record in self.contents.records("")} if aged else set()
        )
        for name in aged:
            if name not in known:
                self._store.delete(name)
        self._store.sweep(limit)

    def _entry(self, name: str) -> SealedDelivery:
        content = self._store.get(name)
        if content is None:
            raise TwinError(f"archive: {name} vanished while it was made; run again")
        return Record.read(name, content).described()

    def _is_followed(self, record: Record, folder: str) -> bool:
        return any(record.is_followed_by(other) for other in self.contents.records(folder))

    def _free_name(self, folder: str, window: Window, records: Sequence[Record]) -> str:
        """The first name for this window that is not taken: all who seal it at once choose it."""
        taken = {record.name for record in records}
        said = ([str(window).encode(), *([b"%d" % n] if n else [])] for n in count())
        entries = (self._keyring.fingerprint("sealed window", words)[:16] for words in said)
        names = (f"{folder}/{entry}.key" for entry in entries)
        return next(name for name in names if name not in taken)


def _kept_key(
    records: Sequence[Record], key: tuple[str, int] | None
) -> tuple[str | None, int | None]:
    """The domain and version of the key to use: the version the delivery has there, if any."""
    if key is None:
        return None, None
    domain, newest = key
    versions = [r.header.key_version for r in records if r.header.key_domain == domain]
    return domain, next((version for version in versions if version is not None), newest)


def _checked(contract_key: str) -> str:
    if not _CONTRACT_KEY.fullmatch(contract_key):
        raise TwinError("a contract key is <publisher>/<dataset> in lower-case letters, digits, _")
    return contract_key
