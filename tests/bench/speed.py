"""Cold and warm scans at level hash beside the bare decode and beside the engine of czkawka.

    python tests/bench/speed.py [--rounds N] [--keep FOLDER]

Every figure is a ratio of wall times of whole processes, measured in turns on the same cores; the
median of the rounds counts. Without czkawka (`uv sync --group bench`) its figures are left out.

| scan | over | at most |
|---|---|---|
| 300 camera photos, cold | opening and DCT-scaled grey decode by Pillow, as many processes | 1.25 |
| 300 camera photos, cold | czkawka | 0.4 |
| corpus without its edited copies, cold | czkawka | 1.0 |
| whole corpus, cold | czkawka | 2.0 |
| 300 camera photos, warm | cold | 0.1 |
| whole corpus, warm | cold | 0.25 |
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from libraries import camera, corpus, require_shared, without_edits

Command = Callable[[], float]

_BARE = """
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from PIL import Image

def decode(path):
    with Image.open(path) as image:
        factor = max(1, max(image.size) // 256)
        image.draft("L", (image.width // factor, image.height // factor))
        image.load()

if __name__ == "__main__":
    paths = sorted(Path(sys.argv[1]).rglob("*.jpg"))
    with ProcessPoolExecutor(int(sys.argv[2])) as pool:
        list(pool.map(decode, paths, chunksize=1))
"""

_CZKAWKA = """
import sys
from czkawka import ImageSimilarity
finder = ImageSimilarity()
finder.set_directories([sys.argv[1]])
finder.set_similarity(10)
finder.find_similar()
"""


class Bench:
    """Runs commands with a cache and a home folder of their own, and times them."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        (scratch / "bare.py").write_text(_BARE)
        (scratch / "peer.py").write_text(_CZKAWKA)

    def cache(self, folder: Path, level: str) -> Path:
        """The file that the scans of a folder at one level share."""
        return self._scratch / f"{folder.name}-{level}.sqlite"

    def scan(self, folder: Path, *, cold: bool, level: str = "hash") -> Command:
        cache = self.cache(folder, level)

        def command() -> float:
            if cold:
                for file in self._scratch.glob(cache.name + "*"):
                    file.unlink()
            scan = [sys.executable, "-m", "dupfinder.cli", "scan", folder, "--cache", cache]
            return self._time([*scan, "--level", level, "--format", "json", "-q"])

        return command

    def bare(self, folder: Path) -> Command:
        cores = str(len(os.sched_getaffinity(0)))
        return lambda: self._time([sys.executable, self._scratch / "bare.py", folder, cores])

    def peer(self, folder: Path) -> Command:
        return lambda: self._time([sys.executable, self._scratch / "peer.py", folder])

    def _time(self, command: list[object]) -> float:
        home = self._scratch / "home"  # a new one each time: the peer keeps a cache, too
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        names = ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
        begun = time.perf_counter()
        subprocess.run(
            [str(word) for word in command],
            check=True,
            stdout=subprocess.DEVNULL,
            env=os.environ | {name: str(home) for name in names},
        )
        return time.perf_counter() - begun


def compare(name: str, ours: Command, other: Command, limit: float, rounds: int) -> bool:
    """Run both in turns and print the median of the ratios of each turn."""
    turns = [(ours(), other()) for _ in range(rounds)]
    ratio = median(a / b for a, b in turns)
    a, b = (median(turn[side] for turn in turns) for side in (0, 1))
    verdict = "holds" if ratio <= limit else "FAILS"
    print(
        f"{verdict}  {name:42s} {ratio:5.2f} <= {limit:<5}  {a:6.2f} s against {b:6.2f} s",
        flush=True,
    )
    return ratio <= limit


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="folder for the libraries, kept for next time")
    options = parser.parse_args()
    require_shared()
    with tempfile.TemporaryDirectory() as scratch:
        place = options.keep or Path(scratch)
        cameras, whole = camera(place), corpus(place)
        plain = without_edits(whole)
        bench, rounds = Bench(Path(scratch)), options.rounds
        bench.bare(cameras)(), bench.scan(cameras, cold=True)()  # the page cache is warm for all
        cold = bench.scan(cameras, cold=True)
        held = [compare("camera, cold / bare decode", cold, bench.bare(cameras), 1.25, rounds)]
        if find_spec("czkawka") is not None:
            for name, folder, limit in (
                ("camera, cold / czkawka", cameras, 0.4),
                ("without edits, cold / czkawka", plain, 1.0),
                ("whole corpus, cold / czkawka", whole, 2.0),
            ):
                ours, peer = bench.scan(folder, cold=True), bench.peer(folder)
                held.append(compare(name, ours, peer, limit, rounds))
        for name, folder, limit in (("camera", cameras, 0.1), ("whole corpus", whole, 0.25)):
            cold, warm = bench.scan(folder, cold=True), bench.scan(folder, cold=False)
            held.append(compare(f"{name}, warm / cold", *_swapped(warm, cold), limit, rounds))
    sys.exit(0 if all(held) else 1)


def _swapped(warm: Command, cold: Command) -> tuple[Command, Command]:
    """The cold scan must come first in each turn: it fills the cache that the warm one reads."""
    times: list[float] = []

    def first() -> float:
        times.append(cold())
        return warm()

    return first, times.pop


if __name__ == "__main__":
    main()
