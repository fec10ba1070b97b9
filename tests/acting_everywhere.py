"""A job on one small world after another, each disturbed at the next one of its calls.

The job runs in a child (see `acting.child`), so that it can be killed in earnest.
"""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import cycle

from acting import Ended, Entry, Hook, World, child, fail_at, kill_at, snapshot

from dupfinder.filesystem import posix

Make = Callable[[], World]
Job = Callable[[World], object]

CODES = (errno.EIO, errno.ENOSPC, errno.EACCES, errno.EXDEV)


@dataclass(frozen=True)
class Disturbed:
    """A world, its photos before the job, and how the job ended that was disturbed at a call."""

    world: World
    before: dict[str, Entry]
    number: int
    ended: Ended

    def was_reached(self) -> bool:
        return self.ended.signal != 0 or self.ended.calls >= self.number


def disturbed(
    make: Make,
    job: Job,
    hook: Callable[[World, int], Hook],
    numbers: Iterable[int],
    first: Job = lambda _: None,
    reads: bool = False,
) -> Iterator[Disturbed]:
    """The same job once for each number of a call, up to a run that has fewer: the last one.

    Args:
        hook: what disturbs the run in a world at the call of a number.
        first: what is done to a world beforehand, undisturbed.
    """
    for number in numbers:
        assert number < 2000, "the job goes on and on"
        world = make()
        before = snapshot(world.photos)
        first(world)
        ended = child(partial(job, world), hook(world, number), reads)
        each = Disturbed(world, before, number, ended)
        yield each
        if not each.was_reached():
            return


def killed(
    make: Make, job: Job, numbers: Iterable[int], first: Job = lambda _: None
) -> Iterator[Disturbed]:
    """With kill -9 before each call."""
    for each in disturbed(make, job, lambda _, number: kill_at(number), numbers, first):
        assert each.ended.signal in (0, signal.SIGKILL)
        yield each


def killed_at(number: int) -> Job:
    """Acting that is killed before the call of a number."""
    return lambda world: child(world.apply, kill_at(number))


def failed(
    make: Make, job: Job, numbers: Iterable[int], for_good: bool, first: Job = lambda _: None
) -> Iterator[Disturbed]:
    """With a call failing, or that one and all after it, and each time with the next of CODES."""
    codes = cycle(CODES)
    yield from disturbed(
        make, job, lambda _, number: fail_at(number, next(codes), for_good), numbers, first
    )


def by_linking(job: Job) -> Job:
    """The job on a system that knows no exclusive rename; only for a child, which stays so."""

    def unknown(*_: object) -> None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    def linking(world: World) -> object:
        posix._rename_exclusively = unknown
        return job(world)

    return linking
