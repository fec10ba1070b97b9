"""The pixels of JPEG files: those that Pillow gives, and a word where the file is damaged."""

from __future__ import annotations

import random
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pictures import decoded, encoded, scene
from PIL import Image

from dupfinder.decode.errors import Undecodable
from dupfinder.decode.jpeg import scaled

LARGE = Image.fromarray(scene(3)).resize((611, 403))


def jpeg(mode: str = "RGB", **options: Any) -> bytes:
    return encoded(LARGE.convert(mode), "JPEG", **options)


def drafted(data: bytes, mode: str, side: int) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.draft(mode, (side, side))
    return image


@given(
    mode=st.sampled_from(["RGB", "L", "CMYK", "YCbCr"]),
    wanted=st.sampled_from(["RGB", "L"]),
    side=st.sampled_from([16, 64, 128, 200, 256, 600]),
    quality=st.integers(5, 98),
    subsampling=st.sampled_from([0, 1, 2]),
    progressive=st.booleans(),
    keep_rgb=st.booleans(),
    restarts=st.sampled_from([0, 1, 3]),
)
def test_the_pixels_are_those_that_pillow_gives(
    mode: str, wanted: str, side: int, keep_rgb: bool, restarts: int, **options: Any
) -> None:
    """The slow twin says nothing of damage."""
    if keep_rgb and mode == "RGB":
        options |= {"keep_rgb": True, "subsampling": 0}
    data = jpeg(mode, restart_marker_rows=restarts, **options)
    pixels, damage = scaled(drafted(data, wanted, side), data)
    twin = drafted(data, wanted, side)
    twin.load()
    assert (pixels.mode, pixels.size, damage) == (twin.mode, twin.size, None)
    assert np.array_equal(np.asarray(pixels), np.asarray(twin))


def test_what_libjpeg_complains_of_is_told() -> None:
    """A sector that was lost: the picture is there, and partly made up."""
    data = jpeg(quality=90)
    broken = data[:8000] + bytes(512) + data[8512:]
    found = decoded(broken)
    assert found.damage is not None
    assert found.damage.startswith("Corrupt JPEG data: ")
    assert found.damage.isprintable()
    assert decoded(data).damage is None


def test_of_lost_sectors_most_are_told_and_none_ends_in_a_crash() -> None:
    """What libjpeg cannot tell from coded data stays unsaid."""
    data, chance = jpeg(quality=90), random.Random(8)
    told = 0
    for _ in range(40):
        at = chance.randrange(2000, len(data) - 600)
        broken = data[:at] + chance.randbytes(512) + data[at + 512 :]
        try:
            told += decoded(broken).damage is not None
        except Undecodable:
            told += 1
    assert told >= 30


@pytest.mark.parametrize("progressive", [False, True])
def test_cut_anywhere_it_is_no_photo(progressive: bool) -> None:
    data = jpeg(quality=80, progressive=progressive)
    for cut in (*range(1, 12), *range(12, len(data) - 700, 997)):
        with pytest.raises(Undecodable) as caught:
            decoded(data[:-cut])
        assert caught.value.code == "truncated"
