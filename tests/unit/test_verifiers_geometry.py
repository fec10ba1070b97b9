"""Matches are those of a plain search, and only transforms that a copy can have are accepted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dupfinder.verifiers.geometry import align, is_plausible
from dupfinder.verifiers.matching import Keypoints, guided, match

Matrix = NDArray[np.float64]

SHAPE = (300, 400)


def turning(degrees: float, scale: float = 1.0) -> Matrix:
    """About the middle of the picture."""
    c, s = scale * np.cos(np.radians(degrees)), scale * np.sin(np.radians(degrees))
    return np.array([[c, -s, 200 - 200 * c + 150 * s], [s, c, 150 - 200 * s - 150 * c], [0, 0, 1]])


def applied(matrix: Matrix, points: NDArray[np.float32]) -> NDArray[np.float32]:
    moved = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return (moved[:, :2] / moved[:, 2:]).astype(np.float32)


def scattered(count: int, seed: int = 1) -> NDArray[np.float32]:
    noise = np.random.default_rng(seed)
    return noise.uniform((0, 0), (400, 300), (count, 2)).astype(np.float32)


PERSPECTIVE = np.array([[1.0, 0.1, 5], [0, 1, 9], [4e-4, 1e-4, 1]])
TRANSFORMS = {
    "nothing": np.eye(3),
    "turned": turning(37),
    "shrunk": turning(0, 0.3),
    "turned and enlarged": turning(180, 2.5),
    "stretched": np.diag([0.7, 1.4, 1.0]),
    "perspective": PERSPECTIVE,
}


@pytest.mark.parametrize("matrix", TRANSFORMS.values(), ids=TRANSFORMS.keys())
@pytest.mark.parametrize("wrong", [0, 30])
def test_the_transform_is_found_among_wrong_matches(matrix: Matrix, wrong: int) -> None:
    left = scattered(80)
    right = applied(matrix, left)
    right[:wrong] = scattered(wrong, seed=2)
    found = align(left, right, SHAPE)
    assert found is not None
    assert np.abs(applied(found.matrix, left[wrong:]) - right[wrong:]).max() < 2
    assert 80 - wrong <= found.inliers <= 80 - wrong + 4
    assert found.ratio == pytest.approx(found.inliers / 80)
    assert 0.5 < found.hull <= 1


def test_the_same_matches_give_the_same_transform() -> None:
    left = scattered(80)
    right = applied(PERSPECTIVE, left)
    right[:40] = scattered(40, seed=2)
    first, second = align(left, right, SHAPE), align(left, right, SHAPE)
    assert first is not None
    assert second is not None
    assert first.matrix.tolist() == second.matrix.tolist()


@pytest.mark.parametrize("count", range(4))
def test_too_few_matches_explain_nothing(count: int) -> None:
    points = scattered(count)
    assert align(points, points, SHAPE) is None


def test_matches_in_one_place_explain_nothing() -> None:
    points = np.full((20, 2), 7, np.float32)
    assert align(points, points, SHAPE) is None


@pytest.mark.parametrize("matrix", TRANSFORMS.values(), ids=TRANSFORMS.keys())
def test_what_a_copy_can_have_is_plausible(matrix: Matrix) -> None:
    assert is_plausible(matrix, SHAPE)
    assert is_plausible(-3 * matrix, SHAPE)  # the scale of a homography means nothing


@pytest.mark.parametrize(
    "matrix",
    [
        np.diag([-1.0, 1.0, 1.0]),
        np.diag([4.0, 1.0, 1.0]),
        np.diag([1 / 25, 1 / 25, 1.0]),
        np.diag([25.0, 25.0, 1.0]),
        np.diag([0.0, 0.0, 1.0]),
        np.array([[1.0, 0, 0], [0, 1, 0], [-0.01, 0, 1]]),
    ],
    ids=["mirrored", "squeezed", "tiny", "huge", "a point", "folded"],
)
def test_what_no_copy_has_is_not(matrix: Matrix) -> None:
    assert not is_plausible(matrix, SHAPE)


def slow_match(left: Keypoints, right: Keypoints) -> set[tuple[float, float]]:
    """The first coordinates of mutual nearest neighbours whose second nearest is clearly farther.

    0.85 is the ratio of the ratio test.
    """

    def apart(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
        if left.descriptors.dtype == np.uint8:
            return sum(int(x ^ y).bit_count() for x, y in zip(a.tolist(), b.tolist(), strict=True))
        return float(np.linalg.norm(a - b))

    found = set()
    for i, mine in enumerate(left.descriptors):
        ranked = sorted((apart(mine, other), j) for j, other in enumerate(right.descriptors))
        (best, j), (second, _) = ranked[:2]
        back = min(
            (apart(each, right.descriptors[j]), k) for k, each in enumerate(left.descriptors)
        )
        # Of several that are equal to it the first counts as clearly nearer than the next.
        if back[1] == i and (best < 0.85 * second or best == 0):
            found.add((float(left.points[i, 0]), float(right.points[j, 0])))
    return found


def numbered(descriptors: NDArray[np.generic]) -> Keypoints:
    points = np.repeat(np.arange(len(descriptors), dtype=np.float32)[:, None], 2, axis=1)
    return Keypoints(points, descriptors)


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 2**32),
    count=st.integers(2, 12),
    binary=st.booleans(),
    values=st.sampled_from([(0, 255), (0, 1, 3), tuple(range(256))]),
)
def test_matches_are_those_of_a_plain_search(
    seed: int, count: int, binary: bool, values: tuple[int, ...]
) -> None:
    noise = np.random.default_rng(seed)
    if binary:  # of few values many are as near as others
        left = noise.choice(np.array(values, np.uint8), (count, 32 if len(values) > 3 else 1))
        left = np.repeat(left, 32 // left.shape[1], axis=1)
        right = left.copy()
        right[:, : noise.integers(32)] = noise.integers(0, 256, dtype=np.uint8)
    else:
        left = noise.normal(size=(count, 64)).astype(np.float32)
        right = left + noise.normal(scale=0.5, size=left.shape).astype(np.float32)
    one, other = numbered(left), numbered(noise.permutation(right))
    first, second = match(one, other)
    pairs = set(zip(first[:, 0].tolist(), second[:, 0].tolist(), strict=True))
    assert pairs == slow_match(one, other)


def test_the_best_matches_come_first() -> None:
    left = np.zeros((3, 32), np.uint8)
    left[0, :8], left[1, 8:16], left[2, 16:24] = 255, 255, 255
    right = left.copy()
    right[0, 0] = 0  # a byte is missing
    right[2, 16] = 127  # a bit is
    first, _ = match(numbered(left), numbered(right))
    assert first[:, 0].tolist() == [1, 2, 0]


def unit(rows: NDArray[np.float64]) -> NDArray[np.float32]:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_a_first_transform_guides_to_repeated_points_that_the_ratio_test_refuses() -> None:
    """Windows of one house: each looks like the next, and only its place tells them apart."""
    noise = np.random.default_rng(3)
    window = np.tile(noise.uniform(0, 1, 128), (40, 1))
    points = scattered(40)
    matrix = turning(20, 0.8)
    left = Keypoints(points, unit(window + noise.normal(0, 0.02, window.shape)))
    right = Keypoints(applied(matrix, points), unit(window + noise.normal(0, 0.02, window.shape)))
    assert len(match(left, right)[0]) < 10
    ours, theirs = guided(left, right, matrix)
    assert len(ours) > 35
    assert np.abs(applied(matrix, ours) - theirs).max() < 6.01
    beside = matrix + np.array([[0, 0, 1000.0], [0, 0, 0], [0, 0, 0]])
    assert len(guided(left, right, beside)[0]) == 0


@pytest.mark.parametrize(
    ("matrix", "rigid", "straight"),
    [
        (np.eye(3), True, True),
        (turning(0, 0.3), True, True),
        (turning(37), True, False),
        (np.diag([0.7, 1.4, 1.0]), False, True),
        (PERSPECTIVE, False, False),
    ],
    ids=["nothing", "shrunk", "turned", "stretched", "perspective"],
)
def test_the_kind_of_a_transform_is_told(matrix: Matrix, rigid: bool, straight: bool) -> None:
    left = scattered(80)
    found = align(left, applied(matrix, left), SHAPE)
    assert found is not None
    assert (found.is_rigid, found.is_axis_aligned) == (rigid, straight)
    assert found.rms < 0.1


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_keypoints_match_nothing(count: int) -> None:
    few = numbered(np.zeros((count, 32), np.uint8))
    many = numbered(np.arange(320, dtype=np.uint8).reshape(10, 32))
    for left, right in ((few, many), (many, few)):
        first, second = match(left, right)
        assert first.shape == second.shape == (0, 2)
