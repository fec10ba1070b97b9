"""Decoding gives the picture as it is shown, in 8-bit RGB, whatever its file holds."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from pictures import WHOLE, decoded, encoded, opened, rgb_of, scene
from PIL import Image


@pytest.fixture(autouse=True)
def heif() -> None:
    """Pillow reads and writes HEIC in these tests."""
    pytest.importorskip("pillow_heif").register_heif_opener()


@pytest.mark.parametrize(
    "coding", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF", "JPEG2000", "BMP", "PPM", "HEIF"]
)
def test_colours_come_out_as_they_went_in(coding: str) -> None:
    difference = np.abs(rgb_of(encoded(scene(), coding)).astype(int) - scene())
    assert difference.mean() < 6


def test_alpha_lies_over_mid_grey() -> None:
    rgba = np.zeros((8, 8, 4), np.uint8)
    rgba[:, :4] = (255, 0, 0, 255)
    rgba[4:, 4:] = (255, 255, 255, 128)
    rgb = rgb_of(encoded(rgba, "PNG"))
    assert rgb[0, 0].tolist() == [255, 0, 0]
    assert rgb[0, 7].tolist() == [128, 128, 128]  # nothing there, whatever colour it hides
    assert np.abs(rgb[7, 7].astype(int) - 192).max() <= 1


def test_grey_with_alpha_and_palette_with_transparency_lie_over_mid_grey() -> None:
    grey = np.zeros((8, 8, 2), np.uint8)
    grey[:, :4] = (200, 255)
    assert rgb_of(encoded(grey, "PNG"))[0, [0, 7], 0].tolist() == [200, 128]
    palette = Image.fromarray((np.arange(64).reshape(8, 8) % 2).astype(np.uint8), "L").convert("P")
    palette.putpalette([0, 0, 0, 9, 200, 9])
    for coding in ("PNG", "GIF"):
        shown = rgb_of(encoded(palette, coding, transparency=0))
        assert shown[0, 0].tolist() == [128, 128, 128], coding
        assert shown[0, 1].tolist() == [9, 200, 9], coding


def test_one_bit_and_grey_pictures() -> None:
    grey = scene()[..., 0]
    bits = Image.fromarray(grey).convert("1")
    for coding in ("PNG", "TIFF", "BMP", "GIF"):
        assert np.array_equal(
            rgb_of(encoded(bits, coding))[..., 1], np.asarray(bits.convert("L"))
        ), coding
    assert np.array_equal(rgb_of(encoded(grey, "PNG")), np.repeat(grey[..., None], 3, axis=2))
    jpeg = rgb_of(encoded(grey, "JPEG"))
    assert np.array_equal(jpeg[..., 0], jpeg[..., 2])
    assert np.abs(jpeg[..., 0].astype(int) - grey).mean() < 3


@pytest.mark.parametrize("coding", ["PNG", "TIFF"])
def test_sixteen_bit_grey_is_scaled_by_its_range(coding: str) -> None:
    deep = scene()[..., 0].astype(np.uint16) * 257
    assert np.array_equal(rgb_of(encoded(deep, coding))[..., 0], scene()[..., 0])
    every_value = np.arange(65_536, dtype=np.uint16).reshape(256, 256)
    assert np.array_equal(rgb_of(encoded(every_value, coding))[..., 0], every_value // 257)


def test_big_endian_sixteen_bits() -> None:
    header = b"P5 96 64 65535\n"
    deep = scene()[..., 0].astype(">u2") * 257
    assert np.array_equal(rgb_of(header + deep.tobytes())[..., 0], scene()[..., 0])


@pytest.mark.parametrize("ending", [".png", ".tiff"])
def test_sixteen_bit_colour(ending: str) -> None:
    done, data = cv2.imencode(ending, scene()[..., ::-1].astype(np.uint16) * 257)
    assert done
    assert np.abs(rgb_of(data.tobytes()).astype(int) - scene()).max() <= 1


def test_thirty_two_bit_integers_and_floats_are_scaled_from_zero_to_their_highest() -> None:
    grey = scene()[..., 0]
    expected = grey.astype(float) * 255 / int(grey.max())
    integers = encoded(Image.fromarray(grey.astype(np.int32) * 100_000), "TIFF")
    floats = encoded(Image.fromarray(grey.astype(np.float32) / 1000), "TIFF")
    for data in (integers, floats):
        assert np.abs(rgb_of(data)[..., 0] - expected).max() <= 1


def test_negative_values_are_the_dark_end_of_the_scale() -> None:
    rgb = rgb_of(encoded(Image.fromarray(np.array([[-3, 0, 3]], np.int32)), "TIFF"))
    assert rgb[0, :, 0].tolist() == [0, 127, 255]


def test_floats_that_are_no_numbers_are_shown_dark() -> None:
    values = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    values[0, 0], values[1, 1], values[2, 2] = np.nan, np.inf, -np.inf
    rgb = rgb_of(encoded(Image.fromarray(values), "TIFF"))
    assert rgb[0, 0, 0] == rgb[1, 1, 0] == rgb[2, 2, 0] == 0
    assert rgb[7, 7, 0] == 255


def test_cmyk_jpeg_is_shown_as_pillow_shows_it() -> None:
    data = encoded(Image.fromarray(scene()).convert("CMYK"), "JPEG", quality=95)
    with opened(data) as image:
        expected = np.asarray(image.convert("RGB"))
    assert np.array_equal(rgb_of(data), expected)
    assert np.abs(expected.astype(int) - scene()).mean() < 6


@pytest.mark.parametrize(
    ("coding", "options"),
    [("GIF", {}), ("PNG", {}), ("WEBP", {"lossless": True}), ("TIFF", {}), ("AVIF", {})],
)
def test_of_an_animation_the_first_frame_is_shown(coding: str, options: dict[str, object]) -> None:
    first, second = (Image.fromarray(scene(seed)).quantize(32).convert("RGB") for seed in (1, 2))
    data = encoded(first, coding, save_all=True, append_images=[second], **options)
    difference = np.abs(rgb_of(data).astype(int) - np.asarray(first))
    assert difference.mean() < 6
    assert np.abs(rgb_of(data).astype(int) - np.asarray(second)).mean() > 20


def test_format_and_what_it_means() -> None:
    jpeg, png = decoded(encoded(scene(), "JPEG")), decoded(encoded(scene(), "PNG"))
    assert (jpeg.format, jpeg.lossless) == ("JPEG", False)
    assert (png.format, png.lossless, png.quantization) == ("PNG", True, None)


def test_quantization_grows_as_quality_falls() -> None:
    steps = [decoded(encoded(scene(), "JPEG", quality=q)).quantization for q in (95, 75, 40)]
    assert steps == sorted(steps)
    assert steps[0] < steps[2] / 3
    tables = opened(encoded(scene(), "JPEG", quality=75)).quantization
    assert steps[1] == pytest.approx(np.mean(tables[0]))


def test_the_global_limit_of_pillow_is_left_as_it_was() -> None:
    before = Image.MAX_IMAGE_PIXELS
    decoded(encoded(scene(), "PNG"))
    assert before == Image.MAX_IMAGE_PIXELS


def test_pictures_in_a_multi_picture_jpeg_show_the_first() -> None:
    first, second = Image.fromarray(scene(1)), Image.fromarray(scene(2))
    buffer = io.BytesIO()
    first.save(buffer, "MPO", save_all=True, append_images=[second])
    result = decoded(buffer.getvalue(), WHOLE)
    assert result.format == "JPEG"
    assert np.abs(result.picture.rgb.astype(int) - scene(1)).mean() < 6
