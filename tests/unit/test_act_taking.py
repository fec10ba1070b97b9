"""Which file in a place is the photo that went there (C17): by its number, else with care."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from acting import OLD, World, pair, plan
from acting_calls import cut_off_after, seeing

from dupfinder.acts import places
from dupfinder.acts.back import roll_back
from dupfinder.filesystem import Folder

Record = dict[str, Any]
ASIDE = ".dupfinder-x-0-0"


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """A place with a file in it, beside the folder that it came from."""
    (tmp_path / "home").mkdir()
    (tmp_path / "there").mkdir()
    file = tmp_path / "there" / "gone.jpg"
    file.write_bytes(b"once")
    os.utime(file, ns=(OLD, OLD))
    return tmp_path / "there"


def place(there: Path, inode: int = 0, size: int = 4, seconds: float = 0) -> Record:
    """The record of the place: the file's own number, or one further on."""
    number = (there / "gone.jpg").stat().st_ino + inode
    state = [number, size, OLD + int(seconds * 10**9)]
    return {
        "op": "place", "member": "gone.jpg", "folder": str(there), "name": "gone.jpg",
        "state": state,
    }  # fmt: skip


def is_ours(there: Path, record: Record, *others: Record, by_state: bool) -> bool:
    with Folder.open(str(there)) as folder:
        return places._is_ours([record, *others], record, folder, by_state)


def test_a_file_is_known_by_its_number_whatever_became_of_it(there: Path) -> None:
    assert is_ours(there, place(there, size=5, seconds=99), by_state=False)


@pytest.mark.parametrize(
    ("size", "seconds", "same"),
    [(4, 0, True), (4, 1.9, True), (4, -1.9, True), (4, 2, False), (4, -2, False), (5, 0, False)],
)
def test_a_file_with_another_number_is_known_by_size_and_time_where_that_is_enough(
    there: Path, size: int, seconds: float, same: bool
) -> None:
    record = place(there, 1, size, seconds)
    assert is_ours(there, record, by_state=True) is same
    assert not is_ours(there, record, by_state=False)


def test_a_copy_has_the_number_that_it_was_made_with(there: Path) -> None:
    record = place(there) | {"temporary": ASIDE}
    assert not is_ours(there, record, by_state=False)  # the number of the original
    inode = (there / "gone.jpg").stat().st_ino
    copied = {"op": "copied", "name": "gone.jpg", "inode": inode}
    assert is_ours(there, place(there, 1) | {"temporary": ASIDE}, copied, by_state=False)


@pytest.mark.parametrize(
    ("taken", "was_done", "expected"),
    [
        (False, True, "gone.jpg"), (False, False, "gone.jpg"), (True, True, "gone 2.jpg"),
        (True, False, None),
    ],
)  # fmt: skip
def test_a_file_that_may_be_another_one_stays_where_it_is(
    there: Path, taken: bool, was_done: bool, expected: str | None
) -> None:
    """It surely went there, or it can be nothing else: its own name is free."""
    home = there.parent / "home"
    if taken:
        (home / "gone.jpg").write_bytes(b"mine")
    with Folder.open(str(home)) as folder:
        if expected is None:
            with pytest.raises(FileNotFoundError) as caught:
                places.take_back([place(there, 1)], folder, "gone.jpg", ASIDE + "t", was_done)
            error = caught.value
            told = (error.errno, error.strerror, error.filename)
            assert told == (errno.ENOENT, "it is not there any more", "gone.jpg")
            assert (there / "gone.jpg").exists()
            return
        name = places.take_back([place(there, 1)], folder, "gone.jpg", ASIDE + "t", was_done)
    assert name == expected
    assert (home / expected).read_bytes() == b"once"


def test_where_all_names_at_home_are_taken_it_stays(
    there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "_ATTEMPTS", 3)
    home = there.parent / "home"
    for name in ("gone.jpg", "gone 2.jpg"):
        (home / name).write_bytes(b"mine")
    with Folder.open(str(home)) as folder, pytest.raises(FileExistsError) as caught:
        places.take_back([place(there)], folder, "gone.jpg", ASIDE + "t", was_done=True)
    error = caught.value
    told = (error.errno, error.strerror, error.filename)
    assert told == (errno.EEXIST, os.strerror(errno.EEXIST), "gone.jpg")
    assert (there / "gone.jpg").exists()


def test_the_name_in_the_place_goes_from_the_disk_as_well(there: Path) -> None:
    """D1: moved by linking, and cut off between the two."""
    home = there.parent / "home"
    os.link(there / "gone.jpg", home / "gone.jpg")
    told: list[str] = []
    with Folder.open(str(home)) as folder, seeing(lambda _, name, __: told.append(name)):
        places.take_back([place(there)], folder, "gone.jpg", ASIDE + "t", was_done=True)
    assert told == ["unlink", "fsync"]
    assert os.listdir(there) == []


def test_recovery_takes_nothing_that_was_only_announced_and_may_be_anybodys(there: Path) -> None:
    """C17: the photo is home; a file of its size and time in the trash is another one."""
    home = there.parent / "home"
    (home / "gone.jpg").write_bytes(b"once")
    intent = {
        "op": "intent", "n": 0, "folder": str(home), "members": [["gone.jpg", ASIDE]],
        "keeper": "/elsewhere/kept.jpg",
    }  # fmt: skip
    back = roll_back([intent, place(there, 1)])
    assert (back.is_done, back.renamed) == (False, ())
    assert os.listdir(home) == os.listdir(there) == ["gone.jpg"]


def test_each_member_that_came_home_under_another_name_is_told(tmp_path: Path) -> None:
    """C17: others have taken the names of the photo and of its sidecar while they stood aside."""
    members = [["1.jpg", ".dupfinder-x-0-0"], ["1.xmp", ".dupfinder-x-0-1"]]
    for name, aside in members:
        (tmp_path / name).write_bytes(b"mine")
        (tmp_path / aside).write_bytes(b"once")
    intent = {
        "op": "intent", "n": 0, "folder": str(tmp_path), "members": members,
        "keeper": "/elsewhere/kept.jpg",
    }  # fmt: skip
    back = roll_back([intent])
    told = {str(tmp_path / "1 2.jpg"), str(tmp_path / "1 2.xmp")}
    assert (back.is_done, set(back.renamed)) == (False, told)
    assert len(os.listdir(tmp_path)) == 4


def test_all_that_came_home_under_another_name_is_told(tmp_path: Path) -> None:
    world = World(os.path.realpath(tmp_path))
    for name in ("a", "b"):
        each = pair(world.write(f"{name}/1.jpg", b"once"), world.write(f"{name}/2.jpg", b"once"))
        cut_off_after(lambda each=each: world.apply(plan(each)), "rename")
        if name == "a":  # the next run brings it home else
            os.rename(world.state, world.state + "~")
    run = os.listdir(world.state + "~/runs")[0]
    os.rename(f"{world.state}~/runs/{run}", f"{world.state}/runs/{run}")
    for name in ("a", "b"):
        world.write(f"{name}/1.jpg", b"mine")
    assert world.recover() == (world.path("a/1 2.jpg"), world.path("b/1 2.jpg"))
