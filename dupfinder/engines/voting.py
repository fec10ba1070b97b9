"""Which photos of a library share local features with a query, be it a part of one or hold one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from dupfinder.engines.segments import Features, index_of
from dupfinder.features.packing import Postings
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
        again: reads contents once more of which the cache has lost the features, if it can.
    """

    def __init__(
        self,
        library: Sequence[bytes],
        cache: Cache,
        kept: ArrayFile | None,
        again: Callable[[Sequence[bytes]], None],
    ) -> None:
        self._features = Features(library, cache)
        self._again = again
        self._tried: set[bytes] = set()
        known = [kept, cache.arrays]
        self._index = index_of(self._features, known)
        if self._were_lost():
            self._index = index_of(self._features, known)

    def shares(self, query: bytes, most: int) -> dict[bytes, float]:
        """By digest the share of features that vote, above 0 and 1 at most.

        Args:
            query: a content digest; its own content is not among those found.
            most: how many contents, those with most votes; as many mirrored ones.
        """
        number = self._features.numbers.get(query, len(self._features))
        (features,) = self._of([query])
        left, right, votes = self._index.proposals([(number, features)], most)[:3]
        others = [self._features.digests[each] for each in np.where(right == number, left, right)]
        shares = {}
        for other, count, theirs in zip(others, votes.tolist(), self._of(others), strict=True):
            if other in self._features.lost:  # for good: kept lists must not say more than new ones
                continue
            # Of the picture that has fewer: the other one may show more.
            fewer = min(len(features.turns), len(theirs.turns))
            shares[other] = count / max(_ENOUGH, fewer)
        return shares

    def _of(self, digests: Sequence[bytes]) -> list[Postings]:
        """The features of these; what was lost of them is read again."""
        found = [self._features.of(digest) for digest in digests]
        if self._were_lost():
            found = [self._features.of(digest) for digest in digests]
        return found

    def _were_lost(self) -> bool:
        """Whether some were, and may be known by now: it is tried once for each."""
        lost = sorted(self._features.lost - self._tried)
        self._tried.update(lost)
        if lost:
            self._again(lost)
        return bool(lost)
