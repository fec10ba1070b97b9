"""The JSON report must be the same, byte for byte, however the scan is run.

    python tests/bench/determinism.py [--level hash copies] [--keep FOLDER]

Scanned are the corpus at level hash and a part of it (the first groups, the scenes, a tenth of all
others) at level copies: with 1, 2 and 3 workers, cold and warm, folders named in shuffled order,
and warm from a cache that another level filled.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from libraries import corpus, part_of, require_shared

LEVELS = ("hash", "copies")


def scan(folder: Path, roots: list[str], *options: str) -> bytes:
    """The clusters of a report on `roots`, named relative to `folder`."""
    command = [sys.executable, "-m", "dupfinder.cli", "scan", *roots, "--format", "json", "-q"]
    return subprocess.run([*command, *options], cwd=folder, check=True, capture_output=True).stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--level", nargs="+", choices=LEVELS, default=LEVELS)
    parser.add_argument("--keep", type=Path, help="folder for the corpus, kept for the next time")
    options = parser.parse_args()
    require_shared()
    with tempfile.TemporaryDirectory() as scratch:
        built = corpus(options.keep or Path(scratch))
        held = []
        for level in options.level:
            library = built / "library" if level == "hash" else part_of(built)
            held.append(measure(library, level, Path(scratch)))
    sys.exit(0 if all(held) else 1)


def measure(library: Path, level: str, scratch: Path) -> bool:
    """Scan in different ways, print which reports are the same, and say whether all are."""
    folders = sorted(each.name for each in library.iterdir())
    mixed = random.Random(1).sample(folders, len(folders))
    here = ("--level", level)
    cache = (*here, "--cache", str(scratch / f"{level}.sqlite"))
    other = ("--cache", str(scratch / f"{level}-other.sqlite"))
    first = scan(library, folders, *cache, "--workers", "2")
    scan(library, folders, *other, "--level", "hash" if level == "copies" else "identical")
    runs = {
        "warm": scan(library, folders, *cache),
        "warm from another level": scan(library, folders, *here, *other),
        "1 worker": scan(library, folders, *here, "--no-cache", "--workers", "1"),
        "3 workers, roots shuffled": scan(library, mixed, *here, "--no-cache", "--workers", "3"),
        "roots shuffled, warm": scan(library, mixed[::-1], *cache),
    }
    for name, report in runs.items():
        print("same " if report == first else "OTHER", f"{level}: {len(report):,} bytes", name)
    return all(report == first for report in runs.values())


if __name__ == "__main__":
    main()
