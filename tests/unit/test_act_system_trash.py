"""The trash of macOS and Windows: what each look, each wait and each word of its act is for."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from acting import FAST, World, action, contents, pair, photo, plan
from acting_calls import cut_off, seeing
from acting_steps import Told, carried, carrying, look, two
from stand_in_trash import StandIn, give_trash, where

from dupfinder.acts import system_trash
from dupfinder.acts.bounds import Bounds
from dupfinder.acts.system_trash import SystemTrash
from dupfinder.errors import EngineError
from dupfinder.model import Plan

NONE = ("no-trash", "there is no trash can on this volume that keeps files")
TELLING = pytest.mark.parametrize("locate", [where, lambda _: None], ids=["telling", "silent"])
Locate = Callable[[int], str | None]


def names(world: World, folder: str = "a") -> list[str]:
    return sorted(os.listdir(world.path(folder)))


def test_a_volume_without_a_trash_is_known_by_the_photos_folder(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L4: by the look beforehand, and by the act itself."""
    library = StandIn(world.trash)
    by = SystemTrash(world.trash, library, where)
    here = two(world)
    there = pair(world.write("c/gone.jpg", b"once"), here.keeper.path)
    monkeypatch.setattr(system_trash, "has_trash", lambda folder: folder == world.path("c"))

    assert look(world, here, by) == NONE
    assert look(world, there, by) == ("", "")
    outcomes = carried(world, here, there, by=by)
    assert (outcomes[0].code, outcomes[0].reason) == NONE
    assert outcomes[1].code == "done"
    assert [os.path.basename(path) for path in library.seen] == ["gone.jpg"]
    assert names(world) == ["gone.jpg"]


@pytest.fixture
def second_volume(tmp_path: Path) -> Iterator[str]:
    if FAST is None or os.stat(FAST).st_dev == os.stat(tmp_path).st_dev:
        pytest.skip("needs a second volume")
    folder = os.path.join(FAST, f"dupfinder-{os.getpid()}")
    os.mkdir(folder)
    yield folder
    for name in os.listdir(folder):
        os.remove(os.path.join(folder, name))
    os.rmdir(folder)


def test_a_trash_that_removes_for_good_gets_nothing_more_of_its_volume_alone(
    world: World, second_volume: str
) -> None:
    """L4: Windows has a recycle bin for each drive."""
    near = two(world)
    far = []
    for name in ("1.jpg", "2.jpg"):
        path = os.path.join(second_volume, name)
        Path(path).write_bytes(b"once")
        far.append(pair(path, near.keeper.path))
    library, keeping = StandIn(world.trash, "removes"), StandIn(world.trash)

    def by_volume(path: str) -> None:
        (library if path.startswith(second_volume) else keeping)(path)

    journal, bounds = Told(), Bounds((world.photos, second_volume))
    by = SystemTrash(world.trash, by_volume, where)
    outcomes = list(carrying(world, journal, far[0], near, far[1], by=by, bounds=bounds))
    assert [each.code for each in outcomes] == ["no-trash", "done", "no-trash"]
    assert (outcomes[2].code, outcomes[2].reason) == NONE
    assert len(library.seen) == 1
    assert contents(second_volume) == {b"once"}


@TELLING
def test_a_change_before_the_trash_gets_the_photo_keeps_it(world: World, locate: Locate) -> None:
    """C1, C2, L2: what is in the trash may be there to stay."""

    def replace() -> None:
        (aside,) = names(world)
        os.replace(world.write("c/new.jpg", b"another"), world.path(f"a/{aside}"))

    kept = world.path("b/kept.jpg")
    for change, expected, words, there in [
        (
            lambda: Path(kept).write_bytes(b"ONCE"), "keeper-changed",
            "the photo to be kept changed after it was compared", b"once",
        ),
        (
            lambda: os.remove(kept), "keeper-gone",
            "the photo to be kept is not there any more", b"once",
        ),
        (replace, "changed", "gone.jpg was replaced after it was compared", b"another"),
    ]:  # fmt: skip
        library = StandIn(world.trash)
        by = SystemTrash(world.trash, library, locate)
        (outcome,) = carried(world, two(world), by=by, place=change)
        assert (outcome.code, outcome.reason) == (expected, words)
        assert library.seen == []
        assert names(world) == ["gone.jpg"]
        assert Path(world.path("a/gone.jpg")).read_bytes() == there


@TELLING
def test_a_keeper_that_changes_while_the_trash_takes_the_photo_brings_it_back(
    world: World, locate: Locate
) -> None:
    """C1, L2: if it can be followed there; else it stays in the trash, whole."""
    each, library = two(world), StandIn(world.trash)

    def meanwhile(path: str) -> None:
        Path(each.keeper.path).write_bytes(b"ONCE")
        library(path)

    (outcome,) = carried(world, each, by=SystemTrash(world.trash, meanwhile, locate))
    if locate is where:
        assert outcome.code == "keeper-changed"
        assert names(world) == ["gone.jpg"]
        assert os.listdir(world.trash) == []
    else:
        assert outcome.code == "done"
        assert contents(world.trash) == {b"once"}
    assert b"once" in contents(world.photos, world.trash)


def test_a_trash_that_cannot_be_looked_into_is_no_trouble(world: World) -> None:
    """macOS hides it from programs that were not permitted to see it."""

    def hidden(_: int) -> str:
        raise PermissionError(errno.EPERM, "no")

    (outcome,) = carried(
        world, two(world), by=SystemTrash(world.trash, StandIn(world.trash), hidden)
    )
    assert (outcome.code, outcome.places) == ("done", ())
    assert names(world) == []


def opened(descriptor: int) -> str:
    return os.readlink(f"/proc/self/fd/{descriptor}")


@pytest.mark.parametrize("how", ["moves", "removes"])
def test_each_name_is_on_the_disk_before_the_next_step(world: World, how: str) -> None:
    """L7, D2: in its box before the library is asked, and aside before it has its name again."""
    told: list[str] = []
    library = StandIn(world.trash, how)

    def see(_: int, name: str, args: tuple[Any, ...]) -> None:
        if name == "rename":
            told.append(name)
        elif name == "fsync":
            told.append(f"fsync {os.path.relpath(opened(args[0]), world.photos)}")

    def asked(path: str) -> None:
        told.append("asked")
        library(path)

    with seeing(see):
        carried(world, two(world), by=SystemTrash(world.trash, asked, where))
    box = f"fsync {os.path.relpath(os.path.dirname(library.seen[0]), world.photos)}"
    temporary = box[:-1] + "t"
    assert told[:6] == ["rename", "fsync a", "rename", box, "fsync a", "asked"]
    assert (
        told[6:9]
        == {
            "moves": ["fsync a"],
            # Its bytes, then what else it carries.
            "removes": [temporary, temporary, "rename"],
        }[how]
    )
    if how == "removes":
        assert told[9:12] == ["fsync a", "rename", "fsync a"]


@pytest.mark.parametrize("error", [PermissionError(errno.EPERM, "no"), ValueError("what is that")])
def test_bytes_are_written_anew_also_where_nothing_else_can_be(
    world: World, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """L4."""

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(system_trash, "restore", fail)
    by = SystemTrash(world.trash, StandIn(world.trash, "removes"), where)
    (outcome,) = carried(world, two(world), by=by)
    words = "the trash removed it for good; it was written anew"
    assert (outcome.code, outcome.reason) == ("no-trash", words)
    assert names(world) == ["gone.jpg"]
    assert Path(world.path("a/gone.jpg")).read_bytes() == b"once"


def test_what_cannot_be_written_anew_ends_the_run_with_both_names(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L4, D3: and nothing is left half written."""
    each, removes = two(world), StandIn(world.trash, "removes")

    def write(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No room")

    def removing(path: str) -> None:
        removes(path)
        monkeypatch.setattr(os, "write", write)

    with pytest.raises(EngineError) as caught:
        carried(world, each, by=SystemTrash(world.trash, removing, where))
    assert str(caught.value) == (
        f"the trash removed {each.photo.path!r} for good, and it cannot be written anew: No room"
    )
    assert caught.value.hint == f"a copy of it is {each.keeper.path!r}"
    assert names(world) == []
    assert Path(each.keeper.path).read_bytes() == b"once"


def test_a_photo_and_its_sidecar_are_not_torn_apart_wherever_it_is_cut_off(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D1, G1: nor if the recovery from that is cut off; but for what cannot be followed."""
    give_trash(monkeypatch, world)
    for number in count(1):
        for inner in count(1):
            made = with_sidecar(world)
            if not cut_off(lambda made=made: world.apply(made), number):
                assert number > 30
                return
            reached = cut_off(world.recover, inner)
            world.recover()
            assert len(contents(world.photos, world.trash)) == 2, (number, inner)
            if names(world) not in ([], ["gone.jpg", "gone.xmp"]):
                # It was in the trash, and nobody had noted yet where.
                assert names(world) == ["gone.xmp"]
                assert [path for path, _ in world.undo().failed] == [world.path("a/gone.jpg")]
            if not reached:
                break


def with_sidecar(world: World) -> Plan:
    """In a library as it was before the first run."""
    shutil.rmtree(world.top)
    gone, kept = (
        photo(world.write(f"{path}.jpg", b"once"), (world.write(f"{path}.xmp", b"x"), "xmp", False))
        for path in ("a/gone", "b/kept")
    )
    return plan(action(gone, kept))
