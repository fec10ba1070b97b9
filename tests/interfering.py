"""What somebody else may do to a photo, its keeper or their folders while one of them is to go."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator

from acting import Hook, World, at, contents, pair, plan, snapshot
from acting_everywhere import Disturbed, Make, disturbed

ORIGINAL = b"the only picture of its kind"
EDITED = b"the only picture, now edited"
CANARY = b"outside of everything scanned"
Change = Callable[[World], None]


def prepared(world: World) -> World:
    """A photo that is to go, the one that is kept, and beside the library what nobody may touch."""
    shutil.rmtree(world.photos)
    victim = world.write("v/gone.jpg", ORIGINAL)
    world.write("k/keep.jpg", ORIGINAL)
    for name in ("gone.jpg", "keep.jpg"):
        canary = os.path.join(world.top, "canary", name)
        os.makedirs(os.path.dirname(canary), exist_ok=True)
        with open(canary, "wb") as file:
            file.write(CANARY)
    world.plan = plan(pair(victim, world.path("k/keep.jpg")))
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


def interfered(make: Make, change: Change, numbers: Iterable[int]) -> Iterator[Disturbed]:
    """Acting on prepared worlds, with a change at one call after another."""

    def hook(world: World, number: int) -> Hook:
        def interfere() -> None:
            change(world)
            if EDITED in contents(world.photos):
                os.mkdir(_edited(world))

        return at(number, interfere)

    return disturbed(lambda: prepared(make()), World.apply, hook, numbers, reads=True)


def expect_none_lost(each: Disturbed) -> None:
    """Whatever bytes there were, the edited ones among them; and outside nothing is touched."""
    world, told = each.world, (each.number, each.ended.value)
    assert "Traceback" not in each.ended.error, each.ended.error
    now = contents(world.photos, *world.places)
    assert ORIGINAL in now, told
    assert EDITED in now or not os.path.exists(_edited(world)), told
    canary = os.path.join(world.top, "canary")
    assert set(snapshot(canary)) == {"gone.jpg", "keep.jpg"}
    assert contents(canary) == {CANARY}


def _edited(world: World) -> str:
    """Is there if the edited bytes ever were."""
    return os.path.join(world.top, "edited")
