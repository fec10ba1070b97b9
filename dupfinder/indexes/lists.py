"""Posting lists: of all features of some photos, sorted by word, what a query compares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from dupfinder.features.packing import Postings
from dupfinder.indexes.queries import own_words

# Photos whose features are sorted together: so many that neighbours are often of one word.
_TOGETHER = 2_000


class Library(Protocol):
    """The features of N photos."""

    def __len__(self) -> int: ...

    def __getitem__(self, position: int, /) -> Postings: ...


class PostingLists(NamedTuple):
    """F features of photos that are numbered from 0 on: 14 bytes each.

    Those of word w stand from `start[w]` to `start[w + 1]`, by photo and, of one photo, in its
    order. `start` (W + 1,) int64; (F,) each: `photo` uint32 its number, `signature` uint64, `turn`
    and `scale` uint8 as in `Postings`.
    """

    start: NDArray[np.int64]
    photo: NDArray[np.uint32]
    signature: NDArray[np.uint64]
    turn: NDArray[np.uint8]
    scale: NDArray[np.uint8]

    @property
    def nbytes(self) -> int:
        return sum(array.nbytes for array in self)


def posting_lists(library: Library, centroids: int) -> PostingLists:
    """The lists of a library, each photo of which is asked for twice, in order.

    Built by counting, then filling (a counting sort): it never takes more than it gives.
    """
    counts = np.zeros(centroids**2, np.int64)
    for _, some in _pieces(library):
        words = own_words(some, centroids)
        counts += np.bincount(words, minlength=len(counts))
    start = np.concatenate([[0], np.cumsum(counts)])
    total = int(start[-1])
    lists = PostingLists(
        start=start,
        photo=np.empty(total, np.uint32),
        signature=np.empty(total, np.uint64),
        turn=np.empty(total, np.uint8),
        scale=np.empty(total, np.uint8),
    )
    free = start[:-1].copy()
    for photos, some in _pieces(library):
        words = own_words(some, centroids)
        # By the two halves of the words, which are numbers of 16 bits: these numpy sorts by radix.
        order = np.lexsort((some.words[:, 1, 0], some.words[:, 0, 0]))
        mine = words[order]
        at = free[mine] + np.arange(len(mine)) - np.searchsorted(mine, mine)
        lists.photo[at] = photos[order]
        lists.signature[at] = some.signatures[order]
        lists.turn[at] = some.turns[order]
        lists.scale[at] = some.scales[order]
        free += np.bincount(words, minlength=len(free))
    return lists


def _pieces(library: Library) -> Iterator[tuple[NDArray[np.uint32], Postings]]:
    """The features of some photos at a time, and whose each of them is."""
    for at in range(0, len(library), _TOGETHER):
        some = [library[number] for number in range(at, min(at + _TOGETHER, len(library)))]
        lengths = [len(photo.turns) for photo in some]
        photos = np.repeat(np.arange(at, at + len(some), dtype=np.uint32), lengths)
        yield photos, Postings(*map(np.concatenate, zip(*some, strict=True)))
