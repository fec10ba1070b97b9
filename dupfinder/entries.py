"""The entries of folders: what a listing says of them, and whether they are as they were."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator
from typing import Final

from blake3 import blake3

from dupfinder.exclusions import is_online_only

# Where the system says, if it does, whether a content is in the cloud.
_FLAGS: Final = "st_file_attributes" if os.name == "nt" else "st_flags"


def status_of(entry: os.DirEntry[str], *, may_open: bool) -> os.stat_result:
    """Of an entry itself, not of what it may be a link to.

    A listing of Windows does not say which file a name stands for: that is asked apart. To ask
    opens the file, and some clouds download it then: of those that lie there only with `may_open`.

    Raises:
        OSError: if the system refuses to say it.
    """
    status = entry.stat(follow_symlinks=False)
    if status.st_ino or status.st_nlink:
        return status
    is_left = is_online_only(status) and not may_open
    return status if is_left else os.lstat(entry.path)


def state_of(folders: Iterable[str], *, may_open: bool) -> str:
    """A digest of all that a walk would see of these folders: while it is the same, so is the walk.

    It is of all names in them; of files also of mode, identity, number of names, size, times of
    change, and flags. A folder that cannot be listed, and an entry that cannot be looked at, count
    as such. What lies in subfolders shows only if these are among the folders.

    Args:
        folders: real paths, each once; their order does not matter.
        may_open: see `status_of`.
    """
    seen = blake3()
    for folder in sorted(folders, key=os.fsencode):
        found: list[tuple[str | int, ...]] = []
        trouble = None
        try:
            with _listed(folder) as entries:
                for entry in entries:
                    found.append(_seen(entry, may_open))  # noqa: PERF401  # up to the trouble
        except OSError as error:  # a walk makes of it what it had found by then
            trouble = error.errno
        # What Python writes of names and numbers can be read in one way only.
        seen.update(repr((folder, sorted(found), trouble)).encode())
    return seen.hexdigest()


@contextlib.contextmanager
def _listed(folder: str) -> Iterator[Iterator[os.DirEntry[str]]]:
    """By a descriptor where that can be done: then no path is looked up for each entry."""
    if os.scandir not in os.supports_fd:
        with os.scandir(folder) as entries:
            yield entries
        return
    # If a pipe has taken its place meanwhile, opening that would wait for a writer.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with os.scandir(descriptor) as entries:
            yield entries
    finally:
        os.close(descriptor)


def _seen(entry: os.DirEntry[str], may_open: bool) -> tuple[str | int, ...]:
    try:
        status = status_of(entry, may_open=may_open)
    except OSError as error:
        return entry.name, -1, error.errno or 0
    mode = status.st_mode
    if not stat.S_ISREG(mode):  # what a folder holds is seen where that is listed
        return entry.name, stat.S_IFMT(mode), status.st_dev, status.st_ino
    return (
        entry.name,
        mode,
        status.st_dev,
        status.st_ino,
        status.st_nlink,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
        getattr(status, _FLAGS, 0),
    )
