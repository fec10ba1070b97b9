"""Fingerprints -> pairs within a radius by comparing all with all: the oracle of the other indexes.

Its cost depends on the number of pairs alone, never on the data, and hardly on the radius. At large
radii (60 of 256 bits) no exact index does better.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from dupfinder.indexes.hits import Hits, gather, in_order, least
from dupfinder.indexes.tiles import PREFIX_WORDS, Scratch, Tile, compared
from dupfinder.indexes.turned import scan_turned

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dupfinder.protocols import Pairs, Words


class LinearIndex:
    """A full scan, on all processors. Memory beyond the result: 2 MB for each of them.

    Seconds of one processor: `tiles.scan_seconds`; about 1 ns a pair for one word, 2 ns for 256
    bits at radius 60.
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

    def turned_pairs(self, variants: Sequence[Words], radius: int) -> Pairs:
        return least(gather(scan_turned(variants, self._columns.T, radius)))


def scan(left: Words, right: Words, radius: int, *, triangle: bool) -> Iterator[Hits]:
    """All pairs of columns of `left` (W, L) and `right` (W, R) within the radius, tile by tile.

    With `triangle` both must be the same array, and only pairs left < right are compared.
    """

    def judge(tile: Tile, scratch: Scratch) -> Hits:
        rows, columns = left[:, tile.rows], right[:, tile.columns]
        row, column = _may_be_within(rows, columns, radius, scratch)
        i, j = row + tile.rows.start, column + tile.columns.start
        upper = i < j if triangle else np.ones(i.size, bool)
        return within(left, right, i[upper], j[upper], radius)

    return compared(left.shape[1], right.shape[1], judge, triangle=triangle)


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


def _may_be_within(
    rows: Words, columns: Words, radius: int, scratch: Scratch
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The pairs (row, column) of a tile that the first words do not rule out."""
    height, width = rows.shape[1], columns.shape[1]
    difference, counts, _, distance = (part[: height * width] for part in scratch)
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
