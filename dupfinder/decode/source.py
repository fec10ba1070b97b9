"""The bytes of a file, as long as it is still the file that was seen."""

from __future__ import annotations

import errno
import os
import stat

from dupfinder.decode.errors import Undecodable
from dupfinder.decode.sniff import HEAD, Kind, sniff
from dupfinder.model import PhotoFile, Stamp

# A FIFO put in a photo's place must not hold the reader, nor a link lead it elsewhere.
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
)

# What the system says where a link (ELOOP; EMLINK on FreeBSD) or a socket stands now.
_NO_FILE_ANY_MORE = (errno.ELOOP, errno.EMLINK, errno.ENXIO, errno.EOPNOTSUPP)
_CHANGED = "the file changed since it was found"

# A picture at the pixel limit with 16 bits a channel and no compression has about as many. A file
# is read as a whole: what is larger than memory must not take the run down.
MAX_BYTES = 3_000_000_000


def stamp_of(status: os.stat_result) -> Stamp:
    """The stamp that tells this state of a file from any other."""
    return Stamp(
        device=status.st_dev,
        inode=status.st_ino,
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        ctime_ns=status.st_ctime_ns,
    )


def read(file: PhotoFile, *, whole: bool = True) -> tuple[Kind, bytes] | None:
    """What kind of picture the file is and all its bytes; None if its content is no picture.

    Only the first bytes of a file that is no picture are read, and of all if not the `whole` is
    asked for; then no bytes come back.

    Raises:
        Undecodable: if it cannot be read, is empty or far too large, or is not the file any more
            that was seen.
    """
    try:
        descriptor = os.open(file.path, _FLAGS)
        try:
            return _read(descriptor, file, whole)
        finally:
            os.close(descriptor)
    except (FileNotFoundError, NotADirectoryError):
        raise Undecodable("vanished", "the file is gone since it was found") from None
    except MemoryError:
        raise Undecodable("too-large", "reading needs more memory than there is") from None
    except OSError as error:
        if error.errno in _NO_FILE_ANY_MORE:
            raise Undecodable("changed", _CHANGED) from None
        raise Undecodable("unreadable", f"cannot be read: {error.strerror or error}") from None


def _read(descriptor: int, file: PhotoFile, whole: bool) -> tuple[Kind, bytes] | None:
    _check(descriptor, file)
    if file.stamp.size == 0:
        raise Undecodable("empty", "the file is empty")
    kind = sniff(os.read(descriptor, HEAD))
    if kind is None or not whole:
        return None if kind is None else (kind, b"")
    if file.stamp.size > MAX_BYTES:
        raise Undecodable("too-large", f"{file.stamp.size:,} bytes: the limit is {MAX_BYTES:,}")
    os.lseek(descriptor, 0, os.SEEK_SET)
    with open(descriptor, "rb", buffering=0, closefd=False) as stream:
        data = stream.readall()
    _check(descriptor, file)
    if len(data) != file.stamp.size:
        raise Undecodable("changed", "the file changed while it was read")
    return kind, data


def _check(descriptor: int, file: PhotoFile) -> None:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or stamp_of(status) != file.stamp:
        raise Undecodable("changed", _CHANGED)
