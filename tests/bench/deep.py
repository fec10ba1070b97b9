"""What level copies costs beside level hash: time, and room in the cache and in memory.

    python tests/bench/deep.py [--rounds N] [--keep FOLDER]

Times are ratios of wall times of whole processes, measured in turns on the same cores; the median
of the rounds counts. The camera photos are many files of few pictures, so that reading them is what
is measured; the index has a fixed part of 2 MB, so that it is judged on the corpus.

| what | at most |
|---|---|
| 300 camera photos, cold, copies over hash | 2.2 |
| corpus of 1 megapixel, cold, copies over hash | 8 |
| warm, copies: photos decoded (and so features extracted), pairs compared | 0 |
| index of the local features, kB a photo | 6 |

The bytes that the cache takes for each photo at both levels are printed and not judged.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from pathlib import Path

from libraries import camera, corpus, require_shared
from speed import Bench, compare

import dupfinder
from dupfinder import Found, Settings

CAMERA, CORPUS, INDEX_KILOBYTES = 2.2, 8.0, 6.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="folder for the libraries, kept for next time")
    options = parser.parse_args()
    require_shared()
    held = []
    with tempfile.TemporaryDirectory() as scratch:
        place, bench = options.keep or Path(scratch), Bench(Path(scratch))
        cameras, whole = camera(place), corpus(place) / "library"
        bench.bare(cameras)()  # the page cache is warm for both
        for name, folder, limit in (("camera", cameras, CAMERA), ("corpus", whole, CORPUS)):
            is_corpus = folder == whole
            deep = bench.scan(folder, cold=True, level="copies")
            plain = bench.scan(folder, cold=True, level="hash")
            held.append(compare(f"{name}, copies / hash", deep, plain, limit, options.rounds))
            held.append(look_at_warm(name, folder, bench, judge_index=is_corpus))
    sys.exit(0 if all(held) else 1)


def look_at_warm(name: str, folder: Path, bench: Bench, *, judge_index: bool) -> bool:
    """Scan once more from the cache, and print what that had to do and what all of it takes."""
    cache = bench.cache(folder, "copies")
    found = dupfinder.find(folder, Settings(level="copies", cache=str(cache)))
    decoded = numbers(found, r"([\d,]+) decoded")
    compared = numbers(found, r"([\d,]+) pairs compared")
    held = {
        f"warm: {sum(decoded):.0f} decoded <= 0": not sum(decoded),
        f"warm: {sum(compared):.0f} pairs compared <= 0": not sum(compared),
    }
    if judge_index:
        (each,) = numbers(found, r"([\d.]+) kB for each photo")
        held[f"index {each:.1f} kB a photo <= {INDEX_KILOBYTES}"] = each <= INDEX_KILOBYTES
    for figure, holds in held.items():
        print("holds " if holds else "FAILS ", f"{name}, {figure}")
    for stage in found.stages:
        print(f"        warm {stage.stage:16} {stage.seconds:6.2f} s  {stage.detail}; {stage.why}")
    for level in ("copies", "hash"):
        size = bench.cache(folder, level).stat().st_size / found.compared
        print(f"        cache at level {level}: {size / 1e3:.1f} kB a photo")
    return all(held.values())


def numbers(found: Found, pattern: str) -> list[float]:
    """The numbers that the stages tell in these words."""
    told = "; ".join(f"{stage.detail}; {stage.why}" for stage in found.stages)
    return [float(number.replace(",", "")) for number in re.findall(pattern, told)]


if __name__ == "__main__":
    main()
