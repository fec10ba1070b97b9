"""Hamming indexes: the pairs of fingerprints within a radius, exactly; one file each."""

from __future__ import annotations

from dupfinder.indexes.banded import BandedIndex
from dupfinder.indexes.bands import Task, plan
from dupfinder.indexes.bktree import BKTreeIndex
from dupfinder.indexes.linear import LinearIndex, scan_seconds
from dupfinder.indexes.packing import WORD_BITS, pack, pack_stored
from dupfinder.protocols import HammingIndex

__all__ = ["INDEXES", "choose", "pack", "pack_stored"]

INDEXES: dict[str, type[HammingIndex]] = {
    "banded": BandedIndex,
    "linear": LinearIndex,
    "bktree": BKTreeIndex,
}


def choose(
    name: str, count: int, bits: int, radius: int, asking: int | None = None
) -> tuple[type[HammingIndex], str]:
    """The index for a library of `count` hashes, and one sentence that says why.

    The library meets itself, or is asked for the neighbours of `asking` of its hashes alone.

    "auto" takes the one that costs less by the measured constants of `linear` and `bands`, assuming
    that hashes differ as random ones do. The BK-tree never wins, so it is used only if named.

    Raises:
        KeyError: if there is no index of that name.
    """
    if name != "auto":
        return INDEXES[name], f"{name} index: asked for"
    words = max(1, -(-bits // WORD_BITS))
    whole = asking is None
    task = Task(count if asking is None else asking, count, words, bits, radius, triangle=whole)
    scan = scan_seconds(task.pairs, words, radius)
    best = plan(task)
    of_what = f"{count:,} hashes of {bits} bits within {radius}"
    if not whole:
        of_what = f"{asking:,} with {of_what}"
    if not best.bands:
        return LinearIndex, (
            f"linear index: comparing all pairs of {of_what} takes about {_seconds(scan)},"
            " and bands of bits would rule out too few"
        )
    return BandedIndex, (
        f"banded index: {of_what} take about {_seconds(best.seconds)} by {len(best.bands)} bands"
        f" of bits, and {_seconds(scan)} by comparing all pairs"
    )


def _seconds(seconds: float) -> str:
    return f"{seconds:.2g} s" if seconds < 100 else f"{seconds:,.0f} s"
