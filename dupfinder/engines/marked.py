"""Photos that people have said are no duplicates: kept apart before anything is compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Set

from dupfinder.model import CandidatePair, Contents, Photo
from dupfinder.storage import Stored


class Marked:
    """The contents that may not meet; a pair of them counts as verified to be different."""

    def __init__(self, contents: Iterable[Contents]) -> None:
        self._foes: dict[bytes, set[bytes]] = defaultdict(set)
        for one, other in contents:
            self._foes[one].add(other)
            self._foes[other].add(one)

    def apart(self, one: Photo, other: Photo) -> bool:
        """Whether these two may not meet in a cluster."""
        return other.digest in self._foes.get(one.digest, ())

    def refuses(self, held: Set[bytes], photo: Photo) -> bool:
        """Whether one of the contents that are `held` may not meet the photo."""
        return not held.isdisjoint(self._foes.get(photo.digest, ()))

    def among(self, photos: Iterable[Photo | Stored]) -> frozenset[Contents]:
        """The pairs of which both are there, the smaller digest first."""
        if not self._foes:
            return frozenset()
        there = {photo.digest for photo in photos}
        return frozenset(
            (one, other)
            for one in there
            for other in self._foes.get(one, ())
            if one < other and other in there
        )

    def without(self, pairs: Iterable[CandidatePair]) -> list[CandidatePair]:
        """The pairs that may be compared."""
        return [pair for pair in pairs if not self.apart(pair.left, pair.right)]

    def notes(self, photos: Iterable[Photo | Stored]) -> tuple[str, ...]:
        """How many pairs of a scan were left out."""
        count = len(self.among(photos))
        if not count:
            return ()
        pairs = "1 pair of photos is" if count == 1 else f"{count:,} pairs of photos are"
        return (f"{pairs} marked as no duplicates, and kept apart (dupfinder mark --list)",)
