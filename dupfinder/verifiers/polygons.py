"""Outlines of pictures under a homography, and how much of each the other one covers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dupfinder.model import Sides, Transform

Polygon = NDArray[np.float64]  # (corners, 2): x, y
Box = tuple[float, float, float, float]  # left, top, right and bottom


def outline(width: float, height: float, matrix: NDArray[np.float64]) -> Polygon:
    """Where the homography (3, 3) brings the corners of a picture, clockwise from the top left."""
    corners = np.array([[0, 0, 1], [width, 0, 1], [width, height, 1], [0, height, 1]], np.float64)
    moved = corners @ matrix.T
    return np.asarray(moved[:, :2] / moved[:, 2:], np.float64)


def clipped(polygon: Polygon, width: float, height: float) -> Polygon:
    """The part of a convex polygon inside the rectangle (Sutherland and Hodgman 1974).

    OpenCV's own intersection of convex polygons fails where edges nearly coincide, which is what
    the outlines of a photo and its copy do.
    """
    corners: list[list[float]] = polygon.tolist()
    for axis, bound, sign in ((0, 0.0, 1), (0, width, -1), (1, 0.0, 1), (1, height, -1)):
        corners = _inside(corners, axis, bound, sign)
    return np.array(corners, np.float64).reshape(-1, 2)


# Plain numbers: on so few corners numpy takes eight times as long.
def _inside(corners: list[list[float]], axis: int, bound: float, sign: int) -> list[list[float]]:
    """The part of a convex polygon on one side of a line across an axis."""
    kept: list[list[float]] = []
    for at, end in enumerate(corners):
        start = corners[at - 1]
        before, after = sign * (start[axis] - bound), sign * (end[axis] - bound)
        if before * after < 0:
            share = before / (before - after)
            kept.append([a + (b - a) * share for a, b in zip(start, end, strict=True)])
        if after >= 0:
            kept.append(end)
    return kept


def area(polygon: Polygon) -> float:
    """The shoelace formula."""
    corners: list[list[float]] = polygon.tolist()
    twice = 0.0
    for at, (x, y) in enumerate(corners):
        before = corners[at - 1]
        twice += before[0] * y - before[1] * x
    return abs(twice) / 2


def common_areas(left: Box, right: Box, transform: Transform) -> Sides:
    """The area that two boxes have in common, in square pixels of each photo.

    Under perspective a share of the one is no share of the other.
    """
    matrix = np.reshape(transform, (3, 3))
    return _covered(left, right, np.linalg.inv(matrix)), _covered(right, left, matrix)


def _covered(box: Box, by: Box, matrix: NDArray[np.float64]) -> float:
    """The area of `box` that `by` covers, `matrix` leading there."""
    x, y, *end = by
    moved = outline(end[0] - x, end[1] - y, matrix @ np.array([[1, 0, x], [0, 1, y], [0, 0, 1]]))
    seen = clipped(moved - box[:2], box[2] - box[0], box[3] - box[1])
    return area(seen)
