"""A stream of bytes compressed and sealed in chunks, so that memory is bounded by a chunk.

AES-256-GCM after the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015): the nonce is
the chunk's number and whether it is the last, under a key used for this stream only. A chunk that
was changed, moved, dropped or added does not open.
"""

from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CHUNK_BYTES: Final = 16 * 2**20
_MAGIC: Final = b"GEMELLO sealed 1\n"
_LENGTH_BYTES: Final = 4
_TAG_BYTES: Final = 16
_ZSTD_LEVEL: Final = 3


class TamperedError(Exception):
    """The sealed bytes are not those that were written; the archive says of which delivery."""


def seal(
    plain: Iterable[bytes | memoryview],
    key: bytes,
    *,
    context: bytes,
    chunk_bytes: int = CHUNK_BYTES,
) -> Iterator[bytes]:
    """Compress and encrypt a stream; `context` is authenticated with each chunk, not stored."""
    from pyarrow import Codec

    codec, cipher = Codec("zstd", compression_level=_ZSTD_LEVEL), AESGCM(key)
    yield _MAGIC
    for number, is_last, chunk in _numbered(_chunks(plain, chunk_bytes)):
        packed = _length(len(chunk)) + codec.compress(chunk, asbytes=True)
        sealed = cipher.encrypt(_nonce(number, is_last=is_last), packed, context)
        yield _length(len(sealed))
        yield sealed


def unseal(
    file: BinaryIO, key: bytes, *, context: bytes, chunk_bytes: int = CHUNK_BYTES
) -> Iterator[bytes]:
    """Decrypt and decompress what `seal` wrote. Raises TamperedError where it is not that."""
    from pyarrow import Codec

    codec, cipher = Codec("zstd"), AESGCM(key)
    if file.read(len(_MAGIC)) != _MAGIC:
        raise TamperedError
    for number, is_last, sealed in _numbered(_frames(file, limit=2 * chunk_bytes + 1024)):
        try:
            packed = cipher.decrypt(_nonce(number, is_last=is_last), sealed, context)
        except (InvalidTag, ValueError):
            raise TamperedError from None
        length = int.from_bytes(packed[:_LENGTH_BYTES], "big")
        yield codec.decompress(packed[_LENGTH_BYTES:], decompressed_size=length, asbytes=True)


def _chunks(plain: Iterable[bytes | memoryview], chunk_bytes: int) -> Iterator[bytes]:
    """Cut a stream in chunks of one size, the last shorter; at least one, if only an empty one."""
    chunk = bytearray()
    for piece in plain:
        rest = memoryview(piece)
        while rest:
            room = chunk_bytes - len(chunk)
            chunk += rest[:room]
            rest = rest[room:]
            if len(chunk) == chunk_bytes:
                yield bytes(chunk)
                chunk.clear()
    yield bytes(chunk)


def _frames(file: BinaryIO, *, limit: int) -> Iterator[bytes]:
    while head := file.read(_LENGTH_BYTES):
        length = int.from_bytes(head, "big")
        if len(head) < _LENGTH_BYTES or not _TAG_BYTES <= length <= limit:
            raise TamperedError
        frame = file.read(length)
        if len(frame) != length:
            raise TamperedError
        yield frame


def _numbered(chunks: Iterator[bytes]) -> Iterator[tuple[int, bool, bytes]]:
    """Give each chunk its number and whether it is the last. None at all is a TamperedError."""
    held = next(chunks, None)
    if held is None:
        raise TamperedError
    number = 0
    for chunk in chunks:
        yield number, False, held
        held, number = chunk, number + 1
    yield number, True, held


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if is_last else b"\x00")


def _length(count: int) -> bytes:
    return count.to_bytes(_LENGTH_BYTES, "big")
