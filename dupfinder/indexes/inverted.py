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
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dupfinder.features.packing import Postings
from dupfinder.indexes.queries import (
    LEAST_VOTES,
    MOST_CANDIDATES,
    SIGNATURE_REACH,
    Proposed,
    affordable,
    asked_words,
    merged,
    own_words,
)
from dupfinder.indexes.votes import Matches, Votes, counted

# Photos that are looked up together: bounds the memory of a query.
_AT_ONCE = 8


class Library(Protocol):
    """The features of N photos; asked for each of them three times, in order."""

    def __len__(self) -> int: ...

    def __getitem__(self, position: int, /) -> Postings: ...


class InvertedIndex:
    """Of each feature its signature, photo, turn and scale, sorted by word: 14 bytes in all.

    Built by counting, then filling (a counting sort), so that it never takes more than it holds.
    """

    def __init__(self, library: Library, centroids: int) -> None:
        self._library = library
        self._centroids = centroids
        counts = np.zeros(centroids**2, np.int64)
        for photo in self._photos():
            np.add.at(counts, own_words(photo, centroids), 1)
        self._start = np.concatenate([[0], np.cumsum(counts)])
        total = int(self._start[-1])
        self._photo = np.empty(total, np.uint32)
        self._signature = np.empty(total, np.uint64)
        self._turn = np.empty(total, np.uint8)
        self._scale = np.empty(total, np.uint8)
        free = self._start[:-1].copy()
        for position, photo in enumerate(self._photos()):
            words = own_words(photo, centroids)
            order = np.argsort(words, kind="stable")
            mine = words[order]
            at = free[mine] + np.arange(len(mine)) - np.searchsorted(mine, mine)
            self._photo[at] = position
            self._signature[at] = photo.signatures[order]
            self._turn[at] = photo.turns[order]
            self._scale[at] = photo.scales[order]
            np.add.at(free, mine, 1)

    def _photos(self) -> Iterator[Postings]:
        return (self._library[position] for position in range(len(self._library)))

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
        return merged(found)

    def _looked_up(self, positions: Sequence[int]) -> Votes:
        """Votes of the photos at some positions: query 2 p is p upright, 2 p + 1 p mirrored."""
        photos = [self._library[position] for position in positions]
        queries = [query for photo in photos for query in (photo, photo.mirrored())]
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
        return counted(matches, LEAST_VOTES, MOST_CANDIDATES)

    def _matches(self, queries: Sequence[Postings]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Numbers of features (over all queries) and the entries that they match, pair by pair."""
        before = np.cumsum([0, *(len(query.turns) for query in queries)])
        features, starts, lengths = [], [], []
        for first, query in zip(before, queries, strict=False):
            words = asked_words(query, self._centroids)
            start = self._start[words].ravel()
            postings = self._start[words + np.uint32(1)].ravel() - start
            chosen = affordable(postings)
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
        near = apart <= SIGNATURE_REACH
        return asked[near], entries[near]
