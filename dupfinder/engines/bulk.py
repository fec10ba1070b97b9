"""What makes much at a time: done ahead of its use, and not searched for garbage meanwhile."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

# How many items are made before they are asked for.
_AHEAD = 3


def ahead(items: Iterable[T]) -> Iterator[T]:
    """The items in their order, one after the other; what making them raises is raised here."""
    rest = iter(items)
    with ThreadPoolExecutor(1) as thread:
        coming = deque(thread.submit(_some, rest) for _ in range(_AHEAD))
        while made := coming.popleft().result():
            coming.append(thread.submit(_some, rest))
            yield from made


def _some(rest: Iterator[T]) -> list[T]:
    """The next item, if there is one."""
    return list(islice(rest, 1))


@contextmanager
def all_kept() -> Iterator[None]:
    """Make many objects that stay: nobody looks through them for cycles, now or until `thawed`."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


@contextmanager
def thawed() -> Iterator[None]:
    """At the end, what was frozen within becomes like all other objects."""
    try:
        yield
    finally:
        gc.unfreeze()
