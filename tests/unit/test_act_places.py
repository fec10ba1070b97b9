"""Where files go and come back from, in the cases that need a race, a bad disk or two volumes."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from acting import World, snapshot
from acting_steps import Told, carried, carrying, code, two

from dupfinder.acts import places, quarantine
from dupfinder.acts.quarantine import Quarantine
from dupfinder.acts.trash import Trash
from dupfinder.filesystem import Folder


def names(folder: str) -> set[str]:
    return set(os.listdir(folder))


def taking(path: str, content: bytes = b"somebody's") -> Callable[[], None]:
    """Puts a file of somebody's there, but only the first time that it is called."""

    def take() -> None:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with suppress(StopIteration):
            Path(path).write_bytes(next(contents))

    contents = iter([content])
    return take


# Names that are taken, now or in the last moment


def ways(world: World) -> list[tuple[Any, str]]:
    there = os.path.join(world.quarantine, "photos", "a")
    return [(Trash(world.trash), f"{world.trash}/files"), (Quarantine(world.quarantine), there)]


@pytest.mark.parametrize("way", [0, 1], ids=["trash", "quarantine"])
@pytest.mark.parametrize("op", ["run", "place"])
def test_a_name_that_is_taken_is_left_and_the_next_one_used(
    world: World, way: int, op: str
) -> None:
    """C9: before, or when it was found to be free."""
    by, folder = ways(world)[way]
    take = taking(f"{folder}/gone.jpg")
    (outcome,) = carried(world, two(world), by=by, **{op: take})
    assert (outcome.code, outcome.places) == ("done", (os.path.join(folder, "gone 2.jpg"),))
    assert names(folder) == {"gone.jpg", "gone 2.jpg"}
    assert Path(folder, "gone.jpg").read_bytes() == b"somebody's"
    if way == 0:
        assert names(f"{world.trash}/info") == {"gone 2.jpg.trashinfo"}


def test_an_info_file_without_its_file_keeps_its_name(world: World) -> None:
    """C8: another program is just about to move its own."""
    info = f"{world.trash}/info/gone.jpg.trashinfo"
    for op in ("run", "place"):
        take = taking(info, b"[Trash Info]")
        assert code(carried(world, two(world), by=Trash(world.trash), **{op: take})) == "done"
        assert Path(info).read_bytes() == b"[Trash Info]"
        assert "gone.jpg" not in names(f"{world.trash}/files")
        os.remove(info)


@pytest.mark.parametrize("op", ["run", "copied"])
def test_a_copy_overwrites_nothing_either(far: World, op: str) -> None:
    by, folder = ways(far)[1]
    take = taking(f"{folder}/gone.jpg")
    (outcome,) = carried(far, two(far), by=by, **{op: take})
    assert outcome.places == (os.path.join(folder, "gone 2.jpg"),)
    assert names(folder) == {"gone.jpg", "gone 2.jpg"}
    assert Path(folder, "gone 2.jpg").read_bytes() == b"once"


@pytest.mark.parametrize("way", ["trash", "quarantine", "far"])
def test_where_all_names_are_taken_the_photo_stays(
    way: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    world: World = request.getfixturevalue("far" if way == "far" else "world")
    by, folder = ways(world)[way != "trash"]
    monkeypatch.setattr(places, "_ATTEMPTS", 4)
    if way == "far":
        monkeypatch.setattr(quarantine, "put", quarantine.put_copy)
    os.makedirs(folder)
    for name in ("gone.jpg", "gone 2.jpg", "gone 3.jpg"):
        Path(folder, name).write_bytes(b"somebody's")
    (outcome,) = carried(world, two(world), by=by)
    where = "the trash can" if way == "trash" else folder
    assert (outcome.code, outcome.reason) == (
        "no-name", f"{where} holds too many files of that name",
    )  # fmt: skip
    assert names(world.path("a")) == {"gone.jpg"}


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.EXDEV, ("no-trash", "the trash can is on another volume")),
        (errno.EIO, ("system", os.strerror(errno.EIO))),
    ],
)
def test_a_trash_that_cannot_be_moved_to_gets_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, number: int, expected: tuple[str, str]
) -> None:
    """L4: there is no other way out."""
    move = Folder.move

    def moving(folder: Folder, name: str, to: Folder, new: str) -> None:
        if to.path.endswith("files") and not folder.path.endswith("files"):
            raise OSError(number, os.strerror(number))
        move(folder, name, to, new)

    monkeypatch.setattr(Folder, "move", moving)
    (outcome,) = carried(world, two(world), by=Trash(world.trash))
    assert (outcome.code, outcome.reason) == expected
    assert names(world.path("a")) == {"gone.jpg"}
    assert names(f"{world.trash}/info") == names(f"{world.trash}/files") == set()


# Copies


def test_a_copy_is_read_again_from_the_disk(far: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """C13: what only the memory has is no copy."""
    told: list[tuple[int, ...]] = []
    monkeypatch.setattr(os, "posix_fadvise", lambda _, *how: told.append(how))
    assert code(carried(far, two(far), by=Quarantine(far.quarantine))) == "done"
    assert told == [(0, 0, os.POSIX_FADV_DONTNEED)]


@pytest.mark.parametrize("fault", ["differs", "full", "stays"])
def test_a_copy_that_fails_is_removed_and_the_photo_stays(
    far: World, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """C11, C13: with its own reason, also where the copy cannot be removed."""
    write, remove = os.write, Folder.remove
    journal = Told()

    def writing(target: int, data: bytes) -> int:
        if fault != "differs":
            raise OSError(errno.ENOSPC, "-")
        return write(target, bytes(data).replace(b"c", b"k"))

    def removing(folder: Folder, name: str) -> None:
        if fault == "stays" and folder.path.startswith(far.quarantine) and "back" in journal.ops():
            raise OSError(errno.EIO, "-")
        remove(folder, name)

    each = two(far)
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", writing)
        patch.setattr(Folder, "remove", removing)
        (outcome,) = carrying(far, journal, each, by=Quarantine(far.quarantine))
    assert outcome.code == ("copy-differs" if fault == "differs" else "full")
    folder = ways(far)[1][1]
    if fault == "differs":
        assert outcome.reason == f"what was written to {folder} differs"
    assert names(folder) == set()
    assert Path(each.photo.path).read_bytes() == b"once"


def test_a_change_after_the_copy_was_made_keeps_the_original(far: World) -> None:
    """C4, C5: of the photo or of the keeper; the copy goes again."""
    folder = ways(far)[1][1]
    changes: list[tuple[Callable[[], Any], str]] = [
        (lambda: far.write("b/kept.jpg", b"ONCE"), "keeper-changed"),
        (lambda: far.write(f"a/{os.listdir(far.path('a'))[0]}", b"ONCE"), "changed"),
    ]
    for change, expected in changes:
        each = two(far)
        with open(each.photo.path, "rb") as held:  # else its number could be another file's
            found = carried(far, each, by=Quarantine(far.quarantine), copied=change)
            assert os.path.samestat(os.fstat(held.fileno()), os.stat(each.photo.path))
        assert code(found) == expected
        assert names(far.path("a")) == {"gone.jpg"}
        if expected == "keeper-changed":
            assert names(folder) == set()


def test_the_copies_of_a_place_are_those_of_its_name() -> None:
    records = [
        {"op": "copied", "name": "a", "inode": 1}, {"op": "copied", "name": "b", "inode": 2},
        {"op": "place", "name": "a", "inode": 3},
    ]  # fmt: skip
    assert places._copies(records, {"name": "a"}) == {1}


def test_nothing_is_left_of_a_photo_that_stays(world: World) -> None:
    """After a refusal that came when the photo was in the trash already."""
    each = two(world)
    before = snapshot(world.photos)
    found = carried(world, each, by=Trash(world.trash), place=lambda: os.chmod(each.keeper.path, 0))
    assert code(found) == "keeper-changed"
    os.chmod(each.keeper.path, 0o644)
    assert snapshot(world.photos) == before
    assert names(f"{world.trash}/info") == names(f"{world.trash}/files") == set()
