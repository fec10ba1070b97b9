"""Two pictures and the transform between them -> what their aligned overlap says."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from dupfinder.protocols import GreyImage
from dupfinder.verifiers.agreement import (
    NOTHING,
    Agreement,
    agreement,
    beside_stripes,
    is_striped,
    tone,
)
from dupfinder.verifiers.polygons import area, clipped, outline

_SIDE = 160  # pixels: the longer side of the overlap when it is compared
_FINE_SIDE = 320  # pixels: the same where words are compared, which look alike when smaller
_BLOCK = 16
# Share of the blocks with words that agree: 0.7 and more for copies of pages, 0.6 for others.
_SAME_WORDS = 0.65
# The same without the lines: 0.55 and more for copies of pages, even at a third of the size or
# blurred, 0.15 and less for others.
_SAME_LETTERS = 0.35
# Pictures whose blocks are alike on the whole are worth aligning better, unless they already agree.
_ALIKE, _SETTLED = 0.5, 0.85
# Steps of the refinement, and pixels by which it may move a corner of the overlap.
_STEPS, _CORRECTION = 20, 12.0
# Grey levels around their median within which pixels are flat, and the share of them that must be.
_FLAT, _MOSTLY = 12, 0.95


@dataclass(frozen=True, slots=True)
class Overlap:
    """`share` of the smaller picture that both show, `of_left` and `of_right` of each of them.

    `matrix` is the homography from left to right pixels, refined by the pixels themselves.
    `content` is the same share without what is flat beyond the overlap: a frame is no picture, nor
    are the corners that a turned picture leaves empty.
    """

    matrix: NDArray[np.float64]
    of_left: float
    of_right: float
    content: float
    agreement: Agreement
    tone: float

    @property
    def share(self) -> float:
        return max(self.of_left, self.of_right)


@dataclass(frozen=True, slots=True)
class Aligned:
    """Two pictures cut to what both show and laid over each other.

    `left` and `right` are (h, w) or (h, w, channels) uint8, `mask` (h, w) uint8 is non-zero where
    both have pixels. `of_left` and `of_right` are the shares of each that both show, `frame` is the
    homography from right pixels to those of the cut.
    """

    left: NDArray[np.uint8]
    right: NDArray[np.uint8]
    mask: GreyImage
    of_left: float
    of_right: float
    frame: NDArray[np.float64]


def compare_overlap(left: GreyImage, right: GreyImage, matrix: NDArray[np.float64]) -> Overlap:
    """Warp `left` by the homography (3, 3) onto `right` and compare where both have pixels."""
    both = aligned(left, right, matrix, _SIDE)
    if both is None:
        return Overlap(matrix, 0.0, 0.0, 0.0, NOTHING, 0.0)
    agreed = agreement(both.left, both.right, _BLOCK, both.mask)
    if agreed.coarse >= _ALIKE and min(agreed.median, agreed.tenth) < _SETTLED:
        finer = _refined(both, matrix)
        again = None if finer is None else aligned(left, right, finer, _SIDE)
        if finer is not None and again is not None:
            better = agreement(again.left, again.right, _BLOCK, again.mask)
            if better.median > agreed.median:
                both, agreed, matrix = again, better, finer
    apart = tone(both.left, both.right, both.mask)
    content = max(
        _content(right, left, np.asarray(np.linalg.inv(matrix), np.float64), both.of_left),
        _content(left, right, matrix, both.of_right),
    )
    return Overlap(matrix, both.of_left, both.of_right, content, agreed, apart)


def looks_like_lines(grey: GreyImage) -> bool:
    """Whether a picture looks like lines of text when it is compared; see `is_striped`."""
    return is_striped(grey, _SIDE, _BLOCK)


def has_the_same_letters(left: GreyImage, right: GreyImage, matrix: NDArray[np.float64]) -> bool:
    """Whether two pictures of lines agree in more than the lines, compared as finely as can be.

    Pages of other words, and a page and its mirror image, lie over each other line upon line.
    """
    both = aligned(left, right, matrix, _FINE_SIDE, enlarge=False)
    if both is None:
        return False
    return beside_stripes(both.left, both.right, _BLOCK, both.mask) >= _SAME_LETTERS


def says_the_same(left: GreyImage, right: GreyImage, matrix: NDArray[np.float64]) -> bool:
    """Whether two written pictures agree at a scale at which a line of words is no mere stripe.

    Where one of them is too small for that, nobody could tell.
    """
    both = aligned(left, right, matrix, _FINE_SIDE, enlarge=False)
    if both is None:
        return False
    return agreement(both.left, both.right, _BLOCK, both.mask).share >= _SAME_WORDS


def _content(
    other: GreyImage, picture: GreyImage, matrix: NDArray[np.float64], share: float
) -> float:
    """The share of `picture` that `other` shows; all of it if the rest is flat."""
    if share > 0.99:
        return share
    quad = outline(other.shape[1], other.shape[0], matrix)
    inside = np.zeros(picture.shape, np.uint8)
    cv2.fillConvexPoly(inside, np.round(quad).astype(np.int32), 255)
    # Scaling blends the two along the edge.
    inside = np.asarray(cv2.dilate(inside, np.ones((5, 5), np.uint8)), np.uint8)
    beyond = picture[inside == 0]
    if not beyond.size:
        return 1.0
    flat = np.abs(beyond.astype(np.int16) - int(np.median(beyond))) <= _FLAT
    return 1.0 if flat.mean() >= _MOSTLY else share


def aligned(
    left: NDArray[np.uint8],
    right: NDArray[np.uint8],
    matrix: NDArray[np.float64],
    side: int,
    *,
    enlarge: bool = True,
) -> Aligned | None:
    """Warp both so that the longer side of their overlap has `side` pixels; None without overlap.

    Without `enlarge` it has no more pixels than the coarser of the two has there, nor more than
    `side`. `matrix` is a homography (3, 3) from left to right pixels, whose middles are at whole
    numbers as OpenCV has them.
    """
    quad = outline(left.shape[1], left.shape[0], matrix)
    common = clipped(quad, right.shape[1], right.shape[0])
    seen = area(common)
    if seen < 1:
        return None
    x, y = common.min(axis=0)
    width, height = common.max(axis=0) - (x, y)
    magnified = float(np.sqrt(area(quad) / (left.shape[0] * left.shape[1])))
    scale = side / max(width, height)
    if not enlarge:
        scale = min(scale, 1.0, 1 / magnified)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    to_frame = np.diag([scale, scale, 1.0]) @ np.array([[1.0, 0, -x], [0, 1, -y], [0, 0, 1]])
    a, mask_a = _warp(left, to_frame @ matrix, size, magnified * scale)
    b, mask_b = _warp(right, to_frame, size, scale)
    return Aligned(
        left=a,
        right=b,
        mask=np.asarray(cv2.erode(np.minimum(mask_a, mask_b), np.ones((3, 3), np.uint8)), np.uint8),
        of_left=min(1.0, seen / max(1.0, area(quad))),
        of_right=min(1.0, seen / (right.shape[0] * right.shape[1])),
        frame=to_frame,
    )


def _refined(both: Aligned, matrix: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """The homography corrected by what is left to correct between the aligned pictures.

    Keypoints are exact to a pixel or so of a small view; the fine structure asks for less. By
    maximising the enhanced correlation coefficient (Evangelidis and Psarakis 2008); None where that
    does not converge.
    """
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, _STEPS, 1e-4)
    try:
        _, warp = cv2.findTransformECC(
            both.right,
            both.left,
            np.eye(3, dtype=np.float32),
            cv2.MOTION_HOMOGRAPHY,
            stop,
            both.mask,
            5,
        )
    except cv2.error:
        return None
    turn = np.linalg.inv(both.frame) @ np.linalg.inv(warp.astype(np.float64)) @ both.frame
    corners = outline(both.right.shape[1], both.right.shape[0], warp.astype(np.float64))
    still = outline(both.right.shape[1], both.right.shape[0], np.eye(3))
    if np.abs(corners - still).max() > _CORRECTION:
        return None
    finer = turn @ matrix
    return np.asarray(finer / finer[2, 2], np.float64)


def _warp(
    image: NDArray[np.uint8], matrix: NDArray[np.float64], size: tuple[int, int], grow: float
) -> tuple[NDArray[np.uint8], GreyImage]:
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
    # Black beside the picture would darken its outermost pixels.
    warped = cv2.warpPerspective(image, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    full = np.full(image.shape[:2], 255, np.uint8)
    mask = cv2.warpPerspective(full, matrix, size, flags=cv2.INTER_NEAREST)
    return np.asarray(warped, np.uint8), np.asarray(mask, np.uint8)
