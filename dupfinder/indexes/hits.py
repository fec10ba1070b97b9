"""Partial results of a search -> the one sorted `Pairs` that every index returns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dupfinder.protocols import Pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Hits(NamedTuple):
    """Pairs of rows in no particular order, each once: int64, int64 and uint16 of one length."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    distance: NDArray[np.uint16]


def gather(parts: Iterable[Hits]) -> Hits:
    """All parts as one."""
    kept = [part for part in parts if part.left.size]
    if not kept:
        nothing = np.empty(0, np.int64)
        return Hits(nothing, nothing, np.empty(0, np.uint16))
    left, right, distance = (np.concatenate(column) for column in zip(*kept, strict=True))
    return Hits(left, right, distance)


def in_order(hits: Hits) -> Pairs:
    """The hits sorted by (left, right)."""
    left, right, distance = hits
    # One key sorts several times faster than two; row numbers below 2^31 leave room for both.
    order = np.argsort((left << 32) | right)
    return Pairs(left[order], right[order], distance[order])


def least(hits: Hits) -> Pairs:
    """The hits sorted by (left, right), each pair once, with its least distance."""
    left, right, distance = hits
    order = np.lexsort((distance, right, left))
    left, right, distance = left[order], right[order], distance[order]
    is_first = np.ones(left.size, bool)
    is_first[1:] = (left[1:] != left[:-1]) | (right[1:] != right[:-1])
    return Pairs(left[is_first], right[is_first], distance[is_first])


def ranges(
    begin: NDArray[np.int64], count: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Every number of the ranges [begin, begin + count), and which range it belongs to.

    Returns:
        The positions of the ranges in `begin`, and the numbers: int64, both of length count.sum().
    """
    which = np.repeat(np.arange(begin.size), count)
    offset = begin - (np.cumsum(count) - count)
    return which, np.arange(which.size) + offset[which]
