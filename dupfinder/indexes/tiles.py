"""Comparing all with all, tile by tile, on all processors: numpy leaves the interpreter to others.

Which thread compares what changes nothing: whoever asks puts the pairs in order.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dupfinder.indexes.hits import Hits, gather
from dupfinder.processors import processors

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Measured: numpy's xor takes three times as long on rows below 3,000 columns, and tiles above 2 MB
# leave the L2 cache. So tiles have between this many columns and twice as many.
TILE_ROWS = 32
TILE_COLUMNS = 3072

# The distance over three words, 192 at most, still fits into the uint8 that makes a tile fast.
PREFIX_WORDS = 3

# Pairs that one thread compares at a time, some ten milliseconds of work: fewer are not worth one.
SHARE = 5_000_000


def scan_seconds(pairs: float, words: int, radius: int) -> float:
    """What a linear scan takes of one core for so many pairs of random hashes, in seconds.

    A tile is left as soon as none of its pairs can come within the radius, which happens once the
    words read so far hold five standard deviations more differing bits than the radius.
    """
    read = 1
    while read < min(words, PREFIX_WORDS) and 32 * read - 20 * read**0.5 <= radius:
        read += 1
    return pairs * (0.3 + 0.6 * read) * 1e-9  # measured on a server of 2023


class Scratch(NamedTuple):
    """The memory of one tile, used again for all; flat, of the size of the largest tile."""

    difference: NDArray[np.uint64]
    counts: NDArray[np.uint8]
    others: NDArray[np.uint8]
    distance: NDArray[np.uint8]

    @classmethod
    def allocate(cls) -> Scratch:
        size = TILE_ROWS * 2 * TILE_COLUMNS
        return cls(np.empty(size, np.uint64), *(np.empty(size, np.uint8) for _ in range(3)))


class Tile(NamedTuple):
    """Rows of one side and columns of the other, as slices."""

    rows: slice
    columns: slice


def compared(
    rows: int, columns: int, judge: Callable[[Tile, Scratch], Hits], *, triangle: bool
) -> Iterator[Hits]:
    """What `judge` finds in the tiles of a comparison of rows with columns, in no promised order.

    With `triangle` the tiles are left out in which every row is behind every column.
    """
    stripes = range(0, rows, TILE_ROWS)
    together = max(1, SHARE // max(1, TILE_ROWS * columns))
    shares = [stripes[at : at + together] for at in range(0, len(stripes), together)]
    memory = threading.local()

    def judged(share: range) -> Hits:
        if not hasattr(memory, "scratch"):
            memory.scratch = Scratch.allocate()
        return gather(
            judge(tile, memory.scratch)
            for top in share
            for tile in _stripe(top, rows, columns, triangle=triangle)
        )

    threads = min(processors(), len(shares))
    if threads <= 1:
        yield from map(judged, shares)
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(judged, shares)


def _stripe(top: int, rows: int, columns: int, *, triangle: bool) -> Iterator[Tile]:
    begin = top if triangle else 0
    tiles = max(1, (columns - begin) // TILE_COLUMNS)
    width = max(1, -(-(columns - begin) // tiles))
    for start in range(begin, columns, width):
        stop = min(start + width, columns)
        yield Tile(slice(top, min(top + TILE_ROWS, rows)), slice(start, stop))
