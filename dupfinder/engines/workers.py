"""Workers: the same tasks in this process, or spread over child processes.

The children are programs of their own (`child.py`), not forks by `multiprocessing`: a script that
calls `dupfinder.find` needs no `if __name__ == "__main__"`, nothing of the parent is inherited, and
a child that dies takes nobody with it.
"""

from __future__ import annotations

import os
import pickle
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import TracebackType
from typing import IO, Any, Generic, NamedTuple, Self

from dupfinder.engines.frames import receive, send
from dupfinder.errors import EngineError
from dupfinder.protocols import R, T


class Crashed(NamedTuple):
    """In place of a result: the child died while it worked on this item alone."""

    reason: str


class SerialWorkers:
    """One task after the other in this process: the slow twin of `ProcessWorkers`."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def run(
        self,
        task: Callable[[T], R],
        chunks: Iterable[Sequence[T]],
        ahead: int = 1,  # noqa: ARG002  # nothing can be ahead of itself
    ) -> Iterator[tuple[T, R | Crashed]]:
        """The results in the order of the items."""
        for items in chunks:
            for item in items:
                yield item, task(item)


class ProcessWorkers:
    """`count` child processes, started at once so that they load while files are being found."""

    def __init__(self, count: int) -> None:
        self._children = [_Child() for _ in range(count)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for child in self._children:
            child.stop()

    def run(
        self, task: Callable[[T], R], chunks: Iterable[Sequence[T]], ahead: int = 1
    ) -> Iterator[tuple[T, R | Crashed]]:
        """Results as they are ready; the items of a chunk travel together.

        `ahead` chunks are with a child at a time: 2 keep it busy while its results are taken, 1
        spreads a few large ones evenly.

        Raises:
            EngineError: if a task raises, which none may, or no child can be started.
        """
        job = _Job(task, iter(chunks), ahead)
        threads = [
            threading.Thread(target=job.serve, args=(child,), daemon=True)
            for child in self._children
        ]
        for thread in threads:
            thread.start()
        try:
            yield from job.results(len(threads))
        finally:
            job.abandon()


class _Job(Generic[T, R]):
    """One `run`: a thread for each child feeds it chunks and collects what comes back."""

    def __init__(self, task: Callable[[T], R], chunks: Iterator[Sequence[T]], ahead: int) -> None:
        self._task = task
        self._chunks = chunks
        self._ahead = ahead
        self._lock = threading.Lock()
        self._over = False
        # Bounded: a child that is ahead of the consumer waits instead of piling up results.
        self._done: queue.Queue[list[tuple[T, R | Crashed]] | BaseException | None]
        self._done = queue.Queue(maxsize=16)

    def serve(self, child: _Child) -> None:
        """Keep one child busy until there are no more chunks."""
        try:
            self._serve(child)
            self._put(None)
        except BaseException as error:  # noqa: BLE001  # raised again by the consumer
            self._put(error)

    def results(self, servers: int) -> Iterator[tuple[T, R | Crashed]]:
        """What the servers put, until all of them are through."""
        while servers:
            got = self._done.get()
            if got is None:
                servers -= 1
            elif isinstance(got, BaseException):
                raise got
            else:
                yield from got

    def abandon(self) -> None:
        """Let the servers come to an end after what they are at."""
        self._over = True

    def _serve(self, child: _Child) -> None:
        sent: deque[Sequence[T]] = deque()
        while True:
            try:
                while len(sent) < self._ahead and (items := self._next()):
                    sent.append(items)
                    child.send(self._task, items)
                if not sent:
                    return
                results: list[R] = child.receive()
            except ChildDied:
                while sent:
                    for item in sent.popleft():
                        self._put([(item, self._alone(child, item))])
            else:
                self._put(list(zip(sent.popleft(), results, strict=True)))

    def _alone(self, child: _Child, item: T) -> R | Crashed:
        """The result of one item of a chunk over which a child died, to find the culprit."""
        try:
            child.send(self._task, [item])
            results: list[R] = child.receive()
        except ChildDied as death:
            return Crashed(str(death))
        return results[0]

    def _put(self, got: list[tuple[T, R | Crashed]] | BaseException | None) -> None:
        while not self._over:
            try:
                self._done.put(got, timeout=0.5)
            except queue.Full:
                continue
            return

    def _next(self) -> Sequence[T]:
        with self._lock:
            return () if self._over else next(self._chunks, ())


class ChildDied(Exception):
    """The child process ended in the middle of a task."""


class _Child:
    """One worker process and the two pipes to it; started again when it has died."""

    def __init__(self) -> None:
        self._process = _start()

    def send(self, task: Callable[[Any], Any], items: Sequence[Any]) -> None:
        """Hand over a chunk; its results are received in the order of sending.

        Raises:
            ChildDied: if the child ended; the next `send` starts it again.
        """
        if self._process.poll() is not None:
            self._process = _start()
        assert self._process.stdin is not None
        try:
            send(self._process.stdin, (task, items))
        except OSError:
            raise self._death() from None

    def receive(self) -> list[Any]:
        """Wait for the results of the oldest chunk.

        Raises:
            ChildDied: if the child ended.
            EngineError: if a task raised.
        """
        assert self._process.stdout is not None
        try:
            kind, value = receive(self._process.stdout)
        except (EOFError, OSError, pickle.UnpicklingError):
            raise self._death() from None
        if kind == "error":
            raise EngineError(f"a worker failed: {value}")
        results: list[Any] = value
        return results

    def _death(self) -> ChildDied:
        self.stop()
        code = self._process.returncode
        return ChildDied(f"killed by signal {-code}" if code < 0 else f"ended with code {code}")

    def stop(self) -> None:
        """End the process at once: it holds nothing that must be kept."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            _close(pipe)


def _start() -> subprocess.Popen[bytes]:
    """A child that ignores the terminal's Ctrl-C: the parent decides when it ends."""
    # One picture is handled by one thread; the children are the parallelism.
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    program = (
        "import sys; sys.path[:] = sys.argv[1:]; import dupfinder.engines.child as c; c.main()"
    )
    command = [sys.executable, "-c", program, *sys.path]
    try:
        return subprocess.Popen(  # noqa: S603  # our own module
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        raise EngineError(f"no worker process can be started: {error}") from None


def _close(pipe: IO[bytes] | None) -> None:
    if pipe is not None:
        try:
            pipe.close()
        except OSError:
            return  # what was left in its buffer had no reader any more
