"""The bytes of a file, as long as it is still the file that was seen."""

from __future__ import annotations

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


def stamp_of(status: os.stat_result) -> Stamp:
    """The stamp that tells this state of a file from any other."""
    return Stamp(
        device=status.st_dev,
        inode=status.st_ino,
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        ctime_ns=status.st_ctime_ns,
    )


def read(file: PhotoFile) -> tuple[Kind, bytes] | None:
    """What kind of picture the file is and all its bytes; None if its content is no picture.

    Only the first bytes of a file that is no picture are read.

    Raises:
        Undecodable: if it cannot be read, is empty, or is not the file any more that was seen.
    """
    try:
        descriptor = os.open(file.path, _FLAGS)
        with open(descriptor, "rb", buffering=0) as stream:
            _check(os.fstat(descriptor), file)
            head = stream.read(HEAD) or b""
            kind = sniff(head)
            if kind is None:
                return None
            data = head + stream.readall()
            _check(os.fstat(descriptor), file)
    except FileNotFoundError:
        raise Undecodable("vanished", "the file is gone since it was found") from None
    except OSError as error:
        raise Undecodable("unreadable", f"cannot be read: {error.strerror or error}") from None
    if len(data) != file.stamp.size:
        raise Undecodable("changed", "the file changed while it was read")
    return kind, data


def _check(status: os.stat_result, file: PhotoFile) -> None:
    if not stat.S_ISREG(status.st_mode) or stamp_of(status) != file.stamp:
        raise Undecodable("changed", "the file changed since it was found")
    if status.st_size == 0:
        raise Undecodable("empty", "the file is empty")
