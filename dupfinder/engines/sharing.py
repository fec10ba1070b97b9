"""Photos that share local features, where no hash could see it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dupfinder.candidates import connected
from dupfinder.engines.photos import Library
from dupfinder.features.codebook import codebook
from dupfinder.features.packing import Postings, postings
from dupfinder.indexes.inverted import InvertedIndex, Segment
from dupfinder.indexes.lists import PostingLists, posting_lists
from dupfinder.indexes.queries import Proposed, in_order
from dupfinder.model import CandidatePair, Orientation
from dupfinder.storage import Cache

# From so many photos on their posting lists are kept, and made anew once they lack more than a
# share of the photos.
_WORTH_KEEPING, _MAY_LACK = 5_000, 0.05
_DIGEST = 32  # bytes


class Proposals(NamedTuple):
    """Pairs that share parts of their pictures, those that share photos beside each other.

    `photos` counts those that were looked through, `nbytes` is what their index takes.
    """

    pairs: list[CandidatePair]
    photos: int
    nbytes: int


def proposals(photos: Library, leaders: Sequence[int], cache: Cache) -> Proposals:
    """Pairs among the centres of stars and the photos that are in none: members are known.

    Photos that are only compared with do not ask: then a pair is proposed if the new one of them
    votes for the other, and not if only the other would have voted for it.
    """
    # Contents are compared: what is found of one holds for all photos that have it.
    having: dict[bytes, list[int]] = {}
    for position in leaders:
        having.setdefault(photos.seen[position].digest, []).append(position)
    numbers = {digest: number for number, digest in enumerate(having)}
    new = np.array(leaders, np.int64)[photos.is_new[leaders]]
    asking = sorted({numbers[photos.seen[position].digest] for position in new.tolist()})
    if not asking:
        return Proposals([], len(leaders), 0)
    contents = _Features(list(having), cache)
    index = InvertedIndex(_segments(contents, numbers, cache), _centroids())
    found = index.proposals((number, contents[number]) for number in asking)
    found = _expanded(found, list(having.values()))
    label = connected(len(photos), found.left, found.right)
    order = np.lexsort((found.right, found.left, label[found.left]))
    pairs = []
    for at in order.tolist():
        left, right = (photos[int(side[at])] for side in (found.left, found.right))
        turn = Orientation.MIRRORED if found.mirrored[at] else Orientation.UPRIGHT
        pairs.append(CandidatePair(left, right, "features", None, turn))
    return Proposals(pairs, len(leaders), index.nbytes)


class _Features:
    """Those of some contents, read from the cache whenever they are asked for.

    Contents of which it has none, though it should, seem to have no features; they are `lost`.
    """

    def __init__(self, digests: Sequence[bytes], cache: Cache) -> None:
        self.digests = digests
        self.lost: set[bytes] = set()
        self._cache = cache

    def __len__(self) -> int:
        return len(self.digests)

    def __getitem__(self, number: int) -> Postings:
        digest = self.digests[number]
        packed = self._cache.postings(digest)
        if packed is None:
            self.lost.add(digest)
        return postings(packed or b"")


def _segments(contents: _Features, numbers: Mapping[bytes, int], cache: Cache) -> list[Segment]:
    """The posting lists of an earlier run, as far as they go, and those of all other contents."""
    known = _known(cache)
    if known is not None:
        lists, digests = known
        positions = [numbers.get(digest, -1) for digest in digests]
        others = sorted(set(range(len(contents))).difference(positions))
        if len(others) <= _MAY_LACK * len(contents):
            rest = _Features([contents.digests[number] for number in others], cache)
            return [Segment(lists, np.array(positions, np.int64)), _made(rest, others)]
    segment = _made(contents, range(len(contents)))
    if cache.arrays is not None and len(contents) >= _WORTH_KEEPING:
        cache.arrays.write({**segment.lists._asdict(), "digests": _named(contents)})
    return [segment]


def _known(cache: Cache) -> tuple[PostingLists, list[bytes]] | None:
    """The lists that are kept, and of which contents they are."""
    arrays = None if cache.arrays is None else cache.arrays.read()
    if arrays is None:
        return None
    packed = arrays.pop("digests").tobytes()
    digests = [packed[at : at + _DIGEST] for at in range(0, len(packed), _DIGEST)]
    return PostingLists(**arrays), digests


def _named(contents: _Features) -> NDArray[np.uint8]:
    """Of which contents lists are; none has the digest that stands for what was lost."""
    names = (bytes(_DIGEST) if each in contents.lost else each for each in contents.digests)
    return np.frombuffer(b"".join(names), np.uint8)


def _made(features: _Features, positions: Sequence[int]) -> Segment:
    return Segment(posting_lists(features, _centroids()), np.array(positions, np.int64))


def _expanded(found: Proposed, holders: Sequence[Iterable[int]]) -> Proposed:
    """The same of the positions of photos, from the numbers of their contents."""
    return in_order(
        (min(ends), max(ends), votes, mirrored)
        for left, right, votes, mirrored in zip(*(each.tolist() for each in found), strict=True)
        for ends in product(holders[left], holders[right])
    )


def _centroids() -> int:
    return len(codebook().centroids)
