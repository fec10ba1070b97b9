"""Hostile files, scanned in one go with two workers: fuzzers' corpora, bombs, lying headers.

    python tests/bench/hostile.py [--good COUNT] [--rounds N] [--keep FOLDER]

Unpacks ../shared/corpora/hostile.tar.gz (9,526 files) and puts COUNT photos between them, each with
a copy of itself at another quality. Needs all extras. Figures that must hold:

- the scan ends with exit code 0, and nothing on standard error or in a reason is a traceback: 0;
- files that are neither compared, nor skipped, nor counted as no pictures, and files that fare
  otherwise alone, each given to a worker by itself: 0. One that is damaged only where it is looked
  at more closely may be skipped while it is compared;
- photos among them that are not in one cluster with their copy: 0;
- files over which a worker computed longer than its patience and a second: 0;
- peak memory: main process <= 300 MB and 1 kB a file, workers <= their limit;
- files in clusters that an independent judge does not decode (a process of its own for each, which
  opens and loads it with Pillow): 0.

Then photos alone, at level hash, with files among them over which the decoder (that of
tests/planted) crashes:

- of COUNT photos with ten crashers, and with one at every second place, photos that are not
  compared and crashers that are not skipped, each with one line: 0. What a crasher costs is the
  difference of the wall times, measured in turns with the start of a worker, which it takes twice:
  once to try again, once to go on. Medians of N rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

from libraries import SHARED, require_shared
from peaks import Peaks, computed
from PIL import Image

from dupfinder.decode.source import stamp_of
from dupfinder.engines.patience import patience
from dupfinder.engines.tasks import ReadTask, read_file
from dupfinder.engines.workers import MEMORY, Crashed, ProcessWorkers
from dupfinder.model import PhotoFile, Skipped
from dupfinder.settings import MAX_PIXELS

ARCHIVE = SHARED / "corpora" / "hostile.tar.gz"
PLANTED = Path(__file__).resolve().parents[1] / "planted"
MAIN, MAIN_PER_FILE = 300e6, 1e3
# What a worker has loaded comes on top of its limit.
LOADED = 150e6

_JUDGE = """
import importlib, resource, sys, warnings
from PIL import Image, UnidentifiedImageError
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
warnings.simplefilter("ignore")
Image.MAX_IMAGE_PIXELS = None
try:
    image = Image.open(sys.argv[1])
except UnidentifiedImageError:
    importlib.import_module("pillow_heif").register_heif_opener()
    importlib.import_module("pillow_jxl")
    image = Image.open(sys.argv[1])
image.load()
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--good", type=int, default=100, help="photos to put among them")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="folder to unpack into and to keep")
    options = parser.parse_args()
    require_shared()
    if not ARCHIVE.exists():
        sys.exit(f"bench: {ARCHIVE} is missing")
    with tempfile.TemporaryDirectory() as scratch:
        place = (options.keep or Path(scratch)).resolve()
        place.mkdir(parents=True, exist_ok=True)
        results = [*corpus(place, options.good), *crashers(place, options.good, options.rounds)]
    sys.exit(0 if all(results) else 1)


def corpus(place: Path, good: int) -> Iterator[bool]:
    """Scan the corpus with the photos in it, print what became of the files, and judge that."""
    folder = place / f"hostile-{good}"
    if not folder.exists():
        with tarfile.open(ARCHIVE) as archive:
            archive.extractall(folder, filter="data")
        mix_in(photos(good), sorted(path for path in folder.rglob("*") if path.is_dir()))
    files = sorted(os.fspath(path) for path in folder.rglob("*") if path.is_file())
    command = [*scan_of(folder), "--hidden"]
    begun = time.perf_counter()
    with (place / "hostile.json").open("wb") as out, tempfile.TemporaryFile() as trouble:
        scan = subprocess.Popen(command, stdout=out, stderr=trouble)
        with Peaks(scan.pid) as peaks:
            code = scan.wait()
        trouble.seek(0)
        told = trouble.read().decode(errors="replace")
    print(f"{len(files):,} files, {time.perf_counter() - begun:.1f} s, exit code {code}\n{told}")
    yield judged("exit codes that are not 0", int(code != 0))
    report = json.loads((place / "hostile.json").read_text())
    reasons = [each["reason"] for each in report["skipped"]]
    table(report["skipped"])
    yield judged("tracebacks", sum("Traceback" in text for text in (told, *reasons)))
    yield from accounted(files, report)
    yield from together(report, good)
    yield from memory(peaks, len(files))
    yield from decodable(report, folder)


def scan_of(folder: Path) -> list[str]:
    command = [sys.executable, "-m", "dupfinder.cli", "scan", os.fspath(folder), "--no-cache"]
    return [*command, "--workers", "2", "--format", "json", "-q"]


def photos(count: int) -> list[Path]:
    found = sorted((SHARED / "photos").glob("*/*.jpg"))
    return found[:: max(1, len(found) // count)][:count]


def mix_in(chosen: Sequence[Path], folders: Sequence[Path]) -> None:
    """One photo and its copy into every so manieth folder."""
    step = max(1, len(folders) // len(chosen))
    for number, photo in enumerate(chosen):
        folder = folders[number * step % len(folders)]
        (folder / f"good {number:03} a.jpg").write_bytes(photo.read_bytes())
        with Image.open(photo) as image:
            image.save(folder / f"good {number:03} b.jpg", quality=75)


def table(skipped: Iterable[dict[str, Any]]) -> None:
    """How many files are skipped for what reason; numbers in reasons are left out."""
    counted: Counter[str] = Counter()
    for each in skipped:
        words = "".join("#" if letter.isdigit() else letter for letter in each["reason"])
        while "##" in words or "#,#" in words:
            words = words.replace("##", "#").replace("#,#", "#")
        counted[f"{each['stage']:7} {each['code']:16} {words}"] += 1
    for words, count in counted.most_common():
        print(f"{count:6,}  {words}")


def accounted(files: Sequence[str], report: dict[str, Any]) -> Iterator[bool]:
    """Hold the counts against each other and against what becomes of each file alone."""
    counts, alone = report["counts"], dict(each_alone(files))
    lost = abs(len(files) - counts["compared"] - counts["skipped"] - counts["other_files"])
    lost += abs(counts["discovered"] - counts["compared"] - counts["skipped"])
    skipped = {each["path"]: each for each in report["skipped"]}
    lost += abs(len(skipped) - counts["skipped"]) + len(skipped.keys() - set(files))
    for path, (_, code) in alone.items():
        each = skipped.get(path, {"code": "", "stage": "decode"})
        lost += (each["code"] if each["stage"] == "decode" else "") != (code or "")
    lost += abs(counts["other_files"] - sum(code is None for _, code in alone.values()))
    yield judged("files unaccounted for", lost, len(files))
    slowest = sorted(alone.items(), key=lambda item: -item[1][0])
    for path, (seconds, code) in slowest[:10]:
        state = {"": "compared", None: "no picture"}.get(code, code)
        print(f"  {seconds:6.2f} s  {state:15}  {Path(path).name}")
    late = [p for p, (seconds, _) in alone.items() if seconds > 1 + patience(os.path.getsize(p))]
    yield judged("files that were computed over for longer than may be", len(late), len(files))


def each_alone(files: Iterable[str]) -> Iterator[tuple[str, tuple[float, str | None]]]:
    """Seconds of computing, and the code if it is skipped; "" for a photo, None for no picture."""
    tasks = [
        [ReadTask(PhotoFile(path, stamp_of(os.lstat(path))), "dct256", MAX_PIXELS, deep=True)]
        for path in files
    ]
    with ProcessWorkers(1) as workers:
        begun = computed()
        for task, result in workers.run(
            read_file, tasks, patience=lambda task: patience(task.file.stamp.size)
        ):
            code = None if result is None else ""
            if isinstance(result, Skipped | Crashed):
                code = result.code
            yield task.file.path, (computed() - begun, code)
            begun = computed()


def together(report: dict[str, Any], good: int) -> Iterator[bool]:
    clusters = [{Path(each["path"]).name for each in c["members"]} for c in report["clusters"]]
    pairs = [{f"good {number:03} {name}.jpg" for name in "ab"} for number in range(good)]
    apart = sum(not any(pair <= cluster for cluster in clusters) for pair in pairs)
    yield judged("photos that are not found with their copy", apart, good)


def memory(peaks: Peaks, files: int) -> Iterator[bool]:
    workers = sorted(peaks.workers.values(), reverse=True)
    print(
        f"  workers {', '.join(f'{each / 1e6:.0f}' for each in workers[:9])} MB"
        f" ({len(workers)} processes); all together {peaks.together / 1e6:.0f} MB"
    )
    limit = MAIN + MAIN_PER_FILE * files
    yield judged("MB of the main process", peaks.main / 1e6, limit=limit / 1e6)
    yield judged("MB of a worker", workers[0] / 1e6, limit=(MEMORY + LOADED) / 1e6)


def decodable(report: dict[str, Any], folder: Path) -> Iterator[bool]:
    """Ask the judge about every hostile file that is said to show the same as another."""
    members = sorted(each["path"] for c in report["clusters"] for each in c["members"])
    asked = [path for path in members if not Path(path).name.startswith("good ")]
    with ThreadPoolExecutor(2) as threads:
        verdicts = dict(zip(asked, threads.map(is_decodable, asked), strict=True))
    bad = [path for path, fine in verdicts.items() if not fine]
    for path in bad:
        print("  does not decode:", os.path.relpath(path, folder))
    yield judged("files in clusters that do not decode", len(bad), len(asked))


def is_decodable(path: str) -> bool:
    command = [sys.executable, "-c", _JUDGE, path]
    try:
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def crashers(place: Path, count: int, rounds: int) -> Iterator[bool]:
    """Scan photos without crashers, with ten, and with one after each; print what one costs."""
    times: dict[int, list[float]] = {0: [], 10: [], count: []}
    starts: list[float] = []
    folders = {crashing: with_crashers(place, count, crashing) for crashing in times}
    lost = 0
    for _ in range(rounds):
        starts.append(start())
        for crashing, folder in folders.items():
            begun = time.perf_counter()
            done = subprocess.run(
                [*scan_of(folder), "--level", "hash"],
                env=os.environ | {"PYTHONPATH": os.fspath(PLANTED)},
                stdout=subprocess.PIPE,
                check=True,
            )
            times[crashing].append(time.perf_counter() - begun)
            report = json.loads(done.stdout)
            codes = [each["code"] for each in report["skipped"]]
            lost += abs(report["counts"]["compared"] - count) + abs(len(codes) - crashing)
            lost += sum(code != "crashed" for code in codes)
    for crashing in (10, count):
        cost = median(
            (more - less) / crashing for more, less in zip(times[crashing], times[0], strict=True)
        )
        print(
            f"  {crashing:3} crashers among {count} photos: {cost * 1000:.0f} ms for each,", end=""
        )
        print(f" {median(times[crashing]):.1f} s against {median(times[0]):.1f} s without")
    print(f"  a worker starts in {median(starts) * 1000:.0f} ms")
    yield judged("photos and crashers that fared otherwise", lost)


def start() -> float:
    """Seconds until a worker has done its first task, which is none."""
    begun = time.perf_counter()
    with ProcessWorkers(1) as workers:
        list(workers.run(len, [[""]]))
        return time.perf_counter() - begun


def with_crashers(place: Path, count: int, crashing: int) -> Path:
    """A folder of photos, with so many crashers spread evenly among them."""
    folder = place / f"crashers-{crashing}-{count}"
    if not folder.exists():
        folder.mkdir()
        for number, photo in enumerate(photos(count)):
            (folder / f"{number:04} a.jpg").write_bytes(photo.read_bytes())
        command = [sys.executable, "-c", "import pillow_heif as p, sys; "
                   "sys.stdout.buffer.write(p.file_of('abort'))"]  # fmt: skip
        abort = subprocess.run(command, cwd=PLANTED, stdout=subprocess.PIPE, check=True).stdout
        for number in range(crashing):
            (folder / f"{number * count // crashing:04} b.heic").write_bytes(abort)
    return folder


def judged(what: str, count: float, among: int | None = None, limit: float = 0) -> bool:
    verdict = "holds" if count <= limit else "FAILS"
    print(f"{verdict}  {what}: {count:.0f} <= {limit:.0f}", end="")
    print("" if among is None else f", of {among:,}", flush=True)
    return count <= limit


if __name__ == "__main__":
    main()
