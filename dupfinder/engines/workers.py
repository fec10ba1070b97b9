"""Workers: the same tasks in this process, or spread over child processes."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any, Generic, NamedTuple, Self, TypeVar

from dupfinder.engines.process import Child, ChildDied, TookTooLong

T = TypeVar("T")
R = TypeVar("R")


# Bytes that the tasks of a child may take, if nothing else is said.
MEMORY = 2_500_000_000
# How often it is looked whether an item has taken too long, in seconds.
_LOOKS = 0.2


class Crashed(NamedTuple):
    """In place of a result: the child died over this item, by itself or because it took too long.

    `code` is "crashed" or "timeout"; `at` is the path of the photo that it was reading, if it had
    said so.
    """

    reason: str
    code: str = "crashed"
    at: str | None = None


# How many seconds an item may take.
Patience = Callable[[T], float]


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
        patience: Patience[T] | None = None,  # noqa: ARG002  # nobody watches
    ) -> Iterator[tuple[T, R | Crashed]]:
        """The results in the order of the items."""
        for items in chunks:
            for item in items:
                yield item, task(item)


class ProcessWorkers:
    """`count` child processes, started `at_once` so that they load while files are being found.

    If there is perhaps nothing to do for them, they had better wait for the first chunk. `memory`
    is how many bytes the tasks of each may take; whatever asks for more fails.
    """

    def __init__(self, count: int, *, memory: int = MEMORY, at_once: bool = True) -> None:
        self._count = count
        self._memory = memory
        self._over = threading.Event()
        self._starter = ThreadPoolExecutor(1)
        self._children: list[Child] = []
        self._jobs: list[_Job[Any, Any]] = []
        if at_once:
            self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def run(
        self,
        task: Callable[[T], R],
        chunks: Iterable[Sequence[T]],
        ahead: int = 1,
        patience: Patience[T] | None = None,
    ) -> Iterator[tuple[T, R | Crashed]]:
        """Results as they are ready; the items of a chunk travel together.

        `ahead` chunks are with a child at a time: 2 keep it busy while its results are taken, 1
        spreads a few large ones evenly. An item that takes longer than `patience` says is given up.

        Raises:
            EngineError: if a task raises, which none may, or no child can be started.
        """
        rest = iter(chunks)
        first = next(rest, None)
        if first is None:
            return
        self._start()
        job = _Job(task, chain([first], rest), ahead, patience, self._children)
        self._jobs.append(job)
        try:
            yield from job.results()
        finally:
            job.abandon()
            self._jobs.remove(job)

    def _start(self) -> None:
        if not self._children:
            threading.Thread(target=self._watch, daemon=True).start()
        try:
            while len(self._children) < self._count:
                self._children.append(Child(self._memory, self._starter))
        except BaseException:  # an interruption, too: nobody has entered yet who would stop them
            self._stop()
            raise

    def _watch(self) -> None:
        """End children that take too long over an item."""
        while not self._over.wait(_LOOKS):
            for child in self._children:
                child.end_if_late()

    def _stop(self) -> None:
        """End what is left of a run that was interrupted, then the children."""
        self._over.set()
        for job in self._jobs:
            job.abandon()
        for child in self._children:
            child.stop()
        self._starter.shutdown()


class _Job(Generic[T, R]):
    """One `run`: a thread for each child feeds it chunks and collects what comes back."""

    def __init__(
        self,
        task: Callable[[T], R],
        chunks: Iterator[Sequence[T]],
        ahead: int,
        patience: Patience[T] | None,
        children: Sequence[Child],
    ) -> None:
        self._task = task
        self._chunks = chunks
        self._ahead = ahead
        self._patience = patience
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
        sent: deque[deque[T]] = deque()
        again: deque[Sequence[T]] = deque()
        while True:
            done: list[tuple[T, R | Crashed]] = []
            try:
                while len(sent) < self._ahead and (items := self._next(again)):
                    sent.append(deque(items))
                    child.send(self._task, items)
                if not sent:
                    return
                while sent[0]:
                    done.append((sent[0][0], self._received(child, sent[0][0])))
                    sent[0].popleft()
                sent.popleft()
            except ChildDied as death:
                done += self._after(death, child, sent[0].popleft())
                again.extend(tuple(chunk) for chunk in sent if chunk)
                sent.clear()
            self._put(done)

    def _received(self, child: Child, item: T) -> R:
        result: R = child.receive(None if self._patience is None else self._patience(item))
        return result

    def _after(self, death: ChildDied, child: Child, item: T) -> Iterator[tuple[T, R | Crashed]]:
        """What becomes of the item over which a child died.

        It may have been ended by somebody else: another child gets the item alone. One that took
        too long is not tried again.
        """
        if self._over:
            return
        if not isinstance(death, TookTooLong):
            try:
                child.send(self._task, [item])
                yield item, self._received(child, item)
                return
            except ChildDied as again:
                death = again
        code = "timeout" if isinstance(death, TookTooLong) else "crashed"
        yield item, Crashed(str(death), code, death.at)

    def _put(self, got: list[tuple[T, R | Crashed]] | BaseException | None) -> None:
        while not self._over:
            try:
                self._done.put(got, timeout=0.5)
            except queue.Full:
                continue
            return

    def _next(self, again: deque[Sequence[T]]) -> Sequence[T]:
        """What is to be done again comes first."""
        if self._over:
            return ()
        if again:
            return again.popleft()
        with self._lock:
            return next(self._chunks, ())
