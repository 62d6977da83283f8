"""Looking for many byte strings at once.

Each needle is known by one short gram. All grams of the data are hashed at once by numpy and looked
up in a table of those of the needles; what is left is compared byte by byte. The time depends on
the data, hardly on how many needles there are.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from infra.scan.forms import Needle

_GRAM_BYTES: Final = 8
_BLOCK_BYTES: Final = 2**18  # stays in the processor's cache
_TABLE_BITS: Final = 21
# 2^64 / golden ratio (Knuth, TAOCP 6.4), and an unrelated odd number for the second look.
_SPREADS: Final = (0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93)
_U64: Final = 2**64 - 1


class Matcher:
    """Finds needles in bytes."""

    def __init__(self, needles: Sequence[Needle]) -> None:
        """Prepare the tables; this takes about 10 µs for each needle."""
        self.longest = max((len(needle.content) for needle in needles), default=1)
        shortest = min((len(needle.content) for needle in needles), default=_GRAM_BYTES)
        size = min(shortest, _GRAM_BYTES)
        # Grams of six bytes tell enough apart; with shorter ones the long needles get a table too.
        short = [n for n in needles if size >= 6 or len(n.content) < _GRAM_BYTES]
        long = [] if size >= 6 else [n for n in needles if len(n.content) >= _GRAM_BYTES]
        grams = ((size, short), (_GRAM_BYTES, long))
        self._tables = [_Table(size, part) for size, part in grams if part]

    def find(self, data: bytes) -> list[tuple[int, Needle]]:
        """List the places where needles start, in order."""
        low = data.lower() + bytes(_GRAM_BYTES)
        found = [hit for table in self._tables for hit in table.find(data, low)]
        return sorted(found, key=lambda hit: hit[0])


class _Table:
    """Needles by their grams of one size."""

    def __init__(self, size: int, needles: Sequence[Needle]) -> None:
        self._drop = 8 * (_GRAM_BYTES - size)  # the bits of an 8-byte word beyond the gram
        # Shifted, the multiplication also drops what is beyond the gram.
        self._spreads = [np.uint64((spread << self._drop) & _U64) for spread in _SPREADS]
        self._shift = np.uint64(64 - _TABLE_BITS)
        self._needles: dict[int, list[Needle]] = defaultdict(list)
        for needle in needles:
            gram = int.from_bytes(needle.content.lower()[:size], "little")
            self._needles[gram].append(needle)
        self._grams = np.array(sorted(self._needles), dtype=np.uint64)
        self._is_known = np.zeros((2, 2**_TABLE_BITS), dtype=np.bool_)
        for known, spread in zip(self._is_known, self._spreads, strict=True):
            known[(self._grams * spread) >> self._shift] = True

    def find(self, data: bytes, low: bytes) -> Iterator[tuple[int, Needle]]:
        for start in range(0, len(data), _BLOCK_BYTES):
            count = min(_BLOCK_BYTES, len(data) - start)
            for offset in range(min(_GRAM_BYTES, count)):
                yield from self._aligned(data, low, start + offset, -(-(count - offset) // 8))

    def _aligned(
        self, data: bytes, low: bytes, start: int, count: int
    ) -> Iterator[tuple[int, Needle]]:
        """Compare the grams at every eighth byte from `start`."""
        room = (len(low) - start) // _GRAM_BYTES
        words = np.frombuffer(low, dtype="<u8", count=min(count, room), offset=start)
        likely = np.flatnonzero(self._is_known[0][self._hashed(words, 0)])
        if likely.size:
            grams = words[likely]
            again = np.flatnonzero(self._is_known[1][self._hashed(grams, 1)])
            if again.size:
                grams = grams[again] & np.uint64(_U64 >> self._drop)
                places = start + likely[again] * _GRAM_BYTES
                yield from self._compared(data, low, places, grams)

    def _hashed(self, words: npt.NDArray[np.uint64], look: int) -> npt.NDArray[np.uint64]:
        hashes = words * self._spreads[look]
        hashes >>= self._shift
        return hashes

    def _compared(
        self, data: bytes, low: bytes, places: npt.NDArray[np.int64], grams: npt.NDArray[np.uint64]
    ) -> Iterator[tuple[int, Needle]]:
        nearest = np.searchsorted(self._grams, grams)
        is_same = self._grams[np.minimum(nearest, self._grams.size - 1)] == grams
        for place, gram in zip(places[is_same].tolist(), grams[is_same].tolist(), strict=True):
            for needle in self._needles[gram]:
                end = place + len(needle.content)
                text = data if needle.is_exact else low
                wanted = needle.content if needle.is_exact else needle.content.lower()
                if end <= len(data) and text[place:end] == wanted:
                    yield place, needle
