"""Folders held by their path, on Windows: there `os.rename` itself refuses a name that is taken.

Windows opens no folder without following the links on the way, so they are looked for beforehand.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0)
_CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


class Folder:
    """A folder; see `dupfinder.filesystem.posix.Folder` for what each method promises."""

    def __init__(self, path: str, way: frozenset[tuple[int, int]]) -> None:
        self.path = path
        self.way = way

    @classmethod
    def open(cls, path: str, make: int | None = None) -> Folder:
        """The folder of an absolute path without a link in it."""
        if path != os.path.abspath(path):
            raise OSError(errno.EINVAL, "not a plain path", path)
        if make is not None:
            os.makedirs(path, make, exist_ok=True)
        above, way = path, set[tuple[int, int]]()
        while True:
            status = os.lstat(above)
            # A junction is a folder by its mode, but not by the tag of its reparse point.
            if not stat.S_ISDIR(status.st_mode) or getattr(status, "st_reparse_tag", False):
                raise NotADirectoryError(errno.ENOTDIR, "a link on the way", path)
            way.add((status.st_dev, status.st_ino))
            above, last = os.path.split(above)
            if not last:
                return cls(path, frozenset(way))

    def __enter__(self) -> Folder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Nothing is held."""

    def below(self, name: str) -> Folder:
        return Folder.open(self._path(name))

    def status(self, name: str) -> os.stat_result:
        return os.lstat(self._path(name))

    def own_status(self) -> os.stat_result:
        return os.lstat(self.path)

    def names(self) -> list[str]:
        return os.listdir(self.path)

    def has(self, name: str) -> bool:
        with suppress(FileNotFoundError):
            self.status(name)
            return True
        return False

    @contextmanager
    def reading(self, name: str) -> Iterator[int]:
        if not stat.S_ISREG(self.status(name).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", self._path(name))
        descriptor = os.open(self._path(name), _READ)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    @contextmanager
    def creating(self, name: str) -> Iterator[int]:
        descriptor = os.open(self._path(name), _CREATE, 0o600)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def make(self, name: str, mode: int = 0o700) -> None:
        os.mkdir(self._path(name), mode)

    def move(self, name: str, to: Folder, new: str) -> None:
        os.rename(self._path(name), to._path(new))

    def link(self, name: str, to: Folder, new: str) -> None:
        os.link(self._path(name), to._path(new), follow_symlinks=False)

    def remove(self, name: str) -> None:
        os.unlink(self._path(name))

    def sync(self) -> None:
        """Windows offers no such call for folders; NTFS journals its names itself."""

    def _path(self, name: str) -> str:
        return os.path.join(self.path, name)
