"""A picture -> where it has which colours: histograms of hue, saturation and value by region.

Five regions, so that a red sky and a red floor differ: an ellipse in the middle and the four
corners around it, as is usual for colour descriptors of this kind (Stricker and Dimai, "Color
indexing with weak spatial constraints", 1996).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

VERSION = 1  # raised whenever the histograms of a picture could change

BINS = (8, 12, 3)  # of hue, saturation and value
REGIONS = 5
LENGTH = REGIONS * BINS[0] * BINS[1] * BINS[2]
_SIDE = 128  # pixels: the longer side of what is counted
_MIDDLE = 0.75  # of each side: the axes of the ellipse
_HUES = 180  # OpenCV's hues are degrees halved


def histograms(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(LENGTH,) float32: the shares of each region's pixels in each bin, region by region.

    Args:
        rgb: (height, width, 3) uint8, upright.
    """
    scale = min(1.0, _SIDE / max(rgb.shape[:2]))
    if scale < 1:
        height, width = (max(1, round(length * scale)) for length in rgb.shape[:2])
        rgb = np.asarray(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    hsv = cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2HSV).astype(np.int64)
    hue = hsv[..., 0] * BINS[0] // _HUES
    saturation, value = (hsv[..., at] * BINS[at] // 256 for at in (1, 2))
    per_region = BINS[0] * BINS[1] * BINS[2]
    cell = (hue * BINS[1] + saturation) * BINS[2] + value
    regions = _regions(*hsv.shape[:2])
    counts = np.bincount((regions * per_region + cell).ravel(), minlength=LENGTH)
    shares = counts.reshape(REGIONS, per_region).astype(np.float64)
    shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1)
    return shares.astype(np.float32).ravel()


def _regions(height: int, width: int) -> NDArray[np.int64]:
    """(height, width): 0 in the ellipse, 1 to 4 in the corners around it."""
    y = (np.arange(height) + 0.5) / height * 2 - 1
    x = (np.arange(width) + 0.5) / width * 2 - 1
    corner = 1 + 2 * (y[:, None] > 0) + (x[None, :] > 0)
    inside = (y[:, None] ** 2 + x[None, :] ** 2) <= _MIDDLE**2
    return np.where(inside, 0, corner).astype(np.int64)
