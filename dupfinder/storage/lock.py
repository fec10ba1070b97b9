"""An advisory lock on a file, held by one process at a time and gone with it."""

from __future__ import annotations

import contextlib
import errno
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


# How systems say that somebody else holds it; anything else is a volume that has no locks.
_HELD = frozenset({errno.EAGAIN, errno.EACCES, getattr(errno, "EDEADLK", errno.EAGAIN)})


@contextlib.contextmanager
def locked(path: str) -> Iterator[bool]:
    """Whether this process holds the lock at `path` until the end of the block; never waits.

    Raises:
        OSError: if the lock file cannot be opened, or its volume knows no locks.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            _try(descriptor)
        except OSError as error:
            if error.errno not in _HELD:
                raise
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def is_held(path: str) -> bool:
    """Whether some process holds the lock at `path`, as far as can be told; makes no file."""
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDWR)
        try:
            _try(descriptor)
        except OSError as error:
            return error.errno in _HELD
        finally:
            os.close(descriptor)
    return False
