"""Copies on another volume, on their way back (C13, C17): what is whose, and what is left over."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from acting import OLD, World, pair, plan, snapshot
from acting_calls import cut_off_at, seeing

from dupfinder.acts import places
from dupfinder.filesystem import Folder
from dupfinder.model import Plan


def one(world: World) -> Plan:
    gone, kept = (world.write(f"{name}.jpg", b"once") for name in ("a/gone", "b/kept"))
    os.chmod(gone, 0o640)
    return plan(pair(gone, kept))


def there(world: World) -> Path:
    return Path(world.quarantine, "photos", "a", "gone.jpg")


@pytest.mark.parametrize("theirs", [b"once", b"mine"])
def test_what_somebody_put_where_the_copy_was_to_go_is_not_taken_for_it(
    far: World, theirs: bytes
) -> None:
    """D1: the same bytes are no proof, the number of the file that was made is."""
    made = one(far)
    before = snapshot(far.photos)
    cut_off_at(lambda: far.apply(made), "copied")
    there(far).write_bytes(theirs)
    far.recover()
    assert there(far).read_bytes() == theirs
    assert os.listdir(there(far).parent) == ["gone.jpg"]
    assert snapshot(far.photos) == before


def test_a_photo_comes_home_with_what_it_carried_not_with_what_its_copy_could(far: World) -> None:
    """C17: there are volumes without modes and attributes."""
    made = one(far)
    before = snapshot(far.photos)
    far.apply(made)
    os.chmod(there(far), 0o777)
    assert far.undo().restored == 1
    assert snapshot(far.photos) == before


@pytest.mark.parametrize("stale", [False, True])
def test_a_way_home_leaves_nothing_behind_whatever_an_earlier_one_left(
    far: World, stale: bool
) -> None:
    far.apply(one(far))
    with Folder.open(str(there(far).parent)) as source, Folder.open(far.path("a")) as home:
        if stale:
            Path(far.path("a"), "temporary").write_bytes(b"torn")
        told: list[str] = []
        with seeing(lambda _, name, __: told.append(name)):
            places._move_back(source, ("gone.jpg", None), home, "gone.jpg", "temporary")
    assert os.listdir(far.path("a")) == ["gone.jpg"]
    assert Path(far.path("a/gone.jpg")).read_bytes() == b"once"
    assert os.stat(far.path("a/gone.jpg")).st_mtime_ns == OLD
    assert not there(far).exists()
    # The name at home is on the disk before the one that it had goes, and then that it has gone.
    assert told[-5:] == ["rename", "fsync", "unlink", "fsync", "fsync"]


@pytest.mark.parametrize("number", [errno.EEXIST, errno.EIO])
def test_a_name_that_is_taken_in_the_last_moment_is_not_overwritten(
    far: World, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """L3: nor is anything copied because of another error than that of two volumes."""
    far.apply(one(far))
    far.write("a/gone.jpg", b"mine")

    def fail(*_: object) -> None:
        raise OSError(number, "no")

    if number == errno.EIO:
        monkeypatch.setattr(Folder, "move", fail)
        monkeypatch.setattr(places, "_copy", None)
    with (
        Folder.open(str(there(far).parent)) as source,
        Folder.open(far.path("a")) as home,
        pytest.raises(OSError, match=f"Errno {number}"),
    ):
        places._move_back(source, ("gone.jpg", None), home, "gone.jpg", "temporary")
    assert os.listdir(far.path("a")) == ["gone.jpg"]
    assert there(far).read_bytes() == b"once"
