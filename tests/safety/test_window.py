"""Changes in the last moment (C1-C5, L2): at every call of an act somebody else interferes.

Covered: every change before the last look, which is right before the call that cannot be taken back
(the removal of what stands aside, in "delete", "hardlink" and a quarantine on another volume). Acts
that only move are covered throughout. Not covered, because no system offers a compare-and-remove:
an edit between that last look and the removal itself, one system call later.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable

import pytest
from acting import IDENTICAL, World, at, child, contents, pair, plan, snapshot
from safety_expect import ACTS, world_of

ORIGINAL = b"the only picture of its kind"
EDITED = b"the only picture, now edited"
CANARY = b"outside of everything scanned"
Change = Callable[[World], None]


def prepared(world: World) -> World:
    shutil.rmtree(world.photos)
    victim = world.write("v/gone.jpg", ORIGINAL)
    world.write("k/keep.jpg", ORIGINAL)
    for name in ("gone.jpg", "keep.jpg"):
        canary = os.path.join(world.top, "canary", name)
        os.makedirs(os.path.dirname(canary), exist_ok=True)
        with open(canary, "wb") as file:
            file.write(CANARY)
    world.plan = plan(pair(victim, world.path("k/keep.jpg"), IDENTICAL))
    return world


def edit(path: str) -> None:
    """Other bytes, as many, and the times set back."""
    status = os.stat(path)
    with open(path, "r+b") as file:
        file.write(EDITED)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def victim_of(world: World) -> str | None:
    """Where the victim is in its folder just now."""
    inode = world.plan.actions[0].photo.file.stamp.inode
    for folder in ("v", "v-before"):
        if os.path.isdir(world.path(folder)):
            for entry in os.scandir(world.path(folder)):
                if entry.is_file(follow_symlinks=False) and entry.inode() == inode:
                    return entry.path
    return None


def edit_victim(world: World) -> None:
    if path := victim_of(world):
        edit(path)


def edit_keeper(world: World) -> None:
    edit(world.path("k/keep.jpg"))


def remove_keeper(world: World) -> None:
    os.remove(world.path("k/keep.jpg"))


def replace_keeper(world: World) -> None:
    new = world.write("k/new.jpg", EDITED)
    os.replace(new, world.path("k/keep.jpg"))


def link_keeper_to_victim(world: World) -> None:
    path = victim_of(world) or world.path("v/gone.jpg")
    os.remove(world.path("k/keep.jpg"))
    os.symlink(path, world.path("k/keep.jpg"))


def link_folder_of_keeper(world: World) -> None:
    if path := victim_of(world):
        shutil.rmtree(world.path("k"))
        os.symlink(os.path.dirname(path), world.path("k"))
        if not os.path.exists(world.path("v/keep.jpg")):
            os.link(path, world.path("v/keep.jpg"))


def swap_parent(world: World) -> None:
    os.rename(world.path("v"), world.path("v-before"))
    os.symlink(os.path.join(world.top, "canary"), world.path("v"))


def take_name(world: World) -> None:
    if not os.path.exists(world.path("v/gone.jpg")):
        world.write("v/gone.jpg", EDITED)


CHANGES: tuple[Change, ...] = (
    edit_victim, edit_keeper, remove_keeper, replace_keeper, link_keeper_to_victim,
    link_folder_of_keeper, swap_parent, take_name,
)  # fmt: skip

EVERY = pytest.mark.parametrize("step", [9, pytest.param(1, marks=pytest.mark.slow)])


def removal(world: World) -> int:
    """The number of the call that removes what stands aside; 0 where the act only moves."""
    if world.act in ("trash",) or (world.act == "quarantine" and world.other is None):
        return 0

    def job() -> int:
        world.apply()
        return removals[-1]

    removals: list[int] = []

    def hook(number: int, event: str) -> None:
        if event == "os.remove":
            removals.append(number)

    ended = child(job, hook, reads=True)
    assert ended.error == "", ended.error
    return int(ended.value)


@EVERY
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
@pytest.mark.parametrize("act", ACTS)
def test_no_change_at_any_call_makes_an_act_lose_a_photo(
    act: str, change: Change, step: int
) -> None:
    """C1-C5: whatever bytes there were are somewhere, and the folder outside is untouched."""
    with world_of(act) as make:
        end = removal(prepared(make()))
        for number in range(1 + len(change.__name__) % step, 2000, step):
            if number == end or (end and number > end and act != "far"):
                break  # the photo is gone for good: what is done to the keeper now is the user's
            world = prepared(make())
            edited = os.path.join(world.top, "edited")

            def interfere(world: World = world, edited: str = edited) -> None:
                change(world)
                if EDITED in contents(world.photos):
                    os.mkdir(edited)

            ended = child(world.apply, at(number, interfere), reads=True)
            assert "Traceback" not in ended.error, ended.error
            now = contents(world.photos, *world.places)
            assert ORIGINAL in now, (number, ended.value)
            assert EDITED in now or not os.path.exists(edited), (number, ended.value)
            assert set(snapshot(os.path.join(world.top, "canary"))) == {"gone.jpg", "keep.jpg"}
            assert contents(os.path.join(world.top, "canary")) == {CANARY}
            if ended.calls < number:
                break


@pytest.mark.parametrize("act", ACTS)
def test_a_photo_that_is_being_written_is_not_removed(act: str) -> None:
    """C5: whoever has it open keeps writing into the file that is in the trash, or it stays."""
    with world_of(act) as make:
        world = prepared(make())
        (action,) = world.plan.actions
        with open(action.photo.path, "r+b") as writer:
            (outcome,) = world.apply().outcomes
            writer.write(EDITED)

        assert outcome.code == ("done" if world.act == "trash" or act == "quarantine" else "open")
        assert {EDITED, ORIGINAL} <= contents(world.photos, *world.places)


@pytest.mark.parametrize("act", ACTS)
def test_no_descriptor_is_left_open_by_an_act_or_its_undoing(act: str) -> None:
    with world_of(act) as make:
        world = make()

        def job() -> tuple[int, int]:
            before = len(os.listdir("/proc/self/fd"))
            world.apply()
            if act != "delete":
                world.undo()
            return before, len(os.listdir("/proc/self/fd"))

        before, after = child(job).value
        assert before == after
