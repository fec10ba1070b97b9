"""What keypoints and aligned pixels must say together; measured by tests/bench/accuracy.py."""

from __future__ import annotations

from dataclasses import dataclass

from dupfinder.model import Answer
from dupfinder.verifiers.geometry import Alignment
from dupfinder.verifiers.overlap import Overlap


def judge(alignment: Alignment, overlap: Overlap, graphic: bool) -> Answer:
    """The rule for keypoints that lie anywhere in two pictures which a hash brought together."""
    if graphic:
        return _judge_graphic(alignment, overlap)
    if overlap.share < 0.9:  # a collage shares only a part with each of its sources
        return Answer.DIFFERENT
    if any(rule.holds(alignment, overlap) for rule in _RULES):
        return Answer.SAME if _fits_shape(alignment, overlap) else Answer.UNDECIDED
    nearly = overlap.agreement.median >= 0.35 and alignment.inliers >= 5
    return Answer.UNDECIDED if nearly else Answer.DIFFERENT


def judge_parts(alignment: Alignment, overlap: Overlap, graphic: bool) -> Answer:
    """The rule for features: pictures that share a part, however turned, cut and surrounded.

    The same carton or floor in another shot gives a hundred inliers and more: it is the pixels of
    the overlap that decide.
    """
    if graphic:
        return _judge_graphic(alignment, overlap)
    if _is_cut_out(alignment, overlap):
        return Answer.SAME
    agreed = overlap.agreement
    # Two collages with one photo in common, or one watermark over two photos.
    if agreed.hole >= 0.25 or agreed.coarse < (0.8 if overlap.tone > 50 else 0.5):
        return Answer.DIFFERENT
    if overlap.content < 0.95:
        return Answer.DIFFERENT
    if any(rule.holds(alignment, overlap) for rule in _PART_RULES):
        return Answer.SAME if _fits_shape(alignment, overlap) else Answer.UNDECIDED
    nearly = agreed.median >= 0.35 and alignment.inliers >= 5
    return Answer.UNDECIDED if nearly else Answer.DIFFERENT


def _judge_graphic(alignment: Alignment, overlap: Overlap) -> Answer:
    """Pages and cards of one template agree but for their words: every block must."""
    agreed = overlap.agreement
    fits = agreed.blocks >= 8 and agreed.tenth >= 0.7 and agreed.least >= 0.4
    fits = fits and agreed.share >= 0.97 and alignment.inliers >= (4 if agreed.blocks >= 16 else 12)
    return Answer.SAME if fits else Answer.DIFFERENT


def _is_cut_out(alignment: Alignment, overlap: Overlap) -> bool:
    """Whether more than half of one picture was cut out straight and stands in the other.

    So photos get into collages. Two collages of two photos have no more than half in common.
    """
    agreed = overlap.agreement
    patch = agreed.patch * overlap.share
    return (
        alignment.is_axis_aligned
        and (overlap.content < 0.95 or agreed.hole >= 0.25)
        and agreed.hole < 0.35  # the other halves: where they meet, the seam itself agrees
        and alignment.inliers >= 10
        and alignment.ratio >= 0.5
        and patch > 0.52
        and agreed.median >= 0.85
        and agreed.patch_blocks >= 16
    )


def _fits_shape(alignment: Alignment, overlap: Overlap) -> bool:
    """Whether pictures that are not merely scaled and turned agree all over.

    Another standpoint also gives a homography, one that explains a plane of the scene.
    """
    if alignment.is_axis_aligned:
        return True
    agreed = overlap.agreement
    if alignment.is_rigid:  # all but one in a hundred tilted copies agree by 0.85
        return agreed.median >= 0.8
    if agreed.median >= 0.93:
        return agreed.share >= 0.8 and agreed.hole < 0.12
    return agreed.median >= 0.8 and agreed.tenth >= 0.85


@dataclass(frozen=True, slots=True)
class _Rule:
    """One way to be a copy: what keypoints and pixels must reach together; rms is in pixels."""

    inliers: int
    ratio: float
    share: float
    blocks: int
    median: float
    agreeing: float
    rms: float = 9.0
    hull: float = 0.03
    rigid: bool = False
    straight: bool = False

    def holds(self, alignment: Alignment, overlap: Overlap) -> bool:
        agreed = overlap.agreement
        return (
            alignment.inliers >= self.inliers
            and alignment.ratio >= self.ratio
            and alignment.hull >= self.hull
            and alignment.rms < self.rms
            and (alignment.is_rigid or not self.rigid)
            and (alignment.is_axis_aligned or not self.straight)
            and overlap.content >= self.share
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

_PART_RULES = (
    _Rule(inliers=8, ratio=0.5, share=0.0, blocks=6, median=0.75, agreeing=0.6),
    _Rule(inliers=5, ratio=0.0, share=0.9, blocks=12, median=0.9, agreeing=0.9, rigid=True),
    _Rule(inliers=5, ratio=0.5, share=0.95, blocks=8, median=0.95, agreeing=0.95, rigid=True),
    _Rule(inliers=8, ratio=0.3, share=0.95, blocks=10, median=0.9, agreeing=0.8, rigid=True),
    # Hardly a keypoint, as on plain ground, and not a block that disagrees.
    _Rule(
        inliers=4, ratio=0.0, share=0.95, blocks=20, median=0.85, agreeing=0.97, hull=0, rigid=True
    ),
    # Written over all of it: the points fit exactly, the fine structure only here and there.
    _Rule(
        inliers=10,
        ratio=0.75,
        share=0.95,
        blocks=6,
        median=0.35,
        agreeing=0.0,
        rms=1.0,
        straight=True,
    ),
)
