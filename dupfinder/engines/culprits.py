"""Where a worker died over one photo of several: the rest is done without that one."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from typing import TypeVar

from dupfinder.engines.workers import Crashed, ProcessWorkers, SerialWorkers
from dupfinder.model import Skipped

T = TypeVar("T")
R = TypeVar("R")


def culprit(crashed: Crashed, paths: Container[str]) -> Skipped | None:
    """Which of these photos is to blame, None if nobody knows: a worker may have said anything."""
    if crashed.at is None or crashed.at not in paths:
        return None
    reason = f"the decoder crashed while it was compared: {crashed.reason}"
    if crashed.code == "timeout":
        reason = "it was given up while it was compared: reading it took too long"
    return Skipped(crashed.at, "verify", crashed.code, reason)


def run_sparing(
    workers: SerialWorkers | ProcessWorkers,
    task: Callable[[T], R],
    chunks: Iterable[Sequence[T]],
    without: Callable[[T, str], T | None],
    ahead: int = 1,
) -> Iterator[tuple[T, R | Crashed]]:
    """As `workers.run`; what a culprit spoilt comes as `Crashed`, and again `without` it, by path.

    Each round has one photo less, so that it ends.
    """
    while True:
        again: list[Sequence[T]] = []
        for item, result in workers.run(task, chunks, ahead):
            yield item, result
            if isinstance(result, Crashed) and result.at is not None:
                rest = without(item, result.at)
                if rest is not None:
                    again.append([rest])
        if not again:
            return
        chunks = again
