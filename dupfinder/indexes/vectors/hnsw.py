"""A navigable graph over the vectors, for millions of them; by the library `usearch` (extra `ann`).

Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using hierarchical
navigable small world graphs", 2018.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dupfinder.errors import UsageError
from dupfinder.indexes.vectors.exact import ExactSieve
from dupfinder.indexes.vectors.units import Units
from dupfinder.protocols import Shown

_TOGETHER: Final = 1_000  # vectors that are added at a time


@dataclass(frozen=True, slots=True)
class Graph:
    """What a graph is made and searched by.

    Each vector has `links` others; `building` and `searching` candidates are kept while one is
    added, or asked for. Vectors are held as `type`. `candidates` times as many as wanted pass.
    """

    links: int = 32
    building: int = 128
    searching: int = 256
    type: str = "i8"
    candidates: int = 4


class HnswSieve:
    """Built by one thread and in one order, so that the same vectors always give the same graph.

    Raises:
        UsageError: if the extra is not installed.
    """

    def __init__(self, units: Units, graph: Graph = Graph()) -> None:
        self._units = units
        self._graph = graph
        self._exact = ExactSieve(units)
        self.name, self.octets, self.rows = self._exact.name, self._exact.octets, self._exact.rows
        self._index = _library()

    def passed(self, queries: Sequence[bytes], shown: Shown, count: int) -> list[NDArray[np.int64]]:
        made = f"hnsw-{self._graph.type}-{self._graph.links}-{self._graph.building}"
        path = shown.made(made, lambda path: self._build(shown, path))
        graph = self._empty()
        graph.view(path)
        asked = self._units.of(queries).astype(np.float32)
        wanted = min(self._graph.candidates * count, len(graph))
        return [self._near(graph, query, wanted) for query in asked]

    def _near(self, graph: Any, query: NDArray[np.float32], wanted: int) -> NDArray[np.int64]:
        graph.expansion_search = max(self._graph.searching, wanted)
        keys = graph.search(query, wanted, threads=1).keys if wanted else ()
        return np.unique(np.asarray(keys, np.int64))

    def _build(self, shown: Shown, path: str) -> None:
        positions, vectors = self._in_order(shown)
        graph = self._empty()
        for at in range(0, len(positions), _TOGETHER):
            some = vectors[at : at + _TOGETHER].astype(np.float32)
            keys = positions[at : at + _TOGETHER].astype(np.uint64)
            graph.add(keys, some, threads=1)
        graph.save(path)

    def _in_order(self, shown: Shown) -> tuple[NDArray[np.int64], NDArray[np.int16]]:
        """All positions (N,), ascending, and their vectors (N, D)."""
        blocks = [(block.positions, block.rows.copy()) for block in shown.blocks()]
        positions = np.concatenate([np.empty(0, np.int64), *(where for where, _ in blocks)])
        places = np.empty(len(positions), np.int64)
        order = np.argsort(positions)
        places[order] = np.arange(len(positions))
        vectors = np.empty((len(positions), self._units.length), np.int16)
        at = 0
        while blocks:
            where, rows = blocks.pop(0)
            vectors[places[at : at + len(where)]] = rows.view("<i2")
            at += len(where)
        return positions[order], vectors

    def _empty(self) -> Any:
        return self._index(
            ndim=self._units.length,
            metric="cos",
            dtype=self._graph.type,
            connectivity=self._graph.links,
            expansion_add=self._graph.building,
            expansion_search=self._graph.searching,
        )


def _library() -> Any:
    try:
        from usearch.index import Index  # noqa: PLC0415  # an extra
    except ImportError:
        raise UsageError(
            "the approximate index needs the library usearch",
            hint='pip install "dupfinder[ann]"',
        ) from None
    return Index
