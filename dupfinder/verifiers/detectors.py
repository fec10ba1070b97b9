"""Where keypoints come from: found in the view of a photo, or brought along by the scan.

ORB: Rublee et al. 2011. KAZE: Alcantarilla et al. 2012. SIFT: Lowe 2004; RootSIFT: Arandjelović and
Zisserman 2012.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np

from dupfinder.features.codebook import codebook, mirrored
from dupfinder.model import Photo
from dupfinder.protocols import VIEW_SIDE, GreyImage, Looks
from dupfinder.verifiers.matching import Keypoints

# With this many strong corners ORB need not look for weak ones.
_ORB_ENOUGH = 250
# Pixels: thinner pictures have no keypoints, and building their pyramid of scales fails.
_THINNEST = 8


class Source(Protocol):
    """Gives the keypoints of a photo or of its mirror image, in pixels of its view."""

    @property
    def name(self) -> str: ...

    def __call__(self, photo: Photo, looks: Looks, *, flip: bool) -> Keypoints: ...


@dataclass(frozen=True, slots=True)
class Detector:
    """Looks for keypoints in a view of at most `side` pixels, once a photo."""

    name: str
    detect: Callable[[GreyImage], Any]
    side: int

    def __call__(self, photo: Photo, looks: Looks, *, flip: bool) -> Keypoints:
        return looks.remember(
            photo,
            f"{self.name}{'|' if flip else ''}",
            lambda: self._found(view(photo, looks, flip)),
        )

    def _found(self, grey: GreyImage) -> Keypoints:
        scale = min(1.0, self.side / max(grey.shape))
        if scale < 1:
            size = [max(1, round(length * scale)) for length in grey.shape[::-1]]
            grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
        found, descriptors = self.detect(grey) if min(grey.shape) >= _THINNEST else ((), None)
        if descriptors is None or not len(found):
            return Keypoints(np.empty((0, 2), np.float32), np.empty((0, 1), np.uint8))
        points = np.array([point.pt for point in found], np.float32) / scale
        return Keypoints(points.astype(np.float32), descriptors)


class Stored:
    """The features that the scan extracted, restored from their codes; none where it did not."""

    name = "features"

    def __call__(self, photo: Photo, looks: Looks, *, flip: bool) -> Keypoints:
        features = looks.features(photo)
        if features is None:
            return Keypoints(np.empty((0, 2), np.float32), np.empty((0, 128), np.float32))
        _, width = view_shape(photo)
        points = features.points * np.float32(min(VIEW_SIDE, max(photo.width, photo.height)))
        if flip:
            points = np.column_stack([width - points[:, 0], points[:, 1]]).astype(np.float32)
        codes = mirrored(features.codes) if flip else features.codes
        return Keypoints(points, codebook().restored(codes))


def view_shape(photo: Photo) -> tuple[int, int]:
    """(height, width) of the view, known without looking."""
    scale = min(1.0, VIEW_SIDE / max(photo.width, photo.height))
    return max(1, round(photo.height * scale)), max(1, round(photo.width * scale))


def view(photo: Photo, looks: Looks, flip: bool) -> GreyImage:
    """The upright view, mirrored left to right if so asked."""
    grey = looks.grey(photo)
    return np.ascontiguousarray(grey[:, ::-1]) if flip else grey


def _orb(grey: GreyImage) -> Any:
    found = cv2.ORB.create(nfeatures=400, fastThreshold=20, nlevels=6).detectAndCompute(grey, None)
    if len(found[0]) >= _ORB_ENOUGH:
        return found
    # Blurred and faded pictures have weak corners only.
    return cv2.ORB.create(nfeatures=400, fastThreshold=7, nlevels=6).detectAndCompute(grey, None)


def _kaze(grey: GreyImage) -> Any:
    # At 256 pixels KAZE costs a third of what it does at 400, and it is asked about pictures with
    # little fine structure.
    kaze = cv2.KAZE.create(threshold=0.0005, nOctaves=2)
    return _strongest(*kaze.detectAndCompute(grey, None))


def _strongest(found: Any, descriptors: Any) -> Any:
    best = sorted(range(len(found)), key=lambda at: -found[at].response)[:400]
    return [found[at] for at in best], None if descriptors is None else descriptors[best]


def _sift(grey: GreyImage) -> Any:
    return cv2.SIFT.create(nfeatures=400, contrastThreshold=0.02).detectAndCompute(grey, None)


# By name, each with the longer side in pixels of the picture that it sees.
DETECTORS = {
    "orb": Detector("orb", _orb, VIEW_SIDE),
    "kaze": Detector("kaze", _kaze, 256),
    "sift": Detector("sift", _sift, VIEW_SIDE),
}
