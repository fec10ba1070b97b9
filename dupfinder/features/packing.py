"""Features as bytes, 38 for each: what the cache keeps and workers hand over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dupfinder.protocols import Features

# Points in 65,535ths of the longer side, angles in 256ths of a turn, scales in 16ths of an octave
# below the longer side.
_RECORD = np.dtype(
    [
        ("point", "<u2", 2),
        ("scale", "u1"),
        ("angle", "u1"),
        ("code", "u1", 16),
        ("words", "<u2", (2, 2)),
        ("signature", "<u8"),
    ]
)
SIZE = _RECORD.itemsize  # bytes of a feature
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


def packed(described: Described) -> bytes:
    """One record a feature."""
    features = described.features
    records = np.zeros(len(features.codes), _RECORD)
    records["point"] = np.round(np.clip(features.points, 0, 1) * _POINT)
    records["scale"] = np.clip(np.round(-features.scales * _SCALE), 0, 255)
    records["angle"] = np.round(features.angles * _ANGLE).astype(np.int64) % 256
    records["code"] = features.codes
    records["words"] = described.words
    records["signature"] = np.ascontiguousarray(described.signatures, "<u4").view("<u8").ravel()
    return records.tobytes()


def unpacked(stored: bytes) -> Described:
    """The way back; coordinates as exact as they were stored.

    Raises:
        ValueError: if the length is not that of whole records.
    """
    records = np.frombuffer(stored, _RECORD)
    features = Features(
        points=records["point"].astype(np.float32) / np.float32(_POINT),
        scales=records["scale"].astype(np.float32) / np.float32(-_SCALE),
        angles=records["angle"].astype(np.float32) / np.float32(_ANGLE),
        codes=records["code"],
    )
    signatures = np.ascontiguousarray(records["signature"]).view("<u4").reshape(-1, 2)
    return Described(features, records["words"], signatures)


def postings(stored: bytes) -> Postings:
    """What is stored as an index compares it, of one picture or of several one after the other.

    Raises:
        ValueError: if the length is not that of whole records.
    """
    records = np.frombuffer(stored, _RECORD)
    return Postings(
        words=records["words"],
        signatures=records["signature"],
        turns=records["angle"],
        scales=records["scale"],
    )
