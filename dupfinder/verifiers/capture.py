"""Two shots of one scene, told apart by what the camera wrote."""

from __future__ import annotations

from dupfinder.model import Answer, CandidatePair, Evidence, Photo, Verdict
from dupfinder.protocols import Looks


class CaptureVerifier:
    """DIFFERENT where both files tell how they were taken, and it was not by the same release.

    Brackets and bursts can agree in every pixel block and are still several photos. Asked after
    equal pixels, which stay equal whatever the clock says.
    """

    name = "capture"

    def compare(self, pair: CandidatePair, looks: Looks) -> Verdict:  # noqa: ARG002  # the seam
        evidence = Evidence(self.name, distance=pair.distance)
        if are_two_shots(pair.left, pair.right):
            return Verdict(Answer.DIFFERENT, None, evidence)
        return Verdict(Answer.UNDECIDED, None, evidence)


def are_two_shots(left: Photo, right: Photo) -> bool:
    """Whether time, camera or exposure contradict each other where both files tell them."""
    return (
        _contradict(left.taken_at, right.taken_at)
        or _other_camera(left.camera, right.camera)
        or _other_exposure(left.exposure, right.exposure)
    )


def may_not_meet(left: Photo, right: Photo) -> bool:
    """Whether a third photo, which matches both, must not bring these two together."""
    same_pixels = left.pixel_digest is not None and left.pixel_digest == right.pixel_digest
    return are_two_shots(left, right) and not same_pixels and left.digest != right.digest


def _contradict(a: str | None, b: str | None) -> bool:
    """Two moments; a fraction of a second may have been lost."""
    return a is not None and b is not None and not (a.startswith(b) or b.startswith(a))


def _other_camera(a: str | None, b: str | None) -> bool:
    """Two makes and models; programs change their case and leave out the make."""
    if a is None or b is None:
        return False
    words, others = set(a.casefold().split()), set(b.casefold().split())
    return not (words <= others or others <= words)


def _other_exposure(a: str | None, b: str | None) -> bool:
    """Two settings: a value that both tell differs."""
    if a is None or b is None:
        return False
    ours, theirs = (dict(part.partition("=")[::2] for part in text.split()) for text in (a, b))
    return any(ours[name] != theirs[name] for name in ours.keys() & theirs.keys())
