"""An advisory lock on a file, held by one process at a time and gone with it."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

if sys.platform == "win32":
    import msvcrt

    def _try(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _try(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextlib.contextmanager
def locked(path: str) -> Iterator[bool]:
    """Whether this process holds the lock at `path` until the end of the block; never waits.

    Raises:
        OSError: if the lock file cannot be opened.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            _try(descriptor)
        except OSError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)
