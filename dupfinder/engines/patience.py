"""How long a worker may take over one file.

What counts is its own time of computing: beside other work the same file takes several times as
long, and must fare the same. A worker that does not compute waits for a disk, or for nothing.
"""

from __future__ import annotations

import time
from typing import Final, NamedTuple

from dupfinder.decode.source import MAX_BYTES

# What the slowest honest decoder needs, and the reading from a slow disk.
_SECONDS, _BYTES_PER_SECOND = 10.0, 1_000_000
# So many times as long a worker may take that hardly computes: disks have to wake up.
_WAITING: Final = 3


# For a network to be loaded, if the worker is new, and asked.
_ASKING: Final = 60.0


def patience(size: int, *, asks_model: bool = False) -> float:
    """Seconds after which a file of `size` bytes is given up: small ones may decode for hours."""
    seconds = _SECONDS + min(size, MAX_BYTES) / _BYTES_PER_SECOND
    return seconds + _ASKING if asks_model else seconds


class _Clock(NamedTuple):
    """Seconds that a process has computed, and that it has waited for a processor to do so."""

    computed: float
    queued: float


class Due:
    """From now on a process may compute for so many seconds, and three times as long do nothing."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._begun = time.monotonic()
        self._first: _Clock | None = None

    def is_past(self, process: int) -> bool:
        """To be asked every now and then: the first answer only sees how the clocks stand."""
        took, now = time.monotonic() - self._begun, _clock(process)
        if now is None:
            return took > self._seconds
        if self._first is None:
            self._first = now
        computed, queued = now.computed - self._first.computed, now.queued - self._first.queued
        return computed > self._seconds or took - queued > _WAITING * self._seconds


def _clock(process: int) -> _Clock | None:
    """Of the thread that decodes; None where the kernel does not tell (it is Linux that does)."""
    try:
        with open(f"/proc/{process}/schedstat", "rb") as file:
            computed, queued, _ = file.read().split()
    except (OSError, ValueError):
        return None
    return _Clock(int(computed) / 1e9, int(queued) / 1e9)
