"""Indexes over vectors of unit length, by cosine: exact, or approximate for many; one file each."""

from __future__ import annotations

from collections.abc import Callable

from dupfinder.indexes.vectors.exact import ExactSieve
from dupfinder.indexes.vectors.hnsw import HnswSieve
from dupfinder.indexes.vectors.lsh import LshSieve
from dupfinder.indexes.vectors.units import Units
from dupfinder.protocols import Sieve

VECTOR_INDEXES: dict[str, Callable[[Units], Sieve]] = {
    "exact": ExactSieve,
    "hnsw": HnswSieve,
    "lsh": LshSieve,
}
