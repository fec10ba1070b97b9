"""Keypoint matching with geometry, then the pixels of the aligned overlap."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from dupfinder.model import Answer, CandidatePair, Evidence, Photo, Relation, Verdict
from dupfinder.protocols import Looks
from dupfinder.verifiers.agreement import is_graphic
from dupfinder.verifiers.detectors import DETECTORS, Source, Stored, view, view_shape
from dupfinder.verifiers.geometry import Alignment, align
from dupfinder.verifiers.matching import Keypoints, guided, match
from dupfinder.verifiers.overlap import (
    Overlap,
    compare_overlap,
    has_the_same_letters,
    looks_like_lines,
    says_the_same,
)
from dupfinder.verifiers.rules import judge, judge_parts
from dupfinder.verifiers.transforms import from_views

# Fewer keypoints than this in either picture cannot refute anything.
_ENOUGH_KEYPOINTS = 100
# A transform with fewer inliers than this is looked at again, guided by itself.
_STRONG = 20
_LENIENT = 0.97  # of the ratio test, for a second attempt
_LEAST = 5  # inliers: no rule accepts fewer but for plain pictures, which have more when guided
# So many matches over so much of the picture are one scene, if not one photo.
_IN_PLACE, _OTHER_REGIONS = 1.0, 0.2  # pixels; share of the overlap
_SCENE_INLIERS, _SCENE_RATIO, _SCENE_HULL, _SCENE_COARSE = 25, 0.6, 0.2, 0.7

Judge = Callable[[Alignment, Overlap, bool], Answer]


class KeypointVerifier:
    """SAME if a plausible transform has inliers enough and the aligned pixels agree.

    UNDECIDED if that nearly holds, or if there are too few keypoints to refute it.
    """

    def __init__(self, detector: str) -> None:
        self.name = detector
        self._keypoints: Source = DETECTORS[detector]
        self._judge: Judge = judge
        self._enough: float = _ENOUGH_KEYPOINTS

    def compare(self, pair: CandidatePair, looks: Looks) -> Verdict:
        flip = pair.orientation.is_mirrored
        left = self._keypoints(pair.left, looks, flip=flip)
        right = self._keypoints(pair.right, looks, flip=False)
        unsure = min(len(left.points), len(right.points)) < self._enough
        refuted = Answer.UNDECIDED if unsure else Answer.DIFFERENT
        alignment = self._aligned(pair, left, right)
        if alignment is None:
            return Verdict(refuted, None, Evidence(self.name, distance=pair.distance))
        left_view, right_view = view(pair.left, looks, flip), looks.grey(pair.right)
        overlap = compare_overlap(left_view, right_view, alignment.matrix)
        graphic = looks_graphic(pair.left, looks) and looks_graphic(pair.right, looks)
        lined = looks_lined(pair.left, looks) and looks_lined(pair.right, looks)
        answer = self._judge(alignment, overlap, graphic)
        views = left_view, right_view, overlap.matrix
        if answer is Answer.SAME and (
            (graphic and not says_the_same(*views)) or (lined and not has_the_same_letters(*views))
        ):
            answer = Answer.DIFFERENT
        evidence = Evidence(
            verifier=self.name,
            distance=pair.distance,
            inliers=alignment.inliers,
            ratio=round(alignment.ratio, 4),
            overlap=round(overlap.share, 4),
            agreement=round(overlap.agreement.median, 4),
            tone=overlap.tone,
            transform=from_views(
                overlap.matrix,
                (pair.left, left_view.shape[1]),
                (pair.right, right_view.shape[1]),
                flip,
            ),
        )
        if answer is Answer.SAME:
            return Verdict(answer, Relation.COPY, evidence)
        if not (graphic or lined) and _resembles(alignment, overlap):
            return Verdict(answer, Relation.SIMILAR, evidence)
        return Verdict(refuted if answer is Answer.DIFFERENT else answer, None, evidence)

    def _aligned(self, pair: CandidatePair, left: Keypoints, right: Keypoints) -> Alignment | None:
        return align(*match(left, right), view_shape(pair.left))


class FeatureVerifier(KeypointVerifier):
    """The same with the features that the scan brought along: no keypoint is looked for again.

    Features refute nothing, but for what they find to be another shot of one scene.
    """

    def __init__(self) -> None:
        self._keypoints = Stored()
        self._judge = judge_parts
        self._enough = inf  # much of what is brought out of the dark is noise
        self.name = self._keypoints.name

    def _aligned(self, pair: CandidatePair, left: Keypoints, right: Keypoints) -> Alignment | None:
        """A weak transform is tried again with the matches that it predicts.

        Ripples and checks all look alike: there the ratio test leaves too little to start from.
        """
        first = super()._aligned(pair, left, right)
        if first is not None and first.inliers >= _STRONG:
            return first
        shape = view_shape(pair.left)
        lenient = align(*match(left, right, _LENIENT), shape, bent=False)
        tried = [each for each in (first, lenient) if each is not None]
        again = (align(*guided(left, right, each.matrix), shape) for each in tried)
        found = [*tried, *(each for each in again if each is not None)]
        best = max(found, key=lambda each: each.inliers, default=None)
        return best if best is not None and best.inliers >= _LEAST else None


def _resembles(alignment: Alignment, overlap: Overlap) -> bool:
    """Whether two pictures that are no copies show one scene.

    What lies exactly in its place and differs in whole regions is of one template.
    """
    in_place = alignment.is_axis_aligned and alignment.rms < _IN_PLACE
    return (
        overlap.agreement.coarse >= _SCENE_COARSE
        and alignment.inliers >= _SCENE_INLIERS
        and alignment.ratio >= _SCENE_RATIO
        and alignment.hull >= _SCENE_HULL
        and not (in_place and overlap.agreement.hole >= _OTHER_REGIONS)
    )


def looks_lined(photo: Photo, looks: Looks) -> bool:
    """Whether the picture looks like lines of text, asked once a photo."""
    return looks.remember(photo, "lined", lambda: looks_like_lines(looks.grey(photo)))


def looks_graphic(photo: Photo, looks: Looks) -> bool:
    """Whether the picture is drawn or written, asked once a photo."""
    return looks.remember(photo, "graphic", lambda: is_graphic(looks.grey(photo)))
