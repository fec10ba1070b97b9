"""Descriptors -> words to be found by, and short codes from which they can be restored.

A SIFT descriptor is a grid of four rows and four columns of eight-bin histograms of directions.
Mirroring a picture reverses the rows and negates the directions. So the descriptor is taken in two
halves of two rows each, the second one mirrored into the frame of the first: one codebook serves
both, and the words, the signature and the code of a mirrored picture are those of the picture with
the halves swapped. Nothing has to be extracted twice.

Words: the pair of the nearest centroids of both halves (a product codebook: Babenko and Lempitsky,
"The inverted multi-index", 2012). Signature: on which side of 32 planes through its centroid each
half lies (Hamming embedding: Jégou, Douze, Schmid, "Hamming embedding and weak geometric
consistency", 2008). Code: eight product-quantizer bytes for each half (Jégou, Douze, Schmid,
"Product quantization for nearest neighbor search", 2011).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Descriptors: TypeAlias = NDArray[np.float32]

HALF = 64  # entries of half a descriptor
PLANES = 32  # bits of signature a half
PARTS = 8  # bytes of code a half
_PART = HALF // PARTS

# Where each entry of a mirrored descriptor stands in the descriptor.
MIRROR = np.array(
    [
        (3 - row) * 32 + column * 8 + -direction % 8
        for row in range(4)
        for column in range(4)
        for direction in range(8)
    ]
)


def halves(descriptors: Descriptors) -> tuple[Descriptors, Descriptors]:
    """Two times (N, 64): the first two rows, and the last two mirrored."""
    return descriptors[:, :HALF], descriptors[:, MIRROR[:HALF]]


@dataclass(frozen=True, slots=True)
class Codebook:
    """`centroids` (K, 64), `parts` (8, 256, 8) and `planes` (64, 32), all float32."""

    centroids: Descriptors
    parts: NDArray[np.float32]
    planes: NDArray[np.float32]

    def words(self, descriptors: Descriptors) -> tuple[NDArray[np.uint16], NDArray[np.uint32]]:
        """(N, 2, 2) uint16: of each half its nearest and second centroid; (N, 2) uint32 bits.

        Near the border between two centroids, a query looks on both sides.

        Args:
            descriptors: (N, 128), of unit length.
        """
        found = [self._half(half) for half in halves(descriptors)]
        return (
            np.stack([nearest for nearest, _ in found], axis=1),
            np.stack([bits for _, bits in found], axis=1),
        )

    def _half(self, half: Descriptors) -> tuple[NDArray[np.uint16], NDArray[np.uint32]]:
        norms = (self.centroids**2).sum(axis=1)
        far = norms - 2 * half @ self.centroids.T
        first = far.argmin(axis=1)
        rows = np.arange(len(half))
        residual = half - self.centroids[first]
        far[rows, first] = np.inf
        nearest = np.stack([first, far.argmin(axis=1)], axis=1).astype(np.uint16)
        side = residual @ self.planes > 0
        return nearest, np.packbits(side, axis=1, bitorder="little").view(np.uint32).ravel()

    def encoded(self, descriptors: Descriptors) -> NDArray[np.uint8]:
        """(N, 16) uint8: the codes of both halves, one after the other."""
        codes = np.empty((len(descriptors), 2 * PARTS), np.uint8)
        for side, half in enumerate(halves(descriptors)):
            for part, centroids in enumerate(self.parts):
                piece = half[:, part * _PART : (part + 1) * _PART]
                far = (centroids**2).sum(axis=1) - 2 * piece @ centroids.T
                codes[:, side * PARTS + part] = far.argmin(axis=1)
        return codes

    def restored(self, codes: NDArray[np.uint8]) -> Descriptors:
        """(N, 128) float32: nearly the descriptors, both halves in the frame of the first.

        Their distances are those of the descriptors, since mirroring a half changes none.
        """
        part = np.arange(2 * PARTS) % PARTS
        return self.parts[part[None, :], codes].reshape(len(codes), 2 * HALF)


def mirrored(codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The codes that the mirrored picture would have."""
    return np.concatenate([codes[:, PARTS:], codes[:, :PARTS]], axis=1)


@cache
def codebook() -> Codebook:
    """The codebook that comes with the package; `tests/bench/codebook.py` made it."""
    with files(__package__).joinpath("codebook.npz").open("rb") as file:
        stored = np.load(file)
        return Codebook(*(stored[name].astype(np.float32) for name in Codebook.__slots__))
