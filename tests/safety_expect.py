"""What must hold of a small world after anything has happened to it."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from acting import World, contents, snapshot, worlds

FAR = "/tmp"  # a disk, where the library is in memory
ACTS = ("trash", "quarantine", "far", "hardlink", "delete")


def world_of(act: str) -> AbstractContextManager[Callable[[], World]]:
    return worlds("quarantine", FAR) if act == "far" else worlds(act)


def units(world: World) -> list[list[str]]:
    """The paths of each photo of the plan with its companions, below the library."""
    taken = world.act != "hardlink"
    return [
        [
            os.path.relpath(path, world.photos)
            for path in (
                each.photo.path,
                *(c.path for c in each.photo.file.companions if taken),
            )
        ]
        for each in world.plan.actions
    ]


def expect_settled(world: World, before: dict[str, tuple[Any, ...]]) -> int:
    """Each unit is wholly there or wholly done; no strays. How many are done."""
    now = snapshot(world.photos)
    done = 0
    for unit in units(world):
        if world.act == "hardlink":
            (name,) = unit
            gone = now.get(name, ("",))[-2] != 1
            assert now[name][1] == before[name][1]
        else:
            gone = unit[0] not in now
            there = {name in now for name in unit}
            # Removing two files takes two calls: a sidecar may outlive its photo, not the reverse.
            assert there == {not gone} or (world.act == "delete" and gone), f"torn apart: {unit}"
        done += gone
        if not gone:
            assert all(now[name] == before[name] for name in unit)
        elif world.act != "delete":
            kept = contents(world.photos, *world.places)
            assert all(before[name][1] in kept for name in unit), f"lost: {unit}"
    sidecars = _expect_sidecars(world, now)
    assert now.keys() <= before.keys() | sidecars, f"strays: {now.keys() - before.keys()}"
    keepers = [os.path.relpath(each.path, world.photos) for each in world.plan.keepers]
    assert all(now[name][1] == before[name][1] for name in keepers)
    expect_tidy(world)
    assert world.done() == done
    return done


def _expect_sidecars(world: World, now: dict[str, tuple[Any, ...]]) -> set[str]:
    """Each is there, whole, if and only if a photo that needs it has gone."""
    needed: dict[str, bytes] = {}
    unneeded: set[str] = set()
    for each in world.plan.actions:
        if each.sidecar is not None:
            name = os.path.relpath(each.sidecar.path, world.photos)
            if os.path.relpath(each.photo.path, world.photos) in now:
                unneeded.add(name)
            else:
                needed[name] = each.sidecar.content
    for name, content in needed.items():
        assert now[name][1] == content, f"lost: what only a copy said, {name}"
    assert not (unneeded - needed.keys()) & now.keys(), "a sidecar of photos that came home"
    return set(needed)


def expect_tidy(world: World) -> None:
    """Files and info files of the trash belong together; nothing temporary is anywhere."""
    for folder in (world.photos, *world.places):
        assert [name for name in snapshot(folder) if ".dupfinder" in name] == []
    trash = snapshot(world.trash)
    files = {name[6:] for name in trash if name.startswith("files/")}
    info = {name[5:] for name in trash if name.startswith("info/")}
    assert info == {name + ".trashinfo" for name in files}
