"""Fingerprints -> pairs within a radius by a BK-tree, one look-up for each.

Burkhard and Keller, "Some approaches to best-match file searching", CACM 1973, as implemented by
`pybktree`. A tree answers single look-ups at small radii without touching every hash; a library
that meets itself is a job for the other indexes, which are faster by orders of magnitude.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from pybktree import BKTree

from dupfinder.indexes.equals import complete, expand, group
from dupfinder.indexes.hits import Hits, gather, in_order
from dupfinder.indexes.turned import by_joins

if TYPE_CHECKING:
    from dupfinder.protocols import Pairs, Words


class BKTreeIndex:
    """A tree with one node for each distinct hash, so that equal hashes make no chain.

    Building takes about 10 us a hash, a look-up at radius 8 of 64 bits some 2 ms among 10,000: the
    tree visits most of its nodes, unless the radius is 2 or 3.
    """

    name = "bktree"

    def __init__(self, words: Words) -> None:
        self._groups = group(words)
        self._number = {value: number for number, value in enumerate(_integers(self._groups.words))}
        self._tree = BKTree(_hamming_distance, self._number)

    def pairs(self, radius: int) -> Pairs:
        found = gather(
            self._look_up(number, value, radius) for value, number in self._number.items()
        )
        once = found.left < found.right
        hits = Hits(found.left[once], found.right[once], found.distance[once])
        return in_order(complete(hits, self._groups))

    def join(self, queries: Words, radius: int) -> Pairs:
        asked = group(queries)
        values = enumerate(_integers(asked.words))
        found = gather(self._look_up(number, value, radius) for number, value in values)
        return in_order(expand(found, asked, self._groups))

    def turned_pairs(self, variants: Sequence[Words], radius: int) -> Pairs:
        return by_joins(self, variants, radius)

    def _look_up(self, query: int, value: int, radius: int) -> Hits:
        found = self._tree.find(value, radius)
        right = np.array([self._number[other] for _, other in found], np.int64)
        distance = np.array([distance for distance, _ in found], np.uint16)
        return Hits(np.full(right.size, query, np.int64), right, distance)


def _integers(words: Words) -> Iterator[int]:
    """The rows as integers, word 0 least significant."""
    for row in words.astype("<u8"):
        yield int.from_bytes(row.tobytes(), "little")


def _hamming_distance(left: int, right: int) -> int:
    return (left ^ right).bit_count()
