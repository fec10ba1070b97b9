"""Scans of 25,000 to 200,000 pictures: speed, memory and the size of the cache as a library grows.

    python tests/bench/scale.py [--sizes N ...] [--level hash|copies] [--keep FOLDER]

The pictures are made, each from its number alone: a grid of 16 x 12 random colours, enlarged to
256 x 192 pixels (bicubic), with a little noise, as a JPEG of some 10 kB, a thousand to a folder.
Every hundredth is its neighbour saved again at a lower quality. Each size is scanned with the cache
of the one before it, by the command with two workers. Figures that must hold:

- bytes of main's memory for each further photo, largest over smallest step: <= 1.2; the same of the
  cache's size on the disk: <= 1.2;
- planted copies that are found: all.

Printed and not judged: new photos per second, peak of the largest worker.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import numpy as np
from peaks import Peaks
from PIL import Image

SIZES = (25_000, 50_000, 100_000, 200_000)
FOLDER, PLANTED = 1_000, 100
GROWTH = 1.2


@dataclass(frozen=True)
class Run:
    """What one scan took; memory and cache in bytes."""

    photos: int
    seconds: float
    main: int
    worker: int
    cache: int
    found: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--level", choices=("hash", "copies"), default="hash")
    parser.add_argument("--keep", type=Path, help="folder for the pictures, kept for the next time")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        library = (options.keep or Path(scratch)) / "scale"
        runs: list[Run] = []
        print(f"{'photos':>8} {'new/s':>7} {'main':>8} {'worker':>8} {'cache':>9}  copies found")
        for size in options.sizes:
            run = scanned(filled(library, size), Path(scratch), options.level)
            new = size - (runs[-1].photos if runs else 0)
            megabytes = [f"{each / 1e6:.0f} MB" for each in (run.main, run.worker, run.cache)]
            columns = f"{megabytes[0]:>8} {megabytes[1]:>8} {megabytes[2]:>9}"
            print(f"{size:>8,} {new / run.seconds:>7.0f} {columns}  {run.found:,}", flush=True)
            runs.append(run)
    sys.exit(0 if all(list(judged(runs))) else 1)


def judged(runs: list[Run]) -> Iterable[bool]:
    """Print whether the figures hold."""
    for what in ("main", "cache"):
        steps = [
            (getattr(b, what) - getattr(a, what)) / (b.photos - a.photos) for a, b in pairwise(runs)
        ]
        each = ", ".join(f"{step:,.0f}" for step in steps)
        growth = max(steps) / min(steps) if len(steps) > 1 and min(steps) > 0 else 1.0
        yield _said(growth <= GROWTH, f"{what}: {each} bytes a photo: {growth:.2f} <= {GROWTH}")
    last = runs[-1]
    planted = last.photos // PLANTED
    yield _said(last.found == planted, f"planted copies found: {last.found:,} of {planted:,}")


def _said(holds: bool, figure: str) -> bool:
    print("holds" if holds else "FAILS", "", figure)
    return holds


def scanned(folders: list[Path], place: Path, level: str) -> Run:
    """Scan these folders, and watch the processes."""
    report, cache = place / "report.json", place / "cache.sqlite"
    command = [sys.executable, "-m", "dupfinder.cli", "scan", *folders, "-q"]
    command += ["--level", level, "--cache", cache, "--workers", "2", "-o", report]
    begun = time.perf_counter()
    with (
        subprocess.Popen(command, stdout=subprocess.DEVNULL) as process,
        Peaks(process.pid) as peaks,
    ):
        process.wait()
    seconds = time.perf_counter() - begun
    if process.returncode:
        sys.exit(f"bench: the scan ended with {process.returncode}")
    worker = max(peaks.workers.values())
    clusters = json.loads(report.read_text())["clusters"]
    found = sum(len(each["members"]) - 1 for each in clusters)
    return Run(len(folders) * FOLDER, seconds, peaks.main, worker, cache.stat().st_size, found)


def filled(library: Path, size: int) -> list[Path]:
    """The first folders of the library, made where they are missing."""
    library.mkdir(parents=True, exist_ok=True)
    numbers = range(size // FOLDER)
    folders = [library / f"{number:04}" for number in numbers]
    with ProcessPoolExecutor() as pool:
        list(pool.map(folder, folders, numbers))
    return folders


def folder(place: Path, number: int) -> None:
    if place.exists():
        return
    making = place.with_suffix(".making")
    making.mkdir(exist_ok=True)
    for at in range(number * FOLDER, (number + 1) * FOLDER):
        is_copy = at % PLANTED == PLANTED - 1
        data = picture(at - 1, quality=60) if is_copy else picture(at, quality=85)
        (making / f"{at:07}.jpg").write_bytes(data)
    making.rename(place)


def picture(number: int, quality: int) -> bytes:
    chance = np.random.default_rng(number)
    colours = chance.integers(0, 256, (12, 16, 3), np.uint8)
    large = Image.fromarray(colours).resize((256, 192), Image.Resampling.BICUBIC)
    noise = chance.integers(-8, 9, (192, 256, 1))
    pixels = np.clip(np.asarray(large, np.int16) + noise, 0, 255).astype(np.uint8)
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


if __name__ == "__main__":
    main()
