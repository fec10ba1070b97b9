"""Transforms lead every pixel to where it is in the other picture."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from strategies_clusters import a_photo

from dupfinder.model import Evidence, Orientation, Photo, Transform
from dupfinder.verifiers.transforms import (
    from_views,
    inverse,
    jacobian,
    seen_from_right,
    taken_apart,
    to_transform,
    to_views,
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
    """By hand: shrink the point to its view, mirror that, move it, and enlarge the result.

    OpenCV, which found the matrix, has the origin in the middle of the first pixel.
    """
    left, right = sized(1000, 750), sized(3000, 2000)
    x, y = point[0] * 400 / 1000, point[1] * 400 / 1000
    u, v = moved(matrix, (400 - x if mirrored else x) - 0.5, y - 0.5)
    expected = (u + 0.5) * 3000 / 500, (v + 0.5) * 3000 / 500
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


@given(matrix=homographies())
def test_a_transform_between_photos_gives_back_that_of_their_views(matrix: Matrix) -> None:
    left, right = sized(1000, 750), sized(3000, 2000)
    transform = from_views(matrix, (left, 400), (right, 600), mirrored=False)
    again = to_views(transform, (left, 400, 300), (right, 600, 400))
    assert again / again[2, 2] == pytest.approx(matrix, rel=1e-3, abs=1e-2)


def test_a_view_may_be_squeezed_into_a_square() -> None:
    """The whole of a photo over the whole of the other is nothing to do for their thumbnails."""
    left, right = sized(1000, 750), sized(300, 400)
    transform = whole_frame(left, right, Orientation.UPRIGHT)
    between = to_views(transform, (left, 64, 64), (right, 64, 64))
    assert between == pytest.approx(np.eye(3), abs=1e-5)


@EVERY_ORIENTATION
@pytest.mark.parametrize("tilt", [-20.0, 0.0, 7.0])
def test_a_transform_is_taken_apart_into_what_it_was_made_of(
    orientation: Orientation, tilt: float
) -> None:
    """Mirrored, scaled, turned by quarters and tilted about the middle, in this order."""
    left, right = sized(500, 300), sized(500, 300)
    if orientation.swaps_sides:
        right = sized(300, 500)
    whole = np.reshape(whole_frame(left, right, orientation), (3, 3))
    c, s = 0.5 * np.cos(np.radians(tilt)), 0.5 * np.sin(np.radians(tilt))
    tilted = to_transform(np.array([[c, s, 7], [-s, c, 9], [0, 0, 1]]) @ whole)
    motion = taken_apart(tilted, left.width, left.height)
    assert motion.mirrored == orientation.is_mirrored
    done = Orientation(motion.quarters)
    if motion.mirrored:
        done = Orientation.MIRRORED.then(done)
    assert done is orientation
    assert (motion.across, motion.along, motion.tilt) == pytest.approx((0.5, 0.5, tilt), abs=1e-3)
    assert motion.bend == pytest.approx(0, abs=1e-4)


def test_a_stretch_is_seen_along_the_sides_of_the_first_picture() -> None:
    motion = taken_apart(to_transform(np.diag([1.2, 0.8, 1])), 400, 300)
    assert (motion.across, motion.along) == pytest.approx((1.2, 0.8))
    assert motion.bend == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    "matrix",
    [np.array([[1, 0, 0], [0, 1, 0], [2e-4, 0, 1]]), np.array([[1, 0.1, 0], [0, 1, 0], [0, 0, 1]])],
    ids=["perspective", "shear"],
)
def test_perspective_and_shear_bend(matrix: Matrix) -> None:
    assert taken_apart(to_transform(matrix), 400, 300).bend > 0.015


def test_seen_from_the_other_side_all_sides_are_swapped() -> None:
    there = Evidence(
        "orb", distance=7, transform=to_transform(np.diag([2.0, 2.0, 1])), written=(0.1, 0.0),
        beyond=(0.2, 1.0), saturation=(3.0, 4.0), hue=0.5, tone=6.0,
    )  # fmt: skip
    back = seen_from_right(there)
    assert back.transform == pytest.approx((0.5, 0, 0, 0, 0.5, 0, 0, 0, 1))
    assert (back.written, back.beyond, back.saturation) == ((0.0, 0.1), (1.0, 0.2), (4.0, 3.0))
    assert seen_from_right(back) == there
    assert seen_from_right(Evidence("bytes")) == Evidence("bytes")
