"""Photos that share local features, where no hash could see it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, product
from typing import NamedTuple

import numpy as np

from dupfinder.candidates import connected
from dupfinder.engines.bulk import ahead
from dupfinder.engines.photos import Library
from dupfinder.features.codebook import codebook
from dupfinder.features.packing import SIZE, Postings, postings
from dupfinder.indexes.inverted import InvertedIndex
from dupfinder.indexes.queries import Proposed, in_order
from dupfinder.indexes.streamed import Piece, StreamedIndex
from dupfinder.model import CandidatePair, Orientation
from dupfinder.storage import Cache

# Photos whose features are taken from the cache together: a megabyte, which stays in the cache of
# the processor, and which the system need not give anew each time.
_TOGETHER = 100


class Proposals(NamedTuple):
    """Pairs that share parts of their pictures, those that share photos beside each other.

    `photos` counts those that were looked through, `nbytes` is what their index took of memory.
    """

    pairs: list[CandidatePair]
    photos: int
    nbytes: int


def proposals(photos: Library, leaders: Sequence[int], cache: Cache) -> Proposals:
    """Pairs among the centres of stars and the photos that are in none: members are known.

    Photos that are only compared with do not ask: then a pair is proposed if the new one of them
    votes for the other, and not if only the other would have voted for it.
    """
    asking = [position for position in leaders if photos.is_new[position]]
    if not asking:
        return Proposals([], len(leaders), 0)
    if len(asking) == len(leaders):
        found, nbytes = _all_ask(photos, leaders, cache)
    else:
        found, nbytes = _some_ask(photos, leaders, asking, cache)
    label = connected(len(photos), found.left, found.right)
    order = np.lexsort((found.right, found.left, label[found.left]))
    pairs = []
    for at in order.tolist():
        left, right = (photos[int(side[at])] for side in (found.left, found.right))
        turn = Orientation.MIRRORED if found.mirrored[at] else Orientation.UPRIGHT
        pairs.append(CandidatePair(left, right, "features", None, turn))
    return Proposals(pairs, len(leaders), nbytes)


class _Features:
    """Those of some photos, read from the cache whenever they are asked for."""

    def __init__(self, digests: Sequence[bytes], cache: Cache) -> None:
        self._digests = digests
        self._cache = cache

    def __len__(self) -> int:
        return len(self._digests)

    def __getitem__(self, position: int) -> Postings:
        return postings(self._cache.postings(self._digests[position]) or b"")


def _all_ask(photos: Library, leaders: Sequence[int], cache: Cache) -> tuple[Proposed, int]:
    features = _Features([photos.seen[position].digest for position in leaders], cache)
    index = InvertedIndex(features, _centroids())
    found, position = index.proposals(), np.array(leaders, np.int64)
    return found._replace(left=position[found.left], right=position[found.right]), index.nbytes


def _some_ask(
    photos: Library, leaders: Sequence[int], asking: Sequence[int], cache: Cache
) -> tuple[Proposed, int]:
    """What streams past are contents: what is found of one holds for all photos that have it."""
    having: dict[bytes, list[int]] = defaultdict(list)
    for position in leaders:
        having[photos.seen[position].digest].append(position)
    first = {digest: positions[0] for digest, positions in having.items()}
    index = StreamedIndex(ahead(_pieces(cache.postings_of(first), first)), _centroids())
    digests = [photos.seen[position].digest for position in asking]
    features = _Features(digests, cache)
    found = index.proposals({first[digest]: features[at] for at, digest in enumerate(digests)})
    rows = (
        (min(ends), max(ends), votes, mirrored)
        for left, right, votes, mirrored in zip(*(each.tolist() for each in found), strict=True)
        for ends in product(*(having[photos.seen[end].digest] for end in (left, right)))
    )
    return in_order(rows), index.nbytes


def _centroids() -> int:
    return len(codebook().centroids)


def _pieces(
    features: Iterable[tuple[bytes, bytes]], positions: Mapping[bytes, int]
) -> Iterator[Piece]:
    rest = iter(features)
    while some := list(islice(rest, _TOGETHER)):
        lengths = [len(packed) // SIZE for _, packed in some]
        yield Piece(
            photos=np.array([positions[digest] for digest, _ in some], np.int64),
            ends=np.cumsum(lengths),
            postings=postings(b"".join(packed for _, packed in some)),
        )
