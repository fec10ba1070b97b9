"""Homographies between two photos at full size, as evidence carries them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dupfinder.model import Orientation, Photo, Transform

Matrix = NDArray[np.float64]

_MIRROR = np.array([[-1.0, 0, 1], [0, 1, 0], [0, 0, 1]])  # of the unit square, left to right
_QUARTER = np.array([[0.0, 1, 0], [-1, 0, 1], [0, 0, 1]])  # counter-clockwise, y pointing down


def whole_frame(left: Photo, right: Photo, orientation: Orientation) -> Transform:
    """The transform that lays the whole of `left`, brought into `orientation`, over `right`."""
    unit = np.linalg.matrix_power(_QUARTER, orientation.quarter_turns)
    if orientation.is_mirrored:
        unit = _MIRROR @ unit
    shrink = np.diag([1 / left.width, 1 / left.height, 1.0])
    return to_transform(np.diag([right.width, right.height, 1.0]) @ unit @ shrink)


def from_views(
    matrix: Matrix, left: tuple[Photo, int], right: tuple[Photo, int], mirrored: bool
) -> Transform:
    """Bring a homography between two views to full size.

    Args:
        matrix: (3, 3) from pixels of the left view to pixels of the right one.
        left, right: each photo with the width of its view in pixels.
        mirrored: whether the left view was mirrored left to right before.
    """
    down = np.diag([left[1] / left[0].width, left[1] / left[0].width, 1.0])
    up = np.diag([right[0].width / right[1], right[0].width / right[1], 1.0])
    mirror = np.diag([-1.0, 1.0, 1.0]) if mirrored else np.eye(3)
    mirror[0, 2] = left[1] if mirrored else 0.0
    return to_transform(up @ matrix @ mirror @ down)


def inverse(transform: Transform) -> Transform:
    """The way back."""
    return to_transform(np.linalg.inv(np.reshape(transform, (3, 3))))


def jacobian(matrix: Matrix, x: float, y: float) -> Matrix:
    """The 2x2 derivative of the homography at (x, y): turn, scale and stretch there."""
    u, v, w = matrix @ np.array([x, y, 1.0])
    rows = matrix[:2, :2] * w - np.outer([u, v], matrix[2, :2])
    return np.asarray(rows / (w * w), np.float64)


def to_transform(matrix: Matrix) -> Transform:
    """Scaled so that the last entry is 1, rounded so that it is the same on every machine."""
    a, b, c, d, e, f, g, h, i = (float(f"{value:.6g}") for value in (matrix / matrix[2, 2]).ravel())
    return (a, b, c, d, e, f, g, h, i)
