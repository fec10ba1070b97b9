"""Photos -> groups within which copies are looked for, by distance of their fingerprints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dupfinder.indexes import pack
from dupfinder.model import Orientation, Photo
from dupfinder.protocols import HammingIndex, Hasher, Words

# Below this quality a hash is chance: flat, dark and sky pictures only match by their contents.
MIN_QUALITY = 8

# Farther than any two hashes can be.
APART = np.iinfo(np.uint16).max

_MEASURED_AT_ONCE = 1000


class Hashes(NamedTuple):
    """The fingerprints that can propose candidates, one row each, and whose they are.

    `words` are (N, W) uint64, `owner` (N,) int64 positions in the photos.
    """

    words: Words
    owner: NDArray[np.int64]


def hashes_of(photos: Sequence[Photo]) -> Hashes:
    """Pack the fingerprints of all photos that are not flat."""
    owned = [
        (position, fingerprint)
        for position, photo in enumerate(photos)
        if photo.quality >= MIN_QUALITY
        for fingerprint in photo.fingerprints
    ]
    owner = np.array([position for position, _ in owned], np.int64)
    return Hashes(pack([fingerprint for _, fingerprint in owned]), owner)


def groups(
    photos: Sequence[Photo], hasher: Hasher, radius: int, index: type[HammingIndex]
) -> list[list[int]]:
    """Positions of photos that are connected by candidate pairs, two or more to a group.

    A pair is a candidate if any of the fingerprints are within `radius` bits in any orientation, or
    if the contents or pixels are equal. Groups and their members are in ascending order.
    """
    hashes = hashes_of(photos)
    labels = np.arange(len(photos), dtype=np.int64)
    for left, right in _edges(photos, hashes, hasher, radius, index):
        labels = _joined(labels, left, right)
    return _by_label(labels)


def equals(photos: Sequence[Photo]) -> list[list[int]]:
    """Positions of photos with the same bytes, two or more to a group, in ascending order."""
    labels = np.arange(len(photos), dtype=np.int64)
    return _by_label(_joined(labels, *_equal([photo.digest for photo in photos])))


def connected(count: int, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of each of `count` positions the least one that pairs lead to."""
    return _joined(np.arange(count, dtype=np.int64), left, right)


def _by_label(labels: NDArray[np.int64]) -> list[list[int]]:
    order = np.argsort(labels, kind="stable")
    bounds = np.flatnonzero(np.diff(labels[order])) + 1
    return [part.tolist() for part in np.split(order, bounds) if len(part) > 1]


def _edges(
    photos: Sequence[Photo],
    hashes: Hashes,
    hasher: Hasher,
    radius: int,
    index: type[HammingIndex],
) -> Iterable[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Pairs of photo positions: equal contents, equal hashes, then hashes within the radius."""
    yield _equal([photo.digest for photo in photos])
    yield _equal([photo.pixel_digest or photo.digest for photo in photos])
    if not len(hashes.owner):
        return
    unique, member_of = np.unique(hashes.words, axis=0, return_inverse=True)
    member_of = member_of.ravel()
    owner = np.empty(len(unique), np.int64)
    owner[member_of[::-1]] = hashes.owner[::-1]  # the first photo stands for its equals
    yield hashes.owner, owner[member_of]
    tree = index(unique)
    for orientation, turned in hasher.oriented(unique):
        # A quarter turn the other way finds the same pairs from the other side.
        if orientation is Orientation.TURNED_270:
            continue
        upright = orientation is Orientation.UPRIGHT
        found = tree.pairs(radius) if upright else tree.join(turned, radius)
        yield owner[found.left], owner[found.right]


def _equal(keys: Sequence[bytes]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """A chain through the positions of each key that occurs more than once."""
    order = sorted(range(len(keys)), key=keys.__getitem__)
    links = [(a, b) for a, b in pairwise(order) if keys[a] == keys[b]]
    array = np.array(links, np.int64).reshape(-1, 2)
    return array[:, 0], array[:, 1]


def _joined(
    labels: NDArray[np.int64], left: NDArray[np.int64], right: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Connected components: every position ends with the least position that it is joined to."""
    while True:
        a, b = labels[left], labels[right]
        if np.array_equal(a, b):
            return labels
        least = np.minimum(a, b)
        labels = labels.copy()
        np.minimum.at(labels, a, least)
        np.minimum.at(labels, b, least)
        while not np.array_equal(labels, labels[labels]):
            labels = labels[labels]


class Closeness:
    """Distances within one group, with the orientation in which they are least."""

    def __init__(self, photos: Sequence[Photo], hasher: Hasher) -> None:
        self._photos = photos
        self._hashes = hashes_of(photos)
        self._oriented = hasher.oriented(self._hashes.words) if len(self._hashes.owner) else ()
        # The usual small group is measured at once, a large one photo by photo.
        whole = len(photos) <= _MEASURED_AT_ONCE
        self._rows = self._measure(np.arange(len(photos))) if whole else None

    def __call__(self, position: int) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
        """Hamming distances (N,) to all photos and the orientation (N,) that brings it onto them.

        `APART` where there is no fingerprint to compare; 0 for equal contents or pixels.
        """
        if self._rows is not None:
            return self._rows[0][position], self._rows[1][position]
        distances, orientations = self._measure(np.array([position]))
        return distances[0], orientations[0]

    def _measure(
        self, positions: NDArray[np.int64]
    ) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
        """Both (P, N) for the photos at some positions."""
        shape = (len(positions), len(self._photos))
        distances = np.full(shape, APART, np.uint16)
        orientations = np.zeros(shape, np.uint8)
        words, owner = self._hashes
        mine = np.flatnonzero(np.isin(owner, positions))
        row_of = np.searchsorted(positions, owner[mine])
        for orientation, turned in self._oriented:
            bits = np.zeros((len(mine), len(owner)), np.uint16)
            for word in range(words.shape[1]):
                bits += np.bitwise_count(turned[mine, word][:, None] ^ words[None, :, word])
            best = np.full(shape, APART, np.uint16)
            np.minimum.at(best, (row_of[:, None], owner[None, :]), bits)
            nearer = best < distances
            distances[nearer] = best[nearer]
            orientations[nearer] = orientation
        self._mark_equals(positions, distances, orientations)
        return distances, orientations

    def _mark_equals(
        self,
        positions: NDArray[np.int64],
        distances: NDArray[np.uint16],
        orientations: NDArray[np.uint8],
    ) -> None:
        """Equal contents and equal pixels are near whatever their hashes say, flat ones too."""
        for labels in (
            np.array(_labels([photo.digest for photo in self._photos])),
            np.array(_labels([photo.pixel_digest or photo.digest for photo in self._photos])),
        ):
            equal = labels[positions][:, None] == labels[None, :]
            distances[equal] = 0
            orientations[equal] = Orientation.UPRIGHT


def _labels(keys: Sequence[bytes]) -> list[int]:
    """A number for each key, the same for equal keys."""
    numbers: dict[bytes, int] = {}
    return [numbers.setdefault(key, len(numbers)) for key in keys]
