"""Undo (C17, R11): the tree is as it was, in bytes, names, times, modes and attributes."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from acting import OLD, Entry, World, pair, plan, snapshot
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


@dataclass(frozen=True)
class Done:
    """A world after all of its plan was carried out, its photos before, and the name of the run."""

    world: World
    before: dict[str, Entry]
    run: str


@pytest.fixture
def done(request: pytest.FixtureRequest) -> Iterator[Done]:
    """By the act that the test names, else the trash."""
    with world_of(getattr(request, "param", "trash")) as make:
        world = make()
        before = snapshot(world.photos)
        yield Done(world, before, world.apply().run)


MOVED = pytest.mark.parametrize("done", ["trash", "quarantine", "far"], indirect=True)


@MOVED
def test_a_name_that_is_taken_is_left_alone_and_the_photo_gets_another(done: Done) -> None:
    """C17, L3: nothing is overwritten by undo."""
    for each in done.world.plan.actions:
        path = each.photo.path
        with open(path, "wb") as file:
            file.write(b"somebody else's " + os.path.basename(path).encode())
    undone = done.world.undo()
    after = snapshot(done.world.photos)

    assert undone.failed == ()
    assert len(undone.renamed) == 4
    for each in done.world.plan.actions:
        name = os.path.relpath(each.photo.path, done.world.photos)
        assert after[name][1].startswith(b"somebody else's")
        assert after[name[:-4] + " 2.jpg"] == done.before[name]


@MOVED
def test_a_folder_that_is_gone_is_made_again(done: Done) -> None:
    """C17."""
    os.rmdir(done.world.path("b"))

    assert done.world.undo().restored == 4
    assert snapshot(done.world.photos) == done.before


def test_a_folder_that_became_a_link_gets_nothing(done: Done) -> None:
    """C3, L11: undo follows no link, and makes no folder behind one."""
    outside = os.path.join(done.world.top, "outside")
    os.mkdir(outside)
    shutil.rmtree(done.world.path("c"))
    os.symlink(outside, done.world.path("c"))
    undone = done.world.undo()

    assert len(undone.failed) == 2
    assert os.listdir(outside) == []
    assert undone.restored == 2


def test_what_was_emptied_from_the_trash_is_told(done: Done) -> None:
    """C17: nothing is claimed to be restored that is not."""
    shutil.rmtree(done.world.trash)
    undone = done.world.undo()

    assert undone.restored == 0
    assert len(undone.failed) == 4


def test_a_run_whose_photos_are_missing_is_in_nobodys_way_and_can_be_asked_again(
    done: Done,
) -> None:
    """The volume of the trash may have been away, or the trash was emptied."""
    world = done.world
    os.rename(world.trash, world.trash + "~")
    assert len(world.undo().failed) == 4
    with pytest.raises(UsageError, match="nothing to undo"):
        world.undo()

    os.rename(world.trash + "~", world.trash)
    assert dupfinder.undo(done.run, state=world.state).restored == 4
    assert snapshot(world.photos) == done.before


def test_another_file_that_has_the_name_in_the_trash_now_stays_there(done: Done) -> None:
    """C17: what is taken back is known by more than its name."""
    files = os.path.join(done.world.trash, "files")
    for name in os.listdir(files):
        os.remove(os.path.join(files, name))
        with open(os.path.join(files, name), "wb") as file:
            file.write(b"thrown away by hand later on")

    assert done.world.undo().restored == 0
    assert len(os.listdir(files)) == 5


@pytest.mark.parametrize("done", ["hardlink"], indirect=True)
def test_a_link_that_was_replaced_since_is_not_touched(done: Done) -> None:
    """C17: undoing a hard link parts only what is still linked."""
    path = done.world.plan.actions[0].photo.path
    os.remove(path)
    with open(path, "wb") as file:
        file.write(b"another picture")
    undone = done.world.undo()

    assert [name for name, _ in undone.failed] == [path]
    with open(path, "rb") as file:
        assert file.read() == b"another picture"
