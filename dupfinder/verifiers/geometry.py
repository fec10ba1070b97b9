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
_MAX_STRETCH = 3.0
_MIN_SCALE, _MAX_SCALE = 1 / 20, 20.0


@dataclass(frozen=True, slots=True)
class Alignment:
    """A homography (3, 3) from left to right pixels with its inliers among the matches.

    `hull` is the area of the inliers' convex hull as a share of the left picture.
    """

    matrix: Matrix
    inliers: int
    ratio: float
    hull: float


def align(left: Points, right: Points, shape: tuple[int, int]) -> Alignment | None:
    """Fit a similarity, then a homography where that explains clearly more.

    Args:
        left, right: (N, 2) float32 matched points, x then y.
        shape: (height, width) of the left picture.
    """
    if len(left) < 4:
        return None
    matrix, inside = _similarity(left, right)
    if matrix is None or inside is None:
        return None
    if inside.sum() < 0.9 * len(left) and len(left) >= 8:
        wider, wide_inside = _homography(left, right)
        if (
            wider is not None
            and wide_inside is not None
            and wide_inside.sum() >= _GAIN * inside.sum()
        ):
            matrix, inside = wider, wide_inside
    if not is_plausible(matrix, shape):
        return None
    hull = cv2.contourArea(cv2.convexHull(left[inside])) / (shape[0] * shape[1])
    return Alignment(matrix, int(inside.sum()), float(inside.mean()), float(hull))


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
