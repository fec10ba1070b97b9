"""How much memory a process and its children take, looked at from outside (Linux)."""

from __future__ import annotations

import os
import resource
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

_SECONDS = 0.05


class Peaks:
    """Looks at a process and its children until it is left. All figures are bytes.

    `main` and `workers` (by process) are high-water marks of resident memory, which the kernel
    keeps: between two looks none is missed but of a process that ends. `together` is the highest
    sum seen of the proportional set sizes, in which shared pages count once.
    """

    def __init__(self, process: int | str = "self") -> None:
        self.main, self.together = 0, 0
        self.workers: dict[str, int] = {}
        self._process = Path("/proc") / str(process)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.is_set():
            self.main = max(self.main, _kilobytes(self._process / "status", "VmHWM"))
            children = list(_children(self._process))
            for child in children:
                mark = _kilobytes(child / "status", "VmHWM")
                self.workers[child.name] = max(self.workers.get(child.name, 0), mark)
            everyone = (self._process, *children)
            self.together = max(
                self.together, sum(_kilobytes(each / "smaps_rollup", "Pss") for each in everyone)
            )
            time.sleep(_SECONDS)


def _children(process: Path) -> Iterator[Path]:
    for listed in process.glob("task/*/children"):
        try:
            yield from (Path("/proc") / child for child in listed.read_text().split())
        except OSError:  # that thread has just ended
            continue


def computed() -> float:
    """Seconds of processor time that children of this process have used, ended and living ones."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = used.ru_utime + used.ru_stime
    for child in _children(Path("/proc/self")):
        try:
            fields = (child / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        seconds += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return seconds


def _kilobytes(file: Path, name: str) -> int:
    """A line of a file of /proc in bytes, 0 once the process is gone."""
    try:
        lines = file.read_text().splitlines()
    except OSError:
        return 0
    found = [line.split()[1] for line in lines if line.startswith(f"{name}:")]
    return int(found[0]) * 1024 if found else 0
