"""Files that differ and decode to the same pixels: other metadata, or another lossless coding."""

from __future__ import annotations

import numpy as np

from dupfinder.model import Answer, CandidatePair, Evidence, Photo, Relation, Verdict
from dupfinder.protocols import Looks

# Grey levels: a JPEG seen at a reduced scale and a lossless file of its pixels differ by less.
_NEARLY = 1.5


class PixelVerifier:
    """SAME for equal pixels at full size, UNDECIDED for all others.

    Most pairs are settled by the digests of the first decode. Both pictures are decoded whole only
    where a JPEG might equal another file without sharing its coded stream: after lossless
    optimisation, or against a PNG made from it.
    """

    name = "pixels"

    def compare(self, pair: CandidatePair, looks: Looks) -> Verdict:
        evidence = Evidence(self.name, distance=pair.distance)
        if _same_pixels(pair.left, pair.right, looks):
            return Verdict(Answer.SAME, Relation.SAME_PIXELS, evidence)
        return Verdict(Answer.UNDECIDED, None, evidence)


def _same_pixels(left: Photo, right: Photo, looks: Looks) -> bool:
    if (left.width, left.height) != (right.width, right.height):
        return False
    if left.pixel_digest is not None and left.pixel_digest == right.pixel_digest:
        return True
    coded = (left.format == "JPEG") + (right.format == "JPEG")
    if coded == 0 or not (coded == 2 or left.lossless or right.lossless):
        return False
    a, b = looks.thumbnail(left), looks.thumbnail(right)
    if coded == 2:
        if not np.array_equal(a, b):  # equal coefficients decode equally at every scale
            return False
    elif np.abs(a.astype(np.int16) - b).mean() > _NEARLY:
        return False
    return looks.pixel_digest(left) == looks.pixel_digest(right)
