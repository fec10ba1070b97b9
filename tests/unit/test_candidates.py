"""Groups and distances are those of a plain comparison of all pairs in all orientations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import hash_values, words_of
from strategies_clusters import a_photo

from dupfinder import candidates
from dupfinder.candidates import APART, MIN_QUALITY, Closeness, equals, hashes_of
from dupfinder.hashers import HASHERS
from dupfinder.indexes import INDEXES
from dupfinder.model import Fingerprint, Orientation, Photo
from dupfinder.protocols import HammingIndex, Hasher

DCT = HASHERS["dct256"]
PHASH = HASHERS["phash"]
EVERY_INDEX = pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES.keys())
EVERY_LIMIT = pytest.mark.parametrize("at_once", [0, 1000], ids=["row by row", "at once"])


def groups(
    photos: list[Photo], hasher: Hasher, radius: int, index: type[HammingIndex]
) -> list[list[int]]:
    return candidates.groups(photos, hashes_of(photos), hasher, radius, index)


def turned(value: int, orientation: Orientation, hasher: Hasher) -> int | None:
    """The hash of the same picture in another orientation, None if it cannot be derived."""
    size = -(-hasher.length // 64)
    for each, words in hasher.oriented(words_of([value], size)):
        if each is orientation:
            return int.from_bytes(words.astype("<u8").tobytes(), "little")
    return None


@st.composite
def libraries(draw: st.DrawFn, hasher: Hasher, most: int = 10) -> list[Photo]:
    """Photos with one or two fingerprints each, some turned, some flat, some equal."""
    values = draw(hash_values(hasher.length, most))
    contents = st.sampled_from([bytes([number]) for number in range(most)])
    photos = []
    for number, value in enumerate(values):
        orientation = draw(st.sampled_from(Orientation))
        oriented = turned(value, orientation, hasher)
        bits = [value if oriented is None else oriented]
        if draw(st.integers(0, 4)) == 0:
            bits.append(draw(st.sampled_from(values)))
        photo = a_photo(
            f"/{number:02}.jpg",
            digest=bytes([100 + number]),
            quality=draw(st.sampled_from([MIN_QUALITY - 1, MIN_QUALITY, 100, 100])),
            fingerprints=tuple(Fingerprint(hasher.name, each, hasher.length) for each in bits),
        )
        if draw(st.integers(0, 5)) == 0:
            photo = replace(photo, digest=draw(contents))
        if draw(st.integers(0, 5)) == 0:
            photo = replace(photo, pixel_digest=b"pixels" + draw(contents))
        photos.append(photo)
    return photos


def equal(left: Photo, right: Photo) -> bool:
    same_pixels = left.pixel_digest is not None and left.pixel_digest == right.pixel_digest
    return left.digest == right.digest or same_pixels


def distance(left: Photo, right: Photo, orientation: Orientation, hasher: Hasher) -> int | None:
    """The least distance of any two fingerprints, the left ones turned; None without any."""
    if left.quality < MIN_QUALITY or right.quality < MIN_QUALITY:
        return None
    distances = [
        replace(one, bits=bits).distance(other)
        for one in left.fingerprints
        if (bits := turned(one.bits, orientation, hasher)) is not None
        for other in right.fingerprints
    ]
    return min(distances, default=None)


def nearest(left: Photo, right: Photo, hasher: Hasher) -> tuple[int, Orientation]:
    """The least distance over all orientations, and the first that has it."""
    if equal(left, right):
        return 0, Orientation.UPRIGHT
    measured = [(distance(left, right, each, hasher), each) for each in Orientation]
    known = [(bits, each) for bits, each in measured if bits is not None]
    return min(known, default=(int(APART), Orientation.UPRIGHT))


def is_new(photo: Photo) -> bool:
    return photo.file.reference is None


def slow_groups(photos: list[Photo], hasher: Hasher, radius: int) -> list[list[int]]:
    """Connected components of all pairs within the radius, of which one photo at least is new."""
    leader = list(range(len(photos)))

    def find(position: int) -> int:
        while leader[position] != position:
            position = leader[position]
        return position

    for a, b in combinations(range(len(photos)), 2):
        near = nearest(photos[a], photos[b], hasher)[0] <= radius
        if near and (is_new(photos[a]) or is_new(photos[b])):
            leader[max(find(a), find(b))] = min(find(a), find(b))
    found: dict[int, list[int]] = {}
    for position in range(len(photos)):
        found.setdefault(find(position), []).append(position)
    return [group for group in found.values() if len(group) > 1]


@EVERY_INDEX
@settings(deadline=None, max_examples=30)
@given(photos=libraries(DCT), radius=st.integers(0, 90))
def test_groups_are_those_of_all_pairs_in_all_orientations(
    index: type[HammingIndex], photos: list[Photo], radius: int
) -> None:
    assert groups(photos, DCT, radius, index) == slow_groups(photos, DCT, radius)


@EVERY_INDEX
@settings(deadline=None, max_examples=30)
@given(photos=libraries(PHASH), radius=st.integers(0, 20))
def test_groups_by_a_hash_that_cannot_be_turned_are_those_of_all_upright_pairs(
    index: type[HammingIndex], photos: list[Photo], radius: int
) -> None:
    assert groups(photos, PHASH, radius, index) == slow_groups(photos, PHASH, radius)


@st.composite
def known_libraries(draw: st.DrawFn, hasher: Hasher) -> list[Photo]:
    """Photos of which some are only compared with."""
    return [
        replace(photo, file=replace(photo.file, reference="/")) if draw(st.booleans()) else photo
        for photo in draw(libraries(hasher))
    ]


@EVERY_INDEX
@pytest.mark.parametrize("hasher", [DCT, PHASH], ids=lambda hasher: hasher.name)
@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_what_is_only_compared_with_meets_only_what_is_new(
    index: type[HammingIndex], hasher: Hasher, data: st.DataObject
) -> None:
    photos, radius = data.draw(known_libraries(hasher)), data.draw(st.integers(0, 60))
    assert groups(photos, hasher, radius, index) == slow_groups(photos, hasher, radius)


@settings(deadline=None, max_examples=50)
@given(photos=known_libraries(PHASH))
def test_equal_bytes_are_groups_if_one_of_them_is_new(photos: list[Photo]) -> None:
    by_digest: dict[bytes, list[int]] = {}
    for position, photo in enumerate(photos):
        by_digest.setdefault(photo.digest, []).append(position)
    expected = [
        group
        for group in by_digest.values()
        if len(group) > 1 and any(is_new(photos[position]) for position in group)
    ]
    assert equals(photos) == expected


@settings(deadline=None, max_examples=30)
@given(photos=libraries(DCT), radius=st.integers(0, 90), data=st.data())
def test_groups_do_not_depend_on_the_order_of_the_photos(
    photos: list[Photo], radius: int, data: st.DataObject
) -> None:
    def by_path(shown: list[Photo]) -> set[frozenset[str]]:
        found = groups(shown, DCT, radius, INDEXES["linear"])
        return {frozenset(shown[position].path for position in group) for group in found}

    assert by_path(data.draw(st.permutations(photos))) == by_path(photos)


@EVERY_LIMIT
@pytest.mark.parametrize("hasher", [DCT, PHASH], ids=lambda hasher: hasher.name)
@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_closeness_is_that_of_plain_comparisons(
    at_once: int, hasher: Hasher, data: st.DataObject
) -> None:
    photos = data.draw(libraries(hasher))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candidates, "_MEASURED_AT_ONCE", at_once)
        near = Closeness(photos, hasher)
        for position, photo in enumerate(photos):
            distances, orientations = near(position)
            measured = list(zip(distances.tolist(), orientations.tolist(), strict=True))
            assert measured == [nearest(photo, other, hasher) for other in photos]


def a_flat_photo(name: str, **changes: object) -> Photo:
    prints = (Fingerprint("dct256", 5, 256),)
    return a_photo(name, quality=MIN_QUALITY - 1, fingerprints=prints, **changes)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: [a_flat_photo("a"), a_flat_photo("b")], []),
        (lambda: [a_flat_photo("a", digest=b"x"), a_flat_photo("b", digest=b"x")], [[0, 1]]),
        (
            lambda: [a_flat_photo("a", pixel_digest=b"x"), a_flat_photo("b", pixel_digest=b"x")],
            [[0, 1]],
        ),
    ],
    ids=["equal hashes", "equal contents", "equal pixels"],
)
@EVERY_LIMIT
def test_flat_photos_meet_by_contents_or_pixels_alone(
    make: Callable[[], list[Photo]],
    expected: list[list[int]],
    at_once: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(candidates, "_MEASURED_AT_ONCE", at_once)
    photos = make()
    assert groups(photos, DCT, 60, INDEXES["linear"]) == expected
    (between,) = Closeness(photos, DCT)(0)[0][1:]
    assert between == (0 if expected else APART)


def test_a_library_of_nothing_has_no_groups() -> None:
    assert groups([], DCT, 60, INDEXES["linear"]) == []


def test_a_turned_photo_is_found_in_the_orientation_that_undoes_it() -> None:
    noise = np.random.default_rng(4)
    value = int.from_bytes(noise.bytes(32), "little")
    for orientation in Orientation:
        bits = turned(value, orientation, DCT)
        assert bits is not None
        photos = [
            a_photo(name, fingerprints=(Fingerprint("dct256", each, 256),))
            for name, each in (("a", value), ("b", bits))
        ]
        near = Closeness(photos, DCT)
        assert (near(0)[0][1], near(0)[1][1]) == (0, orientation)
        assert (near(1)[0][0], near(1)[1][0]) == (0, orientation.inverse)
        assert groups(photos, DCT, 0, INDEXES["banded"]) == [[0, 1]]
