"""What stands in one of two aligned pictures and not in the other: text, stickers, marks.

The structure term of SSIM (Wang et al. 2004) compares two pictures in small windows by the
covariance of their grey levels: toning, fading, blur and noise leave it high, and it drops where
one of them has edges that the other has not.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from dupfinder.model import Sides
from dupfinder.protocols import GreyImage, Thumbnail

Grey = NDArray[np.float32]
Region = NDArray[np.bool_]

# Pixels: the longer side of the overlap in which text is looked for.
RESIDUAL_SIDE: Final = 256

_WINDOW = 1.5  # pixels: the sigma of the windows
_SMOOTH = 0.6  # pixels: the sigma of a first blur, against noise
_SEEN = 60.0  # squared grey levels: weaker structure in both counts as none
_MARGIN = 4  # pixels at the edge of the overlap that windows and warping do not see right
_MOST_GAIN = 3.0
# A pixel disagrees above the first; what stands there must reach the second somewhere, and hold
# this share of the overlap. Edited copies without text reach 0.6 in single spots.
_DIFFERS, _SURELY, _LEAST = 0.5, 0.75, 0.001
_LOST = 240, 120, 15, 100  # grey levels: white and bright, black and dark
_GAP = 36  # pixels closer than the longer side by this number belong together: letters of a line
_PATCH = 8  # pixels
# Thumbnails have a sixteenth of the pixels: the windows must be smaller there. Captions that their
# blocks let pass reach 0.51 and more, nearly all other edits stay below.
_THUMBNAIL_WINDOW, _SUSPECT = 1.0, 0.5


def is_suspect(left: Thumbnail, right: Thumbnail) -> bool:
    """Whether one of two thumbnails that lie over each other may be written over."""
    apart = _disagreement(_smooth(left, 0.3), _smooth(right, 0.3), _THUMBNAIL_WINDOW)
    return bool(apart.max() > _SUSPECT)


def written(left: GreyImage, right: GreyImage, mask: GreyImage) -> Sides:
    """The shares of the overlap over which something stands in `left` and in `right` alone.

    Args:
        left, right: (h, w) uint8, aligned within a pixel.
        mask: (h, w) uint8, non-zero where both have pixels.
    """
    marks = _marks(left, right, mask)
    on_left = _covered([mark for mark in marks if mark[1]])
    return round(min(1.0, on_left), 4), round(min(1.0, _covered(marks) - on_left), 4)


def shade(left: GreyImage, right: GreyImage, mask: GreyImage) -> float:
    """The mean absolute difference (0 to 255) of the mean grey levels of small patches.

    Re-encoding, blur, noise and a pixel's misalignment hardly move those; toning does. The tenth
    that differs most is left out: a sticker is no toning.
    """
    size = tuple(max(1, length // _PATCH) for length in mask.shape[::-1])
    inside = (mask > 0).astype(np.float32)
    sums = (inside, left * inside, right * inside)
    kept, a, b = (cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in sums)
    shown = kept > 0.5
    if not shown.any():
        return 0.0
    apart = np.sort(np.abs((a - b)[shown] / kept[shown]))
    return round(float(apart[: max(1, len(apart) * 9 // 10)].mean()), 2)


Mark = tuple[float, bool]  # share of the overlap, whether it stands on the left picture


def _covered(marks: list[Mark]) -> float:
    return sum(share for share, _ in marks)


def _marks(left: GreyImage, right: GreyImage, mask: GreyImage) -> list[Mark]:
    """Connected regions of disagreement, each measured by its convex hull."""
    a, b = _smooth(left, _SMOOTH), _smooth(right, _SMOOTH)
    kernel = np.ones((2 * _MARGIN + 1, 2 * _MARGIN + 1), np.uint8)
    inside = cv2.erode(mask, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0) > 0
    area = int(inside.sum())
    if not area:
        return []
    level = b * _gain(a, b, inside)
    apart = np.where(inside, _disagreement(a, level, _WINDOW), 0)
    differs = apart > _DIFFERS
    marks = []
    for region in _regions(differs):
        core = region & differs
        if core.sum() < _LEAST * area or apart[core].max() < _SURELY or _is_lost(a[core], b[core]):
            continue
        marks.append((_hull(region) / area, _stands_on_left(a, level, region)))
    return marks


def _is_lost(a: Grey, b: Grey) -> bool:
    """Whether one of them is white where the other is bright, or black where it is dark.

    A strong exposure takes the structure from there; nobody has written it on the other one.
    """
    white, bright, black, dark = _LOST
    shaded, lit = (a, b) if a.mean() < b.mean() else (b, a)
    blown = np.median(lit) >= white and np.quantile(shaded, 0.02) >= bright
    sunk = np.median(shaded) <= black and np.quantile(lit, 0.98) <= dark
    return bool(blown or sunk)


def _smooth(image: GreyImage, sigma: float) -> Grey:
    return np.asarray(cv2.GaussianBlur(image.astype(np.float32), (0, 0), sigma), np.float32)


def _gain(a: Grey, b: Grey, inside: Region) -> float:
    """What the contrast of `b` must be multiplied with to be that of `a`, by the median window."""
    spread_a, spread_b = (np.sqrt(_variance(image, _WINDOW))[inside] for image in (a, b))
    textured = np.maximum(spread_a, spread_b) > 4
    if textured.sum() < 50:
        return 1.0
    ratio = (spread_a[textured] + 1) / (spread_b[textured] + 1)
    return float(np.clip(np.median(ratio), 1 / _MOST_GAIN, _MOST_GAIN))


def _disagreement(a: Grey, b: Grey, window: float) -> Grey:
    """(h, w): 0 where the structure of both is the same, 1 where only one has any, 2 at most.

    Each pixel takes the best of nine shifts: copies are aligned within a pixel only.
    """
    mean_a, spread_a = _mean(a, window), _variance(a, window)
    mean_b, spread_b = (
        np.pad(of_b, 1, mode="edge") for of_b in (_mean(b, window), _variance(b, window))
    )
    b = np.pad(b, 1, mode="edge")
    height, width = a.shape
    best = np.full(a.shape, -1, np.float32)
    for y, x in np.ndindex(3, 3):
        there = slice(y, y + height), slice(x, x + width)
        together = _mean(a * b[there], window) - mean_a * mean_b[there]
        similar = (2 * together + _SEEN) / (spread_a + spread_b[there] + _SEEN)
        np.maximum(best, similar, out=best)
    return np.asarray(1 - best, np.float32)


def _mean(image: Grey, window: float) -> Grey:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), window), np.float32)


def _variance(image: Grey, window: float) -> Grey:
    spread = _mean(image * image, window) - _mean(image, window) ** 2
    return np.asarray(np.maximum(spread, 0), np.float32)


def _regions(differs: Region) -> list[Region]:
    """Connected regions, small gaps closed."""
    reach = 2 * max(2, round(max(differs.shape) / _GAP)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    closed = cv2.morphologyEx(differs.astype(np.uint8), cv2.MORPH_CLOSE, disc)
    count, labels = cv2.connectedComponents(closed)
    return [labels == label for label in range(1, count)]


def _hull(region: Region) -> float:
    """Pixels of the convex hull: the ground between letters is written over, too."""
    points: NDArray[np.int32] = np.argwhere(region)[:, ::-1].astype(np.int32)
    hull: NDArray[np.int32] = np.asarray(cv2.convexHull(points), np.int32)
    filled = cv2.fillConvexPoly(np.zeros(region.shape, np.uint8), hull, 1)
    return float(filled.sum())


def _stands_on_left(a: Grey, b: Grey, region: Region) -> bool:
    """Whether the rim of the region is an edge of `a`; of `b` otherwise.

    What was put over a picture ends in hard edges of its own. What it hides may have more texture,
    but not just there.
    """
    filled = region.astype(np.uint8)
    wider, narrower = cv2.dilate(filled, np.ones((3, 3))), cv2.erode(filled, np.ones((5, 5)))
    rim = wider > narrower
    return bool(_gradient(a)[rim].sum() > _gradient(b)[rim].sum())


def _gradient(image: Grey) -> Grey:
    across = cv2.Sobel(image, cv2.CV_32F, 1, 0)
    return np.asarray(np.hypot(across, cv2.Sobel(image, cv2.CV_32F, 0, 1)), np.float32)
