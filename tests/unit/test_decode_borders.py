"""Frames and letterbox bars are found and cut off; pictures without them stay whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import Pixels, decoded, encoded, scene

from dupfinder.decode import without_border
from dupfinder.decode.borders import inner_box

WIDTH, HEIGHT = 240, 160
GREY = scene(4, WIDTH, HEIGHT)[..., 1]


def framed(top: int, right: int, bottom: int, left: int, level: int = 255) -> Pixels:
    """`GREY` with bars of that many pixels around it."""
    return np.pad(GREY, ((top, bottom), (left, right)), constant_values=level)


@pytest.mark.parametrize("level", [0, 128, 255])
@pytest.mark.parametrize(
    "bars", [(20, 20, 20, 20), (30, 0, 30, 0), (0, 40, 0, 40), (0, 0, 60, 0), (8, 12, 40, 12)]
)
def test_bars_are_cut_off_with_one_pixel_more(bars: tuple[int, int, int, int], level: int) -> None:
    top, right, bottom, left = bars
    picture = framed(*bars, level)
    found = inner_box(picture)
    assert found is not None
    rows, columns = found
    # A row of the picture that happens to be flat may go with the bars; here none is.
    assert (rows.start, rows.stop) == (
        top + (top > 0),
        picture.shape[0] - bottom - (bottom > 0),
    )
    assert (columns.start, columns.stop) == (
        left + (left > 0),
        picture.shape[1] - right - (right > 0),
    )


def test_a_frame_behind_letterbox_bars_is_found_too() -> None:
    picture = np.pad(framed(0, 20, 0, 20), ((25, 25), (0, 0)), constant_values=0)
    assert inner_box(picture) == (slice(26, 25 + HEIGHT - 1), slice(21, 20 + WIDTH - 1))


def test_the_noise_of_a_jpeg_is_still_border_and_texture_is_not() -> None:
    noise = np.random.default_rng(3)
    bar = noise.integers(0, 2, (30, WIDTH))
    faint = np.concatenate([(bar * 12).astype(np.uint8), GREY])
    strong = np.concatenate([(bar * 13).astype(np.uint8), GREY])
    assert inner_box(faint) == (slice(31, 30 + HEIGHT), slice(0, WIDTH))
    assert inner_box(strong) is None


@pytest.mark.parametrize(
    "picture",
    [
        GREY,
        framed(1, 0, 1, 0),  # too thin to change a hash
        np.full((90, 90), 77, np.uint8),
        np.zeros((1, 1), np.uint8),
        np.zeros((1, 500), np.uint8),
        np.pad(GREY[:20, :30], 90),  # a logo on a page
    ],
    ids=["plain", "thin", "flat", "pixel", "line", "logo"],
)
def test_what_has_no_border_worth_cutting_stays_whole(picture: Pixels) -> None:
    assert inner_box(picture) is None


@settings(deadline=None)
@given(
    st.tuples(*[st.integers(0, 60)] * 4),
    st.integers(0, 255),
    st.integers(1, 12),
)
def test_the_box_always_lies_inside_and_keeps_enough(
    bars: tuple[int, int, int, int], level: int, flat_shades: int
) -> None:
    picture = framed(*bars, level) // flat_shades
    found = inner_box(picture)
    if found is None:
        return
    rows, columns = found
    height, width = picture.shape
    assert 0 <= rows.start < rows.stop <= height
    assert 0 <= columns.start < columns.stop <= width
    assert rows.stop - rows.start >= 0.3 * height - 2
    assert columns.stop - columns.start >= 0.3 * width - 2


def test_the_inner_picture_is_what_the_frame_surrounds_at_its_own_size() -> None:
    inside = scene(6, 900, 600)
    data = encoded(
        np.pad(inside, ((90, 90), (150, 150), (0, 0)), constant_values=255), "JPEG", quality=92
    )
    whole = decoded(data, 256).picture
    inner = without_border(whole)
    assert inner is not None
    assert abs(inner.width - 900) < 25
    assert abs(inner.height - 600) < 25
    bare = decoded(encoded(inside, "JPEG", quality=92), 256).picture
    difference = np.abs(inner.thumbnail.astype(int) - bare.thumbnail)
    assert difference.mean() < 4
    assert without_border(bare) is None
