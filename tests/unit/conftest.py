"""Fixtures of acting: an empty library, and a quarantine that is elsewhere."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from acting import World

from dupfinder.filesystem import Folder


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(os.path.realpath(tmp_path))


@pytest.fixture
def far(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The quarantine is on another volume, as moving says."""
    world.act = "quarantine"
    move = Folder.move

    def moving(folder: Folder, name: str, to: Folder, new: str) -> None:
        if folder.path.startswith(world.quarantine) != to.path.startswith(world.quarantine):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        move(folder, name, to, new)

    monkeypatch.setattr(Folder, "move", moving)
    return world
