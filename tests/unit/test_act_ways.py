"""The ways out, one by one: what each of them looks at in the last moment."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from acting import OLD, World, action, pair, photo, snapshot
from acting_steps import COPY, Doing, Told, carried, carrying, code, two

from dupfinder.acts import hardlink, quarantine
from dupfinder.acts.delete import Delete
from dupfinder.acts.hardlink import Hardlink
from dupfinder.acts.quarantine import Quarantine
from dupfinder.acts.unit import Unit
from dupfinder.filesystem import Folder

EDITED = b"ONCE"


def aside(world: World) -> str:
    (name,) = os.listdir(world.path("a"))
    return world.path(f"a/{name}")


def edit(path: str) -> None:
    """As many other bytes, and the modification time set back."""
    Path(path).write_bytes(EDITED)
    os.utime(path, ns=(OLD, OLD))


# Removal for good


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "just-written"), (59.5, "just-written"), (-59.5, "just-written"),
        (60, "done"), (-61, "done"),
    ],
)  # fmt: skip
def test_what_was_just_written_is_not_removed_for_good(
    world: World, seconds: float, expected: str
) -> None:
    """C5: whoever wrote it may go on; a clock that goes wrong may put it into the future."""
    (outcome,) = carried(world, two(world), by=Delete(now=lambda: OLD / 1e9 + seconds))
    assert outcome.code == expected
    if expected != "done":
        assert outcome.reason == "gone.jpg was written within the last minute"
        assert Path(world.path("a/gone.jpg")).read_bytes() == b"once"


def test_a_sidecar_that_was_just_written_keeps_its_photo(world: World) -> None:
    xmp = world.write("a/gone.xmp", b"stars", OLD + 10**9 * 100)
    gone = photo(world.write("a/gone.jpg", b"once"), (xmp, "xmp", False))
    each = action(gone, photo(world.write("b/kept.jpg", b"once")))
    (outcome,) = carried(world, each, by=Delete(now=lambda: OLD / 1e9 + 100))
    assert outcome.reason == "gone.xmp was written within the last minute"
    assert set(os.listdir(world.path("a"))) == {"gone.jpg", "gone.xmp"}


def test_the_journal_says_that_nothing_can_be_taken_back_any_more(world: World) -> None:
    """D1: recovery would look for what is gone else."""
    told: list[list[str]] = []
    journal = Told(delete=lambda: told.append(os.listdir(world.path("a"))))
    assert code(list(carrying(world, journal, two(world), by=Delete()))) == "done"
    assert journal.ops() == ["run", "intent", "delete", "done", "end"]
    assert len(told[0]) == 1
    assert os.listdir(world.path("a")) == []


LAST = [Delete(), Hardlink()]


@pytest.mark.parametrize("act", LAST, ids=lambda act: act.name)
def test_an_edit_in_the_last_moment_keeps_the_photo(world: World, act: Delete | Hardlink) -> None:
    """C4, C5: of the photo or the keeper, after both were read."""
    op = "delete" if act.name == "delete" else "linked"
    kept = world.path("b/kept.jpg")
    changes: list[tuple[Callable[[], Any], str]] = [
        (lambda: edit(aside(world)), "changed"),
        (lambda: edit(kept), "keeper-changed"),
        (lambda: os.remove(kept), "keeper-gone"),
        (lambda: os.replace(world.write("b/new.jpg", b"once"), kept), "keeper-gone"),
        (lambda: os.replace(world.write("b/new.jpg", b"once"), aside(world)), "changed"),
    ]
    for change, expected in changes:
        (outcome,) = carried(world, two(world), by=act, **{op: change})
        assert outcome.code == expected
        whose = "gone.jpg" if expected == "changed" else "the photo to be kept"
        ends = {"keeper-gone": "is not there any more"}.get(
            expected, "changed after it was compared"
        )
        assert outcome.reason == f"{whose} {ends}"
        assert os.listdir(world.path("a")) == ["gone.jpg"]


@pytest.mark.parametrize("act", LAST, ids=lambda act: act.name)
def test_a_photo_that_is_open_to_be_written_stays(world: World, act: Delete | Hardlink) -> None:
    """C5."""
    with open(two(world).photo.path, "r+b"):
        (outcome,) = carried(world, two(world), by=act)
    assert outcome.code == "open"
    assert outcome.reason == "gone.jpg is open in another program, to be written"
    assert os.listdir(world.path("a")) == ["gone.jpg"]


# Hard links


def test_a_link_is_told_with_all_that_the_photo_carried(world: World) -> None:
    """C17: undo gives it back."""
    journal, each = Told(), two(world)
    (outcome,) = carrying(world, journal, each, by=Hardlink())
    assert outcome.places == (each.photo.path,)
    assert os.path.samefile(each.photo.path, each.keeper.path)
    assert os.listdir(world.path("a")) == ["gone.jpg"]
    (linked,) = [record for record in journal.records if record["op"] == "linked"]
    status = os.stat(each.keeper.path)
    assert linked["identity"] == [status.st_dev, status.st_ino]
    assert linked["member"] == "gone.jpg"
    assert linked["carried"]["times"][1] == OLD


@pytest.mark.parametrize("differ", ["mode", "owner", "group", "attributes"])
def test_files_that_differ_in_what_they_carry_do_not_become_one(world: World, differ: str) -> None:
    """C17: one of the two would lose its own."""
    each = two(world)
    path = each.photo.path
    {
        "mode": lambda: os.chmod(path, 0o600),
        "owner": lambda: os.chown(path, 12345, -1),
        "group": lambda: os.chown(path, -1, 12345),
        "attributes": lambda: os.setxattr(path, "user.rating", b"5"),
    }[differ]()
    before = snapshot(world.photos)
    (outcome,) = carried(world, each, by=Hardlink())
    assert (outcome.code, outcome.reason) == (
        "other-owner", "the two differ in owner, mode or attributes",
    )  # fmt: skip
    assert snapshot(world.photos) == before


@pytest.mark.parametrize(
    "number", [errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.EIO]
)
def test_where_no_link_can_be_made_the_photo_stays(
    world: World, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """C6, L4: nothing falls back to another way."""

    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    each = two(world)
    before = snapshot(world.photos)
    monkeypatch.setattr(Folder, "link", fail)
    (outcome,) = carried(world, each, by=Hardlink())
    expected = ("no-link", "the two cannot be linked on this volume")
    assert (outcome.code, outcome.reason) == (
        ("system", os.strerror(number)) if number == errno.EIO else expected
    )
    assert snapshot(world.photos) == before


def test_a_link_that_is_not_the_keepers_any_more_brings_the_photo_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C1, C4: each of the four looks at what was linked is needed."""
    kept, name = world.path("b/kept.jpg"), world.path("a/gone.jpg")
    link, same = Folder.link, hardlink.same_bytes

    def other() -> None:
        os.remove(name)
        world.write("a/gone.jpg", b"once")

    def last() -> str:
        return world.path(
            "a/" + next(each for each in os.listdir(world.path("a")) if each[0] == ".")
        )

    after_link: list[Callable[[], Any]] = [lambda: edit(kept), other]
    after_reading: list[Callable[[], Any]] = [lambda: edit(kept), lambda: edit(last())]
    for change in (*after_link, *after_reading):
        each = two(world)
        monkeypatch.setattr(Folder, "link", link)
        monkeypatch.setattr(hardlink, "same_bytes", same)

        def linking(*args: Any, change: Callable[[], Any] = change) -> None:
            link(*args)
            change()

        def reading(*args: Any, change: Callable[[], Any] = change) -> bool:
            found = same(*args)
            change()
            return found

        if change in after_link:
            monkeypatch.setattr(Folder, "link", linking)
        else:
            monkeypatch.setattr(hardlink, "same_bytes", reading)
        (outcome,) = carried(world, each, by=Hardlink())
        assert (outcome.code, outcome.reason.partition(";")[0]) == (
            "keeper-changed", "one of the two was changed meanwhile",
        )  # fmt: skip
        left = {entry[1] for entry in snapshot(world.photos).values() if len(entry) > 1}
        assert b"once" in left
        assert change == other or EDITED in left
        assert not [each for each in os.listdir(world.path("a")) if each.startswith(".")]
        for found in os.listdir(world.path("a")):
            os.remove(world.path(f"a/{found}"))


# Quarantine


def test_a_quarantine_keeps_the_place_below_the_root_that_is_nearest(world: World) -> None:
    each = two(world)
    inode = os.stat(each.photo.path).st_ino
    (outcome,) = carried(world, each, by=Quarantine(world.quarantine))
    place = os.path.join(world.quarantine, "photos", "a", "gone.jpg")
    assert outcome.places == (place,)
    assert os.stat(place).st_ino == inode  # moved: on one volume nothing is copied
    for folder in ("", "photos", "photos/a"):
        assert os.stat(os.path.join(world.quarantine, folder)).st_mode & 0o777 == 0o700


def test_the_top_of_all_folders_can_be_a_root() -> None:
    unit: Any = SimpleNamespace(roots=("/", "/photos"), folder=SimpleNamespace(path="/photos/a"))
    assert quarantine._below(unit) == ["photos", "a"]
    unit.folder.path = "/other/a"
    assert quarantine._below(unit) == ["other", "a"]
    unit.folder.path = "/"
    assert quarantine._below(unit) == []


@pytest.mark.parametrize("number", [errno.EXDEV, errno.EIO])
def test_two_mounts_of_one_volume_are_two_volumes(
    world: World, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """C8, C13: then it is copied; any other error says no such thing."""
    move = Folder.move

    def moving(folder: Folder, name: str, to: Folder, new: str) -> None:
        if to.path.startswith(world.quarantine) and not folder.path.startswith(world.quarantine):
            raise OSError(number, os.strerror(number))
        move(folder, name, to, new)

    monkeypatch.setattr(Folder, "move", moving)
    each = two(world)
    (outcome,) = carried(world, each, by=Quarantine(world.quarantine))
    assert outcome.code == ("done" if number == errno.EXDEV else "system")
    assert os.path.exists(each.photo.path) is (number == errno.EIO)


def test_a_keeper_that_changes_while_the_photo_moves_brings_it_back(world: World) -> None:
    """C4."""
    each = two(world)
    kept = each.keeper.path
    found = carried(world, each, by=Quarantine(world.quarantine), place=lambda: edit(kept))
    assert code(found) == "keeper-changed"
    assert Path(each.photo.path).read_bytes() == b"once"


def test_a_quarantine_that_is_the_photos_own_folder_is_refused(world: World) -> None:
    """L5: a photo that is moved onto itself is kept nowhere."""
    each = pair(world.write("a/gone.jpg", b"once"), world.write("b/kept.jpg", b"once"))
    (outcome,) = carried(world, each, by=Quarantine(world.top))
    assert outcome.code == "quarantine"
    assert outcome.reason == f"{world.top} leads to the photo's own folder"
    assert os.listdir(world.path("a")) == ["gone.jpg"]


def test_a_path_is_that_of_the_folder_whatever_its_name_ends_with(world: World) -> None:
    each = pair(world.write("aX/gone.jpg", b"once"), world.write("b/kept.jpg", b"Once"), COPY)
    seen: list[str] = []

    def commit(unit: Unit) -> None:
        seen.extend(unit.path(member) for member in unit.members)
        unit.note({"op": "delete"})
        unit.folder.remove(unit.members[0].aside)

    assert code(carried(world, each, by=Doing(commit))) == "done"
    assert seen == [each.photo.path]
