"""Keypoint matching with geometry, then the pixels of the aligned overlap.

ORB: Rublee et al. 2011. KAZE: Alcantarilla et al. 2012. SIFT: Lowe 2004, whose ratio test is used
with all three; RootSIFT: Arandjelović and Zisserman 2012.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from dupfinder.model import Answer, CandidatePair, Evidence, Photo, Relation, Verdict
from dupfinder.protocols import VIEW_SIDE, GreyImage, Looks
from dupfinder.verifiers.agreement import is_graphic
from dupfinder.verifiers.geometry import Alignment, Points, align
from dupfinder.verifiers.overlap import Overlap, compare_overlap
from dupfinder.verifiers.transforms import from_views

_RATIO = 0.85
# Fewer keypoints than this in either picture cannot refute anything.
_ENOUGH_KEYPOINTS = 100
# With this many strong corners ORB need not look for weak ones.
_ORB_ENOUGH = 250
# Pixels: thinner pictures have no keypoints, and building their pyramid of scales fails.
_THINNEST = 8


@dataclass(frozen=True, slots=True)
class Keypoints:
    """(N, 2) float32 points in pixels of the view, and their N descriptors."""

    points: Points
    descriptors: NDArray[Any]


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


# Each with the longer side, in pixels, of the picture that it sees.
_DETECTORS: dict[str, tuple[Callable[[GreyImage], Any], int]] = {
    "orb": (_orb, VIEW_SIDE),
    "kaze": (_kaze, 256),
    "sift": (_sift, VIEW_SIDE),
}


class KeypointVerifier:
    """SAME if a plausible transform has inliers enough and the aligned pixels agree.

    UNDECIDED if that nearly holds, or if there are too few keypoints to refute it.
    """

    def __init__(self, detector: str) -> None:
        self.name = detector
        self._detect, self._side = _DETECTORS[detector]

    def compare(self, pair: CandidatePair, looks: Looks) -> Verdict:
        mirrored = pair.orientation.is_mirrored
        left = self._keypoints(pair.left, looks, mirrored)
        right = self._keypoints(pair.right, looks, mirrored=False)
        unsure = min(len(left.points), len(right.points)) < _ENOUGH_KEYPOINTS
        refuted = Answer.UNDECIDED if unsure else Answer.DIFFERENT
        left_view, right_view = _view(pair.left, looks, mirrored), looks.grey(pair.right)
        alignment = align(*match(left, right), left_view.shape)
        if alignment is None:
            return Verdict(refuted, None, Evidence(self.name, distance=pair.distance))
        overlap = compare_overlap(left_view, right_view, alignment.matrix)
        graphic = looks_graphic(pair.left, looks) or looks_graphic(pair.right, looks)
        answer = judge(alignment, overlap, graphic)
        evidence = Evidence(
            verifier=self.name,
            distance=pair.distance,
            inliers=alignment.inliers,
            ratio=round(alignment.ratio, 4),
            overlap=round(overlap.share, 4),
            agreement=round(overlap.agreement.median, 4),
            tone=overlap.tone,
            transform=from_views(
                alignment.matrix,
                (pair.left, left_view.shape[1]),
                (pair.right, right_view.shape[1]),
                mirrored,
            ),
        )
        if answer is Answer.SAME:
            return Verdict(answer, Relation.COPY, evidence)
        return Verdict(refuted if answer is Answer.DIFFERENT else answer, None, evidence)

    def _keypoints(self, photo: Photo, looks: Looks, mirrored: bool) -> Keypoints:
        def compute() -> Keypoints:
            view = _view(photo, looks, mirrored)
            scale = min(1.0, self._side / max(view.shape))
            if scale < 1:
                size = [max(1, round(length * scale)) for length in view.shape[::-1]]
                view = np.asarray(cv2.resize(view, size, interpolation=cv2.INTER_AREA), np.uint8)
            found, descriptors = self._detect(view) if min(view.shape) >= _THINNEST else ((), None)
            if descriptors is None or not len(found):
                return Keypoints(np.empty((0, 2), np.float32), np.empty((0, 1), np.uint8))
            points = np.array([point.pt for point in found], np.float32) / scale
            return Keypoints(points.astype(np.float32), descriptors)

        return looks.remember(photo, f"{self.name}{'|' if mirrored else ''}", compute)


def looks_graphic(photo: Photo, looks: Looks) -> bool:
    """Whether the picture is drawn or written, asked once a photo."""
    return looks.remember(photo, "graphic", lambda: is_graphic(looks.grey(photo)))


def _view(photo: Photo, looks: Looks, mirrored: bool) -> GreyImage:
    grey = looks.grey(photo)
    return np.ascontiguousarray(grey[:, ::-1]) if mirrored else grey


def match(left: Keypoints, right: Keypoints) -> tuple[Points, Points]:
    """Mutual nearest neighbours that pass the ratio test, best first: two (N, 2) arrays."""
    if len(left.points) < 2 or len(right.points) < 2:
        empty = np.empty((0, 2), np.float32)
        return empty, empty
    distance = _distances(left.descriptors, right.descriptors)
    rows = np.arange(len(distance))
    forth = distance.argmin(axis=1)
    mutual = distance.argmin(axis=0)[forth] == rows
    best = distance[rows, forth].astype(np.float64)
    distance[rows, forth] = np.iinfo(np.uint16).max if distance.dtype == np.uint16 else np.inf
    quotient = best / np.maximum(distance.min(axis=1), 1e-9)
    kept = np.flatnonzero(mutual & (quotient < _RATIO))
    kept = kept[np.argsort(quotient[kept], kind="stable")]
    return left.points[kept], right.points[forth[kept]]


def _distances(left: NDArray[Any], right: NDArray[Any]) -> NDArray[Any]:
    """(N, M): Hamming for binary descriptors (uint8), Euclidean for the others."""
    if left.dtype == np.uint8:
        a, b = left.view(np.uint64), right.view(np.uint64)
        total = np.zeros((len(a), len(b)), np.uint16)
        for word in range(a.shape[1]):
            total += np.bitwise_count(a[:, None, word] ^ b[None, :, word])
        return total
    squares = (left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1) - 2 * left @ right.T
    return np.asarray(np.sqrt(np.maximum(squares, 0)))


def judge(alignment: Alignment, overlap: Overlap, graphic: bool) -> Answer:
    """The accept rule; its numbers were measured on labelled edits, see tests/bench/accuracy.py."""
    agreed = overlap.agreement
    if graphic:  # pages and cards of one template agree but for their words
        fits = agreed.blocks >= 8 and agreed.tenth >= 0.8 and agreed.least >= 0.5
        return Answer.SAME if fits and alignment.inliers >= 12 else Answer.DIFFERENT
    if overlap.share < 0.9:  # a collage shares only a part with each of its sources
        return Answer.DIFFERENT
    if any(rule.holds(alignment, overlap) for rule in _RULES):
        return Answer.SAME
    nearly = agreed.median >= 0.35 and alignment.inliers >= 5
    return Answer.UNDECIDED if nearly else Answer.DIFFERENT


@dataclass(frozen=True, slots=True)
class _Rule:
    """One way to be a copy: what keypoints and pixels must reach together."""

    inliers: int
    ratio: float
    share: float
    blocks: int
    median: float
    agreeing: float

    def holds(self, alignment: Alignment, overlap: Overlap) -> bool:
        agreed = overlap.agreement
        return (
            alignment.inliers >= self.inliers
            and alignment.ratio >= self.ratio
            and alignment.hull >= 0.03
            and overlap.share >= self.share
            and agreed.blocks >= self.blocks
            and agreed.median >= self.median
            and agreed.share >= self.agreeing
        )


_RULES = (
    _Rule(inliers=10, ratio=0.4, share=0.9, blocks=6, median=0.7, agreeing=0.6),
    # Nearly all matches fit one transform: noise or posterising may blur the fine structure. Below
    # an agreement of 0.65 of the blocks two collages with one half in common would pass.
    _Rule(inliers=40, ratio=0.85, share=0.95, blocks=12, median=0.6, agreeing=0.65),
    # Few keypoints, but the pixels leave no doubt.
    _Rule(inliers=6, ratio=0.3, share=0.9, blocks=12, median=0.9, agreeing=0.9),
)
