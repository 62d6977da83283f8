"""What a publisher delivered, sealed: it can be counted and carried, but not printed or stored.

Only `infra.adapters` opens arrivals (`infra.adapters.opening`), and only the contract and the
privacy code may import that: see the import rules in pyproject.toml.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NoReturn


@dataclass(frozen=True, repr=False)
class Payload:
    """One file or one page of a delivery as it came over the wire.

    `name` may contain personal data (a person's name in a file name): it never leaves the seal.
    `window_start` is set when the publisher's naming says which window the payload is for.
    `stands_for` is set when rows were taken out of it: the content is then what is left
    (`infra.adapters.remains`), and this is the keyed digest of what it was, by which it is known.
    """

    name: str
    content: bytes = field(repr=False)
    modified_at: datetime
    window_start: date | None = None
    stands_for: bytes | None = field(default=None, repr=False)
    # What a keyring made of the content: asked for several times, and a large content takes long.
    digests: dict[object, bytes] = field(default_factory=dict, repr=False, compare=False)

    def __repr__(self) -> str:
        """The size only."""
        return f"Payload({len(self.content)} bytes)"

    def let_go(self) -> None:
        """Forget the content, which is large; whoever asks for it from now on has a bug."""
        object.__delattr__(self, "content")


@dataclass(frozen=True, repr=False)
class Receipt:
    """What was asked of a server and how it named the state of its answer (ETag, Last-Modified).

    The address may hold what came from the publisher (a cursor): it never leaves the seal.
    `window_start` is the window that was asked for, None where the address names none.
    """

    url: str = field(repr=False)
    etag: str | None = field(repr=False)
    modified: str | None = field(repr=False)
    window_start: date | None = None

    @property
    def is_named(self) -> bool:
        """Whether the server gave a name that it can be asked about."""
        return bool(self.etag or self.modified)


# For each window (None: the delivery as a whole), the questions that brought it, in their order.
Known = Mapping[date | None, Sequence[Receipt]]


class Arrivals:
    """A delivery between publisher and gate. Prints its size only, and cannot be pickled."""

    __slots__ = ("_payloads", "_receipts", "_unchanged")

    def __init__(
        self,
        payloads: Sequence[Payload],
        *,
        receipts: Sequence[Receipt] = (),
        unchanged: Iterable[date | None] = (),
    ) -> None:
        """Seal what was pulled; the order of payloads is the order of the delivery.

        `unchanged` are the windows of which the publisher said that nothing changed since the
        receipts it was shown; they bring no payload.
        """
        self._payloads = tuple(payloads)
        self._receipts = tuple(receipts)
        self._unchanged = frozenset(unchanged)

    @property
    def unchanged(self) -> frozenset[date | None]:
        """The windows that are as they were by the publisher's word; None: the whole delivery."""
        return self._unchanged

    @property
    def payloads_count(self) -> int:
        """How many files or pages came."""
        return len(self._payloads)

    @property
    def bytes_count(self) -> int:
        """How many bytes came."""
        return sum(len(payload.content) for payload in self._payloads)

    @property
    def modified_at(self) -> datetime | None:
        """When the publisher last changed what it delivered, UTC; None if nothing came."""
        return max((payload.modified_at for payload in self._payloads), default=None)

    def __len__(self) -> int:
        """How many payloads came."""
        return len(self._payloads)

    def __repr__(self) -> str:
        """The size only."""
        return f"Arrivals({self.payloads_count} payloads, {self.bytes_count} bytes)"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        """Refuse: a pickled delivery would be personal data on a disk."""
        raise TypeError("arrivals cannot be pickled: they hold personal data in the clear")
