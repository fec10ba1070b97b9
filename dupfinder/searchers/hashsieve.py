"""All hashes of a library at a glance: those of least Hamming distance pass, and no others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dupfinder.indexes import pack_stored
from dupfinder.indexes.bktree import BKTreeIndex
from dupfinder.indexes.passing import Passing
from dupfinder.protocols import HammingIndex, Hasher, Shown, Words

# A photo has one hash or two: of the whole, and of what is inside its frame.
_SHOWN = 2
# The first radius that is looked within, as a share of the bits; it is doubled until enough is
# found. Copies lie within it nearly always.
_FIRST = 1 / 16


class HashSieve:
    """Compares the query, in all its orientations, with every hash."""

    def __init__(self, hasher: Hasher) -> None:
        self._hasher = hasher
        self._words = max(1, -(-hasher.length // 64))
        self.name = "hashes=1"
        self.octets = _SHOWN * self._words * 8

    def rows(self, packed: Sequence[bytes]) -> NDArray[np.uint8]:
        # What has no frame has its hash twice, so that all rows are of one length.
        octets = -(-self._hasher.length // 8)
        both = b"".join(each if len(each) > octets else each + each for each in packed)
        words = pack_stored(both, self._hasher.length).astype("<u8")
        return words.reshape(-1, _SHOWN * self._words).view(np.uint8)

    def passed(self, queries: Sequence[bytes], shown: Shown, count: int) -> list[NDArray[np.int64]]:
        asked = [orientations(self._hasher, query) for query in queries]
        passing = [Passing(count, 0) for _ in queries]
        for block in shown.blocks():
            columns = np.ascontiguousarray(self._hashes(block.rows).T)
            for each, variants in zip(passing, asked, strict=True):
                least = _least_distances(columns, variants).reshape(-1, _SHOWN).min(axis=1)
                each.add(block.positions, -least.astype(np.float32))
        return [each.found() for each in passing]

    def _hashes(self, rows: NDArray[np.uint8]) -> Words:
        """(2 N, W): both of each row."""
        return rows.view("<u8").reshape(-1, self._words)


class TreeSieve(HashSieve):
    """The same by a BK-tree, made anew by each search."""

    def passed(self, queries: Sequence[bytes], shown: Shown, count: int) -> list[NDArray[np.int64]]:
        words, owner = self._all(shown)
        index = BKTreeIndex(words)
        length = self._hasher.length
        return [
            nearest_hashes(index, owner, orientations(self._hasher, query), count, length)[0]
            for query in queries
        ]

    def _all(self, shown: Shown) -> tuple[Words, NDArray[np.int64]]:
        """All hashes (2 N, W) and whose they are (2 N,)."""
        words, owner = [np.empty((0, self._words), np.uint64)], [np.empty(0, np.int64)]
        for block in shown.blocks():
            words.append(self._hashes(block.rows).astype(np.uint64))
            owner.append(np.repeat(block.positions, _SHOWN))
        return np.concatenate(words), np.concatenate(owner)


HASH_SIEVES: dict[str, type[HashSieve]] = {"exact": HashSieve, "bktree": TreeSieve}


def orientations(hasher: Hasher, query: bytes) -> Words:
    """(V, W): the packed hashes of a query in every orientation, each once."""
    variants = hasher.oriented(pack_stored(query, hasher.length))
    return np.unique(np.concatenate([turned for _, turned in variants]), axis=0)


def _least_distances(columns: Words, variants: Words) -> NDArray[np.uint16]:
    """(N,): the distance of each hash, a column of (W, N), from the nearest of (V, W) variants."""
    least = np.full(columns.shape[1], np.iinfo(np.uint16).max, np.uint16)
    different, counts = np.empty_like(columns[0]), np.empty(columns.shape[1], np.uint8)
    for variant in variants:
        distance = np.zeros_like(least)
        for word, column in zip(variant, columns, strict=True):
            np.bitwise_xor(column, word, out=different)
            np.bitwise_count(different, out=counts)
            distance += counts
        np.minimum(least, distance, out=least)
    return least


def nearest_hashes(
    index: HammingIndex, owner: NDArray[np.int64], asked: Words, count: int, length: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Positions, ascending, among which are the `count` nearest, and the distance of each.

    Args:
        index, owner: hashes and whose they are (N,).
        asked: (V, W), of which the nearest counts.
        length: bits of a hash.
    """
    wanted = min(count, len(np.unique(owner)))
    radius = max(1, int(length * _FIRST))
    while True:
        found = index.join(asked, radius)
        position, distance = _least(owner[found.right], found.distance)
        if len(position) >= wanted or radius >= length:
            return position, distance
        radius = min(2 * radius, length)


def _least(
    position: NDArray[np.int64], distance: NDArray[np.uint16]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Each position once, with the least of its distances."""
    order = np.lexsort((distance, position))
    position, first = np.unique(position[order], return_index=True)
    return position, distance[order][first].astype(np.float64)
