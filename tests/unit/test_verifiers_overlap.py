"""What two aligned pictures show together, and how well they agree there."""

from __future__ import annotations

import random

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from shots import LIBRARY

from dupfinder.protocols import GreyImage
from dupfinder.verifiers.agreement import NOTHING, agreement, is_graphic, tone
from dupfinder.verifiers.overlap import (
    compare_overlap,
    has_the_same_letters,
    looks_like_lines,
    says_the_same,
)

Matrix = NDArray[np.float64]


def grey(path: str) -> GreyImage:
    with Image.open(LIBRARY / path) as image:
        return np.asarray(image.convert("L").resize((400, 300), Image.Resampling.BOX))


MARKET, FOREST = grey("2020 City/DSC_0126.jpg"), grey("2021 Home/PXL_20211017_154210.jpg")
PAGE = grey("Scans/letter page 1.png")


@pytest.mark.parametrize(
    ("matrix", "of_left", "of_right"),
    [
        (np.eye(3), 1.0, 1.0),
        (np.diag([0.5, 0.5, 1]), 1.0, 0.25),
        (np.diag([2.0, 2.0, 1]), 0.25, 1.0),
        (np.array([[1.0, 0, 100], [0, 1, 0], [0, 0, 1]]), 0.75, 0.75),
        (np.array([[1.0, 0, 400], [0, 1, 0], [0, 0, 1]]), 0.0, 0.0),
    ],
    ids=["whole", "part of the right", "part of the left", "moved", "beside"],
)
def test_the_shares_follow_from_the_transform(
    matrix: NDArray[np.float64], of_left: float, of_right: float
) -> None:
    found = compare_overlap(MARKET, MARKET, matrix)
    assert (found.of_left, found.of_right) == pytest.approx((of_left, of_right))
    assert found.share == max(found.of_left, found.of_right)


def smaller(shrink: float) -> tuple[GreyImage, Matrix]:
    """A smaller copy of the market, and the homography from the market to it."""
    size = round(400 * shrink), round(300 * shrink)
    copy = np.asarray(Image.fromarray(MARKET).resize(size, Image.Resampling.LANCZOS))
    # As OpenCV's keypoints see it: the middle of the first pixel is the origin.
    origin = (shrink - 1) / 2
    return copy, np.array([[shrink, 0, origin], [0, shrink, origin], [0, 0, 1]])


SHRUNK = pytest.mark.parametrize(
    ("shrink", "least"), [(1.0, 1.0), (0.7, 0.99), (0.5, 0.98), (0.25, 0.9)]
)


@SHRUNK
def test_a_copy_agrees_where_it_is_aligned(shrink: float, least: float) -> None:
    copy, onto = smaller(shrink)
    for one, other, matrix in ((MARKET, copy, onto), (copy, MARKET, np.linalg.inv(onto))):
        found = compare_overlap(one, other, matrix)
        assert found.agreement.median >= least
        assert found.share > 0.99


@SHRUNK
def test_what_is_off_by_a_little_is_put_right(shrink: float, least: float) -> None:
    """Keypoints are exact to a pixel or so, and the pixels do the rest."""
    copy, onto = smaller(shrink)
    beside = np.array([[1.0, 0, 5 * shrink], [0, 1, -3 * shrink], [0, 0, 1]]) @ onto
    found = compare_overlap(MARKET, copy, beside)
    assert found.agreement.median >= least - 0.02
    assert found.matrix == pytest.approx(onto, abs=0.5)


def test_what_is_off_by_more_does_not_agree() -> None:
    beside = np.array([[1.0, 0, 60], [0, 1, 0], [0, 0, 1]])
    found = compare_overlap(MARKET, MARKET, beside)
    assert found.agreement.median < 0.5
    assert found.matrix.tolist() == beside.tolist()


def test_what_agrees_is_not_moved() -> None:
    found = compare_overlap(MARKET, MARKET, np.eye(3))
    assert found.matrix.tolist() == np.eye(3).tolist()


def test_a_frame_is_no_content() -> None:
    """What one picture shows beyond the other counts against the pair, unless it is flat."""
    seen = MARKET[:, 100:]
    width = seen.shape[1]
    framed = np.pad(seen, ((0, 0), (0, 100)), constant_values=200)
    among = np.concatenate([seen, FOREST[:, :100]], axis=1)
    onto = np.array([[1.0, 0, -100], [0, 1, 0], [0, 0, 1]])  # the left quarter was cut off
    for picture, content in ((framed, 1.0), (among, width / 400)):
        found = compare_overlap(MARKET, picture, onto)
        assert (found.of_left, found.of_right) == (width / 400, width / 400)
        assert found.content == pytest.approx(content)


def test_a_crop_agrees_in_what_it_shows() -> None:
    crop = np.ascontiguousarray(MARKET[60:260, 80:380])
    onto = np.array([[1.0, 0, -80], [0, 1, -60], [0, 0, 1]])
    found = compare_overlap(MARKET, crop, onto)
    assert found.share == 1.0
    assert found.of_left == pytest.approx(200 * 300 / (300 * 400))
    assert found.agreement.tenth > 0.9


def test_a_picture_agrees_with_itself() -> None:
    same = agreement(MARKET, MARKET, 16)
    assert same.blocks > 100
    assert (same.median, same.tenth, same.least, same.share) == pytest.approx((1, 1, 1, 1))


def test_other_tones_agree_nearly_as_well() -> None:
    flat = (MARKET * 0.5 + 60).astype(np.uint8)
    assert agreement(MARKET, flat, 16).median > 0.95
    assert tone(MARKET, flat) > 5


def test_a_negative_disagrees() -> None:
    assert agreement(MARKET, 255 - MARKET, 16).median == pytest.approx(-1, abs=0.01)


@pytest.mark.parametrize("other", [np.roll(MARKET, 5, axis=1), FOREST], ids=["moved", "another"])
def test_what_is_not_the_same_in_place_agrees_badly(other: GreyImage) -> None:
    found = agreement(MARKET, other, 16)
    assert found.median < 0.5
    assert found.share < 0.3


def test_the_ranks_are_in_order() -> None:
    half = np.concatenate([MARKET[:150], FOREST[150:]])
    found = agreement(MARKET, half, 16)
    assert found.least <= found.tenth <= found.median
    assert found.tenth < 0.5
    assert 0.4 < found.share < 0.6


def test_a_hole_is_one_region_that_does_not_agree() -> None:
    """What was written over a photo in one place, against blocks that fail here and there."""
    pasted, scattered = MARKET.copy(), MARKET.copy()
    pasted[96:192, 96:256] = FOREST[96:192, 96:256]
    for at in range(0, 288, 64):
        for start in range(0, 400, 64):
            scattered[at : at + 16, start : start + 16] = FOREST[at : at + 16, start : start + 16]
    share = (96 * 160) / MARKET.size
    assert agreement(MARKET, MARKET, 16).hole == 0
    assert agreement(MARKET, pasted, 16).hole == pytest.approx(share, rel=0.4)
    assert agreement(MARKET, scattered, 16).hole < share / 2


def test_the_patch_is_the_rectangle_that_agrees() -> None:
    pasted = FOREST.copy()
    pasted[40:200, 80:320] = MARKET[40:200, 80:320]
    found = agreement(MARKET, pasted, 16)
    assert found.patch == pytest.approx(160 * 240 / MARKET.size, rel=0.2)
    assert found.patch_blocks > 50
    assert agreement(MARKET, MARKET, 16).patch == pytest.approx(1, abs=0.1)
    assert agreement(MARKET, FOREST, 16).patch < 0.1


def test_one_watermark_in_both_agrees_in_its_edges_and_not_on_the_whole() -> None:
    left, right = MARKET.copy(), FOREST.copy()
    for picture in (left, right):
        picture[::12, :] = 255
        picture[:, ::12] = 0
    found = agreement(left, right, 16)
    assert found.median > 0.7
    assert found.coarse < 0.5
    assert agreement(left, MARKET, 16).coarse > 0.8


def test_only_what_the_mask_shows_counts() -> None:
    half = np.concatenate([MARKET[:150], FOREST[150:]])
    mask = np.zeros_like(MARKET)
    mask[:150] = 255
    whole, shown = agreement(MARKET, MARKET, 16), agreement(MARKET, half, 16, mask)
    assert shown.median == pytest.approx(1)
    assert shown.blocks == whole.blocks // 2
    assert tone(MARKET, half, mask) == 0
    assert tone(MARKET, half) > 5


def test_a_flat_picture_says_nothing() -> None:
    flat = np.full((300, 400), 120, np.uint8)
    assert agreement(flat, flat, 16) == NOTHING
    assert agreement(MARKET, MARKET, 16, np.zeros_like(MARKET)) == NOTHING
    assert tone(MARKET, flat, np.zeros_like(MARKET)) == 0


def test_texture_against_none_is_no_agreement() -> None:
    assert agreement(MARKET, np.full_like(MARKET, 120), 16).median < 0.1


def test_pictures_smaller_than_a_block_say_nothing() -> None:
    assert agreement(MARKET[:10, :10], MARKET[:10, :10], 16) == NOTHING


def test_a_written_page_is_graphic_and_a_scene_is_not() -> None:
    assert is_graphic(PAGE)
    assert not is_graphic(MARKET)


def written(words: str, lines: int = 16) -> GreyImage:
    """A page with lines of as many letters, in the order in which `words` has them."""
    page = Image.new("L", (400, 300), 245)
    draw = ImageDraw.Draw(page)
    for line in range(lines):
        turned = words[line * 5 % 40 :] + words[: line * 5 % 40]
        draw.text((40, 14 + 17 * line), turned, fill=20)
    return np.asarray(page)


LATIN, NORSE = (
    written("minim dolor sit amet quis enim ad tempor ut labore"),
    written("quis wisi magna do tempor veniam elit ipsum sed no"),
)


def test_lines_of_other_words_agree_as_stripes_and_not_as_words() -> None:
    apart = compare_overlap(LATIN, NORSE, np.eye(3)).agreement
    assert apart.median > 0.5
    assert not says_the_same(LATIN, NORSE, np.eye(3))


@pytest.mark.parametrize("shrink", [1.0, 0.7, 0.5, 0.25])
def test_a_page_says_the_same_at_any_size(shrink: float) -> None:
    size = round(400 * shrink), round(300 * shrink)
    copy = np.asarray(Image.fromarray(LATIN).resize(size, Image.Resampling.LANCZOS))
    origin = (shrink - 1) / 2
    matrix = np.array([[shrink, 0, origin], [0, shrink, origin], [0, 0, 1]])
    assert says_the_same(LATIN, copy, matrix)


def dense(seed: int) -> GreyImage:
    """A page full of small words, of which one line is as good as another."""
    chance = random.Random(seed)
    words = ("lorem", "ipsum", "dolor", "sit", "amet", "sed", "diam", "ut", "labore", "magna", "et")
    page = Image.new("L", (620, 877), 250)
    draw = ImageDraw.Draw(page)
    for top in range(60, 820, 16):
        draw.text((50, top), " ".join(chance.choices(words, k=18))[:82], fill=20)
    return np.asarray(page.resize((310, 438), Image.Resampling.BOX))


MIRRORED = np.array([[-1.0, 0, 309], [0, 1, 0], [0, 0, 1]])


@pytest.mark.parametrize(("other", "matrix"), [(dense(2), np.eye(3)), (dense(1), MIRRORED)])
def test_lines_agree_with_any_other_lines_and_letters_with_their_own(
    other: GreyImage, matrix: Matrix
) -> None:
    """Pages of 400 became copies, mirrored and framed, as their stripes agreed by 0.8."""
    page = dense(1)
    assert looks_like_lines(page)
    assert says_the_same(page, dense(2), np.eye(3))  # alone it is too coarse for small print
    assert not has_the_same_letters(page, other, matrix)


@pytest.mark.parametrize("shrink", [1.0, 0.7, 0.5])
def test_letters_are_their_own_at_any_size(shrink: float) -> None:
    page = dense(1)
    size = round(310 * shrink), round(438 * shrink)
    copy = np.asarray(Image.fromarray(page).resize(size, Image.Resampling.LANCZOS))
    matrix = np.diag([size[0] / 310, size[1] / 438, 1.0])
    assert has_the_same_letters(page, copy, matrix)


def test_a_scene_does_not_look_like_lines_and_ground_without_texture_says_nothing() -> None:
    assert not any(looks_like_lines(each) for each in (MARKET, FOREST))
    flat = np.full((200, 300), 90, np.uint8)
    assert not looks_like_lines(flat)
    assert has_the_same_letters(flat, flat, np.eye(3))
    assert not has_the_same_letters(flat, flat, np.array([[1.0, 0, 999], [0, 1, 0], [0, 0, 1]]))
