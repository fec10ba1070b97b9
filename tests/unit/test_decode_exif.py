"""What EXIF says is done as Pillow itself would do it, and no EXIF can cost a photo."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from pictures import decoded, encoded, opened, rgb_of, scene, segment, with_segments
from PIL import Image, ImageOps

ORIENTATION = 0x0112
DATE_TIME_ORIGINAL, SUBSECONDS, EXIF_IFD = 0x9003, 0x9291, 0x8769


def exif_of(orientation: object = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return exif


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("coding", "options"),
    [
        ("JPEG", {}),
        ("PNG", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("WEBP", {"lossless": True}),
        ("AVIF", {}),
    ],
)
def test_every_exif_orientation_is_applied_as_pillow_does(
    coding: str, options: dict[str, object], orientation: int
) -> None:
    data = encoded(scene(), coding, exif=exif_of(orientation), **options)
    with opened(data) as image:
        shown = ImageOps.exif_transpose(image).convert("RGB")
    picture = decoded(data).picture
    assert np.array_equal(picture.rgb, np.asarray(shown))
    assert (picture.width, picture.height) == shown.size
    assert picture.grey.shape == shown.size[::-1]


@pytest.mark.parametrize("coding", ["JPEG", "TIFF", "AVIF"])
def test_orientation_6_turns_a_quarter_clockwise(coding: str) -> None:
    upright = rgb_of(encoded(scene(), coding))
    turned = rgb_of(encoded(scene(), coding, exif=exif_of(6)))
    difference = np.abs(turned.astype(int) - np.rot90(upright, -1))
    assert difference.mean() < 1


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_orientations_that_do_not_exist_count_as_upright(orientation: int) -> None:
    data = encoded(scene(), "JPEG", exif=exif_of(orientation))
    assert np.array_equal(rgb_of(data), rgb_of(encoded(scene(), "JPEG")))


def taken_at(text: object, subseconds: object = None) -> str | None:
    exif = exif_of()
    details = exif.get_ifd(EXIF_IFD)
    details[DATE_TIME_ORIGINAL] = text
    if subseconds is not None:
        details[SUBSECONDS] = subseconds
    return decoded(encoded(scene(), "JPEG", exif=exif)).taken_at


def test_capture_time_with_and_without_its_fraction() -> None:
    assert taken_at("2019:07:14 18:22:05") == "2019-07-14 18:22:05"
    assert taken_at("2019:07:14 18:22:05", "037") == "2019-07-14 18:22:05.037"
    assert taken_at("2019:07:14 18:22:05", "??") == "2019-07-14 18:22:05"


@pytest.mark.parametrize(
    "text", ["", "0000:00:00 00:00:00", "2019:02:30 10:00:00", "yesterday", "    :  :     :  :  "]
)
def test_a_time_that_no_calendar_has_is_none(text: str) -> None:
    assert taken_at(text) is None


def test_damaged_exif_counts_as_none_and_does_not_cost_the_photo() -> None:
    plain = encoded(scene(), "JPEG")
    for tail in (
        b"",
        b"II*\0",
        b"II*\0\xff\xff\xff\xff",
        b"MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 40,
    ):
        broken = with_segments(plain, segment(0xE1, b"Exif\0\0" + tail))
        assert np.array_equal(rgb_of(broken), rgb_of(plain))
        assert decoded(broken).taken_at is None


def test_the_orientation_survives_whatever_is_raised_behind_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise struct.error("unpack requires more")

    data = encoded(scene(), "JPEG", exif=exif_of(6))
    turned = rgb_of(data)
    monkeypatch.setattr(Image.Exif, "get_ifd", fail)
    assert np.array_equal(rgb_of(data), turned)
    assert turned.shape[0] == scene().shape[1]
