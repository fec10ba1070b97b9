"""What takes long or moves photos is done by the main thread, one piece after the other.

Signals reach that thread alone: so Ctrl-C ends a scan as it ends `dupfinder scan`, and waits for
the photo at hand as it does in `dupfinder clean`.
"""

from __future__ import annotations

import queue
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Event, Lock
from typing import Final, NoReturn, TypeVar

T = TypeVar("T")

# Seconds between looks for a signal: on Windows none interrupts a wait.
_LOOK: Final = 0.5


@dataclass(frozen=True, slots=True)
class Step:
    """How far the work at hand is: `total` is None where nobody knows."""

    stage: str = ""
    done: int = 0
    total: int | None = None


class Ticker:
    """Progress that whoever wants to know can ask for, from any thread."""

    def __init__(self) -> None:
        self._step = Step()
        self._lock = Lock()

    @property
    def step(self) -> Step:
        return self._step

    def stage(self, name: str, total: int | None) -> None:
        """A stage begins."""
        with self._lock:
            self._step = Step(name, 0, total)

    def advance(self, steps: int = 1) -> None:
        """Some of it is done."""
        with self._lock:
            step = self._step
            self._step = Step(step.stage, step.done + steps, step.total)


class Work:
    """A queue of pieces of work, and the thread that does them."""

    def __init__(self) -> None:
        self._pieces: queue.Queue[Callable[[], None]] = queue.Queue()
        self._busy = Event()

    @property
    def is_busy(self) -> bool:
        """Whether an interruption would interrupt anything."""
        return self._busy.is_set()

    def give(self, piece: Callable[[], T]) -> Future[T]:
        """Have it done; what it raises is raised by the future."""
        future: Future[T] = Future()

        def do() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = piece()
            except Exception as error:  # noqa: BLE001  # raised again where it was asked for
                future.set_exception(error)
            else:
                future.set_result(result)

        self._pieces.put(do)
        return future

    def run(self) -> NoReturn:
        """Do what comes, until an interruption.

        Raises:
            KeyboardInterrupt, SystemExit: as signals bring them.
        """
        while True:
            try:
                piece = self._pieces.get(timeout=_LOOK)
            except queue.Empty:
                continue
            self._busy.set()
            piece()
            self._busy.clear()
