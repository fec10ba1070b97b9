"""What a file carries beside its bytes: mode, times and extended attributes."""

from __future__ import annotations

import errno
import os
import stat
import sys
from base64 import b64decode, b64encode
from contextlib import suppress
from typing import Any

from dupfinder.filesystem import carry

if sys.platform == "darwin":
    import xattr as _xattr
else:  # Python has these functions on Linux alone
    _xattr = os

Metadata = dict[str, Any]

_REFUSED = (errno.EPERM, errno.EACCES, errno.ENOTSUP)


def metadata(descriptor: int) -> Metadata:
    """Mode, owner, times in nanoseconds and extended attributes, as JSON can hold them.

    Raises:
        OSError: if they cannot be read: what is not known would be lost.
    """
    status = os.fstat(descriptor)
    return {
        "mode": stat.S_IMODE(status.st_mode),
        "owner": [status.st_uid, status.st_gid],
        "times": [status.st_atime_ns, status.st_mtime_ns],
        "attributes": _attributes(descriptor),
    }


def restore(descriptor: int, kept: Metadata) -> None:
    """Give a file what another one carried; the owner only where the system lets us.

    Raises:
        OSError: if anything but the owner cannot be set.
    """
    for name, value in kept["attributes"].items():
        try:
            _xattr.setxattr(descriptor, name, b64decode(value))
        except OSError as error:
            # Labels of the system's own belong to the place as much as to the file.
            if not name.startswith("security.") or error.errno not in _REFUSED:
                raise
    if hasattr(os, "fchown"):
        with suppress(PermissionError):
            os.fchown(descriptor, *kept["owner"])
    accessed, modified = kept["times"]
    carry(descriptor, kept["mode"], (accessed, modified))


def _attributes(descriptor: int) -> dict[str, str]:
    if sys.platform == "win32":
        return {}
    try:
        names = sorted(_xattr.listxattr(descriptor))
    except OSError as error:
        if error.errno == errno.ENOTSUP:  # a file system without them
            return {}
        raise
    values = {name: _xattr.getxattr(descriptor, name) for name in names}
    return {name: b64encode(value).decode("ascii") for name, value in values.items()}
