"""Two pictures and the transform between them -> what their aligned overlap says."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from dupfinder.protocols import GreyImage
from dupfinder.verifiers.agreement import NOTHING, Agreement, agreement, tone

Polygon = NDArray[np.float64]  # (corners, 2): x, y

_SIDE = 160  # pixels: the longer side of the overlap when it is compared
_BLOCK = 16


@dataclass(frozen=True, slots=True)
class Overlap:
    """`share` of the smaller picture that both show, `of_left` and `of_right` of each of them."""

    of_left: float
    of_right: float
    agreement: Agreement
    tone: float

    @property
    def share(self) -> float:
        return max(self.of_left, self.of_right)


def compare_overlap(left: GreyImage, right: GreyImage, matrix: NDArray[np.float64]) -> Overlap:
    """Warp `left` by the homography (3, 3) onto `right` and compare where both have pixels."""
    quad = _quad(left, matrix)
    common = _clipped(quad, right.shape[1], right.shape[0])
    area = _area(common)
    if area < 1:
        return Overlap(0.0, 0.0, NOTHING, 0.0)
    of_left = min(1.0, area / max(1.0, _area(quad)))
    of_right = min(1.0, area / (right.shape[0] * right.shape[1]))
    x, y = common.min(axis=0)
    width, height = common.max(axis=0) - (x, y)
    scale = _SIDE / max(width, height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    to_frame = np.diag([scale, scale, 1.0]) @ np.array([[1.0, 0, -x], [0, 1, -y], [0, 0, 1]])
    grow = float(np.sqrt(_area(quad) / (left.shape[0] * left.shape[1]))) * scale
    a, mask_a = _warp(left, to_frame @ matrix, size, grow)
    b, mask_b = _warp(right, to_frame, size, scale)
    mask = np.minimum(mask_a, mask_b)
    return Overlap(of_left, of_right, agreement(a, b, _BLOCK, mask), tone(a, b, mask))


def _quad(image: GreyImage, matrix: NDArray[np.float64]) -> Polygon:
    height, width = image.shape
    corners = np.array([[[0, 0], [width, 0], [width, height], [0, height]]], np.float64)
    return np.asarray(cv2.perspectiveTransform(corners, matrix)[0], np.float64)


def _clipped(polygon: Polygon, width: float, height: float) -> Polygon:
    """The part of a convex polygon inside the rectangle (Sutherland and Hodgman 1974).

    OpenCV's own intersection of convex polygons fails where edges nearly coincide, which is what
    the outlines of a photo and its copy do.
    """
    for axis, bound, sign in ((0, 0.0, 1), (0, width, -1), (1, 0.0, 1), (1, height, -1)):
        kept: list[NDArray[np.float64]] = []
        for start, end in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
            before, after = sign * (start[axis] - bound), sign * (end[axis] - bound)
            if before >= 0:
                kept.append(start)
            if before * after < 0:
                kept.append(start + (end - start) * (before / (before - after)))
        polygon = np.array(kept, np.float64).reshape(-1, 2)
        if not len(polygon):
            break
    return polygon


def _area(polygon: Polygon) -> float:
    """The shoelace formula."""
    x, y = polygon.T
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2


def _warp(
    image: GreyImage, matrix: NDArray[np.float64], size: tuple[int, int], grow: float
) -> tuple[GreyImage, GreyImage]:
    """The picture brought into the frame, and where it has pixels there.

    Shrunk by area first where it gets smaller: warping alone would alias.
    """
    if grow < 1:
        small = (max(1, round(image.shape[1] * grow)), max(1, round(image.shape[0] * grow)))
        across, along = image.shape[1] / small[0], image.shape[0] / small[1]
        # OpenCV's pixels have their middle at whole numbers, so scaling moves the origin.
        rescale = np.array(
            [[across, 0, (across - 1) / 2], [0, along, (along - 1) / 2], [0, 0, 1.0]]
        )
        image = np.asarray(cv2.resize(image, small, interpolation=cv2.INTER_AREA), np.uint8)
        matrix = matrix @ rescale
    warped = cv2.warpPerspective(image, matrix, size)
    mask = cv2.warpPerspective(np.full_like(image, 255), matrix, size, flags=cv2.INTER_NEAREST)
    return np.asarray(warped, np.uint8), np.asarray(mask, np.uint8)
