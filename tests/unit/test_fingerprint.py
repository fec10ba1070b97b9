"""A file becomes a photo with all that later stages ask for, a reason why not, or nothing."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from blake3 import blake3
from pictures import encoded, photo_file, scene

from dupfinder.decode.source import stamp_of
from dupfinder.features.packing import Packed, unpacked
from dupfinder.fingerprint import Reading, content_digest, fingerprint, quality
from dupfinder.hashers import HASHERS
from dupfinder.model import Photo, PhotoFile, Skipped
from dupfinder.protocols import CHROMA_SIDE, THUMBNAIL_SIDE
from dupfinder.settings import MAX_PIXELS

HASHER = HASHERS["dct256"]


def result_of(path: Path) -> Reading | Skipped | None:
    return fingerprint(photo_file(path), HASHER, MAX_PIXELS)


def reading_of(path: Path) -> Reading:
    result = result_of(path)
    assert isinstance(result, Reading), result
    return result


def photo_of(path: Path) -> Photo:
    return reading_of(path).photo


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_a_camera_photo_of_the_library(library: Path) -> None:
    path = library / "2019 Summer" / "IMG_2041.jpg"
    reading = reading_of(path)
    photo = reading.photo
    assert photo.file == photo_file(path)
    assert photo.digest == blake3(path.read_bytes()).digest()
    assert (photo.format, photo.width, photo.height) == ("JPEG", 864, 576)
    assert photo.inner == (864, 576)
    assert photo.taken_at is not None
    assert photo.taken_at.startswith("2019-")
    assert photo.quantization is not None
    assert not photo.lossless
    assert [each.hasher for each in photo.fingerprints] == ["dct256"]
    assert len(reading.thumbnail) == THUMBNAIL_SIDE**2


def test_a_deep_reading_brings_colours_and_features_along_and_the_same_photo(
    library: Path,
) -> None:
    path = library / "2019 Summer" / "IMG_2041.jpg"
    plain = reading_of(path)
    deep = fingerprint(photo_file(path), HASHER, MAX_PIXELS, deep=True)
    assert isinstance(deep, Reading)
    assert deep.photo == plain.photo
    assert plain.features is None
    # A grey level may be rounded otherwise on its way through colour.
    luma, grey = (np.frombuffer(each.thumbnail, np.uint8).astype(int) for each in (deep, plain))
    assert np.abs(luma[: THUMBNAIL_SIDE**2] - grey).max() <= 1
    assert len(deep.thumbnail) == THUMBNAIL_SIDE**2 + 2 * CHROMA_SIDE**2
    assert deep.features is not None
    assert len(unpacked(deep.features.features).codes) > 100


def test_a_flat_picture_has_no_features(tmp_path: Path) -> None:
    path = write(tmp_path / "flat.png", encoded(np.full((90, 120, 3), 77, np.uint8), "PNG"))
    deep = fingerprint(photo_file(path), HASHER, MAX_PIXELS, deep=True)
    assert isinstance(deep, Reading)
    assert deep.features == Packed(b"", b"")


def test_the_thumbnail_is_the_picture_that_was_hashed(library: Path) -> None:
    reading = reading_of(library / "Downloads" / "autumn.png")
    thumbnail = np.frombuffer(reading.thumbnail, np.uint8).reshape(THUMBNAIL_SIDE, -1)
    assert quality(thumbnail) == reading.photo.quality
    assert thumbnail.std() > 20


def test_every_picture_of_the_library_is_read_and_nothing_else(library: Path) -> None:
    pytest.importorskip("pillow_heif")  # there is a HEIC among them
    results = {path: result_of(path) for path in library.rglob("*") if path.is_file()}
    assert {path.name for path, result in results.items() if result is None} == {
        "MVI_2070.MOV",
        "notes.txt",
    }
    codes = {path.name: r.code for path, r in results.items() if isinstance(r, Skipped)}
    assert codes == {
        "IMG_0005.jpg": "empty",
        "IMG_0006.jpg": "truncated",
        "picture.jpg": "not-a-picture",
    }


def test_a_note_is_nothing_and_text_named_like_a_picture_is_told(tmp_path: Path) -> None:
    assert result_of(write(tmp_path / "notes.txt", b"milk, bread")) is None
    path = write(tmp_path / "photo.JPG", b"milk, bread")
    assert result_of(path) == Skipped(
        str(path),
        "decode",
        "not-a-picture",
        "the name says picture, the content is none that is known here",
    )


def test_an_empty_picture_is_told_and_an_empty_note_is_nothing(tmp_path: Path) -> None:
    skipped = result_of(write(tmp_path / "photo.heic", b""))
    assert isinstance(skipped, Skipped)
    assert (skipped.code, skipped.reason) == ("empty", "the file is empty")
    assert result_of(write(tmp_path / "notes.txt", b"")) is None


def test_a_picture_counts_whatever_it_is_called(tmp_path: Path) -> None:
    path = write(tmp_path / "notes.txt", encoded(scene(), "PNG"))
    assert photo_of(path).format == "PNG"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (encoded(scene(), "JPEG")[:900], "truncated"),
        (b"GIF89a" + b"\xff" * 99, "damaged"),
        (b"8BPS\0\1" + bytes(99), "unsupported"),
    ],
)
def test_undecodable_pictures_are_told_with_their_reason(
    tmp_path: Path, content: bytes, code: str
) -> None:
    skipped = result_of(write(tmp_path / "photo", content))
    assert isinstance(skipped, Skipped)
    assert (skipped.stage, skipped.code) == ("decode", code)
    assert skipped.reason.startswith(f"{code}: ")


def test_the_pixel_limit_is_passed_on(tmp_path: Path) -> None:
    file = photo_file(write(tmp_path / "photo.png", encoded(scene(0, 96, 64), "PNG")))
    skipped = fingerprint(file, HASHER, 96 * 64 - 1)
    assert isinstance(skipped, Skipped)
    assert skipped.code == "too-many-pixels"
    assert isinstance(fingerprint(file, HASHER, 96 * 64), Reading)


def test_trouble_with_the_file_itself_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "photo.png", encoded(scene(), "PNG"))
    file = photo_file(path)
    os.utime(path, ns=(1, 1))
    for result in (fingerprint(file, HASHER, MAX_PIXELS), content_digest(file)):
        assert isinstance(result, Skipped)
        assert result.code == "changed"
    os.unlink(path)
    for result in (fingerprint(file, HASHER, MAX_PIXELS), content_digest(file)):
        assert isinstance(result, Skipped)
        assert result.code == "vanished"


def test_the_content_digest_is_that_of_the_photo_without_a_decode(tmp_path: Path) -> None:
    path = write(tmp_path / "photo.png", encoded(scene(), "PNG"))
    assert content_digest(photo_file(path)) == photo_of(path).digest
    broken = write(tmp_path / "broken.png", path.read_bytes()[:200])
    assert content_digest(photo_file(broken)) == blake3(broken.read_bytes()).digest()
    assert content_digest(photo_file(write(tmp_path / "notes.txt", b"milk"))) is None
    assert isinstance(content_digest(photo_file(write(tmp_path / "no.jpg", b"milk"))), Skipped)


def test_a_name_that_is_not_utf8_is_kept(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/caf\xe9.jpg"
    with open(path, "wb") as file:
        file.write(b"milk")
    name = os.fsdecode(path)
    found = PhotoFile(name, stamp_of(os.stat(path)))
    assert isinstance(skipped := fingerprint(found, HASHER, MAX_PIXELS), Skipped)
    assert os.fsencode(skipped.path) == path


def test_a_framed_picture_has_a_fingerprint_of_its_inside_too(library: Path) -> None:
    framed = photo_of(library / "Edited" / "postcard.jpg")
    plain = photo_of(library / "2020 Garden" / "DSC_0201.jpg")
    assert len(framed.fingerprints) == 2
    assert framed.inner < (framed.width, framed.height)
    assert len(plain.fingerprints) == 1
    assert plain.inner == (plain.width, plain.height)


def test_the_inside_of_a_frame_is_as_large_and_hashes_as_the_original(tmp_path: Path) -> None:
    inside = scene(6, 900, 600)
    bars = np.pad(inside, ((80, 80), (120, 120), (0, 0)), constant_values=255)
    framed = photo_of(write(tmp_path / "framed.jpg", encoded(bars, "JPEG", quality=92)))
    bare = photo_of(write(tmp_path / "bare.jpg", encoded(inside, "JPEG", quality=92)))
    assert (framed.width, framed.height) == (1140, 760)
    assert np.abs(np.subtract(framed.inner, bare.inner)).max() <= 20
    whole, inner = framed.fingerprints
    assert inner.distance(bare.fingerprints[0]) <= 10
    assert whole.distance(bare.fingerprints[0]) > HASHER.default_radius
    assert framed.pixels < framed.width * framed.height


def test_flat_and_dark_pictures_have_little_quality_and_scenes_much(library: Path) -> None:
    for name in ("Downloads/wallpaper sand.png", "Phone/IMG_0003.jpg"):
        assert photo_of(library / name).quality <= 5, name
    for name in ("Downloads/autumn.png", "2020 City/DSC_0117.jpg", "Scans/letter page 1.png"):
        assert photo_of(library / name).quality >= 80, name


def test_quality_grows_with_structure() -> None:
    flat = np.full((THUMBNAIL_SIDE, THUMBNAIL_SIDE), 99, np.uint8)
    faint = flat + np.indices(flat.shape).sum(axis=0).astype(np.uint8) % 2
    ramp = np.tile(np.arange(0, 256, 4, dtype=np.uint8), (THUMBNAIL_SIDE, 1))
    assert quality(flat) == quality(faint) == 0
    # 63 steps of 4 levels, 1 % each, in 64 rows: 4032 % in all, over 90.
    assert quality(ramp) == 44
    assert quality(scene(1, 64, 64)[..., 0]) == 100
