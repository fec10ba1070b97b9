"""Peak memory of a scan of the labelled corpus, main process and workers apart.

    python tests/bench/memory.py [--level hash|copies] [--keep FOLDER]

Figure that must hold: main process <= 300 MB plus 1 kB per photo at level hash; at level copies
7 kB, since the index of local features may take 6.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from libraries import corpus, require_shared
from peaks import Peaks

import dupfinder
from dupfinder import Settings

BYTES = {"hash": 1e3, "copies": 7e3}  # for each photo


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--level", choices=BYTES, default="copies")
    parser.add_argument("--keep", type=Path, help="folder for the corpus, kept for the next time")
    options = parser.parse_args()
    require_shared()
    with tempfile.TemporaryDirectory() as scratch:
        built = corpus(options.keep or Path(scratch))
        with Peaks() as peaks:
            settings = Settings(level=options.level, use_cache=False)
            found = dupfinder.find(built / "library", settings)
    mine, limit = peaks.main, 300e6 + BYTES[options.level] * found.compared
    workers = ", ".join(f"{each / 1e6:.0f} MB" for each in peaks.workers.values())
    verdict = "holds" if mine <= limit else "FAILS"
    print(f"{verdict}  {found.compared:,} photos: main {mine / 1e6:.0f} MB <= {limit / 1e6:.0f} MB")
    print(f"       workers {workers}")
    sys.exit(0 if mine <= limit else 1)


if __name__ == "__main__":
    main()
