"""Mounts for tests, in a child that has them to itself."""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar, cast

import pytest
from acting import child

T = TypeVar("T")

_CLONE_NEWNS = 0x00020000


class NotHere(Exception):
    """This machine cannot make such a volume: why, of each kind that was tried."""


def mounts(job: Callable[[], T]) -> T:
    """What a job returns in a child with mounts of its own; skips where the system permits none."""

    def inside() -> T | str:
        try:
            if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNS) != 0:
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
            mount("--make-rprivate", "/")
        except (OSError, subprocess.CalledProcessError) as error:
            return f"skip: mounts need more rights ({error})"
        try:
            return job()
        except NotHere as reason:
            return f"skip: {reason}"

    ended = child(inside)
    assert ended.error == "", ended.error
    if isinstance(ended.value, str) and ended.value.startswith("skip: "):
        pytest.skip(ended.value[6:])
    return cast(T, ended.value)


def mount(*arguments: str) -> None:
    run("mount", *arguments)


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


@contextmanager
def folding(top: str) -> Iterator[str]:
    """A folder on a volume that takes names in other letters for the same, as other systems do.

    To be used within `mounts`. What can be had is tried in turn.

    Raises:
        NotHere: if nothing can.
    """
    reasons = []
    for way in (_ext4, _tmpfs, _vfat, _ntfs):
        name = way.__name__.strip("_")
        folder = os.path.join(top, name)
        os.mkdir(folder)
        try:
            made = way(f"{folder}.image", folder)
        except (OSError, subprocess.CalledProcessError) as error:
            told = getattr(error, "stderr", b"").decode(errors="replace").strip()
            reasons.append(f"{name}: {told.partition(chr(10))[0] or error}")
            continue
        # A server of a FUSE volume lives as long as that, and would keep these mounts.
        try:
            if _folds(made):
                yield made
                return
            reasons.append(f"{name}: it tells letters apart")
        finally:
            run("umount", folder)
    raise NotHere("no volume that folds names can be made here: " + "; ".join(reasons))


def _folds(folder: str) -> bool:
    os.mkdir(f"{folder}/Folds")
    found = os.path.isdir(f"{folder}/fOLDS")
    os.rmdir(f"{folder}/Folds")
    return found


def _ext4(image: str, folder: str) -> str:
    _sparse(image)
    run("mkfs.ext4", "-q", "-O", "casefold", image)
    mount("-o", "loop", image, folder)
    return _marked(folder)


def _tmpfs(_: str, folder: str) -> str:
    mount("-t", "tmpfs", "-o", "casefold", "tmpfs", folder)
    return _marked(folder)


def _marked(folder: str) -> str:
    """Only an empty folder can be told to fold."""
    inner = f"{folder}/inner"
    os.mkdir(inner)
    try:
        run("chattr", "+F", inner)
    except (OSError, subprocess.CalledProcessError):
        run("umount", folder)
        raise
    return inner


def _vfat(image: str, folder: str) -> str:
    _sparse(image)
    run("mkfs.vfat", image)
    mount("-o", "loop,iocharset=utf8", image, folder)
    return folder


def _ntfs(image: str, folder: str) -> str:
    _sparse(image)
    run("mkntfs", "-F", "-Q", image)
    run("lowntfs-3g", image, folder, "-o", "ignore_case")
    return folder


def _sparse(image: str) -> None:
    with open(image, "wb") as file:
        file.truncate(64 * 1024 * 1024)
