"""Random hyperplanes: vectors as bits, and those pass whose bits are nearest.

Charikar, "Similarity estimation techniques from rounding algorithms", 2002: two vectors fall on
different sides of a random hyperplane with a probability of their angle over 180 degrees, so that
the Hamming distance of many such bits estimates it. All bits are compared, which is a pass over 128
bytes a vector instead of two for each of its entries.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dupfinder.indexes.passing import Passing
from dupfinder.indexes.vectors.units import Units
from dupfinder.protocols import Shown

_SEED = 20_021  # any: the same vectors always give the same bits


class LshSieve:
    """`planes` bits a vector, a multiple of 64; `candidates` times as many as wanted pass.

    More of either finds more and takes longer.
    """

    def __init__(self, units: Units, planes: int = 1024, candidates: int = 200) -> None:
        self._units = units
        self._planes = planes
        self._candidates = candidates
        self._made: NDArray[np.float32] | None = None
        self.name = f"{units.name}=1;planes={planes}"
        self.octets = planes // 8

    def rows(self, packed: Sequence[bytes]) -> NDArray[np.uint8]:
        sides = self._units.of(packed).astype(np.float32) @ self._hyperplanes() > 0
        return np.packbits(sides, axis=1, bitorder="little")

    def passed(self, queries: Sequence[bytes], shown: Shown, count: int) -> list[NDArray[np.int64]]:
        asked = self.rows(queries).view("<u8")
        passing = [Passing(self._candidates * count, 0) for _ in queries]
        for block in shown.blocks():
            words = block.rows.view("<u8")
            for each, bits in zip(passing, asked, strict=True):
                apart = np.bitwise_count(words ^ bits).sum(axis=1, dtype=np.int32)
                each.add(block.positions, -apart.astype(np.float32))
        return [each.found() for each in passing]

    def _hyperplanes(self) -> NDArray[np.float32]:
        """(length, planes)."""
        if self._made is None:
            noise = np.random.default_rng(_SEED)
            shape = (self._units.length, self._planes)
            self._made = noise.standard_normal(shape, np.float32)
        return self._made
