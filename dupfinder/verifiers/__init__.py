"""The verifiers, the cheapest and strictest first; each may leave a pair undecided."""

from __future__ import annotations

from dupfinder.protocols import Verifier
from dupfinder.verifiers.capture import CaptureVerifier
from dupfinder.verifiers.contents import ContentVerifier
from dupfinder.verifiers.pixels import PixelVerifier

# Raised whenever an answer could change: remembered verdicts of another version are not used.
VERSION = 12

_BY_THE_FILES: tuple[Verifier, ...] = (ContentVerifier(), PixelVerifier())


def without_looks(level: str) -> tuple[Verifier, ...]:
    """Those that decide most pairs by what the first decode left behind, without another look.

    At level "copies" two shots of a scene are told to be similar, which takes a look at them.
    """
    return _BY_THE_FILES if level == "copies" else (*_BY_THE_FILES, CaptureVerifier())


def chain(level: str, fallback: str) -> tuple[Verifier, ...]:
    """The verifiers in the order in which they are asked; `fallback` follows ORB or is "none"."""
    # Here, not above: only the processes that compare pictures load OpenCV.
    from dupfinder.verifiers.guarded import Guarded  # noqa: PLC0415
    from dupfinder.verifiers.keypoints import FeatureVerifier, KeypointVerifier  # noqa: PLC0415
    from dupfinder.verifiers.thumbnails import ThumbnailVerifier  # noqa: PLC0415

    detectors = ("orb",) if fallback == "none" else ("orb", fallback)
    keypoints: tuple[Verifier, ...] = tuple(map(KeypointVerifier, detectors))
    looking: tuple[Verifier, ...] = (ThumbnailVerifier(),)
    if level == "copies":
        looking += (FeatureVerifier(),)
    return (*without_looks(level), *map(Guarded, (*looking, *keypoints)))


def part_chain() -> tuple[Verifier, ...]:
    """The verifiers for pairs that local features proposed: no hash speaks for them."""
    from dupfinder.verifiers.guarded import Guarded  # noqa: PLC0415
    from dupfinder.verifiers.keypoints import FeatureVerifier  # noqa: PLC0415

    return (*_BY_THE_FILES, Guarded(FeatureVerifier()))


def signature(level: str, fallback: str) -> str:
    """Names what verdicts depend on beside the two photos."""
    from importlib.metadata import version  # noqa: PLC0415  # workers never ask

    opencv = version("opencv-python-headless")
    return f"verifiers={VERSION};level={level};fallback={fallback};opencv={opencv}"
