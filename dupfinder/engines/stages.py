"""The stages of a run, each timed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from dupfinder.model import StageTime
from dupfinder.protocols import Progress


class Stages:
    """Tells `progress` of each stage that begins; `times` are those of the stages that ended."""

    def __init__(self, progress: Progress) -> None:
        self.times: list[StageTime] = []
        self._progress = progress

    @contextmanager
    def __call__(self, name: str, total: int | None) -> Iterator[list[str]]:
        """Time one stage; what it appends to the list becomes its detail, then its why.

        Args:
            name: as it is shown.
            total: how many steps it will take, None if nobody knows.
        """
        self._progress.stage(name, total)
        detail: list[str] = []
        begun = time.perf_counter()
        yield detail
        self.times.append(StageTime(name, time.perf_counter() - begun, *detail))
