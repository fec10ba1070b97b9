"""Signals that wait until a photo is done with."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_WAITING = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)

_Handler = Callable[[int, FrameType | None], object] | int | None


@contextmanager
def deferred() -> Iterator[None]:
    """Hold back Ctrl-C, termination and hang-up until the end of the block, then let them act."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals reach the main thread alone
        return
    arrived: list[int] = []
    before: dict[signal.Signals, _Handler] = {}

    def remember(number: int, _: FrameType | None) -> None:
        arrived.append(number)

    try:
        with _blocked():  # nothing may arrive when some wait and others do not
            for each in _WAITING:
                if (handler := signal.getsignal(each)) is not None:  # None: not set by Python
                    before[each] = handler
                    signal.signal(each, remember)
        yield
    finally:
        with _blocked():
            for each, handler in before.items():
                signal.signal(each, handler)
            for number in arrived[:1]:
                signal.raise_signal(number)


@contextmanager
def _blocked() -> Iterator[None]:
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _WAITING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
