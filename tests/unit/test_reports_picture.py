"""The drawn comparison: what matches lies where it should, and what differs is seen."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pictures import scene
from PIL import Image, ImageDraw, ImageOps

import dupfinder
from dupfinder.errors import UsageError
from dupfinder.model import Comparison
from dupfinder.reports.picture import draw
from dupfinder.reports.picture.alignment import alignment
from dupfinder.reports.picture.difference import colours, difference_map
from dupfinder.reports.picture.sheet import drawable, name_within, text_width, wrapped
from dupfinder.settings import MAX_PIXELS

ALONE = dupfinder.Settings(workers=0)


@pytest.fixture(scope="module")
def photo() -> Image.Image:
    """Structure at all scales, so that keypoints are found."""
    width, height = 480, 360
    noise = np.random.default_rng(5)
    coarse = scene(7, width, height).astype(float)
    fine = Image.fromarray(noise.uniform(0, 255, (90, 120, 3)).astype(np.uint8))
    layer = np.asarray(fine.resize((width, height), Image.Resampling.BICUBIC), float)
    return Image.fromarray((coarse * 0.6 + layer * 0.4).astype(np.uint8))


def compared(folder: Path, first: Image.Image, second: Image.Image) -> Comparison:
    first.save(folder / "first.png")
    second.save(folder / "second.jpg", quality=90)
    return dupfinder.compare(folder / "first.png", folder / "second.jpg", ALONE)


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data), formats=("PNG",))


def test_the_overlap_of_a_crop_is_outlined_where_it_was_cut(
    photo: Image.Image, tmp_path: Path
) -> None:
    box = (120, 60, 440, 300)
    crop = photo.crop(box)
    found = alignment(compared(tmp_path, photo, crop), photo, crop)
    assert found is not None
    left, top, right, bottom = box
    expected = [(left, top), (right, top), (right, bottom), (left, bottom)]
    for corner in expected:
        assert np.hypot(*(found.outlines[0] - corner).T).min() < 1
    assert len(found.first) >= 8
    np.testing.assert_allclose(found.first - found.second, [[left, top]] * len(found.first), atol=4)


def test_lines_of_a_mirrored_copy_lead_to_the_other_side(
    photo: Image.Image, tmp_path: Path
) -> None:
    mirrored = ImageOps.mirror(photo)
    found = alignment(compared(tmp_path, photo, mirrored), photo, mirrored)
    assert found is not None
    assert len(found.first) >= 8
    np.testing.assert_allclose(found.first[:, 0] + found.second[:, 0], photo.width - 1, atol=4)
    np.testing.assert_allclose(found.first[:, 1], found.second[:, 1], atol=4)


def test_the_map_shows_what_was_put_over_a_copy_and_little_else(
    photo: Image.Image, tmp_path: Path
) -> None:
    covered = photo.copy()
    ImageDraw.Draw(covered).rectangle((300, 200, 380, 260), fill="white")
    found = alignment(compared(tmp_path, photo, covered), photo, covered)
    assert found is not None
    assert found.difference.shape[:2] == (photo.height, photo.width)
    faded = found.difference.min(axis=2).astype(int)  # 255 is white: no difference
    assert faded[205:255, 305:375].mean() < 150
    faded[195:265, 295:385] = 255
    assert faded.mean() > 230


def test_other_pictures_have_no_alignment_to_show(photo: Image.Image, tmp_path: Path) -> None:
    other = Image.fromarray(scene(99, 480, 360))
    comparison = compared(tmp_path, photo, other)
    assert comparison.match is None
    assert opened(draw(comparison, MAX_PIXELS)).format == "PNG"


@pytest.mark.parametrize(
    ("size", "other"),
    [((480, 360), (120, 90)), ((1, 1), (1, 1)), ((900, 9), (450, 5)), ((3000, 2000), (1500, 1000))],
)
def test_any_two_sizes_stand_side_by_side_within_bounds(
    photo: Image.Image, tmp_path: Path, size: tuple[int, int], other: tuple[int, int]
) -> None:
    comparison = compared(tmp_path, photo.resize(size), photo.resize(other))
    drawn = opened(draw(comparison, MAX_PIXELS))
    assert drawn.width <= 2 * 1000 + 100
    assert drawn.height <= 1000 + 900


def test_the_same_pair_gives_the_same_bytes(photo: Image.Image, tmp_path: Path) -> None:
    comparison = compared(tmp_path, photo, photo.rotate(4).crop((40, 40, 440, 320)))
    assert draw(comparison, MAX_PIXELS) == draw(comparison, MAX_PIXELS)


def test_a_photo_that_changed_meanwhile_is_not_drawn(photo: Image.Image, tmp_path: Path) -> None:
    comparison = compared(tmp_path, photo, photo)
    photo.crop((0, 0, 200, 200)).save(tmp_path / "second.jpg")
    with pytest.raises(UsageError, match="changed"):
        draw(comparison, MAX_PIXELS)


def flat(*colour: int) -> NDArray[np.uint8]:
    return np.full((2, 2, 3), colour, np.uint8)


def test_lighter_is_orange_darker_is_blue_equal_is_white() -> None:
    inside = np.ones((2, 2), np.uint8)
    grey = flat(120, 120, 120)
    red, _, blue = difference_map(grey, flat(200, 200, 200), inside)[0, 0]
    assert red > blue + 50
    red, _, blue = difference_map(grey, flat(40, 40, 40), inside)[0, 0]
    assert blue > red + 50
    assert difference_map(grey, grey, inside).min() == 255


def test_a_change_of_colour_alone_is_seen_and_the_outside_is_grey() -> None:
    red, green = flat(200, 60, 60), flat(60, 132, 60)  # of nearly equal luma
    shown = difference_map(red, green, np.array([[1, 0], [1, 1]], np.uint8))
    assert shown[0, 0].min() < 100
    assert len(set(shown[0, 1].tolist())) == 1


def test_colours_beyond_the_scale_stay_at_its_ends() -> None:
    np.testing.assert_array_equal(colours(np.array([-9.0, 9.0])), colours(np.array([-1.0, 1.0])))


@given(st.text(max_size=60), st.integers(60, 400))
def test_names_are_drawn_whole_or_shortened_and_only_with_letters_of_the_font(
    name: str, width: int
) -> None:
    shown = name_within(f"/{name}", width)
    assert all(letter.isprintable() and (letter.isascii() or letter in "°·…±") for letter in shown)
    assert text_width(shown) <= width


@given(st.lists(st.text("abc", min_size=1, max_size=12), max_size=20), st.integers(50, 300))
def test_wrapping_keeps_every_word_and_the_width(words: list[str], width: int) -> None:
    lines = list(wrapped(" ".join(words), width))
    assert " ".join(lines).split() == words
    assert all(text_width(line) <= width for line in lines if " " in line)


def test_letters_that_the_font_lacks_are_escaped() -> None:
    assert drawable("Grün · 中") == "Gr\\xfcn · \\u4e2d"
