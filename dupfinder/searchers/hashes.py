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
from dupfinder.indexes import pack_stored
from dupfinder.indexes.linear import LinearIndex
from dupfinder.protocols import HammingIndex, Nearest, Picture, Rows, Sieve, Words
from dupfinder.searchers.best import Best
from dupfinder.searchers.hashsieve import HASH_SIEVES, nearest_hashes, orientations


class HashSearcher:
    """Any hasher, over the exact Hamming index of all that comes by."""

    indexes = tuple(HASH_SIEVES)

    def __init__(self, name: str) -> None:
        self.name = name
        self._hasher = HASHERS[name]
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
        index = LinearIndex(words)
        return [self._nearest(query, index, owner, count) for query in queries]

    def sieve(self, index: str, octets: int) -> Sieve:  # noqa: ARG002  # rows are of one length
        return HASH_SIEVES[index](self._hasher)

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
        asked = orientations(self._hasher, query)
        best = Best(count)
        position, distance = nearest_hashes(index, owner, asked, count, length)
        best.add(position, 1 - distance / length)
        return best.found()
