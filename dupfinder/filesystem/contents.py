"""Whole files read through open descriptors, noticing who writes meanwhile."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Iterator
from itertools import zip_longest

from blake3 import blake3

from dupfinder.filesystem import changed_ns

# Size and both times in nanoseconds. Whoever sets the modification time back sets the other one on.
State = tuple[int, int, int]

_CHUNK = 1 << 20  # bytes


def state(descriptor: int) -> State:
    """What changes when a file is written: two equal states have the same bytes between them."""
    status = os.fstat(descriptor)
    return status.st_size, status.st_mtime_ns, changed_ns(descriptor)


def is_being_written(descriptor: int) -> bool:
    """Whether somebody has the file open to write to it; False also where no system tells."""
    if sys.platform != "linux":
        return False
    import fcntl  # noqa: PLC0415 - not on every platform

    try:
        # Who opens the file in this moment must not end us: the usual signal would.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    return False


def digest(descriptor: int) -> bytes:
    """BLAKE3 of all bytes of a file.

    Raises:
        OSError: EBUSY if the file changed while it was read.
    """
    hashed = blake3()
    for chunk in _steadily(descriptor):
        hashed.update(chunk)
    return hashed.digest()


def same_bytes(one: int, other: int) -> bool:
    """Whether two files hold the same bytes, all of them read.

    Raises:
        OSError: EBUSY if one of them changed while it was read.
    """
    if os.fstat(one).st_size != os.fstat(other).st_size:
        return False
    # Both to their ends, where each is looked at once more: `zip` would leave the second one out.
    pairs = zip_longest(_steadily(one), _steadily(other))
    return all(ours == theirs for ours, theirs in pairs)


def copy(source: int, target: int) -> bytes:
    """Append all bytes of a file to another one, wait for the disk, and return their BLAKE3.

    Raises:
        OSError: if the system refuses; EBUSY if the source changed while it was read.
    """
    hashed = blake3()
    for chunk in _steadily(source):
        hashed.update(chunk)
        write(target, chunk)
    os.fsync(target)
    return hashed.digest()


def write(descriptor: int, data: bytes) -> None:
    """Write all of it, in as many pieces as the system takes."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _steadily(descriptor: int) -> Iterator[bytes]:
    """Chunks from the beginning to the end, which must be where it was."""
    before = state(descriptor)
    os.lseek(descriptor, 0, os.SEEK_SET)
    at = 0
    while chunk := os.read(descriptor, _CHUNK):
        at += len(chunk)
        yield chunk
    if at != before[0] or state(descriptor) != before:
        raise OSError(errno.EBUSY, "the file changed while it was read")
