"""Peak memory of a scan of the labelled corpus, main process and workers apart.

    python tests/bench/memory.py [--level hash|copies] [--keep FOLDER]

Figure that must hold: main process <= 300 MB plus 1 kB per photo at level hash; at level copies
7 kB, since the index of local features may take 6.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from pathlib import Path

from libraries import corpus, require_shared

import dupfinder
from dupfinder import Settings

BYTES = {"hash": 1e3, "copies": 7e3}  # for each photo


def peak(process: Path) -> int:
    """High-water mark of the resident memory in bytes, 0 once the process is gone."""
    try:
        lines = (process / "status").read_text().splitlines()
    except OSError:
        return 0
    found = [line.split()[1] for line in lines if line.startswith("VmHWM")]
    return int(found[0]) * 1024 if found else 0


def watch(peaks: dict[str, int], stop: threading.Event) -> None:
    """Look at the children until told to stop."""
    while not stop.is_set():
        for children in Path("/proc/self/task").glob("*/children"):
            for child in children.read_text().split():
                peaks[child] = max(peaks.get(child, 0), peak(Path("/proc") / child))
        time.sleep(0.05)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--level", choices=BYTES, default="copies")
    parser.add_argument("--keep", type=Path, help="folder for the corpus, kept for the next time")
    options = parser.parse_args()
    require_shared()
    peaks: dict[str, int] = {}
    stop = threading.Event()
    with tempfile.TemporaryDirectory() as scratch:
        built = corpus(options.keep or Path(scratch))
        watcher = threading.Thread(target=watch, args=(peaks, stop))
        watcher.start()
        settings = Settings(level=options.level, use_cache=False)
        found = dupfinder.find(built / "library", settings)
        stop.set()
        watcher.join()
    mine, limit = peak(Path("/proc/self")), 300e6 + BYTES[options.level] * found.compared
    workers = ", ".join(f"{bytes_ / 1e6:.0f} MB" for bytes_ in peaks.values())
    verdict = "holds" if mine <= limit else "FAILS"
    print(f"{verdict}  {found.compared:,} photos: main {mine / 1e6:.0f} MB <= {limit / 1e6:.0f} MB")
    print(f"       workers {workers}")
    sys.exit(0 if mine <= limit else 1)


if __name__ == "__main__":
    main()
