"""Folders held by their path, on Windows: there `os.rename` itself refuses a name that is taken.

Windows opens no folder without following the links on the way, so they are looked for beforehand.
Files are opened in such a way that they can be moved while they are open, as elsewhere.
"""

from __future__ import annotations

import ctypes
import errno
import msvcrt
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ctypes import wintypes
from typing import Any

assert sys.platform == "win32"  # the type checker passes over the rest elsewhere

# winnt.h, fileapi.h, minwinbase.h
_GENERIC_READ, _GENERIC_WRITE = 0x80000000, 0x40000000
_SHARE_ALL = 0x7  # read, write, delete: nobody is kept from anything
_CREATE_NEW, _OPEN_EXISTING = 1, 3
_FILE_BASIC_INFO, _FILE_STANDARD_INFO = 0, 1
_EPOCH = 116_444_736_000_000_000  # 1970 in the system's count: tenths of microseconds since 1601
_DRIVE_FIXED = 3
_NAME_SURROGATE = 0x20000000  # the bit of a reparse tag that says: another path stands for this one
_INVALID = ctypes.c_void_p(-1).value
_LONGEST = 32_768  # characters of a path


class _StandardInfo(ctypes.Structure):
    _fields_ = (
        ("allocated", wintypes.LARGE_INTEGER),
        ("end", wintypes.LARGE_INTEGER),
        ("links", wintypes.DWORD),
        ("is_to_go", wintypes.BOOLEAN),
        ("is_folder", wintypes.BOOLEAN),
    )


class _BasicInfo(ctypes.Structure):
    _fields_ = (
        ("created", wintypes.LARGE_INTEGER),
        ("accessed", wintypes.LARGE_INTEGER),
        ("written", wintypes.LARGE_INTEGER),
        ("changed", wintypes.LARGE_INTEGER),
        ("attributes", wintypes.DWORD),
    )


_system = ctypes.WinDLL("kernel32", use_last_error=True)
_system.CreateFileW.argtypes = (
    wintypes.LPCWSTR,
    wintypes.DWORD,
    wintypes.DWORD,
    wintypes.LPVOID,
    wintypes.DWORD,
    wintypes.DWORD,
    wintypes.HANDLE,
)
_system.CreateFileW.restype = wintypes.HANDLE
_system.GetFileInformationByHandleEx.argtypes = (
    wintypes.HANDLE,
    ctypes.c_int,
    wintypes.LPVOID,
    wintypes.DWORD,
)
_system.GetFileInformationByHandleEx.restype = wintypes.BOOL
_system.SetFileInformationByHandle.argtypes = _system.GetFileInformationByHandleEx.argtypes
_system.SetFileInformationByHandle.restype = wintypes.BOOL
_system.GetVolumePathNameW.argtypes = (wintypes.LPCWSTR, wintypes.LPWSTR, wintypes.DWORD)
_system.GetVolumePathNameW.restype = wintypes.BOOL
_system.GetDriveTypeW.argtypes = (wintypes.LPCWSTR,)
_system.GetDriveTypeW.restype = wintypes.UINT


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
        above, name = os.path.split(path)
        # From the top: nothing is made behind a link.
        way = cls.open(above, make).way if name else frozenset[tuple[int, int]]()
        if name and make is not None:
            with suppress(FileExistsError):
                os.mkdir(path, make)
        status = os.lstat(path)
        if not stat.S_ISDIR(status.st_mode) or _is_link(status):
            raise NotADirectoryError(errno.ENOTDIR, "a link on the way", path)
        return cls(path, way | {(status.st_dev, status.st_ino)})

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
        path = self._path(name)
        status = os.lstat(path)
        descriptor = _opened(path, _GENERIC_READ, _OPEN_EXISTING, os.O_RDONLY)
        try:
            # What was opened is what was looked at, so that no link was followed.
            is_plain = stat.S_ISREG(status.st_mode) and not _is_link(status)
            if not is_plain or not os.path.samestat(status, os.fstat(descriptor)):
                raise OSError(errno.EINVAL, "not a regular file", path)
            yield descriptor
        finally:
            os.close(descriptor)

    @contextmanager
    def creating(self, name: str) -> Iterator[int]:
        access = _GENERIC_READ | _GENERIC_WRITE
        descriptor = _opened(self._path(name), access, _CREATE_NEW, os.O_RDWR)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def make(self, name: str, mode: int = 0o700) -> None:
        os.mkdir(self._path(name), mode)

    def unmake(self, name: str) -> None:
        os.rmdir(self._path(name))

    def move(self, name: str, to: Folder, new: str) -> None:
        """MoveFileExW without flags: it replaces nothing, and copies nothing to another volume."""
        os.rename(self._path(name), to._path(new))

    def link(self, name: str, to: Folder, new: str) -> None:
        os.link(self._path(name), to._path(new), follow_symlinks=False)

    def remove(self, name: str) -> None:
        os.unlink(self._path(name))

    def sync(self) -> None:
        """Windows offers no such call for folders; NTFS journals its names itself."""

    def _path(self, name: str) -> str:
        return os.path.join(self.path, name)


def is_removed(descriptor: int) -> bool:
    """Whether an open file has no name any more, or loses it when the last who has it open ends.

    Raises:
        OSError: if the system does not say.
    """
    info = _StandardInfo()
    _ask(_system.GetFileInformationByHandleEx, descriptor, _FILE_STANDARD_INFO, info)
    return bool(info.is_to_go) or info.links == 0


def changed_ns(descriptor: int) -> int:
    """When an open file, or what is known of it, was last changed, in nanoseconds.

    Nobody sets it back. What Python calls `st_ctime` is the time of creation here.

    Raises:
        OSError: if the system does not say.
    """
    info = _BasicInfo()
    _ask(_system.GetFileInformationByHandleEx, descriptor, _FILE_BASIC_INFO, info)
    return (int(info.changed) - _EPOCH) * 100


def carry(descriptor: int, mode: int, times: tuple[int, int]) -> None:  # noqa: ARG001
    """Give an open file the times of another one; modes are the system's own affair here.

    Raises:
        OSError: if the system refuses.
    """
    accessed, written = (time // 100 + _EPOCH for time in times)
    # A zero leaves what is there.
    info = _BasicInfo(0, accessed, written, 0, 0)
    _ask(_system.SetFileInformationByHandle, descriptor, _FILE_BASIC_INFO, info)


def path_of(_: int) -> None:
    """Where an open file is by now: not told, since nothing but the shell takes files back.

    The recycle bin keeps a second file with each, and shows what has lost one of the two.
    """


def has_trash(path: str) -> bool:
    """Whether the volume of a path is a fixed disk of this machine.

    From network and removable drives the shell removes for good, also where it was asked not to:
    FOF_ALLOWUNDO is "if possible".
    """
    top = ctypes.create_unicode_buffer(_LONGEST)
    if not _system.GetVolumePathNameW(path, top, len(top)):
        return False
    return bool(_system.GetDriveTypeW(top.value) == _DRIVE_FIXED)


def _ask(call: Any, descriptor: int, what: int, info: ctypes.Structure) -> None:
    handle = msvcrt.get_osfhandle(descriptor)
    if not call(handle, what, ctypes.byref(info), ctypes.sizeof(info)):
        raise ctypes.WinError(ctypes.get_last_error())


def _opened(path: str, access: int, how: int, flags: int) -> int:
    handle = _system.CreateFileW(path, access, _SHARE_ALL, None, how, 0, None)
    if handle == _INVALID:
        raise ctypes.WinError(ctypes.get_last_error())
    return msvcrt.open_osfhandle(handle, flags | os.O_BINARY | os.O_NOINHERIT)


def _is_link(status: os.stat_result) -> bool:
    """Whether it leads elsewhere. A junction is a folder by its mode; a file in a cloud is none."""
    return bool(status.st_reparse_tag & _NAME_SURROGATE)
