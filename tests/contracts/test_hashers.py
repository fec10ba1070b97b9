"""Every hasher in the list keeps the same promises; listing one tests it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import imagehash
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from pictures import Pixels, decoded, encoded, scene
from PIL import Image, ImageOps
from strategies import words_of

from dupfinder.decode.pixels import oriented
from dupfinder.errors import FingerprintMismatch
from dupfinder.hashers import HASHERS, dct256
from dupfinder.hashers.dct256 import Dct256
from dupfinder.model import Fingerprint, Orientation
from dupfinder.protocols import THUMBNAIL_SIDE, Hasher, Picture, Words
from dupfinder.settings import HASHERS as NAMES

SIDE = 256
THUMBNAILS = npst.arrays(np.uint8, (THUMBNAIL_SIDE, THUMBNAIL_SIDE))

# Lossless pictures, so that no decoder has a say; a changed value means that remembered
# fingerprints must not be used any more.
PINNED = {
    ("dct256", "Downloads/autumn.png"): (
        "678dd6872fc71f874fa508261324d18cb40c3708f41e3c5af4766a630ab37dc7"
    ),
    ("dct256", "Scans/letter page 1.png"): (
        "ad76ed56ab56857e95be55beeb56a57eed544c5e5e8542117e817a51f681d4a1"
    ),
    ("phash", "Downloads/autumn.png"): "1174b1edc6668f91",
    ("phash", "Scans/letter page 1.png"): "bc0ba703ab0b43f5",
    ("dhash", "Downloads/autumn.png"): "fcfcf8f8f8f1b53",
    ("dhash", "Scans/letter page 1.png"): "c4d4d8c4d0c0c080",
    ("ahash", "Downloads/autumn.png"): "10183cbcbc381804",
    ("ahash", "Scans/letter page 1.png"): "ffc1c1c1818181ff",
    ("whash", "Downloads/autumn.png"): "181c3cbebe3e3c14",
    ("whash", "Scans/letter page 1.png"): "ffc1c1c1c18181ff",
    ("colorhash", "Downloads/autumn.png"): "40001d0",
    ("colorhash", "Scans/letter page 1.png"): "38",
}


@pytest.fixture(params=list(HASHERS))
def hasher(request: pytest.FixtureRequest) -> Hasher:
    return HASHERS[request.param]


@pytest.fixture(scope="module")
def scenes(library: Path) -> Iterator[dict[str, Picture]]:
    """The originals of the drawn library: all textured, all different."""
    truth = json.loads((library.parent / "truth.json").read_text(encoding="utf-8"))
    names = [group["original"] for group in truth["groups"]]
    return {name: shown((library / name).read_bytes()) for name in names}


def shown(data: bytes) -> Picture:
    return decoded(data, SIDE).picture


def picture_of(rgb: Pixels) -> Picture:
    return shown(encoded(rgb, "PNG"))


def with_thumbnail(thumbnail: Pixels) -> Picture:
    """A picture that is its own thumbnail."""
    rgb = np.repeat(thumbnail[..., None], 3, axis=2)
    return Picture(thumbnail, thumbnail, *thumbnail.shape[::-1], rgb, None)


def words(fingerprint: Fingerprint) -> Words:
    return words_of([fingerprint.bits], (fingerprint.length + 63) // 64)


def test_the_settings_know_exactly_these_names() -> None:
    assert tuple(HASHERS) == NAMES
    assert all(hasher.name == name for name, hasher in HASHERS.items())


def test_the_same_picture_gives_the_same_bits(hasher: Hasher) -> None:
    first, second = (
        hasher.fingerprint(picture_of(scene(1))),
        hasher.fingerprint(picture_of(scene(1).copy())),
    )
    assert first == second
    assert first.distance(second) == 0


def test_the_bits_fit_the_length(hasher: Hasher) -> None:
    for picture in (scene(1), np.zeros((9, 9, 3), np.uint8), np.full((9, 9, 3), 255, np.uint8)):
        found = hasher.fingerprint(picture_of(picture))
        assert (found.hasher, found.length) == (hasher.name, hasher.length)
        assert 0 <= found.bits < 1 << hasher.length


@pytest.mark.parametrize("size", [(1, 1), (1, 400), (400, 1), (2, 3)])
def test_the_smallest_and_narrowest_pictures_have_a_hash(
    hasher: Hasher, size: tuple[int, int]
) -> None:
    assert hasher.fingerprint(picture_of(scene(0, *size))).length == hasher.length


def test_distances_across_hashers_are_refused(hasher: Hasher) -> None:
    own = hasher.fingerprint(picture_of(scene(1)))
    for other in HASHERS.values():
        if other is not hasher:
            with pytest.raises(FingerprintMismatch, match=hasher.name):
                own.distance(other.fingerprint(picture_of(scene(1))))
    with pytest.raises(FingerprintMismatch):
        own.distance(Fingerprint(own.hasher, own.bits, own.length + 1))


def test_a_smaller_and_coarser_copy_stays_within_the_radius(
    hasher: Hasher, scenes: dict[str, Picture], library: Path
) -> None:
    for name, picture in scenes.items():
        with Image.open(library / name) as image:
            upright = ImageOps.exif_transpose(image).convert("RGB")
        smaller = upright.resize((upright.width * 7 // 10, upright.height * 7 // 10))
        copy = shown(encoded(smaller, "JPEG", quality=70))
        distance = hasher.fingerprint(picture).distance(hasher.fingerprint(copy))
        assert distance <= hasher.default_radius, name


def test_different_scenes_stay_outside_the_radius(
    hasher: Hasher, scenes: dict[str, Picture]
) -> None:
    hashes = [hasher.fingerprint(picture) for picture in scenes.values()]
    pairs = list(itertools.combinations(hashes, 2))
    near = sum(left.distance(right) <= hasher.default_radius for left, right in pairs)
    # Two scenes may well have the same colours.
    assert near <= (len(pairs) // 20 if hasher.name == "colorhash" else 0)


@pytest.mark.parametrize("name", ["Downloads/autumn.png", "Scans/letter page 1.png"])
def test_values_are_pinned(hasher: Hasher, library: Path, name: str) -> None:
    found = hasher.fingerprint(shown((library / name).read_bytes()))
    assert f"{found.bits:x}" == PINNED[hasher.name, name]


def test_upright_comes_first_and_unchanged(hasher: Hasher) -> None:
    own = words(hasher.fingerprint(picture_of(scene(2))))
    variants = hasher.oriented(own)
    assert variants[0][0] is Orientation.UPRIGHT
    assert np.array_equal(variants[0][1], own)
    assert all(rows.shape == own.shape and rows.dtype == np.uint64 for _, rows in variants)


def test_many_hashes_are_turned_as_each_alone(hasher: Hasher) -> None:
    rows = np.concatenate([words(hasher.fingerprint(picture_of(scene(n)))) for n in range(3)])
    for place, (orientation, turned) in enumerate(hasher.oriented(rows)):
        for row in range(3):
            alone = hasher.oriented(rows[row : row + 1])[place]
            assert alone[0] is orientation
            assert np.array_equal(alone[1][0], turned[row])
    assert hasher.oriented(rows[:0])[0][1].shape == rows[:0].shape


@pytest.mark.parametrize("name", [name for name in NAMES if name != "dct256"])
def test_the_hashes_of_imagehash_are_those_of_imagehash(name: str) -> None:
    function = getattr(imagehash, {"ahash": "average_hash"}.get(name, name))
    for seed in range(5):
        picture = picture_of(scene(seed, 300, 200))
        expected = function(Image.fromarray(picture.rgb)).hash.ravel()
        bits = HASHERS[name].fingerprint(picture).bits
        assert [bool(bits >> place & 1) for place in range(len(expected))] == expected.tolist()
        assert len(expected) == HASHERS[name].length


def coefficients(thumbnail: Pixels) -> Pixels:
    """The slow twin: vertical and horizontal frequencies 1 to 16 by the definition of the DCT."""
    place = np.arange(THUMBNAIL_SIDE) + 0.5
    waves = np.array([np.cos(np.pi / THUMBNAIL_SIDE * k * place) for k in range(1, 17)])
    return np.einsum("uy,yx,vx->uv", waves, thumbnail.astype(float), waves)


def bits_of(fingerprint: Fingerprint) -> Pixels:
    return np.array([fingerprint.bits >> place & 1 for place in range(256)]).reshape(16, 16)


@settings(deadline=None, max_examples=40)
@given(THUMBNAILS)
def test_dct256_holds_the_signs_of_the_transform(thumbnail: Pixels) -> None:
    expected = coefficients(thumbnail)
    found = bits_of(Dct256().fingerprint(with_thumbnail(thumbnail)))
    assert np.array_equal(found == 1, expected > 1e-6)


@settings(deadline=None, max_examples=40)
@given(THUMBNAILS | st.integers(0, 999).map(lambda n: scene(n, 64, 64)[..., 0]))
def test_dct256_turned_is_the_hash_of_the_turned_picture(thumbnail: Pixels) -> None:
    hasher = Dct256()
    own = words(hasher.fingerprint(with_thumbnail(thumbnail)))
    variants = hasher.oriented(own)
    assert [orientation for orientation, _ in variants] == list(Orientation)
    for orientation, turned in variants:
        really = oriented(thumbnail, orientation)
        expected = bits_of(hasher.fingerprint(with_thumbnail(really)))
        found = np.unpackbits(turned.astype("<u8").view(np.uint8), bitorder="little")
        # What is zero has no sign to negate.
        has_sign = np.abs(coefficients(really)) > 1e-6
        assert np.array_equal(found.reshape(16, 16)[has_sign], expected[has_sign])


def test_dct256_of_a_textured_picture_turns_exactly() -> None:
    thumbnail = scene(3, 64, 64)[..., 0]
    assert (np.abs(coefficients(thumbnail)) > 1e-6).all()
    own = words(Dct256().fingerprint(with_thumbnail(thumbnail)))
    for orientation, turned in Dct256().oriented(own):
        really = Dct256().fingerprint(with_thumbnail(oriented(thumbnail, orientation)))
        assert np.array_equal(turned, words(really))


def test_dct256_of_flat_and_symmetric_pictures_does_not_hang_on_rounding() -> None:
    """Zero is no sign: it gives the bit 0 on every processor."""
    for level in range(256):
        flat = np.full((THUMBNAIL_SIDE, THUMBNAIL_SIDE), level, np.uint8)
        assert Dct256().fingerprint(with_thumbnail(flat)).bits == 0
    half = scene(3, 64, 64)[:, :32, 0]
    symmetric = np.concatenate([half, half[:, ::-1]], axis=1)
    bits = bits_of(Dct256().fingerprint(with_thumbnail(symmetric)))
    assert not bits[:, ::2].any()  # odd horizontal frequencies
    assert bits[:, 1::2].any()


def test_many_hashes_are_turned_as_few_are(monkeypatch: pytest.MonkeyPatch) -> None:
    words = np.random.default_rng(5).integers(0, 2**64, (10, 4), np.uint64)
    whole = Dct256().oriented(words)
    monkeypatch.setattr(dct256, "_AT_ONCE", 3)
    for (turn, few), (expected, many) in zip(Dct256().oriented(words), whole, strict=True):
        assert turn is expected
        assert few.tolist() == many.tolist()
