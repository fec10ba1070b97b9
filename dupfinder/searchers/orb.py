"""ORB keypoints: similarity is the share of keypoints that have a match which fits one geometry.

A match is the mutual nearest neighbour by Hamming distance that passes the ratio test (Lowe 2004).
All photos are ranked by their matches; of the best the matches count that one transform explains.
Finds turned copies and parts. A mirrored picture has other keypoints: to find those, a query is
asked a second time as its mirror image, see `mirrored`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np

from dupfinder.protocols import Nearest, Picture, Rows
from dupfinder.searchers.best import Best

if TYPE_CHECKING:  # loads OpenCV
    from dupfinder.verifiers.matching import Keypoints

# A picture with fewer keypoints than this has hardly any that could not match by chance.
_ENOUGH = 30
# How many are looked at for their geometry: what is wanted several times over, and some more.
_CHECKED, _AT_LEAST = 4, 50


class OrbSearcher:
    """Compares the query's keypoints with those of every photo."""

    name = "orb"
    needs_colour = False
    indexes: tuple[str, ...] = ("exact",)

    @property
    def signature(self) -> str:
        from dupfinder.features.orb import VERSION  # noqa: PLC0415  # loads OpenCV

        return f"orb={VERSION};opencv={version('opencv-python-headless')}"

    def describe(self, picture: Picture) -> bytes:
        from dupfinder.features.orb import described  # noqa: PLC0415  # loads OpenCV

        return described(picture.grey)

    def nearest(self, queries: Sequence[bytes], rows: Iterable[Rows], count: int) -> list[Nearest]:
        checked = max(_CHECKED * count, _AT_LEAST)
        matchers = [_Matcher(query, checked) for query in queries]
        for some in rows:
            for matcher in matchers:
                matcher.add(some)
        return [matcher.found(count) for matcher in matchers]

    def sieve(self, index: str, octets: int) -> None:  # noqa: ARG002  # all is compared
        return None


def confirmed(query: bytes, rows: Rows, least: float) -> dict[int, float]:
    """The similarities that are `least` at least, by position.

    No more keypoints can fit one geometry than match: it is looked at only where enough do.
    """
    matcher = _Matcher(query, 1)
    found = {}
    for at, packed in zip(rows.positions.tolist(), rows.packed, strict=True):
        if matcher.matching(packed) >= least and (share := matcher.fitting(packed)) >= least:
            found[at] = share
    return found


def _keypoints(packed: bytes) -> Keypoints:
    from dupfinder.features.orb import unpacked  # noqa: PLC0415  # loads OpenCV
    from dupfinder.verifiers.matching import Keypoints  # noqa: PLC0415  # loads OpenCV

    return Keypoints(*unpacked(packed))


class _Matcher:
    """The photos with most matches for one query; keeps the keypoints of these alone."""

    def __init__(self, query: bytes, checked: int) -> None:
        self._query = _keypoints(query)
        self._best = Best(checked)
        self._packed: dict[int, bytes] = {}

    def add(self, rows: Rows) -> None:
        scores = [self.matching(packed) for packed in rows.packed]
        self._best.add(rows.positions, np.array(scores, np.float64))
        packed_of = self._packed | dict(zip(rows.positions.tolist(), rows.packed, strict=True))
        self._packed = {at: packed_of[at] for at in self._best.found().positions.tolist()}

    def found(self, count: int) -> Nearest:
        positions = np.array(sorted(self._packed), np.int64)
        scores = [self.fitting(self._packed[at]) for at in positions.tolist()]
        best = Best(count)
        best.add(positions, np.array(scores, np.float64))
        return best.found()

    def matching(self, packed: bytes) -> float:
        """The share of keypoints that have a match."""
        from dupfinder.verifiers.matching import match  # noqa: PLC0415  # loads OpenCV

        keypoints = _keypoints(packed)
        matched, _ = match(self._query, keypoints)
        return self._share(len(matched), len(keypoints.points))

    def fitting(self, packed: bytes) -> float:
        """The share of keypoints whose matches one plausible transform explains."""
        from dupfinder.features.orb import SIDE  # noqa: PLC0415  # loads OpenCV
        from dupfinder.verifiers.geometry import align  # noqa: PLC0415  # loads OpenCV
        from dupfinder.verifiers.matching import match  # noqa: PLC0415  # loads OpenCV

        keypoints = _keypoints(packed)
        alignment = align(*match(self._query, keypoints), (SIDE, SIDE))
        inliers = 0 if alignment is None else alignment.inliers
        return self._share(inliers, len(keypoints.points))

    def _share(self, matches: int, keypoints: int) -> float:
        """Of the keypoints of the picture that has fewer: the other one may show more."""
        return matches / max(_ENOUGH, min(len(self._query.points), keypoints))
