"""Whole files read through open descriptors, noticing who writes meanwhile."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator

from blake3 import blake3

_CHUNK = 1 << 20  # bytes


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
    pairs = zip(_steadily(one), _steadily(other), strict=False)
    return all(ours == theirs for ours, theirs in pairs)


def copy(source: int, target: int) -> bytes:
    """Append all bytes of a file to another one, wait for the disk, and return their BLAKE3."""
    hashed = blake3()
    for chunk in _steadily(source):
        hashed.update(chunk)
        rest = memoryview(chunk)
        while rest:
            rest = rest[os.write(target, rest) :]
    os.fsync(target)
    return hashed.digest()


def _steadily(descriptor: int) -> Iterator[bytes]:
    """Chunks from the beginning to the end, which must be where it was."""
    before = _state(descriptor)
    os.lseek(descriptor, 0, os.SEEK_SET)
    at = 0
    while chunk := os.read(descriptor, _CHUNK):
        at += len(chunk)
        yield chunk
    if at != before[0] or _state(descriptor) != before:
        raise OSError(errno.EBUSY, "the file changed while it was read")


def _state(descriptor: int) -> tuple[int, int, int]:
    status = os.fstat(descriptor)
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns
