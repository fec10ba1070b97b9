"""Features as bytes, 40 for each: what the cache keeps and workers hand over.

What an index asks of all photos lies apart from what is asked of two that are compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dupfinder.protocols import Features

# Points in 65,535ths of the longer side, angles in 256ths of a turn, scales in 16ths of an octave
# below the longer side.
_FEATURE = np.dtype([("point", "<u2", 2), ("scale", "u1"), ("angle", "u1"), ("code", "u1", 16)])
_POSTING = np.dtype(
    [("words", "<u2", (2, 2)), ("signature", "<u8"), ("turn", "u1"), ("scale", "u1")]
)
SIZE = _POSTING.itemsize  # bytes of a posting
_POINT, _SCALE, _ANGLE = 65_535.0, 16.0, 256 / 360


@dataclass(frozen=True, slots=True)
class Described:
    """Features, and what finds them: `words` (N, 2, 2) uint16, `signatures` (N, 2) uint32."""

    features: Features
    words: NDArray[np.uint16]
    signatures: NDArray[np.uint32]


class Postings(NamedTuple):
    """N features as an index compares them.

    `words` (N, 2, 2) uint16 are those of `Described`; `signatures` (N,) uint64 its two, the first
    in the lower half; `turns` (N,) uint8 are angles in 256ths of a turn; `scales` (N,) uint8 in
    16ths of an octave below the longer side.
    """

    words: NDArray[np.uint16]
    signatures: NDArray[np.uint64]
    turns: NDArray[np.uint8]
    scales: NDArray[np.uint8]

    def mirrored(self) -> Postings:
        """Those that the mirrored picture would have."""
        half = np.uint64(32)
        return Postings(
            words=self.words[:, ::-1],
            signatures=self.signatures << half | self.signatures >> half,
            turns=np.uint8(128) - self.turns,  # modulo a whole turn
            scales=self.scales,
        )


@dataclass(frozen=True, slots=True)
class Packed:
    """The features of a picture, and their postings: one record each, in the same order."""

    features: bytes
    postings: bytes


def packed(described: Described) -> Packed:
    """One record a feature in either."""
    features, count = described.features, len(described.features.codes)
    ours, theirs = np.zeros(count, _FEATURE), np.zeros(count, _POSTING)
    ours["point"] = np.round(np.clip(features.points, 0, 1) * _POINT)
    ours["scale"] = np.clip(np.round(-features.scales * _SCALE), 0, 255)
    ours["angle"] = np.round(features.angles * _ANGLE).astype(np.int64) % 256
    ours["code"] = features.codes
    theirs["words"] = described.words
    theirs["signature"] = np.ascontiguousarray(described.signatures, "<u4").view("<u8").ravel()
    theirs["turn"], theirs["scale"] = ours["angle"], ours["scale"]
    return Packed(ours.tobytes(), theirs.tobytes())


def unpacked(stored: bytes) -> Features:
    """`Packed.features` as they were; coordinates as exact as they were stored.

    Raises:
        ValueError: if the length is not that of whole records.
    """
    records = np.frombuffer(stored, _FEATURE)
    return Features(
        points=records["point"].astype(np.float32) / np.float32(_POINT),
        scales=records["scale"].astype(np.float32) / np.float32(-_SCALE),
        angles=records["angle"].astype(np.float32) / np.float32(_ANGLE),
        codes=records["code"],
    )


def postings(stored: bytes) -> Postings:
    """`Packed.postings` of one picture, or of several one after the other.

    Raises:
        ValueError: if the length is not that of whole records.
    """
    records = np.frombuffer(stored, _POSTING)
    return Postings(
        words=records["words"],
        signatures=records["signature"],
        turns=records["turn"],
        scales=records["scale"],
    )
