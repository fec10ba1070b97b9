"""Features are few, the same at any time, and those of a mirrored picture follow from their own."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from shots import opened

from dupfinder.features import sift
from dupfinder.features.codebook import MIRROR, codebook, halves, mirrored
from dupfinder.features.packing import Described, Packed, packed, postings, unpacked
from dupfinder.features.sift import SIDE, described
from dupfinder.protocols import Features, GreyImage

BOOK = codebook()

Floats = NDArray[np.float32]


def scene(path: str) -> GreyImage:
    """A picture of the drawn library as SIFT sees it."""
    picture = opened(path).convert("L")
    picture.thumbnail((SIDE, SIDE))
    return np.asarray(picture)


MARKET, LAKE = scene("2020 City/DSC_0126.jpg"), scene("2019 Summer/IMG_2041.jpg")


def rooted(grey: GreyImage) -> Floats:
    """(N, 128) RootSIFT descriptors."""
    return sift.detected(grey)[1]


DESCRIPTORS = np.concatenate([rooted(MARKET), rooted(LAKE)])


@st.composite
def descriptors(draw: st.DrawFn) -> Floats:
    """Of unit length and never negative, as RootSIFT has them; empty ones and spikes, too."""
    shape = draw(st.integers(0, 12)), 128
    levels = st.integers(0, 255) | st.sampled_from([0, 0, 255])
    raw = draw(arrays.arrays(np.uint8, shape, elements=levels)).astype(np.float32)
    return sift._rooted(raw)


@settings(deadline=None, max_examples=50)
@given(some=descriptors())
def test_mirroring_a_descriptor_swaps_the_halves_of_what_stands_for_it(some: Floats) -> None:
    """Nothing is extracted twice: so the swap must be exact, whatever the descriptor."""
    flipped = some[:, MIRROR]
    words, signatures = BOOK.words(some)
    flipped_words, flipped_signatures = BOOK.words(flipped)
    assert flipped_words.tolist() == words[:, ::-1].tolist()
    assert flipped_signatures.tolist() == signatures[:, ::-1].tolist()
    assert BOOK.encoded(flipped).tolist() == mirrored(BOOK.encoded(some)).tolist()
    assert mirrored(mirrored(BOOK.encoded(some))).tolist() == BOOK.encoded(some).tolist()


def test_the_permutation_is_what_mirroring_a_picture_does() -> None:
    """The descriptor at a place of the mirrored picture is nearly the permuted one from there."""
    detector = cv2.SIFT.create()
    found = [each for each in detector.detect(MARKET, None) if each.size > 4][:150]
    flipped = [
        cv2.KeyPoint(
            MARKET.shape[1] - 1 - each.pt[0], each.pt[1],
            each.size, (180 - each.angle) % 360, each.response, each.octave,
        )
        for each in found
    ]  # fmt: skip
    _, there = detector.compute(MARKET, found)
    _, here = detector.compute(np.ascontiguousarray(MARKET[:, ::-1]), flipped)
    apart = np.linalg.norm(sift._rooted(there)[:, MIRROR] - sift._rooted(here), axis=1)
    others = np.linalg.norm(sift._rooted(there) - sift._rooted(here), axis=1)
    assert np.median(apart) < 0.2
    assert np.median(others) > 0.5


def test_a_word_is_two_centroids_of_each_half_the_nearest_first() -> None:
    words, signatures = BOOK.words(DESCRIPTORS[:40])
    assert (words.shape, words.dtype) == ((40, 2, 2), np.uint16)
    assert (signatures.shape, signatures.dtype) == ((40, 2), np.uint32)
    for side, half in enumerate(halves(DESCRIPTORS[:40])):
        for row, piece in enumerate(half):
            far = [float(np.linalg.norm(piece - centroid)) for centroid in BOOK.centroids]
            nearest = sorted(range(len(far)), key=far.__getitem__)
            assert [far[at] for at in words[row, side]] == pytest.approx(
                [far[at] for at in nearest[:2]], abs=1e-5
            )


def test_restored_descriptors_are_near_their_own_and_far_from_others() -> None:
    own = np.concatenate(halves(DESCRIPTORS), axis=1)
    again = BOOK.restored(BOOK.encoded(DESCRIPTORS))
    assert (again.shape, again.dtype) == (own.shape, np.float32)
    apart = np.linalg.norm(own[:, None] - again[None], axis=2)
    near = np.diagonal(apart)
    assert np.median(near) < 0.4
    assert np.quantile(near, 0.95) < 0.6
    assert (apart.argmin(axis=1) == np.arange(len(own))).mean() > 0.9


def test_a_mirrored_picture_has_the_mirrored_features() -> None:
    """SIFT finds most of its points again, and their codes are those of the picture, swapped."""
    here, there = described(MARKET), described(np.ascontiguousarray(MARKET[:, ::-1]))
    width = MARKET.shape[1] / max(MARKET.shape)
    back = np.column_stack([width - there.features.points[:, 0], there.features.points[:, 1]])
    apart = np.linalg.norm(here.features.points[:, None] - back[None], axis=2)
    scale = np.abs(here.features.scales[:, None] - there.features.scales[None])
    turn = 180 - here.features.angles[:, None] - there.features.angles[None]
    same = (apart < 1.5 / SIDE) & (scale < 0.2) & (np.abs((turn + 180) % 360 - 180) < 10)
    ours, theirs = np.nonzero(same)
    assert len(set(ours.tolist())) > 0.6 * len(here.features.points)
    equal = mirrored(here.features.codes)[ours] == there.features.codes[theirs]
    assert equal.mean() > 0.5
    assert (here.features.codes[ours] == there.features.codes[theirs]).mean() < 0.1
    bits = np.bitwise_count(here.signatures[ours][:, ::-1] ^ there.signatures[theirs]).sum(axis=1)
    assert np.median(bits) < 22


@pytest.mark.parametrize("picture", [MARKET, LAKE], ids=["market", "lake"])
def test_the_same_picture_has_the_same_features(picture: GreyImage) -> None:
    first = described(picture)
    assert packed(described(picture.copy())) == packed(first)
    assert 100 < len(first.features.points) <= 300
    assert (first.features.points >= 0).all()
    assert (first.features.points <= 1).all()
    assert (first.features.scales < 0).all()
    assert ((first.features.angles >= 0) & (first.features.angles < 360)).all()


def test_features_know_nothing_of_the_size_of_the_picture() -> None:
    """Points and scales are shares of the longer side: a copy at half the size has the same."""
    large = opened("2020 City/DSC_0126.jpg").convert("L")
    large.thumbnail((512, 512))
    small = large.resize((large.width // 2, large.height // 2))
    here, there = (described(np.asarray(each)).features for each in (large, small))
    apart = np.linalg.norm(here.points[:, None] - there.points[None], axis=2)
    near = apart < 1 / 128
    near &= np.abs(here.scales[:, None] - there.scales[None]) < 0.25
    assert near.any(axis=0).mean() > 0.5


ODD = [(1, 1), (1, 256), (256, 1), (7, 256), (256, 7), (8, 8), (8, 256), (31, 31)]


@pytest.mark.parametrize("shape", ODD, ids=str)
def test_no_picture_is_too_small_or_too_flat(shape: tuple[int, int]) -> None:
    flat = described(np.full(shape, 90, np.uint8))
    assert len(flat.features.points) == len(flat.words) == len(flat.signatures) == 0
    assert packed(flat) == Packed(b"", b"")
    noise = np.random.default_rng(3).integers(0, 255, shape, np.uint8)
    assert len(described(noise).features.points) <= 300


@st.composite
def some_described(draw: st.DrawFn) -> Described:
    count = draw(st.integers(0, 5))

    def numbers(low: float, high: float, *shape: int) -> Floats:
        values = st.floats(low, high, width=32)
        return draw(arrays.arrays(np.float32, (count, *shape), elements=values))

    def integers(kind: type, *shape: int) -> NDArray[np.generic]:
        return draw(arrays.arrays(kind, (count, *shape)))

    features = Features(
        numbers(0, 1, 2), numbers(-15.9375, 0), numbers(0, 360), integers(np.uint8, 16)
    )
    return Described(features, integers(np.uint16, 2, 2), integers(np.uint32, 2))


@settings(deadline=None, max_examples=50)
@given(some=some_described())
def test_what_was_packed_comes_back_as_exact_as_it_was_stored(some: Described) -> None:
    stored = packed(some)
    again, found = unpacked(stored.features), postings(stored.postings)
    assert (len(stored.features), len(stored.postings)) == (
        22 * len(again.codes),
        18 * len(some.words),
    )
    assert np.abs(again.points - some.features.points).max(initial=0) < 1 / 65_535
    assert np.abs(again.scales - some.features.scales).max(initial=0) <= 1 / 32 + 1e-6
    turn = np.abs(again.angles - some.features.angles) % 360
    assert np.minimum(turn, 360 - turn).max(initial=0) <= 360 / 512 + 1e-3
    assert again.codes.tolist() == some.features.codes.tolist()
    assert found.words.tolist() == some.words.tolist()
    signatures = np.ascontiguousarray(found.signatures).view("<u4").reshape(-1, 2)
    assert signatures.tolist() == some.signatures.tolist()
    assert packed(Described(again, found.words, signatures)) == stored


@pytest.mark.parametrize("length", [1, 17, 23, 22 * 18 * 7 - 1])
def test_half_a_record_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="buffer size"):
        unpacked(bytes(length))
    with pytest.raises(ValueError, match="buffer size"):
        postings(bytes(length))


@st.composite
def descriptions(draw: st.DrawFn) -> Described:
    """Any features that can be stored exactly."""
    count = draw(st.integers(0, 8))
    numbers = np.random.default_rng(draw(st.integers(0, 2**32)))
    features = Features(
        points=np.zeros((count, 2), np.float32),
        scales=numbers.integers(0, 256, count).astype(np.float32) / -16,
        angles=numbers.integers(0, 256, count).astype(np.float32) * np.float32(360 / 256),
        codes=np.zeros((count, 16), np.uint8),
    )
    words = numbers.integers(0, 2**16, (count, 2, 2)).astype(np.uint16)
    return Described(features, words, numbers.integers(0, 2**32, (count, 2)).astype(np.uint32))


@settings(deadline=None, max_examples=50)
@given(some=descriptions())
def test_an_index_sees_of_stored_features_what_they_are(some: Described) -> None:
    seen, turned_round = postings(packed(some).postings), postings(packed(some).postings).mirrored()
    assert seen.words.tolist() == some.words.tolist()
    assert turned_round.words.tolist() == some.words[:, ::-1].tolist()
    first, second = some.signatures.astype(np.uint64).T
    assert seen.signatures.tolist() == (first | second << np.uint64(32)).tolist()
    assert turned_round.signatures.tolist() == (second | first << np.uint64(32)).tolist()
    angles = some.features.angles.astype(np.float64)
    assert (seen.turns * (360 / 256)).tolist() == angles.tolist()
    assert (turned_round.turns * (360 / 256)).tolist() == ((180 - angles) % 360).tolist()
    for each in (seen, turned_round):
        assert (each.scales / -16).tolist() == some.features.scales.tolist()
