"""Two shots of one scene, told apart by the camera's own clock."""

from __future__ import annotations

from dupfinder.model import Answer, CandidatePair, Evidence, Photo, Verdict
from dupfinder.protocols import Looks


class CaptureVerifier:
    """DIFFERENT where both files tell when the shutter opened and it was not the same moment.

    Brackets and bursts can agree in every pixel block and are still several photos. Asked after
    equal pixels, which stay equal whatever the clock says.
    """

    name = "capture"

    def compare(self, pair: CandidatePair, looks: Looks) -> Verdict:  # noqa: ARG002  # the seam
        evidence = Evidence(self.name, distance=pair.distance)
        another = are_two_shots(pair.left, pair.right)
        return Verdict(Answer.DIFFERENT if another else Answer.UNDECIDED, None, evidence)


def are_two_shots(left: Photo, right: Photo) -> bool:
    """Whether two cameras' clocks, or one camera's, tell two moments; a fraction may be lost."""
    a, b = left.taken_at, right.taken_at
    return a is not None and b is not None and not (a.startswith(b) or b.startswith(a))
