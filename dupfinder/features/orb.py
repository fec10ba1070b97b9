"""A picture -> its strongest ORB keypoints, as bytes: what a search by keypoints compares.

Rublee, Rabaud, Konolige, Bradski, "ORB: an efficient alternative to SIFT or SURF", 2011.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from dupfinder.decode import shrunk
from dupfinder.protocols import GreyImage

VERSION = 1  # raised whenever the keypoints of a picture could change

SIDE = 256  # pixels: the longer side of the picture that is looked at
_MOST = 200  # keypoints a picture
_THINNEST = 32  # pixels: below, ORB finds none, since it leaves a margin of 31

# Points in 16ths of a pixel.
_RECORD = np.dtype([("point", "<u2", 2), ("bits", "u1", 32)])
_POINT = 16.0


class OrbPoints(NamedTuple):
    """N keypoints: `points` (N, 2) float32, pixels of a picture of `SIDE`; `bits` (N, 32) uint8."""

    points: NDArray[np.float32]
    bits: NDArray[np.uint8]


def described(grey: GreyImage) -> bytes:
    """The keypoints of an upright picture (height, width) uint8, the strongest first."""
    small = shrunk(grey, SIDE)
    if min(small.shape) < _THINNEST:
        return b""
    found, bits = _detector().detectAndCompute(small, None)
    if bits is None:
        return b""
    keys = [(-each.response, *each.pt, each.size, each.angle) for each in found]
    order = sorted(range(len(keys)), key=keys.__getitem__)[:_MOST]
    records = np.zeros(len(order), _RECORD)
    points = np.array([found[at].pt for at in order], np.float64).reshape(-1, 2)
    records["point"] = np.round(points * _POINT)
    records["bits"] = bits[order]
    return records.tobytes()


def unpacked(stored: bytes) -> OrbPoints:
    """`described` as arrays.

    Raises:
        ValueError: if the length is not that of whole records.
    """
    records = np.frombuffer(stored, _RECORD)
    points = records["point"].astype(np.float32) / np.float32(_POINT)
    return OrbPoints(points, np.ascontiguousarray(records["bits"]))


@cache
def _detector() -> Any:
    # One picture is handled by one thread: the processes are the parallelism.
    cv2.setNumThreads(1)
    # A low threshold: blurred and faded pictures have weak corners only, and the strongest count.
    return cv2.ORB.create(nfeatures=_MOST, fastThreshold=7, nlevels=6)
