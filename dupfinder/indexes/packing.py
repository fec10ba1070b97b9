"""Fingerprints -> rows of 64-bit words, the form that every index takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dupfinder.errors import FingerprintMismatch
from dupfinder.model import Fingerprint

if TYPE_CHECKING:
    from dupfinder.protocols import Words

WORD_BITS = 64


def pack(fingerprints: Sequence[Fingerprint]) -> Words:
    """The fingerprints as (N, W) uint64, W = ceil(length / 64), at least 1.

    Word 0 holds the 64 least significant bits of `Fingerprint.bits`; a length that is no multiple
    of 64 is padded with zeros, which differ between no two fingerprints.

    Raises:
        FingerprintMismatch: if two of them differ in hasher or in length.
    """
    if not fingerprints:
        return np.empty((0, 1), np.uint64)
    first = fingerprints[0]
    size = max(1, -(-first.length // WORD_BITS))
    for fingerprint in fingerprints:
        if (fingerprint.hasher, fingerprint.length) != (first.hasher, first.length):
            raise FingerprintMismatch(
                f"cannot index a fingerprint of {fingerprint.hasher} ({fingerprint.length} bits)"
                f" among those of {first.hasher} ({first.length} bits)"
            )
    packed = b"".join(fingerprint.bits.to_bytes(8 * size, "little") for fingerprint in fingerprints)
    return np.frombuffer(packed, "<u8").astype(np.uint64).reshape(-1, size)


def pack_stored(packed: bytes, length: int) -> Words:
    """The same of fingerprints of `length` bits, one after the other in whole bytes, little-endian.

    Raises:
        ValueError: if these are not the bytes of whole fingerprints.
    """
    size = max(1, -(-length // WORD_BITS))
    rows = np.frombuffer(packed, np.uint8).reshape(-1, -(-length // 8))
    padded = np.zeros((len(rows), 8 * size), np.uint8)
    padded[:, : rows.shape[1]] = rows
    return padded.view("<u8").astype(np.uint64)
