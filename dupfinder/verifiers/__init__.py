"""The verifiers, the cheapest and strictest first; each may leave a pair undecided."""

from __future__ import annotations

from importlib.metadata import version

from dupfinder.protocols import Verifier

# Raised whenever an answer could change: remembered verdicts of another version are not used.
VERSION = 1


def chain(fallback: str) -> tuple[Verifier, ...]:
    """The verifiers in the order in which they are asked; `fallback` follows ORB or is "none"."""
    # Here, not above: only the processes that compare pictures load OpenCV.
    from dupfinder.verifiers.capture import CaptureVerifier  # noqa: PLC0415
    from dupfinder.verifiers.contents import ContentVerifier  # noqa: PLC0415
    from dupfinder.verifiers.keypoints import KeypointVerifier  # noqa: PLC0415
    from dupfinder.verifiers.pixels import PixelVerifier  # noqa: PLC0415
    from dupfinder.verifiers.thumbnails import ThumbnailVerifier  # noqa: PLC0415

    verifiers: tuple[Verifier, ...] = (
        ContentVerifier(),
        PixelVerifier(),
        CaptureVerifier(),
        ThumbnailVerifier(),
        KeypointVerifier("orb"),
    )
    return verifiers if fallback == "none" else (*verifiers, KeypointVerifier(fallback))


def signature(fallback: str) -> str:
    """Names what verdicts depend on beside the two photos."""
    return f"verifiers={VERSION};fallback={fallback};opencv={version('opencv-python-headless')}"
