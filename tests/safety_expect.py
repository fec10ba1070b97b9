"""What must hold of a small world after anything has happened to it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager

from acting import Entry, World, contents, pair, plan, snapshot, together, worlds

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


def expect_all_bytes(world: World, before: dict[str, Entry]) -> None:
    """What the files held is still in some file of the library or of the places of acts."""
    held = {entry[1] for entry in before.values() if entry[0].startswith("-")}
    assert held <= contents(world.photos, *world.places)


def expect_settled(world: World, before: dict[str, Entry]) -> int:
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


def _expect_sidecars(world: World, now: dict[str, Entry]) -> set[str]:
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


def expect_copies_left_by_opposite_runs(world: World, pairs: int) -> Counter[str]:
    """D4, L2: two at once, without a common lock, and each would remove what the other one keeps.

    Returns what was said of the photos, by its code.
    """
    names = [(f"one/{n}.jpg", f"two/{n}.jpg") for n in range(pairs)]
    for number, both in enumerate(names):
        for name in both:
            world.write(name, b"picture %d" % number)
    here = plan(*(pair(world.path(one), world.path(two)) for one, two in names))
    there = plan(*(pair(world.path(two), world.path(one)) for one, two in names))
    ended = together(
        lambda: world.apply(here, state=world.top + "/1"),
        lambda: world.apply(there, state=world.top + "/2"),
    )
    assert [each.error for each in ended] == ["", ""]
    left = snapshot(world.photos)
    assert [both for both in names if both[0] not in left and both[1] not in left] == []
    assert [name for name in left if ".dupfinder" in name] == []
    return Counter(outcome.code for each in ended for outcome in each.value.outcomes)
