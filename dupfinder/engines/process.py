"""One worker process, as its parent sees it.

It is a program of its own (`child.py`), not a fork by `multiprocessing`: a script that calls
`dupfinder.find` needs no `if __name__ == "__main__"`, nothing of the parent is inherited, and a
child that dies takes nobody with it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from dupfinder.engines.frames import MEMORY, OUT_OF_MEMORY, Nonsense, believed, receive, send
from dupfinder.engines.interpreter import command
from dupfinder.engines.patience import Due, patience
from dupfinder.engines.witness import At, is_at
from dupfinder.errors import EngineError

# One picture is handled by one thread; the children are the parallelism. Memory that one picture
# gave back serves the next: asking the system for its pages again costs a tenth of a scan. Pillow
# keeps four blocks of 16 MB, glibc's allocator up to 128 MB; others do not know the names.
_WISHES = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OPENCV_FOR_THREADS_NUM": "1",
    "PILLOW_BLOCKS_MAX": "4",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(64 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(128 << 20),
    "MALLOC_TOP_PAD_": str(16 << 20),
}


# Seconds that a child which has closed its pipe gets to end by itself, so that it says by what.
_GRACE = 0.5


class ChildDied(Exception):
    """The child process ended in the middle of a task, `at` the path of a photo if it said so."""

    def __init__(self, how: str, at: str | None) -> None:
        super().__init__(how)
        self.at = at


class TookTooLong(ChildDied):
    """It was ended, because one item took longer than it may."""


class Child:
    """One worker process and the two pipes to it; started again when it has died.

    `memory` is how many bytes its tasks may take beside what it has loaded. `starter` is one thread
    that lives longer than the child, which the kernel ends with the thread that started it.
    """

    def __init__(self, memory: int, starter: ThreadPoolExecutor) -> None:
        self._memory = memory
        self._starter = starter
        self._watched = threading.Lock()
        self._due: Due | None = None
        self._is_late = False
        self._at: At = None
        self._begin()

    def send(self, task: Callable[[Any], Any], items: Sequence[Any]) -> None:
        """Hand over a chunk; the results of its items are received one by one, in this order.

        Raises:
            ChildDied: if the child ended; the next `send` starts it again.
            EngineError: if the child cannot be started.
        """
        if self._tasks.closed:
            self._begin()
        try:
            send(self._tasks, (task, items))
        except OSError:
            raise self._death() from None

    def receive(self, seconds: float | None = None) -> Any:
        """Wait for the result of the oldest item, for so long at most; and for no photo that the
        child says it is at longer than one may take.

        Raises:
            TookTooLong: if it did not come in that time; the child was ended then.
            ChildDied: if the child ended.
            EngineError: if a task raised, or the child ended before it could take one.
        """
        self._at = None
        try:
            self._load()
            self._allow(seconds)
            while (message := self._message())[0] == "at":
                self._at = message[1]
                self._allow(seconds if self._at is None else patience(self._at[1]))
        except (EOFError, OSError) as trouble:
            raise self._death(is_nonsense=isinstance(trouble, Nonsense)) from None
        finally:
            self._allow(None)
        self._is_late = False  # it came in the last moment: the next item is not to blame
        kind, value = message
        if kind == "error":
            raise EngineError(f"a worker failed: {value}")
        return value

    def end_if_late(self) -> None:
        """End the process if what is waited for has taken too long; anybody may ask at any time."""
        with self._watched:
            if self._due is not None and self._due.is_past(self._process.pid):
                self._is_late = True
                self.kill()

    def kill(self) -> None:
        """End the process, and whatever a decoder has started in it, at once.

        It holds nothing that must be kept.
        """
        if os.name != "posix":
            self._process.kill()
        elif self._process.returncode is None:  # else its number may be another's
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def stop(self) -> None:
        """End the process and give back all that it took."""
        self.kill()
        self._process.wait()
        self._results.close()
        with contextlib.suppress(OSError):  # what is left in its buffer has no reader any more
            self._tasks.close()

    def _begin(self) -> None:
        process = self._starter.submit(_start, self._memory).result()
        assert process.stdin is not None
        assert process.stdout is not None
        self._process, self._tasks, self._results = process, process.stdin, process.stdout
        self._is_loaded = self._is_late = False

    def _allow(self, seconds: float | None) -> None:
        with self._watched:
            self._due = None if seconds is None else Due(seconds)

    def _load(self) -> None:
        """The first message only says that the child is ready to work."""
        if not self._is_loaded:
            self._message()
            self._is_loaded = True

    def _message(self) -> tuple[str, Any]:
        """What the child says; from one that sends anything else nothing more is taken."""
        body = receive(self._results)
        try:
            kind, value = believed(body)
            if kind == "at" and not is_at(value):
                raise ValueError("no photo")
        except Exception as error:  # a picture may have written it
            raise Nonsense("not a message") from error
        return kind, value

    def _death(self, *, is_nonsense: bool = False) -> ChildDied:
        """What ended the child: its task, or that it could not even load."""
        if not is_nonsense:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_GRACE)
        has_ended = self._process.poll() is not None
        self.kill()
        code = self._process.wait()
        is_late, at = self._is_late, self._at and self._at[0]
        how = _told(code) if has_ended else "what it sent was no result"
        try:
            self._load()
        except (EOFError, OSError):
            raise EngineError(f"a worker process cannot start: {how}") from None
        finally:
            self.stop()
        return TookTooLong("", at) if is_late else ChildDied(how, at)


def _told(code: int) -> str:
    """In words by what a process ended."""
    if code == OUT_OF_MEMORY:
        return "it ran out of memory"
    if code >= 0:
        return f"ended with code {code}"
    with contextlib.suppress(ValueError):  # a real-time signal has no name
        if -code == signal.SIGKILL:
            return "killed by SIGKILL, perhaps because the system ran out of memory"
        return f"killed by {signal.Signals(-code).name}"
    return f"killed by signal {-code}"


def _start(memory: int) -> subprocess.Popen[bytes]:
    """A child that ignores the terminal's Ctrl-C: the parent decides when it ends."""
    environment = os.environ | _WISHES | {MEMORY: str(memory)}
    try:
        return subprocess.Popen(  # noqa: S603  # our own module
            command("dupfinder.engines.child"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        raise EngineError(f"no worker process can be started: {error}") from None
