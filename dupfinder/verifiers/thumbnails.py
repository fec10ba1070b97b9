"""Copies that lie exactly over each other: re-encoded, resized, toned, turned, mirrored."""

from __future__ import annotations

import numpy as np

from dupfinder.model import Answer, CandidatePair, Evidence, Orientation, Relation, Verdict
from dupfinder.protocols import Looks, Thumbnail
from dupfinder.verifiers.agreement import Agreement, agreement, is_graphic, tone
from dupfinder.verifiers.transforms import whole_frame

_BLOCK = 12  # pixels: 25 blocks on a thumbnail of 64
_MIN_BLOCKS = 8
# Every textured block must agree, the weakest too: a caption or a moved head is for the keypoints.
_TENTH, _LEAST = 0.8, 0.6
# Drawn and written pictures of one template differ in few blocks, and there only a little.
_GRAPHIC_LEAST = 0.85


class ThumbnailVerifier:
    """SAME if the fine structure of the whole pictures agrees block by block, else UNDECIDED."""

    name = "thumbnail"

    def compare(self, pair: CandidatePair, looks: Looks) -> Verdict:
        left = turned(looks.thumbnail(pair.left), pair.orientation)
        right = looks.thumbnail(pair.right)
        agreed = agreement(left, right, _BLOCK)
        if not _fits(agreed) or (
            agreed.least < _GRAPHIC_LEAST and (is_graphic(left) or is_graphic(right))
        ):
            return Verdict(Answer.UNDECIDED, None, Evidence(self.name, distance=pair.distance))
        evidence = Evidence(
            self.name,
            distance=pair.distance,
            overlap=1.0,
            agreement=round(agreed.median, 4),
            tone=tone(left, right),
            transform=whole_frame(pair.left, pair.right, pair.orientation),
        )
        return Verdict(Answer.SAME, Relation.COPY, evidence)


def _fits(agreed: Agreement) -> bool:
    return agreed.blocks >= _MIN_BLOCKS and agreed.tenth >= _TENTH and agreed.least >= _LEAST


def turned(thumbnail: Thumbnail, orientation: Orientation) -> Thumbnail:
    """The thumbnail of the picture brought into `orientation`."""
    square = np.rot90(thumbnail, orientation.quarter_turns)
    return np.ascontiguousarray(square[:, ::-1] if orientation.is_mirrored else square)
