"""The verifiers, the cheapest and strictest first; each may leave a pair undecided."""

from __future__ import annotations

from dupfinder.protocols import Verifier
from dupfinder.verifiers.capture import CaptureVerifier
from dupfinder.verifiers.contents import ContentVerifier
from dupfinder.verifiers.pixels import PixelVerifier

# Raised whenever an answer could change: remembered verdicts of another version are not used.
VERSION = 3

# These decide most pairs by what the first decode left behind, without another look.
WITHOUT_LOOKS: tuple[Verifier, ...] = (ContentVerifier(), PixelVerifier(), CaptureVerifier())


def chain(fallback: str) -> tuple[Verifier, ...]:
    """The verifiers in the order in which they are asked; `fallback` follows ORB or is "none"."""
    # Here, not above: only the processes that compare pictures load OpenCV.
    from dupfinder.verifiers.keypoints import KeypointVerifier  # noqa: PLC0415
    from dupfinder.verifiers.thumbnails import ThumbnailVerifier  # noqa: PLC0415

    verifiers = (*WITHOUT_LOOKS, ThumbnailVerifier(), KeypointVerifier("orb"))
    return verifiers if fallback == "none" else (*verifiers, KeypointVerifier(fallback))


def signature(fallback: str) -> str:
    """Names what verdicts depend on beside the two photos."""
    from importlib.metadata import version  # noqa: PLC0415  # workers never ask

    return f"verifiers={VERSION};fallback={fallback};opencv={version('opencv-python-headless')}"
