"""Undo (C17, R11): the tree is as it was, in bytes, names, times, modes and attributes."""

from __future__ import annotations

import os
import random
import shutil

import pytest
from acting import OLD, World, pair, plan, snapshot
from safety_expect import ACTS, world_of

import dupfinder
from dupfinder.errors import UsageError

SEEDS = [range(5), pytest.param(range(5, 200), marks=pytest.mark.slow)]
NAMES = ("a", "b b", "ü", "日本", "\udcff", "-rf", "new\nline", "q'\"", "c" * 200)


def random_tree(world: World, chance: random.Random) -> None:
    shutil.rmtree(world.photos)
    actions = []
    for cluster in range(chance.randint(1, 4)):
        content = chance.randbytes(chance.randint(1, 5000))
        paths = []
        for at in range(chance.randint(2, 4)):
            folder = "/".join(chance.choices(NAMES, k=chance.randint(0, 3)))
            name = f"{chance.choice(NAMES)}{cluster}{at}.jpg"
            path = world.write(os.path.join(folder, name), content, OLD + chance.getrandbits(58))
            if world.act != "hardlink":
                os.chmod(path, chance.choice((0o400, 0o600, 0o644, 0o777, 0o640)))
                for number in range(chance.randint(0, 2)):
                    os.setxattr(path, f"user.x{number}", chance.randbytes(9))
            paths.append(path)
        actions += [pair(path, paths[0]) for path in paths[1:]]
    world.plan = plan(*actions)


@pytest.mark.parametrize("seeds", SEEDS, ids=["few", "many"])
@pytest.mark.parametrize("act", ACTS[:-1])
def test_undo_gives_the_same_tree(act: str, seeds: range) -> None:
    """C17, B11, F2: random trees of hostile names."""
    with world_of(act) as make:
        for seed in seeds:
            world = make()
            random_tree(world, random.Random(seed))
            before = snapshot(world.photos)
            applied = world.apply()
            assert {each.code for each in applied.outcomes} == {"done"}
            assert snapshot(world.photos) != before
            undone = world.undo()
            assert (undone.failed, undone.renamed) == ((), ())
            assert snapshot(world.photos) == before, seed


@pytest.mark.parametrize("act", ["trash", "quarantine", "far"])
def test_a_name_that_is_taken_is_left_alone_and_the_photo_gets_another(act: str) -> None:
    """C17, L3: nothing is overwritten by undo."""
    with world_of(act) as make:
        world = make()
        before = snapshot(world.photos)
        world.apply()
        for each in world.plan.actions:
            path = each.photo.path
            with open(path, "wb") as file:
                file.write(b"somebody else's " + os.path.basename(path).encode())
        undone = world.undo()
        after = snapshot(world.photos)

        assert undone.failed == ()
        assert len(undone.renamed) == 4
        for each in world.plan.actions:
            name = os.path.relpath(each.photo.path, world.photos)
            assert after[name][1].startswith(b"somebody else's")
            assert after[name[:-4] + " 2.jpg"] == before[name]


@pytest.mark.parametrize("act", ["trash", "quarantine", "far"])
def test_a_folder_that_is_gone_is_made_again(act: str) -> None:
    """C17."""
    with world_of(act) as make:
        world = make()
        before = snapshot(world.photos)
        world.apply()
        os.rmdir(world.path("b"))
        undone = world.undo()

        assert undone.restored == 4
        assert snapshot(world.photos) == before


def test_a_folder_that_became_a_link_gets_nothing() -> None:
    """C3, L11: undo follows no link, and makes no folder behind one."""
    with world_of("trash") as make:
        world = make()
        world.apply()
        outside = os.path.join(world.top, "outside")
        os.mkdir(outside)
        shutil.rmtree(world.path("c"))
        os.symlink(outside, world.path("c"))
        undone = world.undo()

        assert len(undone.failed) == 2
        assert os.listdir(outside) == []
        assert undone.restored == 2


def test_what_was_emptied_from_the_trash_is_told() -> None:
    """C17: nothing is claimed to be restored that is not."""
    with world_of("trash") as make:
        world = make()
        world.apply()
        shutil.rmtree(world.trash)
        undone = world.undo()

        assert undone.restored == 0
        assert len(undone.failed) == 4


def test_a_run_whose_photos_are_missing_is_in_nobodys_way_and_can_be_asked_again() -> None:
    """The volume of the trash may have been away, or the trash was emptied."""
    with world_of("trash") as make:
        world = make()
        before = snapshot(world.photos)
        run = world.apply().run
        os.rename(world.trash, world.trash + "~")
        assert len(world.undo().failed) == 4
        with pytest.raises(UsageError, match="nothing to undo"):
            world.undo()

        os.rename(world.trash + "~", world.trash)
        assert dupfinder.undo(run, state=world.state).restored == 4
        assert snapshot(world.photos) == before


def test_another_file_that_has_the_name_in_the_trash_now_stays_there() -> None:
    """C17: what is taken back is known by more than its name."""
    with world_of("trash") as make:
        world = make()
        world.apply()
        files = os.path.join(world.trash, "files")
        for name in os.listdir(files):
            os.remove(os.path.join(files, name))
            with open(os.path.join(files, name), "wb") as file:
                file.write(b"thrown away by hand later on")
        undone = world.undo()

        assert undone.restored == 0
        assert len(os.listdir(files)) == 5


def test_a_link_that_was_replaced_since_is_not_touched() -> None:
    """C17: undoing a hard link parts only what is still linked."""
    with world_of("hardlink") as make:
        world = make()
        world.apply()
        path = world.plan.actions[0].photo.path
        os.remove(path)
        with open(path, "wb") as file:
            file.write(b"another picture")
        undone = world.undo()

        assert [name for name, _ in undone.failed] == [path]
        with open(path, "rb") as file:
            assert file.read() == b"another picture"
