"""What a file carries beside its bytes: mode, times and extended attributes."""

from __future__ import annotations

import os
import stat
from base64 import b64decode, b64encode
from contextlib import suppress
from typing import Any

Metadata = dict[str, Any]


def metadata(descriptor: int) -> Metadata:
    """Mode, owner, times in nanoseconds and extended attributes, as JSON can hold them."""
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
        os.setxattr(descriptor, name, b64decode(value))
    if hasattr(os, "fchown"):
        with suppress(PermissionError):
            os.fchown(descriptor, *kept["owner"])
    os.chmod(descriptor, kept["mode"])
    os.utime(descriptor, ns=tuple(kept["times"]))


def _attributes(descriptor: int) -> dict[str, str]:
    if not hasattr(os, "listxattr"):
        return {}
    found = {}
    with suppress(OSError):  # a file system without them
        for name in sorted(os.listxattr(descriptor)):
            found[name] = b64encode(os.getxattr(descriptor, name)).decode("ascii")
    return found
