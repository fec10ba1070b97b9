"""What was put over a picture is found, on the right side; what a file goes through is not."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont
from shots import LIBRARY

from dupfinder.protocols import GreyImage
from dupfinder.verifiers.residual import is_suspect, shade, written

Picture = Image.Image


def opened(path: str) -> Picture:
    with Image.open(LIBRARY / path) as image:
        return image.convert("RGB").resize((1024, 768), Image.Resampling.LANCZOS)


MARKET, FOREST = opened("2020 City/DSC_0126.jpg"), opened("2021 Home/PXL_20211017_154210.jpg")
EVERY_SCENE = pytest.mark.parametrize("scene", [MARKET, FOREST], ids=["market", "forest"])
ALL = np.full((192, 256), 255, np.uint8)


def seen(picture: Picture, side: tuple[int, int] = (256, 192)) -> GreyImage:
    return np.asarray(picture.convert("L").resize(side, Image.Resampling.BOX))


def dated(picture: Picture) -> Picture:
    out = picture.copy()
    font = ImageFont.load_default(46)
    ImageDraw.Draw(out).text(
        (480, 690), "2019-07-14 18:22", "white", font, stroke_width=2, stroke_fill="black"
    )
    return out


def with_a_sticker(picture: Picture) -> Picture:
    out = picture.copy()
    ImageDraw.Draw(out).ellipse((300, 200, 490, 390), "gold", "brown", 3)
    return out


def saved(picture: Picture, quality: int) -> Picture:
    stream = BytesIO()
    picture.save(stream, "JPEG", quality=quality)
    return Image.open(stream).convert("RGB")


def noisy(picture: Picture) -> Picture:
    noise = np.random.default_rng(1).normal(0, 15, (768, 1024, 3))
    return Image.fromarray(np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8))


def vignetted(picture: Picture) -> Picture:
    y, x = np.mgrid[-1:1:768j, -1:1:1024j]
    shadow = 1 - 0.6 * np.clip(x * x + y * y, 0, 1)
    return Image.fromarray((np.asarray(picture) * shadow[..., None]).astype(np.uint8))


@EVERY_SCENE
@pytest.mark.parametrize(
    ("change", "least", "most"),
    [(dated, 0.005, 0.05), (with_a_sticker, 0.03, 0.06)],
    ids=["date", "sticker"],
)
def test_what_was_put_over_is_found_on_its_side(
    scene: Picture, change: Callable[[Picture], Picture], least: float, most: float
) -> None:
    """The share of the outlines around it: a line of text, a disc."""
    plain, over = seen(scene), seen(saved(change(scene), 75))
    on_left, on_right = written(plain, over, ALL)
    assert on_left == 0
    assert least < on_right < most
    assert written(over, plain, ALL) == pytest.approx((on_right, 0), abs=0.02)


@EVERY_SCENE
@pytest.mark.parametrize(
    "change",
    [
        lambda p: p,
        lambda p: saved(p, 10),
        lambda p: p.filter(ImageFilter.GaussianBlur(2)),
        lambda p: p.filter(ImageFilter.UnsharpMask(3, 200, 2)),
        noisy,
        vignetted,
        lambda p: ImageEnhance.Brightness(p).enhance(1.6),
        lambda p: ImageEnhance.Brightness(p).enhance(0.5),
        lambda p: ImageEnhance.Contrast(p).enhance(0.5),
        lambda p: p.transform(p.size, Image.Transform.AFFINE, (1, 0, 3, 0, 1, -3)),
    ],
    ids=["nothing", "coded badly", "blurred", "sharpened", "noisy", "vignette", "brighter",
         "darker", "faded", "moved by a pixel"],
)  # fmt: skip
def test_what_else_is_done_to_a_photo_is_no_writing(
    scene: Picture, change: Callable[[Picture], Picture]
) -> None:
    assert written(seen(scene), seen(change(scene)), ALL) == (0, 0)


def test_only_what_the_mask_shows_counts() -> None:
    mask = ALL.copy()
    mask[160:] = 0
    assert written(seen(MARKET), seen(dated(MARKET)), mask) == (0, 0)
    assert written(seen(MARKET), seen(dated(MARKET)), np.zeros_like(ALL)) == (0, 0)


@EVERY_SCENE
def test_thumbnails_hint_at_what_was_put_over(scene: Picture) -> None:
    side = (64, 64)
    assert is_suspect(seen(with_a_sticker(scene), side), seen(scene, side))
    assert is_suspect(seen(FOREST, side), seen(dated(FOREST), side))
    assert not is_suspect(seen(scene, side), seen(saved(scene, 10), side))
    assert not is_suspect(seen(scene, side), seen(noisy(scene), side))


@EVERY_SCENE
@pytest.mark.parametrize(
    ("change", "least", "most"),
    [
        (lambda p: saved(p, 30), 0, 0.5),
        (lambda p: p.filter(ImageFilter.GaussianBlur(2)), 0, 0.5),
        (with_a_sticker, 0, 0.5),
        (lambda p: ImageEnhance.Brightness(p).enhance(1.3), 15, 60),
        (lambda p: Image.eval(p, lambda level: level // 2 + 40), 8, 60),
    ],
    ids=["coded badly", "blurred", "sticker", "brighter", "faded"],
)
def test_only_toning_changes_the_shade(
    scene: Picture, change: Callable[[Picture], Picture], least: float, most: float
) -> None:
    found = shade(seen(scene), seen(change(scene)), ALL)
    assert least <= found <= most
    assert found == shade(seen(change(scene)), seen(scene), ALL)


def test_without_an_overlap_there_is_no_shade() -> None:
    assert shade(seen(MARKET), seen(FOREST), np.zeros_like(ALL)) == 0
