"""Fingerprints -> pairs within a radius by comparing all with all: the oracle of the other indexes.

Its cost depends on the number of pairs alone, never on the data, and hardly on the radius. At large
radii (60 of 256 bits) no exact index does better.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dupfinder.indexes.hits import Hits, gather, in_order

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dupfinder.protocols import Pairs, Words

# Measured: numpy's xor takes three times as long on rows below 3,000 columns, and tiles above 2 MB
# leave the L2 cache. So tiles have between this many columns and twice as many.
TILE_ROWS = 32
TILE_COLUMNS = 3072

# The distance over three words, 192 at most, still fits into the uint8 that makes a tile fast.
PREFIX_WORDS = 3


class LinearIndex:
    """A full scan. Memory beyond the result: 2 MB.

    Seconds: `scan_seconds`; about 1 ns a pair for one word, 2 ns for 256 bits at radius 60.
    """

    name = "linear"

    def __init__(self, words: Words) -> None:
        self._columns = np.ascontiguousarray(words.T)

    def pairs(self, radius: int) -> Pairs:
        hits = gather(scan(self._columns, self._columns, radius, triangle=True))
        return in_order(hits)

    def join(self, queries: Words, radius: int) -> Pairs:
        columns = np.ascontiguousarray(queries.T)
        return in_order(gather(scan(columns, self._columns, radius, triangle=False)))


def scan_seconds(pairs: float, words: int, radius: int) -> float:
    """What `scan` takes for so many pairs of random hashes, measured on one 2023 server core.

    A tile is left as soon as none of its pairs can come within the radius, which happens once the
    words read so far hold five standard deviations more differing bits than the radius.
    """
    read = 1
    while read < min(words, PREFIX_WORDS) and 32 * read - 20 * read**0.5 <= radius:
        read += 1
    return pairs * (0.3 + 0.6 * read) * 1e-9


def scan(left: Words, right: Words, radius: int, *, triangle: bool) -> Iterator[Hits]:
    """All pairs of columns of `left` (W, L) and `right` (W, R) within the radius, tile by tile.

    With `triangle` both must be the same array, and only pairs left < right are compared.
    """
    scratch = _Scratch.allocate()
    for top in range(0, left.shape[1], TILE_ROWS):
        rows = left[:, top : top + TILE_ROWS]
        begin, end = (top if triangle else 0), right.shape[1]
        tiles = max(1, (end - begin) // TILE_COLUMNS)
        width = max(1, -(-(end - begin) // tiles))
        for start in range(begin, end, width):
            columns = right[:, start : start + width]
            row, column = _may_be_within(rows, columns, radius, scratch)
            if row.size:
                i, j = row + top, column + start
                upper = i < j if triangle else np.ones(i.size, bool)
                yield within(left, right, i[upper], j[upper], radius)


def within(
    left: Words, right: Words, i: NDArray[np.int64], j: NDArray[np.int64], radius: int
) -> Hits:
    """Those of the given pairs of columns whose Hamming distance is within the radius.

    `left` is (W, L), `right` (W, R); `i` and `j` are columns of theirs, of one length.
    """
    distance = np.zeros(i.size, np.uint16)
    for word in range(left.shape[0]):
        distance += np.bitwise_count(left[word].take(i) ^ right[word].take(j))
        near = np.flatnonzero(distance <= radius)
        # A distance only grows from word to word: most pairs need no second look.
        if near.size < i.size:
            i, j, distance = i.take(near), j.take(near), distance.take(near)
    return Hits(i, j, distance)


class _Scratch(NamedTuple):
    """The memory of one tile, used again for all."""

    difference: NDArray[np.uint64]
    counts: NDArray[np.uint8]
    distance: NDArray[np.uint8]

    @classmethod
    def allocate(cls) -> _Scratch:
        size = TILE_ROWS * 2 * TILE_COLUMNS
        return cls(np.empty(size, np.uint64), np.empty(size, np.uint8), np.empty(size, np.uint8))


def _may_be_within(
    rows: Words, columns: Words, radius: int, scratch: _Scratch
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The pairs (row, column) of a tile that the first words do not rule out."""
    height, width = rows.shape[1], columns.shape[1]
    difference, counts, distance = (part[: height * width] for part in scratch)
    distance[:] = 0
    for word in range(min(rows.shape[0], PREFIX_WORDS)):
        grid = difference.reshape(height, width)
        np.bitwise_xor(rows[word, :, None], columns[word], out=grid)
        np.bitwise_count(difference, out=counts)
        np.add(distance, counts, out=distance)
        # Random hashes differ in half their bits: before that a look would be wasted.
        if 32 * (word + 1) > radius and distance.min() > radius:
            nothing = np.empty(0, np.int64)
            return nothing, nothing
    row, column = np.divmod(np.flatnonzero(distance <= radius), width)
    return row, column
