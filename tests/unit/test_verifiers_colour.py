"""The same article in another colour is told from a photo whose colours were edited."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from dupfinder.model import Evidence
from dupfinder.verifiers.colour import Cells, cells, hue, is_recoloured, saturation

ALL = np.full((16, 16), 255, np.uint8)
RED, BLUE, GREEN = (190, 40, 50), (50, 60, 190), (40, 120, 60)


def shirt(colour: tuple[int, int, int], side: float = 0.5) -> NDArray[np.float64]:
    """(64, 64, 3): an article on a white ground with a wooden floor."""
    image = Image.new("RGB", (64, 64), (240, 240, 238))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 52, 64, 64), (170, 130, 90))
    edge = 64 * (1 - side) / 2
    draw.rectangle((edge, edge, 64 - edge, 64 - edge), colour)
    return np.asarray(image).astype(np.float64)


def seen(pixels: NDArray[np.float64]) -> Cells:
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    chroma = image.resize((16, 16), Image.Resampling.BOX).convert("YCbCr")
    return cells(np.asarray(image.convert("L")), np.asarray(chroma)[..., 1:])


def grey(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.repeat(pixels.mean(axis=2, keepdims=True), 3, axis=2)


def recoloured(left: Cells, right: Cells) -> bool:
    return is_recoloured(Evidence("orb", hue=hue(left, right, ALL)))


@pytest.mark.parametrize("side", [0.3, 0.5, 0.8])
@pytest.mark.parametrize("other", [BLUE, GREEN], ids=["blue", "green"])
def test_a_shirt_in_another_colour_is_another_shirt(
    other: tuple[int, int, int], side: float
) -> None:
    left, right = seen(shirt(RED, side)), seen(shirt(other, side))
    assert recoloured(left, right)
    assert hue(left, right, ALL) == hue(right, left, ALL)
    # Nor does a cast over all of it hide that.
    assert recoloured(left, seen(shirt(other, side) * (1.15, 1.0, 0.85)))


@pytest.mark.parametrize("colour", [RED, BLUE, GREEN], ids=["red", "blue", "green"])
@pytest.mark.parametrize(
    "change",
    [
        lambda p: p,
        lambda p: p * (1.2, 1.0, 0.8),
        lambda p: p * (0.8, 1.0, 1.25),
        lambda p: p * 0.6,
        lambda p: grey(p) + (p - grey(p)) * 1.8,
        lambda p: grey(p) + (p - grey(p)) * 0.4,
        grey,
        lambda p: grey(p) * (1.07, 0.86, 0.66),
    ],
    ids=["nothing", "warm", "cool", "dark", "vivid", "faded", "grey", "sepia"],
)
def test_edited_colours_are_no_other_colours(change, colour) -> None:  # type: ignore[no-untyped-def]
    assert hue(seen(shirt(colour)), seen(change(shirt(colour))), ALL) == 0


def test_a_cell_beside_may_have_the_hue() -> None:
    """The grids of a photo and of its crop do not cut the border of things in the same place."""
    left, right = shirt(RED), np.roll(shirt(RED), 4, axis=1)
    assert hue(seen(left), seen(right), ALL) == 0


def test_only_what_the_mask_shows_counts() -> None:
    mask = ALL.copy()
    mask[3:13, 3:13] = 0
    assert hue(seen(shirt(RED)), seen(shirt(BLUE)), mask) == 0
    nothing = np.zeros_like(ALL)
    assert hue(seen(shirt(RED)), seen(shirt(BLUE)), nothing) == 0
    assert saturation(seen(shirt(RED)), seen(shirt(BLUE)), nothing) == (0, 0)


def test_the_saturation_is_that_of_each() -> None:
    plain, vivid = shirt(RED), grey(shirt(RED)) + (shirt(RED) - grey(shirt(RED))) * 0.5
    ours, theirs = saturation(seen(plain), seen(vivid), ALL)
    assert theirs == pytest.approx(ours / 2, rel=0.1)
    assert saturation(seen(plain), seen(grey(plain)), ALL)[1] < 1


def test_a_sticker_does_not_colour_a_photo() -> None:
    over = shirt(RED)
    over[8:24, 4:16] = (255, 204, 40)
    ours, theirs = saturation(seen(shirt(RED)), seen(over), ALL)
    assert theirs == pytest.approx(ours, abs=1)


def test_without_colours_nothing_is_said() -> None:
    assert not is_recoloured(Evidence("thumbnail"))
    assert not is_recoloured(Evidence("thumbnail", hue=0.04))
    assert is_recoloured(Evidence("thumbnail", hue=0.06))
