"""A picture -> its strongest local features, coded.

SIFT: Lowe, "Distinctive image features from scale-invariant keypoints", 2004. RootSIFT:
Arandjelović and Zisserman, "Three things everyone should know to improve object retrieval", 2012.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from dupfinder.features.codebook import Descriptors, codebook
from dupfinder.features.packing import Described
from dupfinder.protocols import Features, GreyImage

SIDE = 224  # pixels: the longer side of the picture that SIFT sees (it doubles it itself)
_MOST = 300  # features a picture
_CONTRAST = 0.008  # a fifth of OpenCV's default: hazy and dark pictures have features, too
_FEW = 50  # with fewer, the picture is looked at again with its contrast raised
_THINNEST = 8  # pixels: building the pyramid of scales fails below


def described(grey: GreyImage) -> Described:
    """The features of an upright picture (height, width) uint8 of at most about `SIDE` pixels."""
    found, rooted = detected(grey)
    longer = max(grey.shape)
    geometry = np.array([(*each.pt, each.size, each.angle) for each in found], np.float32)
    geometry = geometry.reshape(-1, 4)
    book = codebook()
    words, signatures = book.words(rooted)
    features = Features(
        points=geometry[:, :2] / longer,
        scales=np.log2(np.maximum(geometry[:, 2], 1e-3) / longer),
        angles=geometry[:, 3] % 360,
        codes=book.encoded(rooted),
    )
    return Described(features, words, signatures)


def detected(grey: GreyImage) -> tuple[list[Any], Descriptors]:
    """Keypoints and their (N, 128) RootSIFT, the strongest first, in an order of their own.

    Where there are few, those follow that only show with the contrast raised.
    """
    found, descriptors = _strongest(grey)
    if len(found) < _FEW and min(grey.shape) >= _THINNEST:
        further, theirs = _strongest(_brought_out(grey))
        found, descriptors = found + further, np.concatenate([descriptors, theirs])
    return found[:_MOST], _rooted(descriptors[:_MOST])


def _strongest(grey: GreyImage) -> tuple[list[Any], NDArray[np.float32]]:
    if min(grey.shape) < _THINNEST:
        return [], np.empty((0, 128), np.float32)
    found, descriptors = _detector().detectAndCompute(grey, None)
    if descriptors is None:
        return [], np.empty((0, 128), np.float32)
    keys = [(-each.response, *each.pt, each.size, each.angle) for each in found]
    order = sorted(range(len(keys)), key=keys.__getitem__)[:_MOST]
    return [found[at] for at in order], np.asarray(descriptors[order], np.float32)


def _brought_out(grey: GreyImage) -> GreyImage:
    """What there is of structure in the dark and in haze, tile by tile (CLAHE: Zuiderveld 1994)."""
    return np.asarray(cv2.createCLAHE(clipLimit=8.0, tileGridSize=(4, 4)).apply(grey), np.uint8)


@cache
def _detector() -> Any:
    # One picture is handled by one thread: the processes are the parallelism.
    cv2.setNumThreads(1)
    return cv2.SIFT.create(nfeatures=_MOST, contrastThreshold=_CONTRAST)


def _rooted(descriptors: NDArray[np.float32]) -> Descriptors:
    """RootSIFT: of unit length, so that the Euclidean distance is the Hellinger distance."""
    total = descriptors.sum(axis=1, keepdims=True)
    return np.asarray(np.sqrt(descriptors / np.maximum(total, 1e-9)), np.float32)
