"""Every call of this very process that changes a file, seen before it is made.

`acting.child` does the same in a fork, which can be killed in earnest; here a run is only cut off:
from a certain call on, all of them are refused. That is a thousand times faster.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import dupfinder.act
from dupfinder.filesystem import posix
from dupfinder.storage.journal import Journal

# What is told of a call: its number, from 1, its name and its arguments, those by name last.
See = Callable[[int, str, tuple[Any, ...]], None]

_CHANGING = (
    "write", "fsync", "unlink", "link", "mkdir", "utime", "chmod", "fchmod", "chown", "fchown",
    "setxattr", "ftruncate",
)  # fmt: skip


class CutOff(BaseException):
    """Nothing more of the run reaches the disk."""


@contextmanager
def seeing(see: See) -> Iterator[None]:
    count = 0

    def seen(call: Callable[..., Any], name: str) -> Callable[..., Any]:
        def instead(*args: Any, **named: Any) -> Any:
            nonlocal count
            count += 1
            see(count, name, (*args, named))
            return call(*args, **named)

        return instead

    opened = os.open

    def opening(path: Any, flags: int, *args: Any, **named: Any) -> int:
        nonlocal count
        if flags & os.O_CREAT:
            count += 1
            see(count, "create", (path, named))
        return opened(path, flags, *args, **named)

    with pytest.MonkeyPatch.context() as patch:
        for name in _CHANGING:
            patch.setattr(os, name, seen(getattr(os, name), name))
        patch.setattr(os, "open", opening)
        rename = posix._rename_exclusively
        patch.setattr(posix, "_rename_exclusively", seen(rename, "rename"))
        yield


def cut_off(job: Callable[[], Any], at: int) -> bool:
    """Whether a job was cut off at a call, of which it might make fewer."""

    def see(number: int, *_: object) -> None:
        if number >= at:
            raise CutOff

    try:
        with seeing(see):
            job()
    except CutOff:
        return True
    return False


def cut_off_after(job: Callable[[], Any], name: str) -> None:
    """Cut a job off at the first call after one of that name."""
    told: list[str] = []

    def see(_: int, now: str, __: object) -> None:
        if name in told:
            raise CutOff
        told.append(now)

    with pytest.raises(CutOff), seeing(see):
        job()


def cut_off_at(job: Callable[[], Any], op: str, is_written: bool = True) -> None:
    """Cut a job off at the first record of that kind, as soon as the journal has it or just before.

    Nor does it bring anything home: that is left to recovery.
    """
    append = Journal.append

    def appending(journal: Journal, record: dict[str, Any]) -> None:
        if record["op"] != op or is_written:
            append(journal, record)
        if record["op"] == op:
            raise CutOff

    def cut(_: object) -> None:
        raise CutOff

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Journal, "append", appending)
        patch.setattr(dupfinder.act, "roll_back", cut)
        with pytest.raises(CutOff):
            job()


def failing(job: Callable[[], Any], at: int, code: int, for_good: bool) -> bool:
    """Run a job of which one call fails, or that one and all after it; whether it got so far."""
    reached = False

    def see(number: int, *_: object) -> None:
        nonlocal reached
        if number == at or (for_good and number > at):
            reached = True
            raise OSError(code, os.strerror(code))

    with seeing(see):
        job()
    return reached


def changing(job: Callable[[], Any], at: int, change: Callable[[], Any]) -> bool:
    """Run a job at one call of which somebody else does something; whether it got so far."""
    reached = within = False

    def see(number: int, *_: object) -> None:
        nonlocal reached, within
        if number >= at and not reached and not within:
            within = True
            change()
            reached = True

    with seeing(see):
        job()
    return reached
