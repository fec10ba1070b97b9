"""A hundred new photos against a library of 100,000 that the cache knows, beside the hundred alone.

    python tests/bench/against.py [--size N] [--rounds N] [--keep FOLDER]

New are 30 edited copies, one of each second group of the labelled corpus and of all kinds of edits
in turn, and 70 photos of which there is no copy. In the library are the rest of the corpus without
its edits and four edits of each group, all really decoded and scanned with each other; and as many
made photos as make up the number. Of a made photo there is a tiny file of its
own on the disk, so that discovery is real, and a whole row in the cache: the features are those of
`parts.py`; the hash is that of a real photo, of which each bit is flipped with a probability of
0.4; the thumbnail is noise; all else is as in that real photo. What is compared with one of them by
mistake cannot be read and would show as skipped.

Both scans are whole processes at level "copies", run in turns. Each begins with a cache of its own
that knows the library and nothing of the new photos, copied and on the disk before the clock
starts. An earlier comparison, of one other photo, has left the library's posting lists beside it;
what it took with them made anew is printed as well. Figures that must hold:

    wall time with --against over that of the new ones alone, median of the rounds <= 3
    new copies in a cluster with a photo of their group in the library            >= .95
    wrong clusters: photos of two groups, or of none, together                     = 0
    memory of the main process                                 <= 300 MB + 7 kB a photo
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from blake3 import blake3
from libraries import corpus, require_shared
from parts import POOL, Made, extract, stored_features
from peaks import Peaks
from PIL import Image

import dupfinder
from dupfinder import Settings
from dupfinder.discover import discover
from dupfinder.engines.methods import method
from dupfinder.features.packing import packed
from dupfinder.model import Fingerprint, Photo, PhotoFile
from dupfinder.settings import WalkRules
from dupfinder.storage import open_cache
from dupfinder.storage.arrays import ARRAYS

RATIO, RECALL = 3.0, 0.95
MAIN = 300e6, 7e3  # bytes, and for each photo
GROUPS, NEW = 60, 100
COPIED = range(0, GROUPS, 2)  # groups
IN_LIBRARY = ("jpeg75", "resize50", "bright130", "crop20")
FLIPPED = 0.4
# Seconds since the epoch: a cache does not rely on files of this very moment.
LONG_AGO = 1_600_000_000


@dataclass(frozen=True)
class Built:
    """The two folders, the cache that knows the library, and the group of each real photo."""

    new: Path
    known: Path
    cache: Path
    groups: dict[str, int | None]


@dataclass(frozen=True)
class Run:
    """One scan: seconds, bytes of the main process at most, and its report."""

    seconds: float
    memory: int
    report: dict[str, Any]
    stages: list[str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", type=int, default=100_000, help="photos in the library")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="folder for the library, kept for next time")
    options = parser.parse_args()
    require_shared()
    with tempfile.TemporaryDirectory() as scratch:
        built = library(options.keep or Path(scratch), options.size)
        bench = Bench(built, Path(scratch))
        turns = [(bench.scan(), bench.scan(built.known)) for _ in range(options.rounds)]
        first = bench.scan(built.known, is_first=True)
    print(f"       {first.seconds:.2f} s with the posting lists made anew")
    held = [
        quick(turns),
        small(turns, MAIN[0] + MAIN[1] * options.size),
        *right(turns[-1][1].report, built.groups),
    ]
    sys.exit(0 if all(held) else 1)


def library(place: Path, size: int) -> Built:
    """Both folders and the cache, built unless they are there."""
    whole, out = corpus(place), place / f"against-{size}-{len(COPIED)}"
    files = json.loads((whole / "truth.json").read_text())["files"]
    new, known = parted(files)
    groups = {Path(name).name: files[name]["group"] for name in (*new, *known)}
    built = Built(out / "new", out / "library", out / "known.sqlite", groups)
    if not built.cache.exists():
        shutil.rmtree(out, ignore_errors=True)
        for names, folder in ((new, built.new), (known, built.known / "real")):
            folder.mkdir(parents=True)
            for name in names:
                shutil.copyfile(whole / "library" / name, folder / Path(name).name)
                os.utime(folder / Path(name).name, (LONG_AGO, LONG_AGO))
        extract(place)
        fill(built, place, size)
    return built


def parted(files: dict[str, dict[str, Any]]) -> tuple[list[str], list[str]]:
    """The names of what is new, and of what is in the library, of the labelled corpus."""
    by_group: dict[int, dict[str, str]] = {group: {} for group in range(GROUPS)}
    others = []
    for name, file in sorted(files.items()):
        if file["group"] is None:
            others.append(name)
        else:
            by_group[file["group"]][file["kind"]] = name
    kinds = sorted(by_group[0].keys() - {"original", *IN_LIBRARY})
    new = [by_group[group][kinds[group % len(kinds)]] for group in COPIED]
    photos = [name for name in others if files[name]["kind"] == "distractor"]
    lonely = photos[:: len(photos) // (NEW - len(new))][: NEW - len(new)]
    kept = [by_group[group][kind] for group in range(GROUPS) for kind in ("original", *IN_LIBRARY)]
    return [*new, *lonely], sorted({*kept, *others} - {*lonely})


def fill(built: Built, place: Path, size: int) -> None:
    """Scan the real photos, then add the made ones, until the cache knows `size` of them."""
    unfinished = built.cache.with_suffix(".unfinished")
    dupfinder.find(built.known, Settings(cache=str(unfinished)))
    features = Made(stored_features(place)[POOL], {}, size)
    with open_cache(str(unfinished), method("dct256", "copies")) as cache:
        known = [cache.file(file) for file in seen(built.known)]
        real = [each.photo for each in known if each is not None and each.photo is not None]
        missing = size - len(real)
        write_tiny_files(built.known / "made", missing)
        for number, file in enumerate(seen(built.known / "made")):
            noise = np.random.default_rng(number)
            cache.add_photo(
                a_made_photo(real[number % len(real)], file, noise),
                noise.bytes(64 * 64 + 16 * 16 * 2),
                packed(features[number]),
            )
    earlier = built.cache.with_name("earlier")
    earlier.mkdir()
    noise = np.random.default_rng(size).integers(0, 256, (30, 40, 3), np.uint8)
    Image.fromarray(noise).resize((640, 480)).save(earlier / "earlier.jpg")
    dupfinder.find(earlier, Settings(cache=str(unfinished)), against=built.known)
    lists(unfinished).rename(lists(built.cache))
    unfinished.rename(built.cache)


def lists(cache: Path) -> Path:
    """The file of the posting lists beside a cache."""
    return cache.with_name(cache.name + ARRAYS)


def write_tiny_files(folder: Path, count: int) -> None:
    for number in range(count):
        path = folder / f"{number // 1000:03}" / f"IMG_{number:06}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"stands for photo {number}\n")
        os.utime(path, (LONG_AGO, LONG_AGO))


def seen(folder: Path) -> list[PhotoFile]:
    """The files below a folder as a scan sees them, in order."""
    found = discover([str(folder)], WalkRules())
    return sorted((file for file in found if isinstance(file, PhotoFile)), key=lambda f: f.path)


def a_made_photo(real: Photo, file: PhotoFile, noise: np.random.Generator) -> Photo:
    """Another photo of the same kind, of this file."""
    first = real.fingerprints[0]
    flips = np.packbits(noise.random(first.length) < FLIPPED).tobytes()
    bits = first.bits ^ int.from_bytes(flips, "little")
    return replace(
        real,
        file=file,
        digest=blake3(Path(file.path).read_bytes()).digest(),
        pixel_digest=noise.bytes(32),
        fingerprints=(Fingerprint(first.hasher, bits, first.length),),
    )


class Bench:
    """Runs scans of the new photos."""

    def __init__(self, built: Built, scratch: Path) -> None:
        self._built = built
        self._scratch = scratch

    def scan(self, library: Path | None = None, *, is_first: bool = False) -> Run:
        """Run the command, alone or against the library, and watch its memory."""
        cache, report = self._scratch / "cache.sqlite", self._scratch / "found.json"
        words = [sys.executable, "-m", "dupfinder.cli", "scan", self._built.new, "--cache", cache]
        words += ["-q", "-o", report, *([] if library is None else ["--against", library])]
        shutil.copyfile(self._built.cache, cache)
        lists(cache).unlink(missing_ok=True)
        if not is_first:
            shutil.copyfile(lists(self._built.cache), lists(cache))
        os.sync()
        with (self._scratch / "told.txt").open("w+") as told:
            begun = time.perf_counter()
            process = subprocess.Popen([*map(str, words)], stdout=told)
            with Peaks(process.pid) as peaks:
                code = process.wait()
                seconds = time.perf_counter() - begun
            assert code == 0
            told.seek(0)
            stages = re.findall(r"^  \w+ +\S+ s .*", told.read(), re.MULTILINE)
        return Run(seconds, peaks.main, json.loads(report.read_text()), stages)


def quick(turns: Sequence[tuple[Run, Run]]) -> bool:
    """Print the stages of the last turn, and judge the ratio of the wall times."""
    for stage in turns[-1][1].stages:
        print(stage)
    ratio = median(against.seconds / alone.seconds for alone, against in turns)
    each = ", ".join(f"{other.seconds:.2f} s / {one.seconds:.2f} s" for one, other in turns)
    return judged(f"against / alone: {ratio:.2f} <= {RATIO} ({each})", ratio <= RATIO)


def small(turns: Sequence[tuple[Run, Run]], limit: float) -> bool:
    """Judge the memory of the main process."""
    alone, against = (max(turn[side].memory for turn in turns) for side in (0, 1))
    told = f"main process {against / 1e6:.0f} MB <= {limit / 1e6:.0f} ({alone / 1e6:.0f} alone)"
    return judged(told, against <= limit)


def right(report: Mapping[str, Any], groups: Mapping[str, int | None]) -> Iterator[bool]:
    """Judge what was found of the planted copies."""
    found, wrong = set(), 0
    for cluster in report["clusters"]:
        names = [Path(member["path"]) for member in cluster["members"]]
        of = {groups.get(name.name) for name in names}
        wrong += len(of) > 1 or of == {None}
        if any("library" in name.parts for name in names):
            found |= of & {groups[name.name] for name in names if "new" in name.parts}
    share = len(found) / len(COPIED)
    yield judged(f"new copies beside the library's: {share:.3f} >= {RECALL}", share >= RECALL)
    yield judged(f"wrong clusters: {wrong} <= 0, of {len(report['clusters'])}", not wrong)
    print(f"       {report['counts']['skipped']} skipped, of {report['counts']['discovered']:,}")


def judged(what: str, holds: bool) -> bool:
    print("holds " if holds else "FAILS ", what, flush=True)
    return holds


if __name__ == "__main__":
    main()
