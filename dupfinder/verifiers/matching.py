"""Keypoints of two pictures -> which of them are the same points.

Ratio test: Lowe 2004.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dupfinder.verifiers.geometry import Points
from dupfinder.verifiers.transforms import Matrix

RATIO = 0.85
# Pixels of the views: where a keypoint may lie from where the transform puts it.
_GUIDED_REACH = 6.0
# Euclidean distance of unit descriptors: chance pairs are hardly ever nearer.
_GUIDED_DISTANCE = 0.8
# Words of 64 bits whose distance a byte can hold: bytes are added quickest.
_WORDS = 3


@dataclass(frozen=True, slots=True)
class Keypoints:
    """(N, 2) float32 points in pixels of the view, and their N descriptors."""

    points: Points
    descriptors: NDArray[Any]


def match(left: Keypoints, right: Keypoints, ratio: float = RATIO) -> tuple[Points, Points]:
    """Mutual nearest neighbours that pass the ratio test, best first: two (N, 2) arrays.

    Nothing but neighbours is asked for with a `ratio` of 1.
    """
    if len(left.points) < 2 or len(right.points) < 2:
        empty = np.empty((0, 2), np.float32)
        return empty, empty
    distance = _distances(left.descriptors, right.descriptors)
    rows = np.arange(len(distance))
    forth = distance.argmin(axis=1)
    best = distance[rows, forth]
    distance[rows, forth] = np.iinfo(np.uint16).max if distance.dtype == np.uint16 else np.inf
    quotient = best.astype(np.float64) / np.maximum(distance.min(axis=1), 1e-9)
    distance[rows, forth] = best
    kept = np.flatnonzero(quotient < ratio)  # hardly any, of two pictures: the way back is short
    kept = kept[distance[:, forth[kept]].argmin(axis=0) == kept]
    kept = kept[np.argsort(quotient[kept], kind="stable")]
    return left.points[kept], right.points[forth[kept]]


def guided(left: Keypoints, right: Keypoints, matrix: Matrix) -> tuple[Points, Points]:
    """Mutual nearest neighbours among the points that a first, weak transform brings together.

    Without the competition of all other points the ratio test is not needed: faint and repeated
    ones are found, too. For descriptors of unit length only.

    Args:
        matrix: (3, 3) from pixels of the left view to pixels of the right one.
    """
    empty = np.empty((0, 2), np.float32)
    if not len(left.points) or not len(right.points):
        return empty, empty
    moved = np.column_stack([left.points, np.ones(len(left.points))]) @ matrix.T
    moved = moved[:, :2] / moved[:, 2:]
    apart = np.hypot(*(moved[:, None] - right.points[None]).transpose(2, 0, 1))
    distance = _distances(left.descriptors, right.descriptors)
    distance[apart > _GUIDED_REACH] = np.inf
    forth = distance.argmin(axis=1)
    rows = np.arange(len(distance))
    mutual = distance.argmin(axis=0)[forth] == rows
    kept = np.flatnonzero(mutual & (distance[rows, forth] < _GUIDED_DISTANCE))
    return left.points[kept], right.points[forth[kept]]


def _distances(left: NDArray[Any], right: NDArray[Any]) -> NDArray[Any]:
    """(N, M): Hamming for binary descriptors (uint8), Euclidean for the others."""
    if left.dtype == np.uint8:
        a, b = left.view(np.uint64), np.ascontiguousarray(right.view(np.uint64).T)
        total = np.zeros((len(left), len(right)), np.uint16)
        for first in range(0, len(b), _WORDS):
            part = np.bitwise_count(a[:, first, None] ^ b[first])
            for word in range(first + 1, min(first + _WORDS, len(b))):
                part += np.bitwise_count(a[:, word, None] ^ b[word])
            total += part
        return total
    squares = (left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1) - 2 * left @ right.T
    return np.asarray(np.sqrt(np.maximum(squares, 0)))
