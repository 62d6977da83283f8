"""Key files of the archive: one for each time a delivery came, with its header and wrapped key."""

from dataclasses import dataclass
from datetime import date, datetime

from infra.errors import TwinError
from infra.seal.headers import Header, read_header, write_header

_STATIC = "static"


@dataclass(frozen=True)
class SealedDelivery:
    """What may be known of a sealed delivery without opening it.

    `entry` tells apart the times the same delivery came. `key_version` is the version of the
    contract's key domain it is protected with, whenever that is done.
    """

    delivery_id: str
    window: str
    sealed_at: datetime
    expires_on: date | None
    bytes_count: int
    payloads_count: int
    key_domain: str | None
    key_version: int | None
    entry: str


@dataclass(frozen=True, repr=False)
class Record:
    """One key file: where it lies, what it says, and the key it holds, still wrapped."""

    name: str
    header: Header
    wrapped: bytes

    @classmethod
    def read(cls, name: str, content: bytes) -> "Record":
        """Read a key file. Raises TwinError if it is not as it was written."""
        header, _, wrapped = content.partition(b"\n")
        try:
            return cls(name, read_header(header), bytes.fromhex(wrapped.decode("ascii")))
        except (ValueError, KeyError, TypeError):
            raise TwinError(f"archive: {name} is damaged; restore it or delete it") from None

    @property
    def contract_key(self) -> str:
        """Of which contract the delivery is."""
        return self.name.partition("/")[2].rsplit("/", 2)[0]

    @property
    def delivery_id(self) -> str:
        """The id of the delivery."""
        return self.name.rsplit("/", 2)[1]

    @property
    def entry(self) -> str:
        """What tells this key file from others of the same delivery."""
        return self.name.rpartition("/")[2].removesuffix(".key")

    def context(self) -> bytes:
        """Say what the wrapped key is bound to: its place and every word of its header."""
        return f"sealed delivery|{self.name}|".encode() + write_header(self.header)

    def described(self) -> SealedDelivery:
        """Say what may be known without opening it."""
        header = self.header
        return SealedDelivery(
            delivery_id=self.delivery_id,
            window=header.window,
            sealed_at=header.sealed_at,
            expires_on=header.expires_on,
            bytes_count=header.bytes_count,
            payloads_count=header.payloads_count,
            key_domain=header.key_domain,
            key_version=header.key_version,
            entry=self.entry,
        )

    def is_followed_by(self, other: "Record") -> bool:
        """Whether another delivery came later for some of the same windows."""
        return (
            other.delivery_id != self.delivery_id
            and other.header.sealed_at > self.header.sealed_at
            and _overlap(self.header.window, other.header.window)
        )


def _overlap(one: str, other: str) -> bool:
    if _STATIC in (one, other):
        return one == other
    (start, _, end), (other_start, _, other_end) = one.partition("/"), other.partition("/")
    return start < other_end and other_start < end
