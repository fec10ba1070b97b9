"""Mounts for tests, in a child that has them to itself."""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Callable
from typing import TypeVar, cast

import pytest
from acting import child

T = TypeVar("T")

_CLONE_NEWNS = 0x00020000


def mounts(job: Callable[[], T]) -> T:
    """What a job returns in a child with mounts of its own; skips where the system permits none."""

    def inside() -> T | str:
        try:
            if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNS) != 0:
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
            mount("--make-rprivate", "/")
        except (OSError, subprocess.CalledProcessError) as error:
            return f"skip: {error}"
        return job()

    ended = child(inside)
    assert ended.error == "", ended.error
    if isinstance(ended.value, str) and ended.value.startswith("skip: "):
        pytest.skip(f"mounts need more rights ({ended.value[6:]})")
    return cast(T, ended.value)


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)
