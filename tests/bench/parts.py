"""The inverted index of local features at 10,000 to 100,000 photos, queried whole against itself.

    python tests/bench/parts.py [--sizes N ...] [--keep FOLDER]

The library is made. Its pool are the features of all photos that lie beside the project (scenes
left out), extracted as a scan does. A made photo takes 300 features: of each, word, signature,
turn and scale of the first half come from one feature of the pool, those of the second half from
another one whose first half has the same word, so that the words are as frequent, and as often
together, as in real photos; every bit of the signature is then flipped with a probability of 0.2,
so that features of one origin are no copies. Planted among them, evenly, are real copies: the
first photos of the labelled corpus and ten of its edits of each.

Every size runs in a process of its own, on one core. Figures that must hold:

    CPU seconds for each photo (build and query), largest over smallest library    <= 1.5
    kB of index for each photo, largest library                                   <= 6

Printed and not judged: seconds, peak memory of the process, and the share of planted copies that
are proposed together with their original.
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
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from codebook import photos
from libraries import corpus, require_shared

from dupfinder.discover import discover
from dupfinder.features import VERSION
from dupfinder.features.codebook import PARTS, codebook
from dupfinder.features.packing import Described, Packed, Postings, packed, postings, unpacked
from dupfinder.fingerprint import Reading, fingerprint
from dupfinder.hashers import HASHERS
from dupfinder.indexes.inverted import InvertedIndex, Segment
from dupfinder.indexes.lists import posting_lists
from dupfinder.model import PhotoFile
from dupfinder.protocols import Features
from dupfinder.settings import WalkRules

SIZES = (10_000, 20_000, 50_000, 100_000)
GROWTH, KILOBYTES = 1.5, 6.0
FEATURES, FLIPPED = 300, 0.2
POOL = "pool"
MARKS = (" features", " postings")  # of what is stored of each
EDITS = (
    *("blur2", "caption", "chain", "collage", "crop50", "crop70"),
    *("mirror", "photo_of_photo", "story", "tilt10fill"),
)


@dataclass(frozen=True)
class Run:
    """What one process measured."""

    size: int
    build: float
    query: float
    megabytes: int
    index_bytes: int
    pairs: int
    proposed: dict[str, int]
    planted: dict[str, int]


class Made:
    """The features of a made library, made anew from their position whenever they are asked for."""

    def __init__(self, pool: Described, planted: dict[int, Described], size: int) -> None:
        order = np.argsort(pool.words[:, 0, 0], kind="stable")
        self._words = pool.words[order]
        self._signatures = pool.signatures[order]
        self._angles = pool.features.angles[order]
        self._scales = pool.features.scales[order]
        self._points = pool.features.points[order]
        self._codes = pool.features.codes[order]
        word = self._words[:, 0, 0]
        self._start = np.searchsorted(word, word, "left")
        self._count = np.searchsorted(word, word, "right") - self._start
        self._planted = planted
        self._size = size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, position: int) -> Described:
        if position in self._planted:
            return self._planted[position]
        noise = np.random.default_rng(position)
        first = noise.integers(0, len(self._words), FEATURES)
        second = self._start[first] + noise.integers(0, self._count[first])
        flips = np.packbits(noise.random((FEATURES, 64)) < FLIPPED, axis=1).view(np.uint32)
        signatures = np.stack([self._signatures[first, 0], self._signatures[second, 1]], axis=1)
        features = Features(
            points=self._points[first],
            scales=self._scales[first],
            angles=self._angles[first],
            codes=np.concatenate([self._codes[first, :PARTS], self._codes[second, PARTS:]], axis=1),
        )
        words = np.stack([self._words[first, 0], self._words[second, 1]], axis=1)
        return Described(features, words, signatures ^ flips)


class Stored:
    """The same as an index gets it from where it is stored."""

    def __init__(self, made: Made) -> None:
        self._made = made

    def __len__(self) -> int:
        return len(self._made)

    def __getitem__(self, position: int) -> Postings:
        return postings(packed(self._made[position]).postings)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--keep", type=Path, help="folder for the features, kept for next time")
    parser.add_argument("--case", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    require_shared()
    with tempfile.TemporaryDirectory() as scratch:
        place = options.keep or Path(scratch)
        if options.case:
            print(json.dumps(vars(measure(place, options.case))))
            return
        extract(place)
        runs = [in_own_process(place, size) for size in sorted(options.sizes)]
    sys.exit(0 if judged(runs) else 1)


def extract(place: Path) -> None:
    """Store the packed features of the pool and of the planted photos, once."""
    out = features_file(place)
    if out.exists():
        return
    built = corpus(place)
    files = json.loads((built / "truth.json").read_text())["files"]
    found = {
        f"{file['group']} {file['kind']}": stored(built / "library" / name)
        for name, file in files.items()
        if file["kind"] in ("original", *EDITS)
    }
    pool = [stored(photo) for photo in photos()]
    found[POOL] = Packed(*(b"".join(side) for side in zip(*map(sides, pool), strict=True)))
    columns = {
        f"{name}{mark}": np.frombuffer(side, np.uint8)
        for name, each in found.items()
        for mark, side in zip(MARKS, sides(each), strict=True)
    }
    np.savez(out, **columns)


def sides(each: Packed) -> tuple[bytes, bytes]:
    return each.features, each.postings


def features_file(place: Path) -> Path:
    return place / f"features-{VERSION}-apart.npz"


def stored(path: Path) -> Packed:
    """The packed features of one photo, as a deep scan stores them."""
    (file,) = discover([str(path)], WalkRules())
    assert isinstance(file, PhotoFile)
    reading = fingerprint(file, HASHERS["dct256"], 10**9, deep=True)
    assert isinstance(reading, Reading)
    assert reading.features is not None
    return reading.features


def stored_features(place: Path) -> dict[str, Described]:
    """Those of the planted photos by name, and the `POOL` of all others."""
    with np.load(features_file(place)) as file:
        names = [name.removesuffix(MARKS[0]) for name in file.files if name.endswith(MARKS[0])]
        return {
            name: described(*(file[f"{name}{mark}"].tobytes() for mark in MARKS)) for name in names
        }


def described(features: bytes, stored_postings: bytes) -> Described:
    found = postings(stored_postings)
    signatures = np.ascontiguousarray(found.signatures).view("<u4").reshape(-1, 2)
    return Described(unpacked(features), found.words, signatures)


def made(place: Path, size: int) -> tuple[Made, dict[str, int]]:
    """The library, and where in it the planted photos stand, by name."""
    known = stored_features(place)
    pool = known.pop(POOL)
    where = np.linspace(0, size - 1, len(known)).astype(int).tolist()
    # Copies far from their originals: by edit, not by original.
    names = sorted(known, key=lambda name: name.split()[::-1])
    places = dict(zip(names, where, strict=True))
    return Made(pool, {places[name]: known[name] for name in names}, size), places


def measure(place: Path, size: int) -> Run:
    """Build the index and query it whole, in this process and on one core."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    library, places = made(place, size)
    begun = time.process_time()
    stored, centroids = Stored(library), len(codebook().centroids)
    positions = np.arange(len(stored))
    index = InvertedIndex([Segment(posting_lists(stored, centroids), positions)], centroids)
    built = time.process_time()
    found = index.proposals((position, stored[position]) for position in positions.tolist())
    ended = time.process_time()
    pairs = set(zip(found.left.tolist(), found.right.tolist(), strict=True))
    proposed, planted = Counter[str](), Counter[str]()
    for name, position in places.items():
        group, edit = name.split()
        if edit != "original":
            ends = sorted((position, places[f"{group} original"]))
            planted[edit] += 1
            proposed[edit] += tuple(ends) in pairs
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    kilobyte = 1024 if sys.platform == "darwin" else 1
    return Run(
        size=size,
        build=built - begun,
        query=ended - built,
        megabytes=peak // kilobyte // 1024,
        index_bytes=index.nbytes,
        pairs=len(pairs),
        proposed=proposed,
        planted=planted,
    )


def in_own_process(place: Path, size: int) -> Run:
    """The same, so that its peak of memory is its own and numpy's libraries use one thread."""
    one_thread = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    finished = subprocess.run(
        [sys.executable, __file__, "--case", str(size), "--keep", place],
        env={**os.environ, **one_thread},
        stdout=subprocess.PIPE,
        check=True,
    )
    run = Run(**json.loads(finished.stdout))
    tell(run)
    return run


def tell(run: Run) -> None:
    """Print what one size came to."""
    found = sum(run.proposed.values()) / sum(run.planted.values())
    print(
        f"{run.size:8,} photos: built in {run.build:6.1f} s, queried in {run.query:7.1f} s of CPU,"
        f" {1e3 * (run.build + run.query) / run.size:5.2f} ms a photo; peak {run.megabytes:,} MB,"
        f" index {run.index_bytes / run.size / 1e3:.2f} kB a photo; {run.pairs:,} pairs;"
        f" {found:.3f} of {sum(run.planted.values())} planted copies proposed"
    )
    shares = {edit: run.proposed.get(edit, 0) / count for edit, count in run.planted.items()}
    print("         ", "  ".join(f"{edit} {share:.2f}" for edit, share in sorted(shares.items())))
    sys.stdout.flush()


def judged(runs: list[Run]) -> bool:
    """Print and return whether the figures hold."""
    smallest, *_, largest = (runs[0], *runs)
    each = [(run.build + run.query) / run.size for run in (smallest, largest)]
    held = {
        f"{each[1] / each[0]:.2f} times the CPU seconds a photo <= {GROWTH}": each[1]
        <= GROWTH * each[0],
        f"index {largest.index_bytes / largest.size / 1e3:.2f} kB a photo <= {KILOBYTES}": (
            largest.index_bytes <= 1e3 * KILOBYTES * largest.size
        ),
    }
    for figure, holds in held.items():
        print("  holds " if holds else "  FAILS ", figure)
    return all(held.values())


if __name__ == "__main__":
    main()
