"""What was set aside because it could not be used: renamed beside where it stood."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable

from dupfinder.storage.ours import carries_our_mark


def set_aside(path: str, is_ours: Callable[[bytes], bool] = carries_our_mark) -> list[str]:
    """The files that were renamed because they could not be used.

    Earlier versions renamed other people's files, too: `is_ours` tells them by their first bytes.
    """
    folder, name = os.path.split(path)
    found = []
    with contextlib.suppress(OSError):
        for other in sorted(os.listdir(folder)):
            number = other.removeprefix(f"{name}.unusable-")
            place = os.path.join(folder, other)
            if number != other and number.isdecimal() and is_ours(_head(place)):
                found.append(place)
    return found


def _head(path: str) -> bytes:
    with contextlib.suppress(OSError), open(path, "rb") as file:
        return file.read(100)
    return b""
