"""Queries that are asked a second time, as their mirror images: so mirrored copies are found.

A library is described as it is; of queries alone both pictures are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from dupfinder.protocols import Nearest, Picture, Rows, Searcher
from dupfinder.searchers.best import Best


class Mirrored:
    """Describes the mirror image of a picture, as a way to search describes pictures."""

    def __init__(self, searcher: Searcher) -> None:
        self.name = f"{searcher.name} mirrored"
        self.needs_colour = searcher.needs_colour
        self._searcher = searcher

    @property
    def signature(self) -> str:
        return f"{self._searcher.signature};mirrored"

    def describe(self, picture: Picture) -> bytes:
        """As the searcher describes it; of the picture grey and colours are turned, no more."""
        rgb = None if picture.rgb is None else np.ascontiguousarray(picture.rgb[:, ::-1])
        grey = np.ascontiguousarray(picture.grey[:, ::-1])
        return self._searcher.describe(replace(picture, grey=grey, rgb=rgb))


def nearest(
    searcher: Searcher, queries: Sequence[Sequence[bytes]], rows: Iterable[Rows], count: int
) -> list[Nearest]:
    """For each query the `count` contents most alike any of its descriptors, one at least."""
    flat = [packed for variants in queries for packed in variants]
    found = iter(searcher.nearest(flat, rows, count))
    return [_most([next(found) for _ in variants], count) for variants in queries]


def _most(found: Sequence[Nearest], count: int) -> Nearest:
    """Each position once, with the highest of its scores."""
    if len(found) == 1:
        return found[0]
    positions = np.concatenate([each.positions for each in found])
    scores = np.concatenate([each.scores for each in found])
    order = np.lexsort((-scores, positions))
    positions, first = np.unique(positions[order], return_index=True)
    best = Best(count)
    best.add(positions, scores[order][first])
    return best.found()
