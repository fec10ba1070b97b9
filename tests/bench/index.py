"""The indexes on random hashes with a tenth of planted neighbours: seconds, memory, equal pairs.

    python tests/bench/index.py [--quick]

Targets, each on one core: one million hashes joined with themselves within 60 s and 4 GB, at 64
bits and radius 8; 256 bits and radius 31 within 60 s too; a full scan of 256 bits at radius 60
within 3 ns a pair, and in all eight orientations within 6 ns a pair. Every run is a process of its
own; what would take longer than the limit is not run, and its time is extrapolated from the largest
run of the same index: with the square of the number of hashes for `linear` and `bktree`, whose
look-ups visit nearly the whole tree.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.table import Table

from dupfinder.hashers import HASHERS
from dupfinder.indexes import INDEXES

if TYPE_CHECKING:
    from dupfinder.protocols import Words

LIMIT_SECONDS = 120.0

# (bits, radius, numbers of hashes, indexes, whether in all orientations of the default hasher)
CASES = (
    (64, 8, (2_000, 10_000, 100_000, 1_000_000), ("banded", "linear", "bktree"), False),
    (256, 31, (2_000, 10_000, 100_000, 1_000_000), ("banded", "linear", "bktree"), False),
    (256, 60, (5_000, 20_000, 100_000), ("linear",), False),
    (256, 31, (2_000, 10_000, 100_000), ("banded", "linear", "bktree"), True),
    (256, 60, (5_000, 20_000, 100_000), ("linear",), True),
)
QUICK_MOST = 20_000


@dataclass(frozen=True, slots=True)
class Run:
    """What one process measured."""

    seconds: float
    megabytes: int
    pairs: int
    digest: str


def planted(count: int, bits: int, radius: int) -> Words:
    """Random hashes as (N, W) words, a tenth of them within `radius` + 2 bits of another one."""
    noise = np.random.default_rng(count)
    words = noise.integers(0, 2**64, (count, bits // 64), dtype=np.uint64)
    copies = words[noise.integers(0, count, count // 10)]
    flips = noise.integers(0, radius + 3, len(copies))
    for flip in range(radius + 2):
        rows = np.flatnonzero(flip < flips)
        bit = noise.integers(0, bits, len(copies))[rows]
        copies[rows, bit // 64] ^= np.uint64(1) << (bit % 64).astype(np.uint64)
    words[noise.choice(count, len(copies), replace=False)] = copies
    return words


def measure(name: str, count: int, bits: int, radius: int, *, turned: bool) -> Run:
    """Build the index and join it with itself, in this process and on one core."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    words = planted(count, bits, radius)
    start = time.perf_counter()
    index = INDEXES[name](words)
    if turned:
        variants = [variant for _, variant in HASHERS["dct256"].oriented(words)]
        pairs = index.turned_pairs(variants, radius)
    else:
        pairs = index.pairs(radius)
    seconds = time.perf_counter() - start
    digest = hashlib.sha256(b"".join(column.tobytes() for column in pairs)).hexdigest()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    kilobyte = 1024 if sys.platform == "darwin" else 1
    return Run(seconds, peak // kilobyte // 1024, len(pairs.left), digest)


def in_own_process(name: str, count: int, bits: int, radius: int, *, turned: bool) -> Run:
    """The same, so that its peak of memory is its own and numpy's libraries use one thread."""
    one_thread = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    case = [name, str(count), str(bits), str(radius), str(int(turned))]
    finished = subprocess.run(
        [sys.executable, __file__, "--case", *case],
        env={**os.environ, **one_thread},
        stdout=subprocess.PIPE,
        check=True,
    )
    return Run(**json.loads(finished.stdout))


def rows_of(
    bits: int, radius: int, counts: tuple[int, ...], names: tuple[str, ...], *, turned: bool
) -> list[tuple[str, ...]]:
    """The table's rows for one kind of hash."""
    rows: list[tuple[str, ...]] = []
    largest: dict[str, tuple[int, float]] = {}
    for count in counts:
        digests: dict[str, str] = {}
        for name in names:
            known, seconds = largest.get(name, (count, 0.0))
            expected = seconds * (count / known) ** 2
            title = (f"{bits} bits, radius {radius}" + ", turned" * turned, f"{count:,}", name)
            if name != "banded" and expected > LIMIT_SECONDS:
                rows.append((*title, f"not run, about {expected:,.0f}", "", "", ""))
                continue
            run = in_own_process(name, count, bits, radius, turned=turned)
            largest[name] = count, run.seconds
            same = {run.digest} == set(digests.values()) if digests else None
            verdict = {True: "yes", False: "NO", None: ""}[same]
            digests[name] = run.digest
            figures = (f"{run.seconds:.2f}", f"{run.megabytes:,}", f"{run.pairs:,}", verdict)
            rows.append((*title, *figures))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help=f"at most {QUICK_MOST:,} hashes")
    parser.add_argument("--case", nargs=5, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        name, *numbers = options.case
        count, bits, radius, turned = map(int, numbers)
        run = measure(name, count, bits, radius, turned=bool(turned))
        print(json.dumps({field: getattr(run, field) for field in Run.__slots__}))
        return
    table = Table(title=f"One core, self-join, at most {LIMIT_SECONDS:.0f} s a run")
    for column in ("hashes", "count", "index", "seconds", "peak MB", "pairs", "same pairs"):
        table.add_column(column, justify="left" if column in {"hashes", "index"} else "right")
    for bits, radius, counts, names, turned in CASES:
        wanted = tuple(count for count in counts if not options.quick or count <= QUICK_MOST)
        for row in rows_of(bits, radius, wanted, names, turned=turned):
            table.add_row(*row)
        table.add_section()
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
