"""Perceptual hashes: similarity is the share of equal bits.

A picture with a frame has two hashes, as in a scan: of the whole and of what is inside the frame.
The nearest of all pairs of hashes counts, and with a hash that can be turned the nearest of all
orientations.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from dupfinder.decode import without_border
from dupfinder.hashers import HASHERS
from dupfinder.hashers import signature as hasher_signature
from dupfinder.indexes import INDEXES, pack_stored
from dupfinder.protocols import HammingIndex, Nearest, Picture, Rows, Words
from dupfinder.searchers.best import Best

# The first radius that is looked within, as a share of the bits; it is doubled until enough is
# found. Copies lie within it nearly always.
_FIRST = 1 / 16


class HashSearcher:
    """Any hasher over an exact Hamming index.

    The linear one is the default: the index is made anew by each run of the command, and a BK-tree
    of 100,000 hashes takes a second to make, the scan of all of them a millisecond.
    """

    def __init__(self, name: str, index: str = "linear") -> None:
        self.name = name
        self._hasher = HASHERS[name]
        self._index: type[HammingIndex] = INDEXES[index]
        self.needs_colour = self._hasher.needs_colour

    @property
    def signature(self) -> str:
        return hasher_signature(self.name)

    def describe(self, picture: Picture) -> bytes:
        inside = without_border(picture)
        shown = (picture,) if inside is None else (picture, inside)
        octets = -(-self._hasher.length // 8)
        hashes = (self._hasher.fingerprint(each) for each in shown)
        return b"".join(each.bits.to_bytes(octets, "little") for each in hashes)

    def nearest(self, queries: Sequence[bytes], rows: Iterable[Rows], count: int) -> list[Nearest]:
        words, owner = self._packed(rows)
        index = self._index(words)
        return [self._nearest(query, index, owner, count) for query in queries]

    def _packed(self, rows: Iterable[Rows]) -> tuple[Words, NDArray[np.int64]]:
        """All hashes (N, W) and whose they are (N,)."""
        octets = -(-self._hasher.length // 8)
        packed: list[bytes] = []
        owners = [np.empty(0, np.int64)]
        for some in rows:
            counts = np.array([len(each) // octets for each in some.packed], np.int64)
            owners.append(np.repeat(some.positions, counts))
            packed += some.packed
        return pack_stored(b"".join(packed), self._hasher.length), np.concatenate(owners)

    def _nearest(
        self, query: bytes, index: HammingIndex, owner: NDArray[np.int64], count: int
    ) -> Nearest:
        length = self._hasher.length
        variants = self._hasher.oriented(pack_stored(query, length))
        asked = np.concatenate([turned for _, turned in variants])
        wanted = min(count, len(np.unique(owner)))
        radius = max(1, int(length * _FIRST))
        while True:
            found = index.join(asked, radius)
            position, distance = _least(owner[found.right], found.distance)
            if len(position) >= wanted or radius >= length:
                break
            radius = min(2 * radius, length)
        best = Best(count)
        best.add(position, 1 - distance / length)
        return best.found()


def _least(
    position: NDArray[np.int64], distance: NDArray[np.uint16]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Each position once, with the least of its distances."""
    order = np.lexsort((distance, position))
    position, first = np.unique(position[order], return_index=True)
    return position, distance[order][first].astype(np.float64)
