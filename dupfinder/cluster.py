"""Candidates -> stars: every member verified directly against its representative, no chains.

Pure: who is near whom and what a comparison says are asked of the caller, so the same answers give
the same stars in any order of the photos.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dupfinder.model import Orientation, Photo

# A representative is chosen among the photos this near to the middle of their group: a share of the
# bits of a hash.
_CENTRAL = 1 / 16
# The middle is judged against this many photos at most: a group of thousands needs no more.
_JUDGES = 400
# A photo that so many representatives have refused is not offered to any more: pages of one
# notebook all look alike to a hash, and comparing each with each would never end.
PATIENCE = 12


class Near(Protocol):
    """Distances (N,) in bits and orientations (N,) from one position to all of its group."""

    def __call__(self, position: int) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]: ...


# Whether the photos at two positions show the same picture, the first brought into an orientation.
Same = Callable[[int, int, int, Orientation], bool]

Worth = Callable[[Photo], tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Star:
    """Positions of a representative and of the members verified directly against it."""

    centre: int
    members: tuple[int, ...]


def stars(photos: Sequence[Photo], near: Near, radius: int, same: Same, worth: Worth) -> list[Star]:
    """Split one candidate group into stars; photos that match nobody are in none.

    Args:
        photos: the group in ascending `order`.
        near: distances from one photo to all of them.
        radius: bits within which two photos are candidates of each other.
        same: called as same(centre, other, distance, orientation).
        worth: how much a photo is worth keeping, the smaller the more: of several central photos
            the best becomes the representative, so that it can also be the keeper.
    """
    found: list[Star] = []
    left = np.ones(len(photos), bool)
    refusals = np.zeros(len(photos), np.int64)
    middle = _Middle(photos, near, worth)
    while (open_ := left & (refusals < PATIENCE)).any():
        centre = middle.choose(left)
        members = _grown(centre, open_, near, radius, same, refusals)
        left[[centre, *members]] = False
        if members:
            found.append(Star(centre, tuple(sorted(members))))
    return found


def _grown(
    centre: int,
    open_: NDArray[np.bool_],
    near: Near,
    radius: int,
    same: Same,
    refusals: NDArray[np.int64],
) -> list[int]:
    """Offer the centre all photos near it, then those near its members, until none is left.

    What is near a member may be far from the centre for a hash (a crop of a crop); it becomes a
    member only if it is verified against the centre itself.
    """
    offered = ~open_
    offered[centre] = True
    distances, orientations = near(centre)
    members: list[int] = []
    frontier: list[tuple[int, Orientation]] = [(centre, Orientation.UPRIGHT)]
    while frontier:
        via, turn = frontier.pop(0)
        steps, turns = near(via)
        reached = np.flatnonzero((steps <= radius) & ~offered)
        for other in reached[np.argsort(steps[reached], kind="stable")].tolist():
            offered[other] = True
            orientation = turn.then(Orientation(int(turns[other])))
            if distances[other] <= radius:
                orientation = Orientation(int(orientations[other]))
            if same(centre, other, int(distances[other]), orientation):
                members.append(other)
                frontier.append((other, orientation))
            else:
                refusals[other] += 1
    return members


class _Middle:
    """Chooses representatives: central in what is left of the group, then the best of those."""

    def __init__(self, photos: Sequence[Photo], near: Near, worth: Worth) -> None:
        self._worth = worth
        self._photos = photos
        self._near = near
        judges = range(min(len(photos), _JUDGES))
        limit = photos[0].fingerprints[0].length
        self._limit = limit
        self._to_judges = np.stack([np.minimum(near(judge)[0], limit) for judge in judges])

    def choose(self, left: NDArray[np.bool_]) -> int:
        """The best of the medoid and the photos next to it."""
        judging = left[: len(self._to_judges)]
        sums = self._to_judges[judging].sum(axis=0, dtype=np.int64)
        candidates = np.flatnonzero(left)
        # Of two photos both are in the middle, whatever lies between them.
        medoid = self._best(candidates[sums[candidates] == sums[candidates].min()])
        distances, _ = self._near(medoid)
        central = candidates[distances[candidates] <= self._limit * _CENTRAL]
        return self._best(np.append(central, medoid))

    def _best(self, positions: NDArray[np.int64]) -> int:
        among: list[int] = positions.tolist()
        return min(among, key=lambda each: (self._worth(self._photos[each]), each))
