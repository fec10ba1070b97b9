"""Keypoints that a known transform brings together, and the transform put right by them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from dupfinder.verifiers.correspondences import correspondences, refined

WIDTH, HEIGHT = 400, 300
BOX = (60, 40, 360, 280)  # of the crop


@pytest.fixture(scope="module")
def grey() -> NDArray[np.uint8]:
    noise = np.random.default_rng(3).uniform(0, 255, (60, 80)).astype(np.uint8)
    return np.asarray(Image.fromarray(noise).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC))


def shift(x: float, y: float) -> NDArray[np.float64]:
    return np.array([[1.0, 0, x], [0, 1, y], [0, 0, 1]])


def cropped(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(grey[BOX[1] : BOX[3], BOX[0] : BOX[2]])


def test_points_of_a_crop_meet_where_they_stand(grey: NDArray[np.uint8]) -> None:
    left, right = correspondences(grey, cropped(grey), shift(-BOX[0], -BOX[1]))
    assert len(left) >= 50
    np.testing.assert_allclose(np.median(left - right, axis=0), BOX[:2], atol=0.1)


def test_points_of_a_mirrored_picture_meet(grey: NDArray[np.uint8]) -> None:
    mirror = np.array([[-1.0, 0, WIDTH - 1], [0, 1, 0], [0, 0, 1]])
    left, right = correspondences(grey, np.ascontiguousarray(grey[:, ::-1]), mirror)
    assert len(left) >= 50
    np.testing.assert_allclose(left[:, 0] + right[:, 0], WIDTH - 1, atol=0.1)


def test_a_transform_that_does_not_hold_brings_nothing_together(grey: NDArray[np.uint8]) -> None:
    left, right = correspondences(grey, grey, shift(90, 70))
    assert len(left) == len(right) == 0


def test_a_transform_that_is_slightly_off_is_put_right(grey: NDArray[np.uint8]) -> None:
    crop, off = cropped(grey), shift(1.5 - BOX[0], -1.2 - BOX[1])
    found = refined(off, *correspondences(grey, crop, off), (WIDTH, HEIGHT))
    np.testing.assert_allclose(found[:2, 2], (-BOX[0], -BOX[1]), atol=0.2)
    np.testing.assert_allclose(found[:2, :2], np.eye(2), atol=0.01)


def test_few_points_or_a_large_step_leave_the_transform_as_it_was() -> None:
    noise = np.random.default_rng(1)
    points = noise.uniform(0, 300, (40, 2)).astype(np.float32)
    start = shift(0, 0)
    assert refined(start, points[:5], points[:5] + 1, (WIDTH, HEIGHT)) is start
    assert refined(start, points, points + 50, (WIDTH, HEIGHT)) is start


@pytest.mark.parametrize("shape", [(1, 1), (7, 300), (200, 200)])
def test_pictures_without_keypoints_have_no_correspondences(shape: tuple[int, int]) -> None:
    flat = np.full(shape, 90, np.uint8)
    left, right = correspondences(flat, flat, np.eye(3))
    assert left.shape == right.shape == (0, 2)
