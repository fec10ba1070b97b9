"""The default hasher: 256 signs of a discrete cosine transform, with all eight orientations.

After the recipe of PDQ (Meta, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing
Algorithm", 2019): 64x64 luma, the 16x16 coefficients after the constant row and column. Each bit is
the sign of its coefficient where PDQ compares with the median: mirroring a picture negates the odd
coefficients and turning it by a quarter transposes them, so with signs all eight orientations
derive from one hash exactly.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dupfinder.model import Fingerprint, Orientation
from dupfinder.protocols import THUMBNAIL_SIDE, Picture, Words

_KEPT = 16

# Rows of the DCT-II basis (Ahmed, Natarajan, Rao 1974), frequencies 1 to 16.
_BASIS = np.cos(
    np.pi / THUMBNAIL_SIDE * np.outer(np.arange(1, _KEPT + 1), np.arange(THUMBNAIL_SIDE) + 0.5)
)

# What rounding may leave of a coefficient that is zero, as half of them are in a symmetric picture:
# their bits must not depend on the processor.
_ZERO = 1e-6

# orientation -> (transpose, negate odd vertical, negate odd horizontal frequencies)
_SYMMETRY = {
    Orientation.UPRIGHT: (False, False, False),
    Orientation.TURNED_90: (True, True, False),
    Orientation.TURNED_180: (False, True, True),
    Orientation.TURNED_270: (True, False, True),
    Orientation.MIRRORED: (False, False, True),
    Orientation.MIRRORED_90: (True, True, True),
    Orientation.MIRRORED_180: (False, True, False),
    Orientation.MIRRORED_270: (True, False, False),
}

# Hashes that are turned at once: a byte for each bit of them is in memory.
_AT_ONCE = 1 << 14


class Dct256:
    """256 bits; bit `16 * (u - 1) + v - 1` is the sign at vertical frequency u, horizontal v."""

    name = "dct256"
    length = _KEPT * _KEPT
    needs_colour = False
    default_radius = 60

    def fingerprint(self, picture: Picture) -> Fingerprint:
        coefficients = _BASIS @ picture.thumbnail.astype(np.float64) @ _BASIS.T
        packed = np.packbits(coefficients > _ZERO, bitorder="little").tobytes()
        return Fingerprint(self.name, int.from_bytes(packed, "little"), self.length)

    def oriented(self, words: Words) -> Sequence[tuple[Orientation, Words]]:
        """The hashes that the same pictures would have in each of the eight orientations.

        Args:
            words: (N, 4) uint64, bit i of a hash at bit i % 64 of word i // 64.
        """
        turned = {turn: np.empty_like(words) for turn in _SYMMETRY}
        for at in range(0, len(words), _AT_ONCE):
            octets = words[at : at + _AT_ONCE].astype("<u8").view(np.uint8)
            bits = np.unpackbits(octets, axis=1, bitorder="little").reshape(-1, _KEPT, _KEPT)
            for turn, how in _SYMMETRY.items():
                turned[turn][at : at + _AT_ONCE] = _pack(_turned(bits, *how))
        return list(turned.items())


def _turned(
    bits: NDArray[np.uint8],
    transpose: bool,
    negate_u: bool,
    negate_v: bool,
) -> NDArray[np.uint8]:
    """Frequencies 1, 3, 5, ... are odd: they stand at the even places."""
    out = bits.transpose(0, 2, 1).copy() if transpose else bits.copy()
    if negate_u:
        out[:, ::2, :] ^= 1
    if negate_v:
        out[:, :, ::2] ^= 1
    return out


def _pack(bits: NDArray[np.uint8]) -> Words:
    octets = np.packbits(bits.reshape(-1, _KEPT * _KEPT), axis=1, bitorder="little")
    return octets.view("<u8").astype(np.uint64)
