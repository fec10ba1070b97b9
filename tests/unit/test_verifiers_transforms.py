"""Transforms lead every pixel to where it is in the other picture."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from strategies_clusters import a_photo

from dupfinder.model import Orientation, Photo, Transform
from dupfinder.verifiers.transforms import (
    from_views,
    inverse,
    jacobian,
    to_transform,
    whole_frame,
)

EVERY_ORIENTATION = pytest.mark.parametrize("orientation", Orientation, ids=lambda o: o.name)

Matrix = NDArray[np.float64]


def moved(transform: Transform | Matrix, x: float, y: float) -> tuple[float, float]:
    u, v, w = np.reshape(transform, (3, 3)) @ np.array([x, y, 1.0])
    return float(u / w), float(v / w)


def sized(width: int, height: int) -> Photo:
    return a_photo("/a.jpg", width=width, height=height)


@EVERY_ORIENTATION
@pytest.mark.parametrize("factor", [1, 3])
def test_the_whole_of_a_photo_is_laid_over_the_other(orientation: Orientation, factor: int) -> None:
    """Followed pixel by pixel through numpy's own turning and mirroring."""
    width, height = 5, 3
    numbers = np.arange(width * height).reshape(height, width)
    shown = np.rot90(numbers, orientation.quarter_turns)
    if orientation.is_mirrored:
        shown = np.fliplr(shown)
    right = sized(factor * shown.shape[1], factor * shown.shape[0])
    transform = whole_frame(sized(width, height), right, orientation)
    for y, x in np.ndindex(height, width):
        ((row, column),) = np.argwhere(shown == numbers[y, x])
        expected = factor * (column + 0.5), factor * (row + 0.5)
        assert moved(transform, x + 0.5, y + 0.5) == pytest.approx(expected)


@EVERY_ORIENTATION
def test_the_way_back_lays_the_other_over_the_photo(orientation: Orientation) -> None:
    left = sized(500, 300)
    right = sized(300, 500) if orientation.swaps_sides else sized(500, 300)
    back = inverse(whole_frame(left, right, orientation))
    assert back == pytest.approx(whole_frame(right, left, orientation.inverse), abs=1e-9)


@st.composite
def homographies(draw: st.DrawFn) -> Matrix:
    """As photos and their copies have them: turned, scaled, moved and a little in perspective."""
    angle, scale = draw(st.floats(-4, 4)), draw(st.floats(0.1, 10))
    across, along = draw(st.floats(-900, 900)), draw(st.floats(-900, 900))
    c, s = scale * np.cos(angle), scale * np.sin(angle)
    tilt = draw(st.floats(-1e-4, 1e-4))
    return np.array([[c, -s, across], [s, c, along], [tilt, 0, 1]])


points = st.tuples(st.floats(0, 1000), st.floats(0, 1000))


@given(matrix=homographies(), point=points)
def test_there_and_back_again(matrix: Matrix, point: tuple[float, float]) -> None:
    there = to_transform(matrix)
    assert moved(inverse(there), *moved(there, *point)) == pytest.approx(point, rel=1e-2, abs=1)


@given(matrix=homographies(), factor=st.sampled_from([-3.0, 0.01, 7.0]))
def test_a_transform_does_not_depend_on_the_scale_of_its_matrix(
    matrix: Matrix, factor: float
) -> None:
    transform = to_transform(matrix)
    assert transform[8] == 1
    assert to_transform(factor * matrix) == pytest.approx(transform, rel=2e-6, abs=1e-12)


@given(matrix=homographies(), mirrored=st.booleans(), point=points)
def test_a_transform_between_views_leads_the_same_way_at_full_size(
    matrix: Matrix, mirrored: bool, point: tuple[float, float]
) -> None:
    """By hand: shrink the point to its view, mirror that, move it, and enlarge the result."""
    left, right = sized(1000, 750), sized(3000, 2000)
    x, y = point[0] * 400 / 1000, point[1] * 400 / 1000
    u, v = moved(matrix, 400 - x if mirrored else x, y)
    expected = u * 3000 / 500, v * 3000 / 500
    transform = from_views(matrix, (left, 400), (right, 500), mirrored)
    assert moved(transform, *point) == pytest.approx(expected, rel=1e-3, abs=1)


@given(matrix=homographies(), point=points)
def test_the_jacobian_is_how_far_neighbours_move(
    matrix: Matrix, point: tuple[float, float]
) -> None:
    x, y = point
    step = 1e-3
    ahead = np.array([moved(matrix, x + step, y), moved(matrix, x, y + step)])
    behind = np.array([moved(matrix, x - step, y), moved(matrix, x, y - step)])
    measured = (ahead - behind).T / (2 * step)
    assert jacobian(matrix, x, y) == pytest.approx(measured, rel=1e-3, abs=1e-4)
