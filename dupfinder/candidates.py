"""Photos -> groups within which copies are looked for, by distance of their fingerprints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from dupfinder.indexes import pack
from dupfinder.model import Orientation, Photo, PhotoFile
from dupfinder.protocols import HammingIndex, Hasher, Words

# Below this quality a hash is chance: flat, dark and sky pictures only match by their contents.
MIN_QUALITY = 8

# Pairs of positions, the two sides of equal length.
Edges = tuple[NDArray[np.int64], NDArray[np.int64]]

# Farther than any two hashes can be.
APART = np.iinfo(np.uint16).max

_MEASURED_AT_ONCE = 1000


class Seen(Protocol):
    """A photo as far as candidates need it."""

    @property
    def file(self) -> PhotoFile: ...
    @property
    def digest(self) -> bytes: ...
    @property
    def pixel_digest(self) -> bytes | None: ...


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
    photos: Sequence[Seen],
    hashes: Hashes,
    hasher: Hasher,
    radius: int,
    index: type[HammingIndex],
) -> list[list[int]]:
    """Positions of photos that are connected by candidate pairs, two or more to a group.

    A pair is a candidate if any of the fingerprints are within `radius` bits in any orientation, or
    if the contents or pixels are equal; but not if both are only compared with. Groups and their
    members are in ascending order.
    """
    labels = np.arange(len(photos), dtype=np.int64)
    for left, right in _edges(photos, hashes, hasher, radius, index):
        labels = _joined(labels, left, right)
    return _by_label(labels)


def equals(photos: Sequence[Seen]) -> list[list[int]]:
    """Groups in the same way, of photos with the same bytes."""
    labels = np.arange(len(photos), dtype=np.int64)
    digests = [photo.digest for photo in photos]
    return _by_label(_joined(labels, *_equal(digests, are_new(photos))))


def are_new(photos: Sequence[Seen]) -> NDArray[np.bool_]:
    """(N,): which photos are more than compared with."""
    return np.array([photo.file.reference is None for photo in photos], bool)


def connected(count: int, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of each of `count` positions the least one that pairs lead to."""
    return _joined(np.arange(count, dtype=np.int64), left, right)


def _by_label(labels: NDArray[np.int64]) -> list[list[int]]:
    shared = np.flatnonzero(np.bincount(labels)[labels] > 1)
    order = shared[np.argsort(labels[shared], kind="stable")]
    bounds = np.flatnonzero(np.diff(labels[order])) + 1
    return [part.tolist() for part in np.split(order, bounds) if len(part)]


def _edges(
    photos: Sequence[Seen],
    hashes: Hashes,
    hasher: Hasher,
    radius: int,
    index: type[HammingIndex],
) -> Iterator[Edges]:
    """Pairs of photo positions: equal contents, equal hashes, then hashes within the radius."""
    is_new = are_new(photos)
    yield _equal([photo.digest for photo in photos], is_new)
    yield _equal([photo.pixel_digest or photo.digest for photo in photos], is_new)
    asking = is_new[hashes.owner]
    if asking.all():
        yield from _near(hashes, hasher, radius, index)
    elif asking.any():
        yield from _near_new(hashes, np.flatnonzero(asking), hasher, radius, index)


def _near(
    hashes: Hashes, hasher: Hasher, radius: int, index: type[HammingIndex]
) -> Iterator[Edges]:
    """All hashes within the radius of each other, or what connects the same photos."""
    if not len(hashes.owner):
        return
    unique, member_of = np.unique(hashes.words, axis=0, return_inverse=True)
    member_of = member_of.ravel()
    owner = np.empty(len(unique), np.int64)
    owner[member_of[::-1]] = hashes.owner[::-1]  # the first photo stands for its equals
    yield hashes.owner, owner[member_of]
    variants = [turned for _, turned in hasher.oriented(unique)]
    found = index(unique).turned_pairs(variants, radius)
    yield owner[found.left], owner[found.right]


def _near_new(
    hashes: Hashes,
    asking: NDArray[np.int64],
    hasher: Hasher,
    radius: int,
    index: type[HammingIndex],
) -> Iterator[Edges]:
    """All that are within the radius of the hashes at some rows."""
    tree = index(hashes.words)
    for _, turned in hasher.oriented(hashes.words[asking]):
        found = tree.join(turned, radius)
        yield hashes.owner[asking[found.left]], hashes.owner[found.right]


def _equal(keys: Sequence[bytes], is_new: NDArray[np.bool_]) -> Edges:
    """A chain through the positions of each key that occurs more than once, and in a new photo."""
    asked = {keys[position] for position in np.flatnonzero(is_new).tolist()}
    among = [position for position, key in enumerate(keys) if key in asked]
    order = sorted(among, key=keys.__getitem__)
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
