"""Which photos of a library share local features with a query, be it a part of one or hold one."""

from __future__ import annotations

from collections.abc import Sequence

from dupfinder.engines.segments import Features, index_of
from dupfinder.storage import Cache
from dupfinder.storage.arrays import ArrayFile

# A picture with fewer features than this has hardly any that could not match by chance.
_ENOUGH = 30


class Voting:
    """Asks the features of a library, as a scan asks them.

    Args:
        library: content digests in ascending order.
        cache: has the features of library and queries.
        kept: where posting lists are kept for the next search, if anything is.
    """

    def __init__(self, library: Sequence[bytes], cache: Cache, kept: ArrayFile | None) -> None:
        self._features = Features(library, cache)
        self._index = index_of(self._features, [kept, cache.arrays])

    def shares(self, query: bytes, most: int) -> dict[bytes, float]:
        """The share of features that vote, of at most so many contents with most votes.

        Mirrored, too. The query's own content is not among them.
        """
        number = self._features.numbers.get(query, len(self._features))
        features = self._features.of(query)
        found = self._index.proposals([(number, features)], most)
        shares = {}
        for left, right, votes in zip(*(each.tolist() for each in found[:3]), strict=True):
            other = right if left == number else left
            # Of the picture that has fewer: the other one may show more.
            fewer = min(len(features.turns), len(self._features[other].turns))
            shares[self._features.digests[other]] = votes / max(_ENOUGH, fewer)
        return shares
