"""Keypoint matches -> the transform that explains them, or none that a copy could have.

RANSAC: Fischler and Bolles 1981; MAGSAC++: Barath et al. 2020, both as OpenCV implements them with
fixed seeds, so that the same matches always give the same transform.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from dupfinder.verifiers.transforms import Matrix, jacobian

Points = NDArray[np.float32]

_SIMILARITY_REACH = 4.0  # pixels at the size of the keypoint detectors
_HOMOGRAPHY_REACH = 3.0
_GAIN = 1.15  # a homography has twice the freedom: it must explain clearly more
_AS_MUCH, _MORE_EXACTLY = 0.9, 0.75  # or nearly as much, with this share of the distance
_STRAINED = 1.0  # pixels: a similarity that fits less exactly may be the wrong kind of transform
_MAX_STRETCH = 3.0
# Scales at the corners may differ by this share in a rigid transform: what matching is exact to.
_RIGID = 0.06
# By how much less exactly, or by how many pixels, a straight transform may fit.
_STRAIGHT, _STRAIGHT_PIXELS = 1.1, 0.1
_MIN_SCALE, _MAX_SCALE = 1 / 20, 20.0


@dataclass(frozen=True, slots=True)
class Alignment:
    """A homography (3, 3) from left to right pixels with its inliers among the matches.

    `hull` is the area of the inliers' convex hull as a share of the left picture, `rms` their root
    mean square distance from where the matrix puts them, in pixels of the right one. `is_rigid` is
    a transform that hardly stretches and hardly tilts the plane, `is_axis_aligned` one that only
    scales and moves it.
    """

    matrix: Matrix
    inliers: int
    ratio: float
    hull: float
    rms: float
    is_rigid: bool
    is_axis_aligned: bool


def align(
    left: Points, right: Points, shape: tuple[int, int], *, bent: bool = True
) -> Alignment | None:
    """Fit a similarity, then a homography where that explains clearly more.

    Args:
        left, right: (N, 2) float32 matched points, x then y.
        shape: (height, width) of the left picture.
        bent: whether a homography may be tried; among mostly wrong matches it takes long.
    """
    if len(left) < 4:
        return None
    matrix, inside = _similarity(left, right)
    if matrix is None or inside is None:
        return None
    strained = _rms(left, right, matrix, inside) > _STRAINED
    if bent and len(left) >= 8 and (strained or inside.sum() < 0.9 * len(left)):
        wider, wide_inside = _homography(left, right)
        if (
            wider is not None
            and wide_inside is not None
            and _is_better(left, right, (wider, wide_inside), (matrix, inside))
        ):
            matrix, inside = wider, wide_inside
    straight = _straightened(left, right, matrix, inside)
    if straight is not None:
        matrix, inside = straight
    if not inside.any() or not is_plausible(matrix, shape):
        return None
    hull = cv2.contourArea(cv2.convexHull(left[inside])) / (shape[0] * shape[1])
    return Alignment(
        matrix=matrix,
        inliers=int(inside.sum()),
        ratio=float(inside.mean()),
        hull=float(hull),
        rms=_rms(left, right, matrix, inside),
        is_rigid=_is_rigid(matrix, shape),
        is_axis_aligned=straight is not None,
    )


def _similarity(left: Points, right: Points) -> tuple[Matrix | None, NDArray[np.bool_] | None]:
    """Robust similarity, then an affine fit to its inliers: copies are stretched, too."""
    partial: Any
    partial, flags = cv2.estimateAffinePartial2D(
        left, right, method=cv2.RANSAC, ransacReprojThreshold=_SIMILARITY_REACH, maxIters=2000
    )
    if partial is None:
        return None, None
    inside = flags.ravel().astype(bool)
    for _ in range(2):
        if inside.sum() < 6:
            break
        full, _ = cv2.estimateAffine2D(
            left[inside], right[inside], method=cv2.LMEDS if inside.sum() > 8 else cv2.RANSAC
        )
        if full is None:
            break
        near = _distances(left, right, full) < _SIMILARITY_REACH
        if near.sum() < inside.sum():
            break
        partial, inside = full, near
    return np.vstack([partial, [0.0, 0.0, 1.0]]), inside


def _homography(left: Points, right: Points) -> tuple[Matrix | None, NDArray[np.bool_] | None]:
    matrix: Any
    matrix, flags = cv2.findHomography(left, right, cv2.USAC_MAGSAC, _HOMOGRAPHY_REACH)
    if matrix is None:
        return None, None
    return np.asarray(matrix, np.float64), flags.ravel().astype(bool)


def _distances(left: Points, right: Points, affine: NDArray[np.float64]) -> NDArray[np.float64]:
    moved = left @ affine[:, :2].T + affine[:, 2]
    return np.asarray(np.hypot(*(moved - right).T), np.float64)


def _is_better(
    left: Points,
    right: Points,
    wider: tuple[Matrix, NDArray[np.bool_]],
    narrow: tuple[Matrix, NDArray[np.bool_]],
) -> bool:
    """Whether a homography explains clearly more, or as much much more exactly."""
    if wider[1].sum() >= _GAIN * narrow[1].sum():
        return True
    if wider[1].sum() < _AS_MUCH * narrow[1].sum():
        return False
    return _rms(left, right, *wider) < _MORE_EXACTLY * _rms(left, right, *narrow)


def _rms(left: Points, right: Points, matrix: Matrix, inside: NDArray[np.bool_]) -> float:
    """Root mean square distance between the right inliers and the moved left ones."""
    if not inside.any():
        return 0.0
    moved = np.column_stack([left[inside], np.ones(int(inside.sum()))]) @ matrix.T
    return float(np.sqrt(((moved[:, :2] / moved[:, 2:] - right[inside]) ** 2).sum(axis=1).mean()))


def _is_rigid(matrix: Matrix, shape: tuple[int, int]) -> bool:
    """Whether all corners are scaled alike and in all directions."""
    height, width = shape
    spread = np.array(
        [
            np.linalg.svd(jacobian(matrix, x, y), compute_uv=False)
            for x, y in ((0, 0), (width, 0), (width, height), (0, height))
        ]
    )
    return bool(spread.max() <= (1 + _RIGID) * spread.min())


def _straightened(
    left: Points, right: Points, matrix: Matrix, inside: NDArray[np.bool_]
) -> tuple[Matrix, NDArray[np.bool_]] | None:
    """The transform that only scales and moves, if it explains the inliers about as well.

    What was cut and pasted is not turned: few points say so more exactly than their best fit.
    """
    if inside.sum() < 5:
        return None
    lines = [np.polyfit(left[inside, axis], right[inside, axis], 1) for axis in (0, 1)]
    straight = np.array([[lines[0][0], 0, lines[0][1]], [0, lines[1][0], lines[1][1]], [0, 0, 1.0]])
    if min(straight[0, 0], straight[1, 1]) <= 0:
        return None
    exact = _rms(left, right, matrix, inside)
    if _rms(left, right, straight, inside) > max(_STRAIGHT * exact, exact + _STRAIGHT_PIXELS):
        return None
    return straight, _distances(left, right, straight[:2]) < _SIMILARITY_REACH


def is_plausible(matrix: Matrix, shape: tuple[int, int]) -> bool:
    """Whether a picture of (height, width) `shape` can have been copied this way.

    Refused are transforms that mirror (mirrored pairs are brought upright first), fold the picture,
    squeeze it more than threefold or change its size more than twentyfold.
    """
    height, width = shape
    corners = np.array([[0, 0, 1], [width, 0, 1], [width, height, 1], [0, height, 1]], np.float64)
    moved = corners @ matrix.T
    if (moved[:, 2] * matrix[2, 2] <= 1e-6).any():
        return False
    quad = moved[:, :2] / moved[:, 2:]
    edges = np.roll(quad, -1, axis=0) - quad
    following = np.roll(edges, -1, axis=0)
    if (edges[:, 0] * following[:, 1] - edges[:, 1] * following[:, 0] <= 0).any():
        return False  # not convex, or mirrored
    spread = np.linalg.svd(jacobian(matrix, width / 2, height / 2), compute_uv=False)
    if spread[1] <= 0 or spread[0] / spread[1] > _MAX_STRETCH:
        return False
    scale = float(np.sqrt(spread[0] * spread[1]))
    return _MIN_SCALE <= scale <= _MAX_SCALE
