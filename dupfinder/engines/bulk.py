"""What makes much at a time is not searched for garbage meanwhile."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


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
