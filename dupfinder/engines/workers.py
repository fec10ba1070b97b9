"""Workers: the same tasks in this process, or spread over child processes."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, Generic, NamedTuple, Self, TypeVar

from dupfinder.engines.process import Child, ChildDied
from dupfinder.errors import EngineError

T = TypeVar("T")
R = TypeVar("R")


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
    """`count` child processes, started `at_once` so that they load while files are being found.

    If there is perhaps nothing to do for them, they had better wait for the first chunk.
    """

    def __init__(self, count: int, *, at_once: bool = True) -> None:
        self._count = count
        self._children: list[Child] = []
        self._jobs: list[_Job[Any, Any]] = []
        if at_once:
            self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def run(
        self, task: Callable[[T], R], chunks: Iterable[Sequence[T]], ahead: int = 1
    ) -> Iterator[tuple[T, R | Crashed]]:
        """Results as they are ready; the items of a chunk travel together.

        `ahead` chunks are with a child at a time: 2 keep it busy while its results are taken, 1
        spreads a few large ones evenly.

        Raises:
            EngineError: if a task raises, which none may, or no child can be started.
        """
        rest = iter(chunks)
        first = next(rest, None)
        if first is None:
            return
        self._start()
        job = _Job(task, chain([first], rest), ahead, self._children)
        self._jobs.append(job)
        try:
            yield from job.results()
        finally:
            job.abandon()
            self._jobs.remove(job)

    def _start(self) -> None:
        try:
            while len(self._children) < self._count:
                self._children.append(Child())
        except EngineError:
            self._stop()
            raise

    def _stop(self) -> None:
        """End what is left of a run that was interrupted, then the children."""
        for job in self._jobs:
            job.abandon()
        for child in self._children:
            child.stop()


class _Job(Generic[T, R]):
    """One `run`: a thread for each child feeds it chunks and collects what comes back."""

    def __init__(
        self,
        task: Callable[[T], R],
        chunks: Iterator[Sequence[T]],
        ahead: int,
        children: Sequence[Child],
    ) -> None:
        self._task = task
        self._chunks = chunks
        self._ahead = ahead
        self._lock = threading.Lock()
        self._over = False
        # Bounded: a child that is ahead of the consumer waits instead of piling up results.
        self._done: queue.Queue[list[tuple[T, R | Crashed]] | BaseException | None]
        self._done = queue.Queue(maxsize=16)
        self._served = [
            (child, threading.Thread(target=self._serve, args=(child,), daemon=True))
            for child in children
        ]
        for _, thread in self._served:
            thread.start()

    def results(self) -> Iterator[tuple[T, R | Crashed]]:
        """What the threads put, until all of them are through."""
        busy = len(self._served)
        while busy and not self._over:
            got = self._done.get()
            if got is None:
                busy -= 1
            elif isinstance(got, BaseException):
                raise got
            else:
                yield from got
        for _, thread in self._served:
            thread.join()

    def abandon(self) -> None:
        """End the threads that are still at it, and with them what their children are at."""
        self._over = True
        for child, thread in self._served:
            while thread.is_alive():
                child.kill()  # again and again: the thread may just have started it anew
                thread.join(0.05)

    def _serve(self, child: Child) -> None:
        """Keep one child busy until there are no more chunks."""
        try:
            self._feed(child)
            self._put(None)
        except BaseException as error:  # noqa: BLE001  # raised again by the consumer
            self._put(error)

    def _feed(self, child: Child) -> None:
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
                        if self._over:
                            return
                        self._put([(item, self._alone(child, item))])
            else:
                self._put(list(zip(sent.popleft(), results, strict=True)))

    def _alone(self, child: Child, item: T) -> R | Crashed:
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
