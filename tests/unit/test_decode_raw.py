"""Camera RAW: told from other TIFF files by what is in them, and shown as the camera shows it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pictures import Pixels, decoded, digest, encoded, kind_of, photo_file, scene
from PIL import Image
from raw_files import dng

from dupfinder.decode import read_metadata
from dupfinder.decode.camera_raw import _tell, raw_ends_early, raw_kind
from dupfinder.decode.errors import Undecodable
from dupfinder.decode.exif import read_exif
from dupfinder.decode.opening import unpacked
from dupfinder.decode.sniff import TIFF
from dupfinder.fingerprint import Reading, fingerprint
from dupfinder.hashers import HASHERS
from dupfinder.settings import MAX_PIXELS

WIDE = scene(3, 1200, 800)
GREY = np.repeat(WIDE[..., :1], 3, axis=2)
# EXIF's number -> how the stored pixels are turned to be shown.
TURNS = {1: 0, 3: 2, 6: 3, 8: 1}


def name_of(data: bytes) -> str | None:
    kind = raw_kind(data)
    return None if kind is None else kind.name


def likeness(shown: Pixels, grey: Pixels) -> float:
    """Correlation of the luma of a picture with what was decoded of it."""
    small = Image.fromarray(shown).convert("L").resize(grey.shape[::-1], Image.Resampling.BOX)
    return float(np.corrcoef(np.asarray(small).ravel(), grey.ravel())[0, 1])


# Which TIFF files are RAW: no decoder is asked, each opens some of the other's files.


@pytest.mark.parametrize(
    ("make", "name"),
    [
        ("NIKON CORPORATION", "camera RAW (Nikon)"),
        ("SONY", "camera RAW (Sony)"),
        ("\x1b[31m", "camera RAW (TIFF container)"),
        ("", "camera RAW (TIFF container)"),
    ],
)
@pytest.mark.parametrize("tags", [{262: 32803}, {262: 34892}, {259: 34713}, {259: 32767}])
def test_what_the_sensor_saw_makes_a_tiff_a_raw(make: str, name: str, tags: dict[int, int]) -> None:
    plain = encoded(scene(), "TIFF", tiffinfo={271: make})
    assert name_of(plain) is None
    assert name_of(patched(plain, tags)) == name


def patched(tiff: bytes, tags: dict[int, int]) -> bytes:
    """The TIFF with other short values for tags that it has."""
    data, at = bytearray(tiff), int.from_bytes(tiff[4:8], "little")
    for entry in range(at + 2, at + 2 + 12 * int.from_bytes(tiff[at : at + 2], "little"), 12):
        tag = int.from_bytes(tiff[entry : entry + 2], "little")
        if tag in tags:
            data[entry + 8 : entry + 10] = tags[tag].to_bytes(2, "little")
    return bytes(data)


@pytest.mark.parametrize("options", [{}, {"compression": "tiff_lzw"}, {"compression": "jpeg"}])
def test_other_tiff_files_are_pictures(options: dict[str, str]) -> None:
    data = encoded(scene(), "TIFF", **options)
    assert unpacked(data, TIFF) == (data, TIFF)
    assert decoded(data).format == "TIFF"


def test_further_marks() -> None:
    assert name_of(dng(scene())) == "camera RAW (DNG)"
    assert name_of(b"II*\0\x08\0\0\0IIII" + bytes(99)) == "camera RAW (Phase One)"
    leaf = encoded(scene(), "TIFF", tiffinfo={34310: b"x"})
    assert name_of(leaf) == "camera RAW (Leaf)"
    assert name_of(b"") is None


# What is shown


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_the_preview_is_shown_upright_at_the_size_of_the_photo(orientation: int) -> None:
    pytest.importorskip("rawpy")
    half = np.asarray(Image.fromarray(WIDE).resize((600, 400)))
    result = decoded(dng(np.zeros_like(WIDE), half, orientation=orientation), 256)
    shown = np.rot90(WIDE, TURNS[orientation])
    assert (result.picture.height, result.picture.width) == shown.shape[:2]
    assert likeness(np.ascontiguousarray(shown), result.picture.grey) > 0.99


@pytest.mark.parametrize("orientation", [6, 8])
def test_a_preview_that_the_camera_has_turned_is_left_as_it_is(orientation: int) -> None:
    pytest.importorskip("rawpy")
    upright = np.ascontiguousarray(np.rot90(WIDE, TURNS[orientation]))
    result = decoded(dng(np.zeros_like(WIDE), upright, orientation=orientation), 256)
    assert (result.picture.width, result.picture.height) == (800, 1200)
    assert likeness(upright, result.picture.grey) > 0.99


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("preview", [None, GREY[::8, ::8], np.full((75, 100, 3), 9, np.uint8)])
def test_without_a_preview_worth_its_name_it_is_developed(
    preview: Pixels | None, orientation: int
) -> None:
    pytest.importorskip("rawpy")
    result = decoded(dng(GREY, preview, orientation=orientation), 256)
    shown = np.ascontiguousarray(np.rot90(GREY, TURNS[orientation]))
    assert (result.picture.height, result.picture.width) == shown.shape[:2]
    assert likeness(shown, result.picture.grey) > 0.9


def test_a_preview_cut_in_the_camera_gives_its_shape() -> None:
    pytest.importorskip("rawpy")
    result = decoded(dng(WIDE, WIDE[100:700]), 256)
    assert (result.picture.width, result.picture.height) == (1200, 600)


def test_what_is_known_of_the_photo_is_the_files_and_not_the_previews() -> None:
    pytest.importorskip("rawpy")
    for preview in (WIDE, None):
        data = dng(WIDE, preview)
        result = decoded(data, 256)
        assert (result.format, result.lossless, result.frames) == ("camera RAW (DNG)", True, 1)
        assert result.taken_at == "2019-07-14 18:22:05"
        assert result.camera == "Testmaker Model One"
        assert result.exposure == "t=0.005 iso=100"
        assert result.quantization is None
        sides = result.picture.width * result.picture.height
        assert read_metadata(data, kind_of(data), sides).taken_at == result.taken_at


def test_no_picture_has_the_pixels_of_a_raw_not_even_its_preview() -> None:
    pytest.importorskip("rawpy")
    jpeg = encoded(WIDE, "JPEG")
    one, other = dng(WIDE, jpeg), dng(WIDE, jpeg, taken_at="2019:07:14 18:22:06")
    assert decoded(one, 256).pixel_digest == digest(one)
    assert len({digest(one), digest(other), digest(jpeg), decoded(jpeg).pixel_digest}) == 4


def test_a_raw_alone_is_a_photo(tmp_path: Path) -> None:
    pytest.importorskip("rawpy")
    path = tmp_path / "alone.dng"
    path.write_bytes(dng(WIDE, WIDE))
    result = fingerprint(photo_file(path), HASHERS["dct256"], MAX_PIXELS)
    assert isinstance(result, Reading)
    assert result.photo.is_raw
    assert (result.photo.width, result.photo.height) == (1200, 800)
    hasher = HASHERS["dct256"]
    picture = decoded(encoded(WIDE, "JPEG"), 256).picture
    expected = hasher.fingerprint(picture)
    assert expected.distance(result.photo.fingerprints[0]) < 10


def test_a_cr3_tells_its_camera_and_time_in_boxes() -> None:
    def box(name: bytes, exif: Image.Exif) -> bytes:
        content = exif.tobytes().removeprefix(b"Exif\0\0")
        return (len(content) + 8).to_bytes(4, "big") + name + content

    camera, details = Image.Exif(), Image.Exif()
    camera[271], camera[272], details[36867] = "Canon", "EOS Made", "2019:07:14 18:22:05"
    data = b"\0\0\0\x10ftypcrx \0\0\0\1" + box(b"CMT1", camera) + box(b"CMT2", details)
    image = Image.new("RGB", (8, 8))
    _tell(image, data)
    told = read_exif(image)
    assert (told.camera, told.metadata.taken_at) == ("Canon EOS Made", "2019-07-14 18:22:05")


@pytest.mark.parametrize("data", [b"\0\0\0\x10ftypcrx ", b"II*\0\x08", b"MMOR", b"FOVb", b""])
def test_files_that_tell_nothing_leave_what_the_preview_tells(data: bytes) -> None:
    exif = Image.Exif()
    exif[271] = "Maker"
    image = Image.new("RGB", (8, 8))
    image.info["exif"] = exif.tobytes()
    _tell(image, data)
    assert read_exif(image).camera == "Maker"


def test_libraw_says_nothing_to_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("rawpy")
    refusal(b"\0MRM" + bytes(20) + b"\xff" * 500)
    assert capfd.readouterr() == ("", "")


# What is refused


def refusal(data: bytes, max_pixels: int = MAX_PIXELS) -> tuple[str, str]:
    with pytest.raises(Undecodable) as caught:
        decoded(data, 256, max_pixels)
    return caught.value.code, str(caught.value)


def test_the_pixel_limit_counts_what_the_sensor_saw() -> None:
    pytest.importorskip("rawpy")
    data = dng(WIDE, WIDE[::2, ::2])
    assert refusal(data, 1200 * 800 - 1) == (
        "too-many-pixels",
        "1200x800 pixels: the limit is 959,999",
    )
    assert decoded(data, 256, 1200 * 800).picture.width == 1200


def test_one_that_ends_within_the_sensors_values_is_truncated_whatever_its_preview() -> None:
    pytest.importorskip("rawpy")
    data, length = dng(WIDE, WIDE), (1200 * 800 * 2).to_bytes(4, "little")
    assert data.count(length) == 1
    assert not raw_ends_early(data)
    longer = data.replace(length, (len(data) + 1).to_bytes(4, "little"))
    assert refusal(longer) == (
        "truncated",
        "truncated: the camera RAW (DNG) file ends too early",
    )


def test_a_fuji_that_ends_early_is_truncated() -> None:
    def raf(start: int, length: int) -> bytes:
        head = b"FUJIFILMCCD-RAW 0201".ljust(84, b"\0")
        spans = (100, 10, 0, 0, start, length)
        return (head + b"".join(each.to_bytes(4, "big") for each in spans)).ljust(300, b"\0")

    assert not raw_ends_early(raf(200, 100))
    assert raw_ends_early(raf(200, 101))
    assert refusal(raf(200, 101))[0] in ("truncated", "unsupported")


@pytest.mark.parametrize(
    "head", [b"FUJIFILMCCD-RAW 0201", b"IIRO\x08\0\0\0", b"IIU\0\x08\0\0\0", b"FOVb", b"\0MRM"]
)
def test_what_libraw_does_not_know_is_said_in_words(head: bytes) -> None:
    pytest.importorskip("rawpy")
    code, reason = refusal(head + bytes(500))
    assert code in ("unsupported", "truncated")
    assert "RAW" in reason
