"""What publishers' servers said of the last answers that landed, sealed beside the deliveries.

    answers/<publisher>/<dataset>      the day it ends, and what is remembered, encrypted

With it a server can be asked whether anything changed, without sending it all again. It holds
addresses, and those may hold what came from a publisher: it is as secret as a delivery, and ends
with the term of the deliveries.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from infra.arrivals import Receipt
from infra.errors import TwinError
from infra.keys import Keyring
from infra.objects import ObjectStore

# A window's own copy is some hundred bytes; windows older than the newest of these are asked anew.
_MOST_WINDOWS: Final = 400


@dataclass(frozen=True, repr=False)
class Remembered:
    """The questions that brought a window, and the mark its rows then had in the lake.

    `policy` is under which rules they landed. A window None stands for the delivery as a whole.
    """

    mark: int
    policy: str
    receipts: tuple[Receipt, ...]


class Answers:
    """What is remembered of each data set's last answers."""

    def __init__(self, store: ObjectStore, keyring: Keyring) -> None:
        """Nothing is read or made yet."""
        self._store = store
        self._keyring = keyring

    def recall(self, contract_key: str) -> dict[date | None, Remembered]:
        """What is remembered of a data set; what cannot be read is as good as forgotten."""
        content = self._store.get(f"answers/{contract_key}")
        if content is None:
            return {}
        until, _, sealed = content.partition(b"\n")
        try:
            context = _context(contract_key, until)
            text = self._keyring.unwrap(bytes.fromhex(sealed.decode("ascii")), context=context)
        except (TwinError, ValueError):
            # Another root key, or half a file: the servers are asked without it, as at first.
            return {}
        return {
            _day(entry["window"]): Remembered(
                mark=entry["mark"],
                policy=entry["policy"],
                receipts=tuple(
                    Receipt(url, etag, modified, _day(entry["window"]))
                    for url, etag, modified in entry["receipts"]
                ),
            )
            for entry in json.loads(text)
        }

    def remember(
        self,
        contract_key: str,
        answers: Mapping[date | None, Remembered],
        *,
        until: date | None,
    ) -> None:
        """Remember these windows beside those known, until a day (None: for good)."""
        known = self.recall(contract_key)
        merged = {**known, **answers}
        if merged == known:
            return
        newest = sorted(merged, key=lambda start: start or date.max)[-_MOST_WINDOWS:]
        entries = [_entry(start, merged[start]) for start in newest]
        first = until.isoformat().encode() if until else b""
        sealed = self._keyring.wrap(
            json.dumps(entries).encode(), context=_context(contract_key, first)
        )
        content = first + b"\n" + sealed.hex().encode()
        self._store.write(f"answers/{contract_key}", [content])

    def said(self, contract_key: str) -> list[str]:
        """Every address that is remembered of a data set."""
        known = self.recall(contract_key).values()
        return [receipt.url for one in known for receipt in one.receipts]

    def forget(self, contract_key: str) -> None:
        """Forget what is remembered of a data set: its servers are asked for everything anew."""
        self._store.delete(f"answers/{contract_key}")

    def expire(self, today: date) -> None:
        """Forget all whose last day has come."""
        for stored in self._store.list("answers"):
            content = self._store.get(stored.name) or b"\n"
            until = content.partition(b"\n")[0].decode("ascii", "replace")
            if until and until <= today.isoformat():
                self._store.delete(stored.name)


def landed(
    receipts: Iterable[Receipt],
    marks: Mapping[date | None, int],
    *,
    policy_of: Callable[[date | None], str],
) -> dict[date | None, Remembered]:
    """What is worth remembering of a pull: the windows of which every answer had a name."""
    by_window: dict[date | None, list[Receipt]] = {}
    for receipt in receipts:
        by_window.setdefault(receipt.window_start, []).append(receipt)
    found = {}
    for start, asked in by_window.items():
        mark = marks.get(start)
        if mark is not None and all(receipt.is_named for receipt in asked):
            own = tuple(replace(receipt, window_start=start) for receipt in asked)
            found[start] = Remembered(mark, policy_of(start), own)
    return found


def _context(contract_key: str, until: bytes) -> bytes:
    return f"answers|{contract_key}|".encode() + until


def _entry(start: date | None, remembered: Remembered) -> Mapping[str, object]:
    return {
        "window": start.isoformat() if start else None,
        "mark": remembered.mark,
        "policy": remembered.policy,
        "receipts": [(one.url, one.etag, one.modified) for one in remembered.receipts],
    }


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
