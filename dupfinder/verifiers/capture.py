"""Two shots of one scene, told apart by the camera's own clock."""

from __future__ import annotations

from dupfinder.model import Answer, CandidatePair, Evidence, Verdict
from dupfinder.protocols import Looks


class CaptureVerifier:
    """DIFFERENT where both files tell when the shutter opened and it was not the same moment.

    Brackets and bursts can agree in every pixel block and are still several photos. Asked after
    equal pixels, which stay equal whatever the clock says.
    """

    name = "capture"

    def compare(self, pair: CandidatePair, looks: Looks) -> Verdict:  # noqa: ARG002  # the seam
        evidence = Evidence(self.name, distance=pair.distance)
        left, right = pair.left.taken_at, pair.right.taken_at
        if left is None or right is None or left.startswith(right) or right.startswith(left):
            return Verdict(Answer.UNDECIDED, None, evidence)  # a fraction may have been lost
        return Verdict(Answer.DIFFERENT, None, evidence)
