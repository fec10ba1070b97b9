"""What must be on the disk before what (L7, D2): a power loss keeps only what was waited for.

The calls of each act, its undoing and its recovery are seen, and it is held against a disk that
forgets whatever was not synced: names in folders, bytes in files, records in the journal.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from acting import World
from acting_calls import cut_off, seeing
from safety_expect import ACTS, world_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="descriptors are told by /proc")


def opened(descriptor: int) -> str:
    return os.readlink(f"/proc/self/fd/{descriptor}")


class Disk:
    """What of the calls so far may still be lost."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._folders: set[str] = set()
        self._new: set[str] = set()  # those of them where something has come, not only gone
        self._files: set[str] = set()
        self._journal = False
        self.seen: Counter[str] = Counter()

    def see(self, _: int, name: str, args: tuple[Any, ...]) -> None:
        if name == "fsync":
            path = opened(args[0])
            self._folders.discard(path)
            self._new.discard(path)
            self._files.discard(path)
            self._journal = self._journal and not path.endswith(".journal")
        elif name in ("chmod", "fchmod", "fchown", "utime", "setxattr"):
            self._files.add(opened(args[0]))
        elif name == "write":
            self._written(opened(args[0]), bytes(args[1]))
        elif name in ("rename", "unlink", "link", "mkdir", "create"):
            self._changed(name, args)

    def _written(self, path: str, data: bytes) -> None:
        if not path.endswith(".journal"):
            self._files.add(path)
            return
        self._journal = True
        record = json.loads(data.partition(b" ")[2])
        self.seen[record["op"]] += 1
        if record["op"] in ("done", "undone", "back"):
            assert not self._folders, f"{record['op']}, but not yet on the disk"

    def _changed(self, name: str, args: tuple[Any, ...]) -> None:
        *plain, named = args
        if name == "rename":
            here, old, there, new, *_ = plain
            paths = [os.path.join(opened(here), old), os.path.join(opened(there), new)]
            assert paths[0] not in self._files, "moved before its bytes are on the disk"
        else:
            folder = named.get("dst_dir_fd") or named.get("dir_fd")
            paths = [os.path.join(opened(folder) if folder else "", plain[name == "link"])]
        if self._world.state in paths[0] or os.path.lexists(paths[-1]) != (name == "unlink"):
            return  # the journal's own folder; a call that will fail
        assert not self._journal, f"{name} {paths}, and the disk has not heard of it"
        if name == "unlink" and self._world.photos in paths[0]:
            assert not self._new, f"{paths} removed before the disk has what stays"
        folders = {os.path.dirname(path) for path in paths}
        self._folders |= folders
        self._new |= folders if name != "unlink" else set()
        self.seen[name] += 1


def held(world: World, job: Callable[[], object]) -> Counter[str]:
    disk = Disk(world)
    with seeing(disk.see):
        job()
    return disk.seen


@pytest.mark.parametrize("act", ACTS)
def test_an_act_waits_for_the_disk_at_every_step_on_which_the_next_one_rests(act: str) -> None:
    with world_of(act) as make:
        world = make()
        seen = held(world, world.apply)
        assert seen["done"] == seen["intent"] == 4
        assert seen["rename"] >= 4


@pytest.mark.parametrize("act", ACTS[:-1])
def test_an_undo_waits_for_the_disk_before_it_says_that_a_photo_is_home(act: str) -> None:
    with world_of(act) as make:
        world = make()
        world.apply()
        assert held(world, world.undo)["undone"] == 4


@pytest.mark.parametrize("act", ACTS)
def test_a_recovery_waits_for_the_disk_before_it_says_that_a_photo_is_home(act: str) -> None:
    with world_of(act) as make:
        backs = 0
        for number in range(8, 40, 3):
            world = make()
            cut_off(world.apply, number)
            seen = held(world, world.recover)
            backs += seen["back"] + seen["done"]
        assert backs > 5


def test_a_photo_is_gone_from_the_disk_before_its_sidecar_goes() -> None:
    """Else it may be there again after a power loss, without it."""
    with world_of("delete") as make:
        world = make()
        told: list[str] = []

        def see(_: int, name: str, __: object) -> None:
            told.extend([name] if name in ("unlink", "fsync") else [])

        with seeing(see):
            world.apply()
        assert "unlink unlink" not in " ".join(told)
