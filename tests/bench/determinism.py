"""The JSON report must be the same, byte for byte, however the scan is run.

    python tests/bench/determinism.py [--keep FOLDER]

The corpus is scanned with 1, 2 and 3 workers, cold and warm, its folders named in shuffled order.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from libraries import corpus, require_shared


def scan(folder: Path, roots: list[str], *options: str) -> bytes:
    """The clusters of a report on `roots`, named relative to `folder`."""
    command = [sys.executable, "-m", "dupfinder.cli", "scan", *roots, "--format", "json", "-q"]
    return subprocess.run([*command, *options], cwd=folder, check=True, capture_output=True).stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--keep", type=Path, help="folder for the corpus, kept for the next time")
    options = parser.parse_args()
    require_shared()
    with tempfile.TemporaryDirectory() as scratch:
        library = corpus(options.keep or Path(scratch)) / "library"
        folders = sorted(each.name for each in library.iterdir())
        mixed = random.Random(1).sample(folders, len(folders))
        cache = ("--cache", str(Path(scratch) / "cache.sqlite"))
        first = scan(library, folders, *cache, "--workers", "2")
        runs = {
            "warm": scan(library, folders, *cache),
            "1 worker": scan(library, folders, "--no-cache", "--workers", "1"),
            "3 workers, roots shuffled": scan(library, mixed, "--no-cache", "--workers", "3"),
            "roots shuffled, warm": scan(library, mixed[::-1], *cache),
        }
    for name, report in runs.items():
        print("same " if report == first else "OTHER", f"{len(report):,} bytes", name)
    sys.exit(0 if all(report == first for report in runs.values()) else 1)


if __name__ == "__main__":
    main()
