"""The inverted index turned round: some photos ask, and the features of all stream past them.

Where all photos ask all, as in `inverted`, the library has to be sorted by words. Where only some
ask, it is enough to sort their questions. What passes is held as it comes, 14 bytes a feature,
until all has passed: only then is it known how many postings each word has, and with it which
questions the budget pays for. So these photos get the answers that they would get from `inverted`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import NamedTuple

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
from dupfinder.indexes.votes import Matches, Numbers, Votes, counted, strongest

# Photos that ask together, and signatures that are compared at once: both bound the memory.
_AT_ONCE, _BLOCK = 500, 1 << 17
# What numpy does to a piece leaves the interpreter to others for most of the time.
_THREADS = 4

_NOTHING = np.empty(0, np.int64)


class Piece(NamedTuple):
    """The features of P photos, one photo after the other.

    `photos` (P,) int64 are their positions, `ends` (P,) int64 where the features of each end.
    """

    photos: Numbers
    ends: Numbers
    postings: Postings


class _Held(NamedTuple):
    """A piece with what is needed of its F features: `words` (F,), the rest as `Postings`."""

    photos: Numbers
    ends: Numbers
    words: NDArray[np.uint32]
    signatures: NDArray[np.uint64]
    turns: NDArray[np.uint8]
    scales: NDArray[np.uint8]


class StreamedIndex:
    """Takes the pieces of a library, each photo in one of them, in any order."""

    def __init__(self, pieces: Iterable[Piece], centroids: int) -> None:
        self._centroids = centroids
        self._counts = np.zeros(centroids**2, np.int64)
        self._held: list[_Held] = []
        for photos, ends, postings in pieces:
            words = own_words(postings, centroids)
            self._counts += np.bincount(words, minlength=centroids**2)
            columns = (postings.signatures, postings.turns, postings.scales)
            self._held.append(_Held(photos, ends, words, *map(np.ascontiguousarray, columns)))

    @property
    def nbytes(self) -> int:
        """Bytes that are held in memory."""
        held = sum(column.nbytes for piece in self._held for column in piece)
        return held + self._counts.nbytes

    def proposals(self, asking: Mapping[int, Postings]) -> Proposed:
        """The pairs for which the asking photos, by their positions, vote themselves.

        `InvertedIndex.proposals` has these, and those for which only the other photo votes.
        """
        positions = sorted(asking)
        found = []
        for at in range(0, len(positions), _AT_ONCE):
            some = {position: asking[position] for position in positions[at : at + _AT_ONCE]}
            questions = _Questions(some, self._counts, self._centroids)
            with ThreadPoolExecutor(_THREADS) as threads:
                each = list(threads.map(questions.votes, self._held))
            if each:
                columns = (np.concatenate(column) for column in zip(*each, strict=True))
                found.append(strongest(Votes(*columns), MOST_CANDIDATES))
        return merged(found)


class _Questions:
    """What some photos ask, sorted by word: query 2 p is photo p upright, 2 p + 1 is it mirrored.

    Of several questions with one feature that are answered by one photo the `_priority` decides.
    """

    def __init__(self, asking: Mapping[int, Postings], counts: Numbers, centroids: int) -> None:
        queries = [query for each in asking.values() for query in (each, each.mirrored())]
        before = np.cumsum([0, *(len(query.turns) for query in queries)])
        words, features = [], []
        for first, query in zip(before, queries, strict=False):
            asked = asked_words(query, centroids).ravel()
            chosen = affordable(counts[asked])
            words.append(asked[chosen])
            features.append(first + chosen % len(query.turns))
        word = np.concatenate(words)
        self._priority = np.argsort(word, kind="stable")
        self._feature = np.concatenate(features)[self._priority]
        # Small numbers, since these are looked up again and again.
        self._number = np.bincount(word, minlength=len(counts)).astype(np.int32)
        self._first = (np.cumsum(self._number) - self._number).astype(np.int32)
        self._is_asked = self._number > 0
        self._names = np.array([name for p in asking for name in (2 * p, 2 * p + 1)])
        self._query = np.repeat(np.arange(len(queries)), np.diff(before))
        self._turn = np.concatenate([query.turns for query in queries])
        self._scale = np.concatenate([query.scales for query in queries])
        signature = np.concatenate([query.signatures for query in queries])
        self._signature = signature[self._feature]

    def votes(self, held: _Held) -> Votes:
        """Those for the photos of a piece."""
        question, entry = self._near(held)
        feature = self._feature[question]
        query, place = self._query[feature], np.searchsorted(held.ends, entry, side="right")
        pair = query * len(held.photos) + place
        is_other = held.photos[place] != self._names[query] // 2
        kept = np.flatnonzero((np.bincount(pair)[pair] >= LEAST_VOTES) & is_other)
        kept = kept[np.lexsort((entry[kept], self._priority[question[kept]]))]
        feature, entry = feature[kept], entry[kept]
        matches = Matches(
            query=self._names[query[kept]],
            photo=held.photos[place[kept]],
            feature=feature,
            entry=entry,
            turn=held.turns[entry] - self._turn[feature],
            scale=held.scales[entry].astype(np.int16) - self._scale[feature],
        )
        return counted(matches, LEAST_VOTES, MOST_CANDIDATES)

    def _near(self, held: _Held) -> tuple[Numbers, Numbers]:
        """Questions and the entries of the piece that they match."""
        entries = np.flatnonzero(self._is_asked.take(held.words))
        words, signatures = held.words[entries], held.signatures[entries]
        # Comparison number c, counted over all entries, is with question begin + c of its entry.
        number = self._number[words]
        until = np.cumsum(number, dtype=np.int64)
        begin = self._first[words] - (until - number)
        cuts = np.searchsorted(until, np.arange(0, until[-1] if until.size else 0, _BLOCK))
        found: list[tuple[Numbers, Numbers]] = [(_NOTHING, _NOTHING)]
        for start, stop in pairwise(np.unique([0, *cuts, len(entries)]).tolist()):
            comparison = np.arange(until[start] - number[start], until[stop - 1])
            question = np.repeat(begin[start:stop], number[start:stop]) + comparison
            asked = self._signature[question]
            asked ^= np.repeat(signatures[start:stop], number[start:stop])
            near = np.flatnonzero(np.bitwise_count(asked) <= SIGNATURE_REACH)
            which = np.searchsorted(until, comparison[near], side="right")
            found.append((question[near], entries[which]))
        question, entry = (np.concatenate(column) for column in zip(*found, strict=True))
        return question, entry
