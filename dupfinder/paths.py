"""Paths as names, without a look at the disk."""

from __future__ import annotations

import os
from collections.abc import Iterable


def is_below(path: str, folders: Iterable[str]) -> bool:
    """Whether a path is one of the folders or lies in one, by whole components.

    All are absolute and without links. A `..` is straightened first: a report or a journal that
    anybody may have written must not lead out of a folder by it.
    """
    straight = os.path.normpath(path)
    for folder in map(os.path.normpath, folders):
        if straight == folder or straight.startswith(folder.rstrip(os.sep) + os.sep):
            return True
    return False
