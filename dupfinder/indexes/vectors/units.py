"""Vectors of unit length, and as whole numbers: half the bytes, and an error that is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

# No entry of a vector of unit length is above 1.
_ONE: Final = 32_767


@dataclass(frozen=True, slots=True)
class Units:
    """How descriptors become vectors of `length` entries whose cosine says how alike they are.

    `of` takes packed descriptors to (N, length) float64 of length 1 or 0; `name` names what it
    does. The more alike two descriptors, the larger must be the cosine.
    """

    name: str
    length: int
    of: Callable[[Sequence[bytes]], NDArray[np.float64]]

    @property
    def off(self) -> float:
        """What a cosine of a vector with a rounded one may be off, computed in single precision.

        An entry is off by half a step; and a sum of n products by n roundings of their sum, which
        is 1 at most (Higham, "Accuracy and Stability of Numerical Algorithms", 2002, section 3.1);
        twice that, since the query is rounded, too.
        """
        rounded = np.sqrt(self.length) * 0.5 / _ONE
        return float(rounded + (self.length + 4) * 2.0**-23)


def rounded(vectors: NDArray[np.float64]) -> NDArray[np.int16]:
    """Vectors (N, D) of unit length in steps of 1 / 32,767."""
    return np.rint(vectors * _ONE).astype("<i2")


def restored(rounded: NDArray[np.int16], out: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same as (N, D) float32, in the first rows of `out`; not divided, so 32,767 long."""
    np.copyto(out[: len(rounded)], rounded)
    return out[: len(rounded)]


def scaled(query: NDArray[np.float64]) -> NDArray[np.float32]:
    """Queries (Q, D) such that their products with `restored` vectors are cosines."""
    return (query / _ONE).astype(np.float32)
