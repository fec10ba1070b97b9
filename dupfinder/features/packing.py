"""Features as bytes, 38 for each: what the cache keeps and workers hand over."""

from __future__ import annotations

from dataclasses import dataclass

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
        ("signature", "<u4", 2),
    ]
)
_POINT, _SCALE, _ANGLE = 65_535.0, 16.0, 256 / 360


@dataclass(frozen=True, slots=True)
class Described:
    """Features, and what finds them: `words` (N, 2, 2) uint16, `signatures` (N, 2) uint32."""

    features: Features
    words: NDArray[np.uint16]
    signatures: NDArray[np.uint32]


def packed(described: Described) -> bytes:
    """One record a feature."""
    features = described.features
    records = np.zeros(len(features.codes), _RECORD)
    records["point"] = np.round(np.clip(features.points, 0, 1) * _POINT)
    records["scale"] = np.clip(np.round(-features.scales * _SCALE), 0, 255)
    records["angle"] = np.round(features.angles * _ANGLE).astype(np.int64) % 256
    records["code"] = features.codes
    records["words"] = described.words
    records["signature"] = described.signatures
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
    return Described(features, records["words"], records["signature"])
