"""A picture -> its strongest KAZE keypoints as one vector.

Alcantarilla, Bartoli, Davison, "KAZE features", 2012. The descriptors of the strongest keypoints,
one after the other, are the vector of the search-by-image systems that this comes from.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from dupfinder.decode import shrunk
from dupfinder.protocols import GreyImage

VERSION = 1  # raised whenever the vector of a picture could change

KEYPOINTS, FLOATS = 32, 64
LENGTH = KEYPOINTS * FLOATS
_SIDE = 256  # pixels: the longer side of the picture that is looked at
_THINNEST = 8  # pixels: building the pyramid of scales fails below


def vector(grey: GreyImage) -> NDArray[np.float32]:
    """(LENGTH,) float32 of unit length, or zeros where nothing is found.

    Descriptors stand in descending order of their keypoints' response; what a picture lacks of
    keypoints is zero.

    Args:
        grey: (height, width) uint8, upright.
    """
    out = np.zeros((KEYPOINTS, FLOATS), np.float32)
    small = shrunk(grey, _SIDE)
    if min(small.shape) >= _THINNEST:
        found, descriptors = _detector().detectAndCompute(small, None)
        if descriptors is not None:
            keys = [(-each.response, *each.pt, each.size, each.angle) for each in found]
            order = sorted(range(len(keys)), key=keys.__getitem__)[:KEYPOINTS]
            out[: len(order)] = descriptors[order]
    norm = float(np.linalg.norm(out))
    return (out / norm if norm > 0 else out).ravel()


@cache
def _detector() -> Any:
    # One picture is handled by one thread: the processes are the parallelism.
    cv2.setNumThreads(1)
    return cv2.KAZE.create(threshold=0.0005, nOctaves=2)
