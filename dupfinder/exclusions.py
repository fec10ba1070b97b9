"""What a walk leaves out by its name: the user's globs, and folders of the system."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Sequence

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
