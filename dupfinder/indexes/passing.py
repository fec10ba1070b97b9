"""What may be among the best of a stream, by similarities that are rough."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class Passing:
    """Keeps all that may be among the `count` best, where a similarity may be off by some amount.

    Its slow twin sorts all exact similarities: what that has is kept, and of the rest as much as
    cannot be told from it, ties included.
    """

    def __init__(self, count: int, off: float) -> None:
        """A similarity is `off` by that at most, either way."""
        self._count = count
        self._slack = 2 * off  # what is best may seem less, and what is least of it more
        self._least = -np.inf
        self._held = 0
        self._positions: list[NDArray[np.int64]] = []
        self._rough: list[NDArray[np.float32]] = []

    def add(self, positions: NDArray[np.int64], rough: NDArray[np.float32]) -> None:
        """Show it some more: (N,) positions and (N,) similarities."""
        near = np.flatnonzero(rough >= self._least)
        if near.size:
            self._positions.append(positions[near])
            self._rough.append(rough[near])
            self._held += near.size
            if self._held > 2 * self._count:
                self._sort_out()

    def found(self) -> NDArray[np.int64]:
        """The positions of all that passed so far, in ascending order."""
        self._sort_out()
        return np.sort(self._positions[0])

    def _sort_out(self) -> None:
        positions = np.concatenate([np.empty(0, np.int64), *self._positions])
        rough = np.concatenate([np.empty(0, np.float32), *self._rough])
        if len(rough) > self._count:
            worst = len(rough) - self._count
            self._least = float(np.partition(rough, worst)[worst]) - self._slack
            near = np.flatnonzero(rough >= self._least)
            positions, rough = positions[near], rough[near]
        self._positions, self._rough, self._held = [positions], [rough], len(rough)
