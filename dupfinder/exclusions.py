"""What a walk leaves out: the user's globs, folders of the system, and what is not on this disk."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Sequence
from typing import Any

from dupfinder.settings import PHOTO_LIBRARIES

# Folders that hold no photos of the user's own, or photos that only another program may touch:
# trash, thumbnails, snapshots and the insides of photo managers. Compared in lower case, since the
# same drive meets systems that do not tell cases apart.
SYSTEM_FOLDERS = frozenset(
    {
        "#recycle",  # Synology
        "#snapshot",
        "$recycle.bin",  # Windows
        "@eadir",  # Synology: thumbnails
        "@recently-snapshot",  # QNAP
        "@recycle",
        "@tmp",
        "lost+found",
        "network trash folder",  # macOS, on servers
        "recycler",
        "system volume information",
        "temporary items",
    }
)
SYSTEM_SUFFIXES = (*PHOTO_LIBRARIES, ".lrdata")  # Lightroom's previews

# FILE_ATTRIBUTE_OFFLINE, _RECALL_ON_OPEN and _RECALL_ON_DATA_ACCESS of Windows (OneDrive sets the
# first and the last one, or the last one alone), and SF_DATALESS of macOS, in its st_flags.
_RECALLED = 0x1000 | 0x40000 | 0x400000
_DATALESS = 0x40000000
_STUB = re.compile(r"\.(.+)\.icloud", re.DOTALL)


class Exclusions:
    """The user's globs, compiled once: those for names and those for paths below the root."""

    def __init__(self, globs: Sequence[str]) -> None:
        paths = [glob for glob in globs if "/" in glob.rstrip("/")]
        self._name = _any_of(glob for glob in globs if glob not in paths)
        self._path = _any_of(
            glob if glob.startswith(("/", "**/")) else f"/{glob}" for glob in paths
        )

    def match(self, name: str, below: str) -> bool:
        """Whether a glob covers this; a folder has a slash at the end for globs that ask for it."""
        return bool(self._name.match(name) or self._path.match(below))


def _any_of(globs: Iterable[str]) -> re.Pattern[str]:
    nothing = "(?!)"
    return re.compile("|".join(map(fnmatch.translate, globs)) or nothing)


def is_system_folder(name: str) -> bool:
    """Whether a folder of this name is passed by unless hidden ones are wanted, too."""
    lower = name.lower()
    return lower in SYSTEM_FOLDERS or lower.endswith(SYSTEM_SUFFIXES)


def is_online_only(status: Any) -> bool:
    """Whether this is the placeholder of a cloud drive, which is downloaded when it is read.

    Args:
        status: what `os.stat` says of a file, without following links.

    Nothing is made of a file without blocks on the disk: sparse files are like that, and on some
    file systems small ones, which lie in their inode.
    """
    attributes = getattr(status, "st_file_attributes", 0)
    return bool(attributes & _RECALLED or getattr(status, "st_flags", 0) & _DATALESS)


def in_icloud(name: str) -> str | None:
    """The name of the file for which `.name.icloud` stands in older macOS; None for others."""
    stub = _STUB.fullmatch(name)
    return stub[1] if stub else None
