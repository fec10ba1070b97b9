"""The best of a stream of similarities, with memory for the best alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dupfinder.protocols import Nearest


class Best:
    """Keeps the `count` most similar of all that it was shown; its slow twin sorts them all."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._positions = np.empty(0, np.int64)
        self._scores = np.empty(0, np.float64)

    def add(self, positions: NDArray[np.int64], scores: NDArray[np.float64]) -> None:
        """Show it some more, in any order: (N,) positions and (N,) similarities."""
        if len(self._scores) == self._count:
            # Nearly all that stream past are worse than the worst that is kept.
            may = np.flatnonzero(scores >= self._scores[-1])
            positions, scores = positions[may], scores[may]
        positions = np.concatenate([self._positions, positions])
        scores = np.concatenate([self._scores, scores])
        order = np.lexsort((positions, -scores))[: self._count]
        self._positions, self._scores = positions[order], scores[order]

    def found(self) -> Nearest:
        """The best so far, best first."""
        return Nearest(self._positions, self._scores)
