"""Only pictures of the same pixels share a pixel digest, however their files code them."""

from __future__ import annotations

import io
from typing import Any

import cv2
import numpy as np
import pytest
from pictures import Pixels, decoded, digest, encoded, scene
from PIL import Image, ImageCms


def deep_colour(ending: str, picture: Pixels) -> bytes:
    """A file of 16 bits a channel, which Pillow cannot write."""
    lossless = [cv2.IMWRITE_JPEG2000_COMPRESSION_X1000, 1000] if ending == ".jp2" else []
    done, data = cv2.imencode(ending, picture[..., ::-1], lossless)
    assert done
    return data.tobytes()


def with_alpha(picture: Pixels, alpha: int | Pixels) -> Pixels:
    rgba = np.zeros((*picture.shape[:2], 4), np.uint8)
    rgba[..., :3], rgba[..., 3] = picture, alpha
    return rgba


def profile_of(name: str) -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile(name)).tobytes()


def test_lossless_files_of_the_same_pixels_share_it() -> None:
    files = [
        encoded(scene(), "PNG"),
        encoded(scene(), "PNG", compress_level=1),
        encoded(scene(), "TIFF"),
        encoded(scene(), "TIFF", compression="tiff_lzw"),
        encoded(scene(), "BMP"),
        encoded(scene(), "PPM"),
        encoded(scene(), "WEBP", lossless=True),
        encoded(scene(), "JPEG2000"),
    ]
    assert len({digest(data) for data in files}) == 1


def test_the_first_decode_and_the_full_one_give_the_same_digest() -> None:
    for coding in ("PNG", "TIFF", "GIF", "WEBP", "AVIF"):
        data = encoded(scene(0, 900, 600), coding)
        assert decoded(data, 64).pixel_digest == digest(data), coding


def test_one_changed_pixel_changes_it() -> None:
    changed = scene()
    changed[40, 50, 1] ^= 1
    for coding in ("PNG", "TIFF", "BMP"):
        assert digest(encoded(changed, coding)) != digest(encoded(scene(), coding)), coding


def test_shape_counts() -> None:
    flat = scene().reshape(48, 128, 3)
    assert digest(encoded(flat, "PNG")) != digest(encoded(scene(), "PNG"))


def test_metadata_does_not_count_but_orientation_does() -> None:
    exif = Image.Exif()
    exif[0x0131] = "a program"
    plain = digest(encoded(scene(), "PNG"))
    assert digest(encoded(scene(), "PNG", exif=exif)) == plain
    exif[0x0112] = 8
    assert digest(encoded(scene(), "PNG", exif=exif)) != plain
    turned = np.ascontiguousarray(np.rot90(scene()))
    assert digest(encoded(scene(), "PNG", exif=exif)) == digest(encoded(turned, "PNG"))
    assert digest(encoded(scene(), "TIFF", exif=exif)) == digest(encoded(turned, "PNG"))


def test_opaque_alpha_counts_as_none_and_any_other_alpha_counts() -> None:
    plain = digest(encoded(scene(), "PNG"))
    assert digest(encoded(with_alpha(scene(), 255), "PNG")) == plain
    one_hole = np.full(scene().shape[:2], 255, np.uint8)
    one_hole[3, 4] = 254
    assert digest(encoded(with_alpha(scene(), one_hole), "PNG")) != plain


def test_alpha_that_differs_only_under_mid_grey_is_not_lost() -> None:
    """Over mid-grey these two look alike; they are different pictures."""
    transparent = with_alpha(np.full((8, 8, 3), 128, np.uint8), 0)
    opaque = with_alpha(np.full((8, 8, 3), 128, np.uint8), 255)
    assert digest(encoded(transparent, "PNG")) != digest(encoded(opaque, "PNG"))


def test_grey_and_palette_equal_the_same_colours_in_full() -> None:
    grey = scene()[..., 0]
    as_rgb = np.repeat(grey[..., None], 3, axis=2)
    assert digest(encoded(grey, "PNG")) == digest(encoded(as_rgb, "PNG"))
    palette = Image.fromarray(scene()).quantize(16)
    assert digest(encoded(palette, "PNG")) == digest(encoded(palette.convert("RGB"), "TIFF"))


def test_sixteen_bits_grey_differ_from_their_reduction_and_equal_each_other() -> None:
    deep = scene()[..., 0].astype(np.uint16) * 257
    files = {
        "PNG": encoded(deep, "PNG"),
        "TIFF": encoded(deep, "TIFF"),
        "PNM": b"P5 96 64 65535\n" + deep.astype(">u2").tobytes(),
    }
    assert len({digest(data) for data in files.values()}) == 1
    assert digest(files["PNG"]) != digest(encoded(scene()[..., 0], "PNG"))
    deep[0, 0] += 1
    assert digest(encoded(deep, "PNG")) != digest(files["PNG"])


@pytest.mark.parametrize("ending", [".png", ".tiff", ".jp2", ".ppm"])
def test_sixteen_bits_colour_never_equal_their_reduction(ending: str) -> None:
    """Pillow reads eight of them: pixels that it gives cannot prove that two files are equal."""
    deep = scene().astype(np.uint16) * 257
    data = deep_colour(ending, deep)
    assert digest(data) != digest(encoded(scene(), "PNG"))
    deep[5, 5, 0] ^= 1
    assert digest(deep_colour(ending, deep)) != digest(data)
    assert digest(deep_colour(ending, scene())) == digest(encoded(scene(), "PNG"))


def test_cmyk_never_equals_its_conversion() -> None:
    cmyk = Image.fromarray(scene()).convert("CMYK")
    assert digest(encoded(cmyk, "TIFF")) != digest(encoded(cmyk.convert("RGB"), "TIFF"))


def test_a_colour_profile_counts() -> None:
    plain = encoded(scene(), "PNG")
    profiled = encoded(scene(), "PNG", icc_profile=profile_of("sRGB"))
    assert digest(profiled) != digest(plain)
    assert digest(profiled) == digest(encoded(scene(), "TIFF", icc_profile=profile_of("sRGB")))
    assert digest(profiled) != digest(encoded(scene(), "PNG", icc_profile=profile_of("XYZ")))


@pytest.mark.parametrize(
    ("coding", "options"),
    [("PNG", {}), ("WEBP", {"lossless": True}), ("TIFF", {}), ("GIF", {}), ("MPO", {})],
)
def test_what_holds_more_than_its_first_frame_never_equals_it(
    coding: str, options: dict[str, Any]
) -> None:
    first, second, third = (Image.fromarray(scene(seed)).quantize(8) for seed in (1, 2, 3))
    frames = [frame.convert("RGB") for frame in (first, second, third)]

    def film(*followers: Image.Image) -> bytes:
        buffer = io.BytesIO()
        options_ = options | ({"save_all": True, "append_images": followers} if followers else {})
        frames[0].save(buffer, coding, **options_)
        return buffer.getvalue()

    assert digest(film(frames[1])) != digest(film())
    assert digest(film(frames[1])) != digest(film(frames[2]))
    assert digest(film(frames[1])) == digest(film(frames[1]))


def test_of_a_gif_it_is_not_known_that_there_is_only_one_frame() -> None:
    image = Image.fromarray(scene()).quantize(8)
    assert digest(encoded(image, "GIF")) != digest(encoded(image, "PNG"))
    assert digest(encoded(image, "GIF")) == digest(encoded(image, "GIF"))


def test_a_jpeg_equals_the_lossless_file_made_of_it() -> None:
    jpeg = encoded(scene(), "JPEG")
    with Image.open(io.BytesIO(jpeg)) as image:
        png = encoded(image.convert("RGB"), "PNG")
    assert digest(jpeg) == digest(png)
    assert decoded(jpeg).pixel_digest != digest(png)  # that of its stream
