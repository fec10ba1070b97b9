"""Keypoints that a known transform brings together, to be shown to a person.

Found anew and more of them than a verifier needs, in larger pictures: no verdict stands on them.
SIFT: Lowe 2004, with its ratio test.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from dupfinder.protocols import GreyImage
from dupfinder.verifiers.geometry import Points
from dupfinder.verifiers.matching import Keypoints, match
from dupfinder.verifiers.transforms import Matrix

_MOST = 1500  # keypoints a picture
_CONTRAST = 0.02  # half of OpenCV's default: hazy and dark pictures have keypoints, too
_REACH = 0.01  # of the longer side: how far from its place a keypoint may be
_ENOUGH = 20  # correspondences to put a transform right by
_EXACT = 1.5  # pixels
_THINNEST = 8  # pixels: building the pyramid of scales fails below


def correspondences(left: GreyImage, right: GreyImage, matrix: Matrix) -> tuple[Points, Points]:
    """Matching keypoints of two upright pictures, the clearest first: two (N, 2) float32, x and y.

    Args:
        left, right: (height, width) uint8.
        matrix: homography (3, 3) from left to right pixels; it may mirror.
    """
    mirrored = float(np.linalg.det(matrix)) * float(matrix[2, 2]) < 0
    ours = _keypoints(left[:, ::-1] if mirrored else left)
    if mirrored:  # SIFT does not see through a mirror: the points are brought back afterwards
        ours.points[:, 0] = left.shape[1] - 1 - ours.points[:, 0]
    a, b = match(ours, _keypoints(right))
    if not len(a):
        return a, b
    apart = np.hypot(*(_moved(a, matrix) - b).T)
    near = apart <= max(2.0, _REACH * max(right.shape))
    return a[near], b[near]


def refined(matrix: Matrix, left: Points, right: Points, size: tuple[int, int]) -> Matrix:
    """The homography, put right by an affine fit to its correspondences in larger pictures.

    As it was where they are few, or where the fit would move a corner of the left picture, of
    (width, height) `size`, by more than a correction may.
    """
    if len(left) < _ENOUGH:
        return matrix
    moved = _moved(left, matrix)
    fit: Any
    fit, _ = cv2.estimateAffine2D(
        moved, right, method=cv2.RANSAC, ransacReprojThreshold=_EXACT, maxIters=2000
    )
    if fit is None:
        return matrix
    corrected = np.vstack([fit, [0.0, 0.0, 1.0]]) @ matrix
    width, height = size
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    apart = np.hypot(*(_moved(corners, corrected) - _moved(corners, matrix)).T)
    extent = np.ptp(_moved(corners, matrix), axis=0).max()
    return corrected if apart.max() <= 2 * _REACH * extent else matrix


def _moved(points: Points, matrix: Matrix) -> Points:
    moved = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return np.asarray(moved[:, :2] / moved[:, 2:], np.float32)


def _keypoints(grey: GreyImage) -> Keypoints:
    found: Any = ()
    descriptors: Any = None
    if min(grey.shape) >= _THINNEST:
        # Otherwise all points are off by a quarter of a pixel, each in the frame of its picture.
        sift = cv2.SIFT.create(
            nfeatures=_MOST, contrastThreshold=_CONTRAST, enable_precise_upscale=True
        )
        found, descriptors = sift.detectAndCompute(np.ascontiguousarray(grey), None)
    points = np.array([each.pt for each in found], np.float32).reshape(-1, 2)
    if descriptors is None:
        descriptors = np.empty((0, 128), np.float32)
    return Keypoints(points, descriptors)
