"""A stand-in for the trash of macOS and Windows: for the library that reaches it, and its answers.

It really moves files, and can be as bad as a system's trash may be.
"""

from __future__ import annotations

import errno
import os

import pytest
from acting import World

import dupfinder
from dupfinder.acts.system_trash import SystemTrash


class StandIn:
    """What the library does to a path; `seen` are the paths.

    It moves the file to another name in the folder, raises, does nothing, moves the file and says
    that it did not, or removes the file for good.
    """

    def __init__(self, folder: str, how: str = "moves") -> None:
        self.folder = folder
        self.how = how
        self.seen: list[str] = []

    def __call__(self, path: str) -> None:
        self.seen.append(path)
        if self.how == "raises":
            raise OSError("Directory not found")  # as on macOS: without a number
        if self.how == "does nothing":
            return
        if self.how == "removes":
            os.unlink(path)
            return
        os.makedirs(self.folder, exist_ok=True)
        stem, ending = os.path.splitext(os.path.basename(path))
        new = f"{stem} {len(os.listdir(self.folder))}{ending}"
        os.rename(path, os.path.join(self.folder, new))
        if self.how == "moves, then raises":
            raise RuntimeError("nothing was moved")


def where(descriptor: int) -> str:
    """What F_GETPATH says on macOS."""
    path = os.readlink(f"/proc/self/fd/{descriptor}")
    if path.endswith(" (deleted)"):
        raise FileNotFoundError(errno.ENOENT, "nowhere")
    return path


def give_trash(
    patch: pytest.MonkeyPatch, world: World, tells: bool = True, how: str = "moves"
) -> StandIn:
    """Let a world act by a system's trash that says where files are by now, or does not."""
    stand_in = StandIn(world.trash, how)

    def act(*_: object) -> SystemTrash:
        return SystemTrash(world.trash, stand_in, where if tells else lambda _: None)

    patch.setattr(dupfinder.api.acting, "_act", act)
    return stand_in
