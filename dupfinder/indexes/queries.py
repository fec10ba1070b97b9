"""A photo's features as a query to the index of all, and what the votes of the queries propose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dupfinder.features.packing import Postings
from dupfinder.indexes.votes import Votes

# Hamming distance in bits, of 64, within which two features of one word are the same.
SIGNATURE_REACH: Final = 22
# Signatures that one photo is compared with, in each orientation.
BUDGET = 150_000
# Votes that agree on turn and scale: fewer are chance.
LEAST_VOTES: Final = 6
# Photos that one photo is compared with at most.
MOST_CANDIDATES: Final = 10


class Proposed(NamedTuple):
    """Index pairs left < right, sorted: int64, int64, uint16 votes, bool whether mirrored."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    votes: NDArray[np.uint16]
    mirrored: NDArray[np.bool_]


def own_words(postings: Postings, centroids: int) -> NDArray[np.uint32]:
    """(N,): the pairs of nearest centroids, by which features are found."""
    words = postings.words[:, 0, 0].astype(np.uint32)
    words *= np.uint32(centroids)
    words += postings.words[:, 1, 0]
    return words


def asked_words(postings: Postings, centroids: int) -> NDArray[np.uint32]:
    """(4, N): the pairs of nearest and second nearest centroids, the nearest pair first."""
    words = postings.words.astype(np.uint32)
    first, second = words[:, 0], words[:, 1]
    return np.stack(
        [first[:, a] * np.uint32(centroids) + second[:, b] for a in (0, 1) for b in (0, 1)]
    )


def affordable(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of the postings that one query could read, the shortest that its budget pays for."""
    order = np.argsort(lengths, kind="stable")
    return order[np.cumsum(lengths[order]) <= BUDGET]


def merged(found: Sequence[Votes]) -> Proposed:
    """Pairs in ascending order, each once, in the orientation with the most votes.

    Query 2 p of the votes is photo p upright, 2 p + 1 is it mirrored.
    """
    pairs: dict[tuple[int, int], tuple[int, bool]] = {}
    for query, photo, votes in _rows(found):
        position, mirrored = query // 2, query % 2 == 1
        pair = (min(position, photo), max(position, photo))
        best = pairs.get(pair)
        if best is None or (votes, not mirrored) > (best[0], not best[1]):
            pairs[pair] = votes, mirrored
    return in_order((*pair, votes, mirrored) for pair, (votes, mirrored) in pairs.items())


def in_order(rows: Iterable[tuple[int, int, int, bool]]) -> Proposed:
    """Pairs with their votes and whether they are mirrored, as columns."""
    ordered = sorted(rows)
    return Proposed(
        np.array([left for left, _, _, _ in ordered], np.int64),
        np.array([right for _, right, _, _ in ordered], np.int64),
        np.array([votes for _, _, votes, _ in ordered], np.uint16),
        np.array([mirrored for _, _, _, mirrored in ordered], bool),
    )


def _rows(found: Sequence[Votes]) -> Iterator[tuple[int, int, int]]:
    for votes in found:
        yield from zip(*(column.tolist() for column in votes), strict=True)
