"""Pictures beside each other: in true proportion, in their order, as many as fit."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from dupfinder.reports.picture.strip import strip

RED, BLUE = (200, 30, 30), (30, 30, 200)


def picture(width: int, height: int, colour: tuple[int, int, int]) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(buffer, "WEBP", lossless=True)
    return buffer.getvalue()


def drawn(*pictures: bytes | None, width: int = 1000) -> Image.Image:
    content, used = strip(pictures, width, 100)
    image = Image.open(io.BytesIO(content))
    assert image.size == (used, 100)
    return image


def test_pictures_stand_in_their_order_and_proportion() -> None:
    image = drawn(picture(300, 200, RED), picture(40, 80, BLUE))
    assert image.width == 150 + 6 + 50
    assert image.getpixel((75, 50))[:3] == RED
    assert image.getpixel((180, 50))[:3] == BLUE
    assert image.getpixel((152, 50))[3] == 0


def test_what_has_no_picture_is_a_grey_square() -> None:
    image = drawn(None, picture(100, 100, RED))
    assert image.getpixel((50, 50))[:3] == (128, 128, 128)
    assert image.getpixel((150, 50))[:3] == RED


@pytest.mark.parametrize(("width", "shown"), [(50, 1), (205, 1), (206, 2), (311, 2), (312, 3)])
def test_as_many_are_shown_as_fit_and_one_at_least(width: int, shown: int) -> None:
    image = drawn(*[picture(100, 100, RED)] * 5, width=width)
    assert image.width == min(width, 106 * shown - 6)
