"""Every vector is compared: the oracle of the other indexes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dupfinder.indexes.passing import Passing
from dupfinder.indexes.vectors.units import Units, restored, rounded, scaled
from dupfinder.protocols import Shown


class ExactSieve:
    """One matrix product a block, in single precision; what may be among the best passes."""

    def __init__(self, units: Units) -> None:
        self._units = units
        self.name = f"{units.name}=1;int16"
        self.octets = 2 * units.length

    def rows(self, packed: Sequence[bytes]) -> NDArray[np.uint8]:
        return rounded(self._units.of(packed)).view(np.uint8)

    def passed(self, queries: Sequence[bytes], shown: Shown, count: int) -> list[NDArray[np.int64]]:
        asked = scaled(self._units.of(queries))
        passing = [Passing(count, self._units.off) for _ in queries]
        room = np.empty((0, self._units.length), np.float32)
        for block in shown.blocks():
            if len(room) < len(block.rows):
                room = np.empty((len(block.rows), self._units.length), np.float32)
            vectors = restored(block.rows.view("<i2"), room)
            # Queries first, so that the similarities of each lie together.
            for each, rough in zip(passing, asked @ vectors.T, strict=True):
                each.add(block.positions, rough)
        return [each.found() for each in passing]
