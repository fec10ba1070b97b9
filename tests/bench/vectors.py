"""The indexes of vectors at 100,000 vectors of 2,048 entries: recall@10, seconds, memory.

    python tests/bench/vectors.py [--count N] [--only NAMES] [--keep FOLDER]

Target: recall@10 of `hnsw` of at least 0.95 against comparing all. The vectors are the KAZE vectors
of the photos in ../shared/photos and made ones that differ as those of pictures do, which is hard:
a made one is a real one of which some of the 32 keypoints, any number, are another photo's, some
stand in another order, and all have noise, a quarter of their length. Queries are 100 real photos'
vectors that are left out, and 100 more made ones.

Every index is a process of its own with one thread; its memory is told beyond that of the rows.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from libraries import require_shared
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

import dupfinder
from dupfinder import Settings
from dupfinder.features.kaze import FLOATS, KEYPOINTS, LENGTH
from dupfinder.indexes.vectors.exact import ExactSieve
from dupfinder.indexes.vectors.hnsw import Graph, HnswSieve
from dupfinder.indexes.vectors.lsh import LshSieve
from dupfinder.indexes.vectors.units import Units
from dupfinder.protocols import Block, Rows, Sieve
from dupfinder.searchers import SEARCHERS
from dupfinder.searchers.dense import directions, matrix
from dupfinder.storage.vectors import open_vectors

COUNT, REAL_QUERIES, MADE_QUERIES, TOP = 100_000, 100, 100, 10
NOISE = 0.25
PHOTOS = Path(__file__).parents[3] / "shared" / "photos"
_TOGETHER = 500


def of(packed: object) -> NDArray[np.float64]:
    return directions(matrix(packed, LENGTH).astype(np.float64))  # type: ignore[arg-type]


UNITS = Units("directions", LENGTH, of)
# What is run beside the indexes as they are.
INDEXES: dict[str, Callable[[], Sieve]] = {
    "exact": lambda: ExactSieve(UNITS),
    "hnsw": lambda: HnswSieve(UNITS),
    **{
        f"hnsw {kind} {links}/{building}/{searching}": lambda kind=kind,
        links=links,  # type: ignore[misc]
        building=building,
        searching=searching: HnswSieve(UNITS, Graph(links, building, searching, kind))
        for kind in ("f16", "bf16", "i8")
        for links, building in ((16, 64), (16, 128), (32, 128))
        for searching in (128, 256, 512)
    },
    "lsh": lambda: LshSieve(UNITS),
    **{
        f"lsh {planes}x{more}": lambda planes=planes, more=more: LshSieve(UNITS, planes, more)  # type: ignore[misc]
        for planes in (256, 512, 1024)
        for more in (50, 200)
    },
}
DEFAULT = ["exact", "hnsw", "lsh", *(f"lsh {p}x{m}" for p in (256, 512, 1024) for m in (50, 200))]


def real(place: Path) -> NDArray[np.float32]:
    """The vectors of all photos, in the order of their digests; described once."""
    kept = place / "kaze.npy"
    if not kept.exists():
        settings = Settings(cache=str(place / "cache.sqlite"))
        query = min(PHOTOS.rglob("*.jpg"))
        dupfinder.search(query, PHOTOS, settings, by="kaze", verify=False)
        with open_vectors(str(place / "cache.sqlite.vectors")) as store:
            (method,) = {
                each for (each,) in store._connection.execute("SELECT DISTINCT method FROM vector")
            }
            found = sorted(store.all_of(method))
        vectors = matrix([packed for _, packed in found], LENGTH)
        np.save(kept, vectors[np.linalg.norm(vectors, axis=1) > 0])
    return np.asarray(np.load(kept), np.float32)


def made(photos: NDArray[np.float32], count: int) -> Iterator[NDArray[np.float32]]:
    """Vectors (N, LENGTH), `count` in all, some at a time."""
    noise = np.random.default_rng(1)
    points = photos.reshape(-1, KEYPOINTS, FLOATS)
    for at in range(0, count, _TOGETHER):
        size = min(_TOGETHER, count - at)
        one, other = (noise.integers(0, len(points), size) for _ in range(2))
        # How many keypoints are another's, and how far the order is shaken.
        taken = noise.random((size, KEYPOINTS)) < noise.random((size, 1))
        vectors = np.where(taken[:, :, None], points[other], points[one])
        shaken = np.arange(KEYPOINTS) + 4 * noise.random((size, 1)) * noise.random(
            (size, KEYPOINTS)
        )
        vectors = np.take_along_axis(vectors, np.argsort(shaken, axis=1)[:, :, None], axis=1)
        flat = vectors.reshape(size, LENGTH)
        flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-9)
        away = noise.standard_normal(flat.shape, np.float32)
        yield (flat + NOISE / np.sqrt(LENGTH) * away).astype(np.float32)


@dataclass
class Held:
    """Rows in memory, shown some at a time."""

    rows: NDArray[np.uint8]
    folder: str

    def blocks(self) -> Iterator[Block]:
        for at in range(0, len(self.rows), _TOGETHER):
            rows = self.rows[at : at + _TOGETHER]
            yield Block(np.arange(at, at + len(rows)), rows)

    def made(self, ending: str, make: Callable[[str], None]) -> str:
        path = os.path.join(self.folder, ending)
        if not os.path.exists(path):
            make(path)
        return path


def measure(name: str, place: Path, count: int) -> dict[str, object]:
    """Build, ask, and say what it took."""
    photos = real(place)
    queries = [*photos[:REAL_QUERIES], *next(made(photos[REAL_QUERIES:], MADE_QUERIES))]
    asked = [query.astype("<f4").tobytes() for query in queries]
    sieve, rows, packed = INDEXES[name](), [], []
    making = 0.0
    for some in made(photos[REAL_QUERIES:], count + MADE_QUERIES):
        packed += [vector.tobytes() for vector in some]
    packed = packed[MADE_QUERIES:]
    for at in range(0, count, _TOGETHER):
        begun = time.perf_counter()
        rows.append(sieve.rows(packed[at : at + _TOGETHER]))
        making += time.perf_counter() - begun
    shown = Held(np.concatenate(rows), str(place / "graphs"))
    rows.clear()
    os.makedirs(shown.folder, exist_ok=True)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.perf_counter()
    sieve.passed(asked[:1], shown, TOP)
    first = time.perf_counter() - begun
    begun = time.perf_counter()
    passed = [sieve.passed([query], shown, TOP)[0] for query in asked]
    seconds = (time.perf_counter() - begun) / len(asked)
    begun = time.perf_counter()
    found = []
    for query, near in zip(asked, passed, strict=True):
        some_rows = Rows(near, [packed[at] for at in near.tolist()])
        found.append(SEARCHERS["kaze"].nearest([query], [some_rows], TOP)[0].positions.tolist())
    return {
        "rows": making, "first": first, "query": seconds,
        "rank": (time.perf_counter() - begun) / len(asked),
        "passed": sum(map(len, passed)) / len(passed),
        "bytes": shown.rows.nbytes,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before,
        "found": found,
    }  # fmt: skip


def main() -> None:
    """Run each in a process of its own and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--only", default=",".join(DEFAULT), help=f"of {', '.join(INDEXES)}")
    parser.add_argument("--keep", type=Path, help="folder for vectors and graphs, kept")
    parser.add_argument("--one", help="measure one index, and print that as JSON")
    options = parser.parse_args()
    require_shared()
    with tempfile.TemporaryDirectory() as scratch:
        place = options.keep or Path(scratch)
        if options.one:
            print(json.dumps(measure(options.one, place, options.count)))
            return
        place.mkdir(exist_ok=True)
        print(f"{len(real(place)):,} real vectors")
        table = Table("index", "recall@10", "of real", "rows s", "first s", "ms a query",
                      "ms to rank", "passed", "rows MB", "peak MB")  # fmt: skip
        exact = one("exact", place, options.count)["found"]
        for name in options.only.split(","):
            told = one(name, place, options.count)
            table.add_row(name, *row(told, exact))
            print(name, *row(told, exact), flush=True)
    Console(width=120).print(table)


def one(name: str, place: Path, count: int) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, __file__, "--one", name, "--count", str(count), "--keep", place],
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    told: dict[str, object] = json.loads(done.stdout)
    return told


def row(told: dict[str, object], exact: list[list[int]]) -> list[str]:  # type: ignore[no-untyped-def]
    common = [len(set(a) & set(b)) / TOP for a, b in zip(told["found"], exact, strict=True)]  # type: ignore[call-overload]
    return [
        f"{np.mean(common):.3f}", f"{np.mean(common[:REAL_QUERIES]):.3f}",
        f"{told['rows']:.1f}", f"{told['first']:.1f}", f"{1000 * told['query']:.2f}",  # type: ignore[operator]
        f"{1000 * told['rank']:.2f}", f"{told['passed']:.0f}",  # type: ignore[operator]
        f"{told['bytes'] / 1e6:.0f}", f"{told['peak'] / 1e3:.0f}",  # type: ignore[operator]
    ]  # fmt: skip


if __name__ == "__main__":
    main()
