"""The inverted index of local features: which photos share parts of their pictures.

Features vote for the photos that hold a feature of the same word and nearly the same signature; the
votes for one photo count as far as they agree on how it is turned and scaled (weak geometric
consistency: Jégou, Douze, Schmid 2008). Approximate by nature, but reproducible: the same features
give the same pairs.

Time and memory grow linearly: a query spends a fixed number of comparisons, on its rarest words
first. What stands in many photos (a logo, a date stamp, a pattern) is looked up last or never,
which is all that a list of stop words would do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from dupfinder.features.packing import Described
from dupfinder.indexes.votes import Matches, Votes, counted

# Hamming distance in bits, of 64, within which two features of one word are the same.
_SIGNATURE_REACH = 22
# Signatures that one photo is compared with, in each orientation.
_BUDGET = 150_000
# Votes that agree on turn and scale: fewer are chance.
_LEAST_VOTES = 6
# Photos that one photo is compared with at most.
_MOST_CANDIDATES = 10
# Photos that are looked up together: bounds the memory of a query.
_AT_ONCE = 8


class Proposed(NamedTuple):
    """Index pairs left < right, sorted: int64, int64, uint16 votes, bool whether mirrored."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    votes: NDArray[np.uint16]
    mirrored: NDArray[np.bool_]


class Library(Protocol):
    """The features of N photos; asked for each of them three times, in order."""

    def __len__(self) -> int: ...

    def __getitem__(self, position: int, /) -> Described: ...


class InvertedIndex:
    """Of each feature its signature, photo, turn and scale, sorted by word: 14 bytes in all.

    Built by counting, then filling (a counting sort), so that it never takes more than it holds.
    """

    def __init__(self, library: Library, centroids: int) -> None:
        self._library = library
        self._centroids = centroids
        counts = np.zeros(centroids**2, np.int64)
        for query in self._upright():
            np.add.at(counts, query.words(centroids)[0], 1)
        self._start = np.concatenate([[0], np.cumsum(counts)])
        total = int(self._start[-1])
        self._photo = np.empty(total, np.uint32)
        self._signature = np.empty(total, np.uint64)
        self._turn = np.empty(total, np.uint8)
        self._scale = np.empty(total, np.uint8)
        free = self._start[:-1].copy()
        for position, query in enumerate(self._upright()):
            words = query.words(centroids)[0]
            order = np.argsort(words, kind="stable")
            mine = words[order]
            at = free[mine] + np.arange(len(mine)) - np.searchsorted(mine, mine)
            self._photo[at] = position
            self._signature[at] = query.signatures[order]
            self._turn[at] = query.turns[order]
            self._scale[at] = query.scales[order]
            np.add.at(free, mine, 1)

    def _upright(self) -> Iterator[_Query]:
        for position in range(len(self._library)):
            yield _Query(self._library[position], mirrored=False)

    @property
    def nbytes(self) -> int:
        """Bytes that the index holds in memory."""
        arrays = (self._start, self._photo, self._signature, self._turn, self._scale)
        return sum(array.nbytes for array in arrays)

    def proposals(self) -> Proposed:
        """The pairs of the index's own photos that share parts, upright or mirrored."""
        found = [
            self._looked_up(range(at, min(at + _AT_ONCE, len(self._library))))
            for at in range(0, len(self._library), _AT_ONCE)
        ]
        return _merged(found)

    def _looked_up(self, positions: Sequence[int]) -> Votes:
        """Votes of the photos at some positions: query 2 p is p upright, 2 p + 1 p mirrored."""
        queries = [
            _Query(self._library[position], mirrored=mirrored)
            for position in positions
            for mirrored in (False, True)
        ]
        asked, entries = self._matches(queries)
        owner = np.repeat(np.arange(len(queries)), [len(query.turns) for query in queries])
        turns = np.concatenate([query.turns for query in queries])
        scales = np.concatenate([query.scales for query in queries])
        first = 2 * positions[0]
        photo = self._photo[entries].astype(np.int64)
        other = photo != (first + owner[asked]) // 2
        asked, entries, photo = asked[other], entries[other], photo[other]
        matches = Matches(
            query=first + owner[asked],
            photo=photo,
            feature=asked,
            entry=entries,
            turn=self._turn[entries] - turns[asked],
            scale=self._scale[entries].astype(np.int16) - scales[asked],
        )
        return counted(matches, _LEAST_VOTES, _MOST_CANDIDATES)

    def _matches(self, queries: Sequence[_Query]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Numbers of features (over all queries) and the entries that they match, pair by pair."""
        before = np.cumsum([0, *(len(query.turns) for query in queries)])
        features, starts, lengths = [], [], []
        for first, query in zip(before, queries, strict=False):
            words = query.words(self._centroids)
            start = self._start[words].ravel()
            postings = self._start[words + np.uint32(1)].ravel() - start
            chosen = _affordable(postings)
            features.append(first + chosen % len(query.turns))
            starts.append(start[chosen])
            lengths.append(postings[chosen])
        signatures = np.concatenate([query.signatures for query in queries])
        feature = np.concatenate(features)
        length = np.concatenate(lengths)
        asked = np.repeat(feature, length)
        skipped = np.concatenate(starts) - np.concatenate([[0], np.cumsum(length)[:-1]])
        entries = np.repeat(skipped, length) + np.arange(len(asked))
        apart = np.bitwise_count(signatures[asked] ^ self._signature[entries])
        near = apart <= _SIGNATURE_REACH
        return asked[near], entries[near]


class _Query:
    """The features of one photo or of its mirror image, as the index compares them."""

    def __init__(self, described: Described, *, mirrored: bool) -> None:
        features = described.features
        swap = slice(None, None, -1) if mirrored else slice(None)
        self._words = described.words[:, swap].astype(np.uint32)
        halves = described.signatures[:, swap].astype(np.uint64)
        self.signatures = halves[:, 0] << np.uint64(32) | halves[:, 1]
        angles = 180 - features.angles if mirrored else features.angles
        self.turns = (np.round(angles * (256 / 360)).astype(np.int64) % 256).astype(np.uint8)
        self.scales = np.clip(np.round(features.scales * -16), 0, 255).astype(np.uint8)

    def words(self, centroids: int) -> NDArray[np.uint32]:
        """(4, N): the pairs of nearest and second nearest centroids, the nearest pair first."""
        first, second = self._words[:, 0], self._words[:, 1]
        return np.stack(
            [first[:, a] * np.uint32(centroids) + second[:, b] for a in (0, 1) for b in (0, 1)]
        )


def _affordable(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of the postings that one query could read, the shortest that its budget pays for."""
    order = np.argsort(lengths, kind="stable")
    return order[np.cumsum(lengths[order]) <= _BUDGET]


def _merged(found: Sequence[Votes]) -> Proposed:
    """Pairs in ascending order, each once, in the orientation with the most votes."""
    pairs: dict[tuple[int, int], tuple[int, bool]] = {}
    for query, photo, votes in _rows(found):
        position, mirrored = query // 2, query % 2 == 1
        pair = (min(position, photo), max(position, photo))
        best = pairs.get(pair)
        if best is None or (votes, not mirrored) > (best[0], not best[1]):
            pairs[pair] = votes, mirrored
    order = sorted(pairs)
    return Proposed(
        np.array([left for left, _ in order], np.int64),
        np.array([right for _, right in order], np.int64),
        np.array([pairs[pair][0] for pair in order], np.uint16),
        np.array([pairs[pair][1] for pair in order], bool),
    )


def _rows(found: Sequence[Votes]) -> Iterator[tuple[int, int, int]]:
    for votes in found:
        yield from zip(*(column.tolist() for column in votes), strict=True)
