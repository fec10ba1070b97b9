"""What vectors of one length have in common: how they are stored, and an exact streamed search."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from dupfinder.indexes.vectors import VECTOR_INDEXES
from dupfinder.indexes.vectors.units import Units
from dupfinder.protocols import Nearest, Rows, Sieve
from dupfinder.searchers.best import Best

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

# Similarities of a matrix and a vector: (N, D) and (D,) to (N,).
Similarity = Callable[[Matrix, Vector], NDArray[np.float64]]

# What makes vectors of length 1 or 0 of a matrix of them: (N, D) to (N, D).
ToUnits = Callable[[Matrix], Matrix]

# The indexes that vectors can have.
INDEXES = tuple(VECTOR_INDEXES)

# Decimals beyond which a sum depends on the order in which a processor adds.
_EXACT, _ROOT_EXACT = 9, 12


def stored(vector: NDArray[np.float32]) -> bytes:
    """Little-endian float32, whatever the machine."""
    return vector.astype("<f4").tobytes()


def matrix(packed: Sequence[bytes], length: int) -> NDArray[np.float32]:
    """Stored vectors as (N, length) float32.

    Raises:
        ValueError: if one has another length.
    """
    return np.frombuffer(b"".join(packed), "<f4").reshape(-1, length)


def nearest(
    queries: Sequence[bytes], rows: Iterable[Rows], count: int, length: int, alike: Similarity
) -> list[Nearest]:
    """The most similar of a stream of vectors, of which a part at a time is in memory."""
    asked = matrix(queries, length).astype(np.float64)
    best = [Best(count) for _ in queries]
    for some in rows:
        vectors = matrix(some.packed, length).astype(np.float64)
        for query, kept in zip(asked, best, strict=True):
            kept.add(some.positions, np.round(alike(vectors, query), _EXACT))
    return [kept.found() for kept in best]


def sieve(index: str, octets: int, units: ToUnits) -> Sieve:
    """One of `INDEXES` over stored vectors of so many bytes.

    Args:
        units: turns them such that their cosines say how alike they are.

    Raises:
        UsageError: if a library is missing.
    """
    length = octets // 4

    def of(packed: Sequence[bytes]) -> Matrix:
        return units(matrix(packed, length).astype(np.float64))

    return VECTOR_INDEXES[index](Units(units.__name__, length, of))


def directions(vectors: Matrix) -> Matrix:
    """At length 1, for `cosine`; zeros stay zeros."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(norms > 0, norms, 1))


def deviations(vectors: Matrix) -> Matrix:
    """From their means, at length 1, for `correlation`."""
    return directions(vectors - vectors.mean(axis=1, keepdims=True))


def roots(vectors: Matrix) -> Matrix:
    """The roots of histograms, at length 1, for `bhattacharyya`: Hellinger's vectors."""
    return directions(np.sqrt(vectors))


def cosine(vectors: Matrix, query: Vector) -> NDArray[np.float64]:
    """Cosine of the angle, -1 to 1; 0 with a vector of zeros."""
    norms = np.linalg.norm(vectors, axis=1) * np.linalg.norm(query)
    return np.asarray(vectors @ query / np.where(norms > 0, norms, 1))


def correlation(vectors: Matrix, query: Vector) -> NDArray[np.float64]:
    """Pearson's correlation, -1 to 1; 0 with a vector of equal entries."""
    return cosine(vectors - vectors.mean(axis=1, keepdims=True), query - query.mean())


def bhattacharyya(vectors: Matrix, query: Vector) -> NDArray[np.float64]:
    """1 less the distance of two histograms, 0 to 1: sqrt(1 - the sum of sqrt(p q)).

    Bhattacharyya 1943, in the form of Comaniciu, Ramesh, Meer, "Kernel-based object tracking",
    2003.
    """
    totals = np.maximum(vectors.sum(axis=1) * query.sum(), 1e-12)
    common = np.sqrt(vectors) @ np.sqrt(query) / np.sqrt(totals)
    # The root of what is left of 1 would make much of the order in which a processor adds.
    common = np.round(common, _ROOT_EXACT)
    return np.asarray(1 - np.sqrt(np.maximum(1 - common, 0)))
