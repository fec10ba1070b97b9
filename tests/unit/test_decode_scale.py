"""A picture is decoded no larger than it is needed, and looks the same at every scale."""

from __future__ import annotations

import numpy as np
import pytest
from pictures import decoded, encoded, scene

from dupfinder.decode import shrunk
from dupfinder.protocols import THUMBNAIL_SIDE


@pytest.mark.parametrize("side", [64, 100, 256, 400])
@pytest.mark.parametrize("size", [(1600, 1200), (900, 1300), (257, 255), (40, 30)])
@pytest.mark.parametrize("coding", ["JPEG", "PNG"])
def test_the_decode_is_small_but_at_least_as_large_as_asked(
    coding: str, size: tuple[int, int], side: int
) -> None:
    picture = decoded(encoded(scene(3, *size), coding), side).picture
    assert (picture.width, picture.height) == size
    longer = max(picture.grey.shape)
    assert longer >= min(side, max(size))
    # JPEG comes in halves, quarters and eighths of its size.
    assert longer < max(2 * side + 8, max(size) / 8 + 1) or longer == max(size) < 2 * side
    assert picture.rgb.shape == (*picture.grey.shape, 3)
    assert picture.thumbnail.shape == (THUMBNAIL_SIDE, THUMBNAIL_SIDE)


@pytest.mark.parametrize("coding", ["JPEG", "PNG"])
def test_the_reduced_decode_is_near_the_full_one_area_averaged(coding: str) -> None:
    data = encoded(scene(5, 1600, 1200), coding, quality=92)
    small, full = decoded(data, 200).picture, decoded(data).picture
    assert max(small.grey.shape) == 200
    averaged = full.rgb.reshape(150, 8, 200, 8, 3).mean(axis=(1, 3))
    assert np.abs(small.rgb - averaged).mean() < 1
    assert np.abs(small.thumbnail.astype(int) - full.thumbnail).max() <= 3


@pytest.mark.parametrize("coding", ["JPEG", "PNG", "TIFF"])
@pytest.mark.parametrize("size", [(5000, 3), (2, 4000), (1, 1), (3000, 1)])
def test_very_narrow_pictures_are_decoded_at_any_scale(coding: str, size: tuple[int, int]) -> None:
    picture = decoded(encoded(scene(0, *size), coding), 64).picture
    assert (picture.width, picture.height) == size
    assert min(picture.grey.shape) >= 1


def test_the_grey_picture_is_the_luma_of_the_colours() -> None:
    picture = decoded(encoded(scene(), "PNG")).picture
    luma = picture.rgb @ np.array([0.299, 0.587, 0.114])
    assert np.abs(picture.grey - luma).max() <= 1


def test_the_thumbnail_averages_areas() -> None:
    stripes = np.zeros((128, 128), np.uint8)
    stripes[:, ::2] = 200
    assert (decoded(encoded(stripes, "PNG")).picture.thumbnail == 100).all()


def test_shrunk_keeps_proportions_and_does_not_enlarge() -> None:
    grey = scene(1, 900, 300)[..., 0]
    assert shrunk(grey, 300).shape == (100, 300)
    assert shrunk(grey, 900) is grey
    assert shrunk(grey[:1], 10).shape == (1, 10)
    assert np.abs(shrunk(grey, 300) - grey.reshape(100, 3, 300, 3).mean(axis=(1, 3))).max() <= 1
