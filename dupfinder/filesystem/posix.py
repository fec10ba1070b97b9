"""Folders held open by descriptor, on Linux and macOS.

Every name is looked up in a folder that is already open, so that nobody can put another folder, or
a link to one, in its place between two steps.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

# What is passed through on the way down need not be readable; macOS cannot say so.
_PASS = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_STAY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A pipe that took the place of a photo must not hold the run up.
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

_RENAME_NOREPLACE = 1  # renameat2(2), Linux 3.15
_RENAME_EXCL = 4  # renameatx_np(2), macOS 10.12
# What a system or file system answers that does not know the flag.
_UNKNOWN = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)


class Folder:
    """An open folder. All names are those of its own entries: without slashes, never followed.

    Every method raises the `OSError` that the system gives.
    """

    def __init__(self, descriptor: int, path: str, way: frozenset[tuple[int, int]]) -> None:
        """`way` is device and inode of every folder on the way down, this one included."""
        self._descriptor = descriptor
        self.path = path
        self.way = way

    @classmethod
    def open(cls, path: str, make: int | None = None) -> Folder:
        """The folder of an absolute path, reached from the top without following a single link.

        Args:
            path: without `.` and `..`, which would lead elsewhere than it reads.
            make: the mode for folders that are missing, which are then made.

        Raises:
            NotADirectoryError: if a component is a link, or no folder.
        """
        parts = path.strip("/").split("/") if path.strip("/") else []
        if not path.startswith("/") or {"", ".", ".."}.intersection(parts):
            raise OSError(errno.EINVAL, "not a plain path", path)
        here = os.open("/", _PASS if parts else _STAY)
        way = {_identity(here)}
        for number, part in enumerate(parts, 1):
            above = here
            try:
                flags = _STAY if number == len(parts) else _PASS
                here = _step(above, part, flags, make)
            except OSError as error:
                if error.errno == errno.ELOOP:
                    error = NotADirectoryError(errno.ENOTDIR, "a link on the way", path)
                raise error from None
            finally:
                os.close(above)
            way.add(_identity(here))
        return cls(here, path, frozenset(way))

    def __enter__(self) -> Folder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        os.close(self._descriptor)

    def below(self, name: str) -> Folder:
        """An entry that is a folder, and no link to one."""
        opened = os.open(name, _STAY, dir_fd=self._descriptor)
        return Folder(opened, os.path.join(self.path, name), self.way | {_identity(opened)})

    def status(self, name: str) -> os.stat_result:
        """What the system knows of an entry itself, be it a link."""
        return os.stat(name, dir_fd=self._descriptor, follow_symlinks=False)

    def own_status(self) -> os.stat_result:
        return os.fstat(self._descriptor)

    def names(self) -> list[str]:
        """Of all entries, in no order."""
        return os.listdir(self._descriptor)

    def has(self, name: str) -> bool:
        with suppress(FileNotFoundError):
            self.status(name)
            return True
        return False

    @contextmanager
    def reading(self, name: str) -> Iterator[int]:
        """A descriptor of a regular file, to read from.

        Raises:
            OSError: EINVAL if the entry is anything but a regular file.
        """
        descriptor = os.open(name, _READ, dir_fd=self._descriptor)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(errno.EINVAL, "not a regular file", os.path.join(self.path, name))
            yield descriptor
        finally:
            os.close(descriptor)

    @contextmanager
    def creating(self, name: str) -> Iterator[int]:
        """A descriptor of a file that was not there, readable by its owner only."""
        descriptor = os.open(name, _CREATE, 0o600, dir_fd=self._descriptor)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def make(self, name: str, mode: int = 0o700) -> None:
        """A folder that was not there."""
        os.mkdir(name, mode, dir_fd=self._descriptor)

    def move(self, name: str, to: Folder, new: str) -> None:
        """Give an entry another name, in this folder or another one of the same volume.

        Raises:
            FileExistsError: if the new name is taken: nothing is ever overwritten.
        """
        try:
            _rename_exclusively(self._descriptor, name, to._descriptor, new)
        except OSError as error:
            if error.errno not in _UNKNOWN:
                raise
            # Between the two steps the file has both names: it is never without one.
            self.link(name, to, new)
            self.remove(name)

    def link(self, name: str, to: Folder, new: str) -> None:
        """Give a file a further name (a hard link), one that was free."""
        os.link(
            name, new,
            src_dir_fd=self._descriptor, dst_dir_fd=to._descriptor, follow_symlinks=False,
        )  # fmt: skip

    def remove(self, name: str) -> None:
        os.unlink(name, dir_fd=self._descriptor)

    def unmake(self, name: str) -> None:
        """Remove a folder that is empty."""
        os.rmdir(name, dir_fd=self._descriptor)

    def sync(self) -> None:
        """Wait until the names of the entries are on the disk."""
        try:
            os.fsync(self._descriptor)
        except OSError as error:  # some network and FUSE drives cannot do it for folders
            if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
                raise


def is_removed(descriptor: int) -> bool:
    """Whether an open file has no name any more: its bytes go with the last who has it open."""
    return os.fstat(descriptor).st_nlink == 0


def changed_ns(descriptor: int) -> int:
    """When an open file, or what is known of it, was last changed: nobody sets it back."""
    return os.fstat(descriptor).st_ctime_ns


def carry(descriptor: int, mode: int, times: tuple[int, int]) -> None:
    """Give an open file the mode and the times (access, modification) of another one."""
    os.chmod(descriptor, mode)
    os.utime(descriptor, ns=times)


def path_of(descriptor: int) -> str | None:
    """Where an open file is by now, whoever moved it there; None where the system does not tell.

    Raises:
        OSError: if it is nowhere.
    """
    if sys.platform == "darwin":
        return os.fsdecode(fcntl.fcntl(descriptor, fcntl.F_GETPATH, bytes(1024)).rstrip(b"\0"))
    return None


def has_trash(_: str) -> bool:
    """Whether files of a folder can be asked to be put into the trash.

    macOS itself refuses where a volume has none: NSFeatureUnsupportedError, or dirNFErr.
    """
    return True


def _step(above: int, name: str, flags: int, make: int | None) -> int:
    try:
        return os.open(name, flags, dir_fd=above)
    except FileNotFoundError:
        if make is None:
            raise
    with suppress(FileExistsError):  # somebody was faster
        os.mkdir(name, make, dir_fd=above)
    # What was only passed through cannot be synced.
    readable = os.open(".", _STAY, dir_fd=above)
    try:
        os.fsync(readable)
    finally:
        os.close(readable)
    return os.open(name, flags, dir_fd=above)


def _identity(descriptor: int) -> tuple[int, int]:
    status = os.fstat(descriptor)
    return status.st_dev, status.st_ino


def _rename_exclusively(from_folder: int, name: str, to_folder: int, new: str) -> None:
    call, flag = _exclusive_rename()
    if call is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), name)
    if call(from_folder, os.fsencode(name), to_folder, os.fsencode(new), flag) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), name, None, new)


@cache
def _exclusive_rename() -> tuple[Any, int]:
    """The system's call that renames only onto a free name, if it has one, and its flag."""
    name, flag = "renameat2", _RENAME_NOREPLACE
    if sys.platform == "darwin":
        name, flag = "renameatx_np", _RENAME_EXCL
    call = getattr(ctypes.CDLL(None, use_errno=True), name, None)
    if call is not None:
        call.argtypes = (
            ctypes.c_int,
            ctypes.c_char_p,
            ctypes.c_int,
            ctypes.c_char_p,
            ctypes.c_uint,
        )
        call.restype = ctypes.c_int
    return call, flag
