"""A second search of 100,000 photos, by method: the whole command, and what its stages take.

    python tests/bench/searching.py [--size N] [--rounds N] [--by NAMES] [--index NAME]
                                    [--keep FOLDER] [--store FOLDER]

The library is that of `against.py`: nearly all its photos are made, and the cache knows them.
Beside the cache stands a made store of descriptors: of real photos they are real, and of made ones
hashes are random bits, vectors lie between two real ones with noise, keypoints are noise. The query
is a photo from elsewhere. The first search by a method describes it, and is not timed; each later
one is a process of its own, without verifying (made photos cannot be decoded). Files are in the
page cache, and modules are compiled.

Prints for each method the medians of the wall time and of the computing time of the process, and
its peak memory; and the seconds of one more search in a program that has searched before, with
those of its stages; "changes" is for how long the answer had to wait until it was sure that nothing
has changed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import numpy as np
from against import Built, library, seen
from blake3 import blake3
from libraries import require_shared
from numpy.typing import NDArray
from peaks import Peaks
from rich.console import Console
from rich.table import Table

import dupfinder
from dupfinder import Settings
from dupfinder.decode.versions import decoder_version
from dupfinder.searchers import SEARCHERS
from dupfinder.storage.vectors import Vectors, open_vectors

METHODS = "dct256,phash,graded,color,color-bhattacharyya,kaze"
STAGES = ("call", "query", "describe", "features", "rank", "changes", "rest")
_OCTETS = {"dct256": 32, "phash": 8, "orb": 200 * 36}
_NOISE = 0.5  # the length of what is added, beside that of a vector


@dataclass(frozen=True)
class Run:
    """One search: seconds of the process, those of computing, bytes at most."""

    seconds: float
    computing: float
    memory: int


def main() -> None:
    """Make what is missing, search, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", type=int, default=100_000, help="photos in the library")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--by", default=METHODS)
    parser.add_argument("--keep", type=Path, help="folder for the library, kept for next time")
    parser.add_argument("--store", type=Path, help="folder for the store, kept for next time")
    parser.add_argument("--index", help="that the command is to use")
    options = parser.parse_args()
    require_shared()
    with tempfile.TemporaryDirectory() as scratch:
        built = library(options.keep or Path(scratch), options.size)
        cache = prepared(built, options.store or Path(scratch), options.by.split(","))
        query = min((built.new).iterdir())
        table = Table("--by", "process s", "computing s", *STAGES, "peak MB")
        for by in options.by.split(","):
            how = {"by": by} | ({"index": options.index} if options.index else {})
            given = (word for name in how for word in (f"--{name}", how[name]))
            words = [query, built.known, "--cache", cache, *given]
            searched(words)
            runs = [searched(words) for _ in range(options.rounds)]
            with ProcessPoolExecutor(1, get_context("spawn")) as alone:
                stages = alone.submit(staged, query, built.known, cache, how).result()
            told = (f"{stages.get(name, 0):.2f}" for name in STAGES)
            seconds = median(run.seconds for run in runs)
            computing = median(run.computing for run in runs)
            memory = max(run.memory for run in runs)
            table.add_row(by, f"{seconds:.2f}", f"{computing:.2f}", *told, f"{memory / 1e6:,.0f}")
        Console(width=120).print(table)


def prepared(built: Built, place: Path, methods: Sequence[str]) -> Path:
    """The cache with its store, copied and made unless they are there."""
    place.mkdir(parents=True, exist_ok=True)
    cache = place / "cache.sqlite"
    if not cache.exists():
        shutil.copyfile(built.cache, place / "unfinished")
        (place / "unfinished").rename(cache)
    needed = {"dct256", "orb"} if "graded" in methods else set()
    made = [Path(file.path) for file in seen(built.known / "made")]
    digests = [blake3(path.read_bytes()).digest() for path in made]
    real = min((built.known / "real").iterdir())
    for by in sorted((needed | {*methods}) - {"graded"}):
        searched([real, built.known / "real", "--by", by, "--cache", cache])
        with open_vectors(f"{cache}.vectors") as vectors:
            fill(vectors, by, digests)
    return cache


def fill(vectors: Vectors, by: str, digests: Sequence[bytes]) -> None:
    """Add made descriptors of these contents, unless they have some."""
    key = f"{SEARCHERS[by].signature};decode={decoder_version()}"
    known = vectors.known(key)
    missing = [digest for digest in digests if digest not in known]
    noise = np.random.default_rng(len(key))
    if by in _OCTETS:
        for digest in missing:
            vectors.add(key, digest, noise.bytes(_OCTETS[by]))
        return
    real = np.array([np.frombuffer(packed, "<f4") for _, packed in vectors.all_of(key)])
    for digest in missing:
        vectors.add(key, digest, near(real, noise, by).astype("<f4").tobytes())


def near(real: NDArray[np.float32], noise: np.random.Generator, by: str) -> NDArray[np.float32]:
    """A vector between two real ones and beside both; of shares, if it is a histogram."""
    one, other = real[noise.integers(0, len(real), 2)]
    made = one + np.float32(noise.random()) * (other - one)
    if by != "kaze":
        return np.asarray(made * noise.random(len(made), np.float32) * 2, np.float32)
    away = noise.standard_normal(len(made), np.float32)
    made += np.float32(_NOISE / np.sqrt(len(made))) * away
    return np.asarray(made / np.linalg.norm(made), np.float32)


def searched(words: Sequence[object]) -> Run:
    """Run the command and watch it."""
    command = [sys.executable, "-m", "dupfinder.cli", "search", *map(str, words), "--no-verify"]
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=_environment())
    with Peaks(process.pid) as peaks:
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
    assert status == 0
    return Run(seconds, used.ru_utime + used.ru_stime, peaks.main)


def _environment() -> dict[str, str]:
    """Without what would have modules compiled again by each process."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def staged(query: Path, root: Path, cache: Path, how: dict[str, str]) -> dict[str, float]:
    """Seconds of the second such search of a process, "call", with its stages and the "rest"."""
    settings = Settings(cache=str(cache))
    dupfinder.search(query, root, settings, verify=False, **how)
    begun = time.perf_counter()
    stages = dupfinder.search(query, root, settings, verify=False, **how).stages
    call = time.perf_counter() - begun
    seconds = {each.stage: each.seconds for each in stages}
    return seconds | {"call": call, "rest": call - sum(seconds.values())}


if __name__ == "__main__":
    main()
