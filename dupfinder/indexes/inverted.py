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

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dupfinder.features.packing import Postings
from dupfinder.indexes.lists import PostingLists
from dupfinder.indexes.queries import (
    LEAST_VOTES,
    MOST_CANDIDATES,
    SIGNATURE_REACH,
    Proposed,
    affordable,
    asked_words,
    merged,
)
from dupfinder.indexes.votes import Matches, Numbers, Votes, counted

# Photos that are looked up together: what is compared stays in the cache of the processor.
_AT_ONCE = 2
# What numpy does to a query leaves the interpreter to others for most of the time.
_THREADS = 2
# Entries that are looked through at once for photos that are left out.
_BLOCK = 1 << 20


class Segment(NamedTuple):
    """Posting lists, and `positions` (P,) int64: what their photos are called in the answers.

    Photos with a negative position are left out as if they had no features.
    """

    lists: PostingLists
    positions: Numbers

    def lengths(self) -> Numbers:
        """(W,): how many features each word has."""
        start, photo = self.lists.start, self.lists.photo
        lengths = np.diff(start)
        is_out = self.positions < 0
        if is_out.any():
            for at in range(0, len(photo), _BLOCK):
                out = at + np.flatnonzero(is_out[photo[at : at + _BLOCK]])
                words = np.searchsorted(start, out, side="right") - 1
                lengths -= np.bincount(words, minlength=len(lengths))
        return lengths


class InvertedIndex:
    """Photos in segments, each in one of them; how they are parted changes no answer.

    Args:
        segments: one at least.
        centroids: the words are pairs of so many.
    """

    def __init__(self, segments: Sequence[Segment], centroids: int) -> None:
        self._segments = segments
        self._centroids = centroids
        self._lengths = np.sum([segment.lengths() for segment in segments], axis=0)

    @property
    def nbytes(self) -> int:
        """Bytes of the posting lists."""
        return sum(segment.lists.nbytes for segment in self._segments)

    def proposals(
        self, asking: Iterable[tuple[int, Postings]], most: int = MOST_CANDIDATES
    ) -> Proposed:
        """The pairs for which the asking photos vote; where all ask, all that share parts.

        Args:
            asking: positions, each once, and features. They are taken as they are needed.
            most: how many photos one votes for at most, upright and as many mirrored.
        """
        rest = iter(asking)
        found: list[Votes] = []
        with ThreadPoolExecutor(_THREADS) as threads:
            while some := list(islice(rest, _AT_ONCE * _THREADS)):
                parts = [some[at : at + _AT_ONCE] for at in range(0, len(some), _AT_ONCE)]
                found += threads.map(lambda each: self._looked_up(each, most), parts)
        return merged(found)

    def _looked_up(self, asking: Sequence[tuple[int, Postings]], most: int) -> Votes:
        """Votes of some photos: query 2 p is p upright, 2 p + 1 p mirrored."""
        queries = [query for _, each in asking for query in (each, each.mirrored())]
        names = np.array([name for p, _ in asking for name in (2 * p, 2 * p + 1)], np.int64)
        asked = _Asked(
            *self._questions(queries),
            name=np.repeat(names, [len(query.turns) for query in queries]),
            signature=np.concatenate([query.signatures for query in queries]),
            turn=np.concatenate([query.turns for query in queries]),
            scale=np.concatenate([query.scales for query in queries]),
        )
        found = [_matches(asked, segment) for segment in self._segments]
        matches = Matches(*map(np.concatenate, zip(*found, strict=True)))
        return counted(matches, LEAST_VOTES, most)

    def _questions(self, queries: Sequence[Postings]) -> tuple[Numbers, Numbers]:
        """Numbers of features, over all queries, and the words that each of them looks up."""
        before = np.cumsum([0, *(len(query.turns) for query in queries)])
        features, words = [], []
        for first, query in zip(before, queries, strict=False):
            asked = asked_words(query, self._centroids).ravel()
            chosen = affordable(self._lengths[asked])
            features.append(first + chosen % max(1, len(query.turns)))
            words.append(asked[chosen].astype(np.int64))
        return np.concatenate(features), np.concatenate(words)


class _Asked(NamedTuple):
    """What is looked up, and of the features that do so query, signature, turn and scale."""

    feature: Numbers
    word: Numbers
    name: Numbers
    signature: NDArray[np.uint64]
    turn: NDArray[np.uint8]
    scale: NDArray[np.uint8]


def _matches(asked: _Asked, segment: Segment) -> Matches:
    """Features and the entries of a segment that they match, pair by pair."""
    lists, positions = segment
    start = lists.start[asked.word]
    length = lists.start[asked.word + 1] - start
    feature = np.repeat(asked.feature, length)
    skipped = start - np.concatenate([[0], np.cumsum(length)[:-1]])
    entry = np.repeat(skipped, length) + np.arange(len(feature))
    apart = np.bitwise_count(asked.signature[feature] ^ lists.signature[entry])
    near = apart <= SIGNATURE_REACH
    feature, entry = feature[near], entry[near]
    photo = positions[lists.photo[entry]]
    other = (photo >= 0) & (photo != asked.name[feature] // 2)
    feature, entry, photo = feature[other], entry[other], photo[other]
    return Matches(
        query=asked.name[feature],
        photo=photo,
        feature=feature,
        entry=entry,
        turn=lists.turn[entry] - asked.turn[feature],
        scale=lists.scale[entry].astype(np.int16) - asked.scale[feature],
    )
