"""Homographies between two photos at full size, as evidence carries them.

Those have the origin in the corner of the picture; OpenCV has it in the middle of the first pixel.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import atan2, degrees

import numpy as np
from numpy.typing import NDArray

from dupfinder.model import Evidence, Orientation, Photo, Sides, Transform

Matrix = NDArray[np.float64]

_MIRROR = np.array([[-1.0, 0, 1], [0, 1, 0], [0, 0, 1]])  # of the unit square, left to right
_QUARTER = np.array([[0.0, 1, 0], [-1, 0, 1], [0, 0, 1]])  # counter-clockwise, y pointing down
_TO_CORNER = np.array([[1.0, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])  # from OpenCV's origin to ours


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
        matrix: (3, 3) from pixels of the left view to pixels of the right one, as OpenCV counts.
        left, right: each photo with the width of its view in pixels.
        mirrored: whether the left view was mirrored left to right before.
    """
    down, up = _scaling(left[1] / left[0].width), _scaling(right[0].width / right[1])
    mirror = np.diag([-1.0, 1.0, 1.0]) if mirrored else np.eye(3)
    mirror[0, 2] = left[1] if mirrored else 0.0
    between = _TO_CORNER @ matrix @ np.linalg.inv(_TO_CORNER)
    return to_transform(up @ between @ mirror @ down)


def to_views(
    transform: Transform, left: tuple[Photo, int, int], right: tuple[Photo, int, int]
) -> Matrix:
    """The homography (3, 3) between two upright views, as OpenCV counts their pixels.

    Args:
        transform: between the photos at full size.
        left, right: each photo with the width and height of its view in pixels, in which its sides
            may be squeezed.
    """
    full = np.reshape(transform, (3, 3))
    up = np.diag([left[0].width / left[1], left[0].height / left[2], 1.0])
    down = np.diag([right[1] / right[0].width, right[2] / right[0].height, 1.0])
    return np.asarray(np.linalg.inv(_TO_CORNER) @ down @ full @ up @ _TO_CORNER, np.float64)


def _scaling(factor: float) -> Matrix:
    return np.diag([factor, factor, 1.0])


def inverse(transform: Transform) -> Transform:
    """The way back."""
    return to_transform(np.linalg.inv(np.reshape(transform, (3, 3))))


def is_mirrored(transform: Transform | None) -> bool:
    """Whether the transform turns left into right; not so where there is none."""
    return transform is not None and float(np.linalg.det(np.reshape(transform, (3, 3)))) < 0


def jacobian(matrix: Matrix, x: float, y: float) -> Matrix:
    """The 2x2 derivative of the homography at (x, y): turn, scale and stretch there."""
    u, v, w = matrix @ np.array([x, y, 1.0])
    rows = matrix[:2, :2] * w - np.outer([u, v], matrix[2, :2])
    return np.asarray(rows / (w * w), np.float64)


@dataclass(frozen=True, slots=True)
class Motion:
    """A transform taken apart: mirrored left to right, scaled, turned by quarters, then tilted.

    `quarters` (0 to 3) and `tilt` (degrees, -45 to 45) are counter-clockwise, `across` and `along`
    the factors of width and height of the first picture. `bend` is how far perspective or shear
    move one of its corners from where these would bring it, as a share of its diagonal.
    """

    mirrored: bool
    across: float
    along: float
    quarters: int
    tilt: float
    bend: float


def taken_apart(transform: Transform, width: float, height: float) -> Motion:
    """What the transform does to a picture of `width` by `height` pixels, measured at its middle.

    The turn is that of the polar decomposition: the rotation nearest to the derivative.
    """
    matrix = np.reshape(transform, (3, 3))
    middle = jacobian(matrix, width / 2, height / 2)
    mirrored = bool(np.linalg.det(middle) < 0)
    upright = middle @ np.diag([-1.0, 1.0]) if mirrored else middle
    before, _, after = np.linalg.svd(upright)
    rotation = before @ after
    across, along = (float(length) for length in np.linalg.norm(upright, axis=0))
    angle = degrees(atan2(-rotation[1, 0], rotation[0, 0]))
    quarters = round(angle / 90)
    return Motion(
        mirrored=mirrored,
        across=across,
        along=along,
        quarters=quarters % 4,
        tilt=angle - 90 * quarters,
        bend=_bend(matrix, (width, height), rotation @ np.diag([across, along]), mirrored),
    )


def _bend(matrix: Matrix, size: tuple[float, float], straight: Matrix, mirrored: bool) -> float:
    """The largest distance between corners moved by `matrix` and by `straight` (2, 2)."""
    half = np.array(size) / 2
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [0, 0]]) * half
    moved = np.column_stack([corners + half, np.ones(5)]) @ matrix.T
    moved = moved[:, :2] / moved[:, 2:]
    sides = corners * (-1, 1) if mirrored else corners
    expected = moved[4] + sides @ straight.T
    diagonal = 2 * np.linalg.norm(straight @ np.diag(half))
    return float(np.linalg.norm(moved - expected, axis=1).max() / diagonal)


def seen_from_right(evidence: Evidence) -> Evidence:
    """The same evidence for the pair in the other order."""
    return replace(
        evidence,
        transform=None if evidence.transform is None else inverse(evidence.transform),
        written=_swapped(evidence.written),
        beyond=_swapped(evidence.beyond),
        saturation=_swapped(evidence.saturation),
    )


def _swapped(sides: Sides | None) -> Sides | None:
    return None if sides is None else (sides[1], sides[0])


def to_transform(matrix: Matrix) -> Transform:
    """Scaled so that the last entry is 1, rounded so that it is the same on every machine."""
    a, b, c, d, e, f, g, h, i = (float(f"{value:.6g}") for value in (matrix / matrix[2, 2]).ravel())
    return (a, b, c, d, e, f, g, h, i)
