"""The posting lists of a library's local features: those of an earlier run, as far as they go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dupfinder.features.codebook import codebook
from dupfinder.features.packing import Postings, postings
from dupfinder.indexes.inverted import InvertedIndex, Segment
from dupfinder.indexes.lists import PostingLists, posting_lists
from dupfinder.storage import Cache
from dupfinder.storage.arrays import ArrayFile

LISTS: Final = "lists"  # what the names of files end with that are kept for a search

# From so many photos on their posting lists are kept, and made anew once they lack more than a
# share of the photos.
_WORTH_KEEPING, _MAY_LACK = 5_000, 0.05
_DIGEST = 32  # bytes


class Features:
    """Those of some contents, each once, read from the cache whenever they are asked for.

    Contents have the `numbers` from 0 on, in this order. Those of which it has none, though it
    should, seem to have no features; they are `lost`.
    """

    def __init__(self, digests: Sequence[bytes], cache: Cache) -> None:
        self.digests = digests
        self.numbers = {digest: number for number, digest in enumerate(digests)}
        self.lost: set[bytes] = set()
        self._cache = cache

    def __len__(self) -> int:
        return len(self.digests)

    def __getitem__(self, number: int) -> Postings:
        return self.of(self.digests[number])

    def of(self, digest: bytes) -> Postings:
        """Those of any content."""
        packed = self._cache.postings(digest)
        if packed is None:
            self.lost.add(digest)
        else:  # it may have been read again
            self.lost.discard(digest)
        return postings(packed or b"")

    def further(self, numbers: Sequence[int]) -> Features:
        """Those of some of the contents alone, which are lost here, too."""
        some = Features([self.digests[number] for number in numbers], self._cache)
        some.lost = self.lost
        return some


def index_of(contents: Features, known: Sequence[ArrayFile | None]) -> InvertedIndex:
    """The index of all these contents, which answers by their numbers.

    Args:
        known: where lists may be found, of these contents and others; those that are made because
            there are none go to the first of them.
    """
    return InvertedIndex(_segments(contents, known), _centroids())


def _segments(contents: Features, known: Sequence[ArrayFile | None]) -> list[Segment]:
    files = [file for file in known if file is not None]
    for file in files:
        segments = _kept(file, contents)
        if segments:
            return segments
    segment = _made(contents, range(len(contents)))
    if files and len(contents) >= _WORTH_KEEPING:
        files[0].write({**segment.lists._asdict(), "digests": _named(contents)})
    return [segment]


def _kept(file: ArrayFile, contents: Features) -> list[Segment]:
    """What a file has, and lists of the few contents that it lacks; nothing if these are many."""
    arrays = file.read()
    if arrays is None:
        return []
    packed = arrays.pop("digests").tobytes()
    digests = (packed[at : at + _DIGEST] for at in range(0, len(packed), _DIGEST))
    positions = [contents.numbers.get(digest, -1) for digest in digests]
    others = sorted(set(range(len(contents))).difference(positions))
    if len(others) > _MAY_LACK * len(contents):
        return []
    lists = PostingLists(**arrays)
    rest = _made(contents.further(others), others)
    return [Segment(lists, np.array(positions, np.int64)), rest]


def _named(contents: Features) -> NDArray[np.uint8]:
    """Of which contents lists are; none has the digest that stands for what was lost."""
    names = (bytes(_DIGEST) if each in contents.lost else each for each in contents.digests)
    return np.frombuffer(b"".join(names), np.uint8)


def _made(features: Features, positions: Sequence[int]) -> Segment:
    return Segment(posting_lists(features, _centroids()), np.array(positions, np.int64))


def _centroids() -> int:
    return len(codebook().centroids)
