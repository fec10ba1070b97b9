"""Hamming indexes: the pairs of fingerprints within a radius, exactly; one file each."""

from __future__ import annotations

import numpy as np

from dupfinder.indexes.banded import BandedIndex
from dupfinder.indexes.bands import Task, plan
from dupfinder.indexes.bktree import BKTreeIndex
from dupfinder.indexes.linear import LinearIndex
from dupfinder.indexes.packing import WORD_BITS, pack, pack_stored
from dupfinder.indexes.tiles import scan_seconds
from dupfinder.indexes.turned import cosets, scan_turned_seconds
from dupfinder.protocols import HammingIndex, Hasher

__all__ = ["INDEXES", "choose", "pack", "pack_stored"]

INDEXES: dict[str, type[HammingIndex]] = {
    "banded": BandedIndex,
    "linear": LinearIndex,
    "bktree": BKTreeIndex,
}


def choose(
    name: str, count: int, hasher: Hasher, radius: int, asking: int | None = None
) -> tuple[type[HammingIndex], str]:
    """The index for a library of `count` hashes, and one sentence that says why.

    The library meets itself, or is asked for the neighbours of `asking` of its hashes alone, in all
    orientations that the hasher knows.

    "auto" takes the one that costs less by the measured constants of `linear` and `bands`, assuming
    that hashes differ as random ones do. The BK-tree never wins, so it is used only if named.

    Raises:
        KeyError: if there is no index of that name.
    """
    if name != "auto":
        return INDEXES[name], f"{name} index: asked for"
    scan, bands, by_bands = _costs(count, hasher, radius, asking)
    of_what = f"{count:,} hashes of {hasher.length} bits within {radius}"
    if asking is not None:
        of_what = f"{asking:,} with {of_what}"
    if not bands or scan <= by_bands:
        return LinearIndex, (
            f"linear index: comparing all pairs of {of_what} takes about {_seconds(scan)} of a"
            " core, and bands of bits would take longer"
        )
    return BandedIndex, (
        f"banded index: {of_what} take about {_seconds(by_bands)} by {bands} bands"
        f" of bits, and {_seconds(scan)} of a core by comparing all pairs"
    )


def _costs(count: int, hasher: Hasher, radius: int, asking: int | None) -> tuple[float, int, float]:
    """Seconds by comparing all pairs; how many bands there would be, and the seconds by these."""
    bits, size = hasher.length, max(1, -(-hasher.length // WORD_BITS))
    rows = np.random.default_rng(0).integers(0, 2**64, (2, size), np.uint64)
    variants = [turned for _, turned in hasher.oriented(rows)]
    if asking is not None:
        task = Task(asking, count, size, bits, radius, triangle=False)
        best = plan(task)
        scan = scan_seconds(task.pairs, size, radius)
        return len(variants) * scan, len(best.bands), len(variants) * best.seconds
    upright = Task(count, count, size, bits, radius, triangle=True)
    best, others = plan(upright), plan(upright._replace(triangle=False))
    by_bands = best.seconds + (len(variants) - 1) * others.seconds
    scan = sum(
        scan_turned_seconds(upright.pairs, size, radius, len(coset.masks))
        for coset in cosets(variants)
    )
    return scan, len(best.bands), by_bands


def _seconds(seconds: float) -> str:
    return f"{seconds:.2g} s" if seconds < 100 else f"{seconds:,.0f} s"
