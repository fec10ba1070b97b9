"""The way back, and which folder is a trash can: cases that need a race or two volumes."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest
from acting import FAST, OLD
from acting_calls import seeing

from dupfinder.acts import hardlink, places, trash
from dupfinder.acts.unit import Refused
from dupfinder.filesystem import Folder
from dupfinder.filesystem.metadata import metadata


def names(folder: str) -> set[str]:
    return set(os.listdir(folder))


def test_only_a_second_name_of_the_same_file_is_a_twin(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "here.jpg").write_bytes(b"x")
    place = {"folder": str(tmp_path / "there"), "name": "x.jpg"}
    with Folder.open(str(tmp_path)) as home:
        places.drop_twin(place, home, "here.jpg")  # nothing there
        os.link(tmp_path / "here.jpg", tmp_path / "there" / "x.jpg")
        places.drop_twin(place, home, "here.jpg")
        assert names(place["folder"]) == set()
        (tmp_path / "there" / "x.jpg").write_bytes(b"x")
        os.link(tmp_path / "there" / "x.jpg", tmp_path / "there" / "y.jpg")
        places.drop_twin(place, home, "here.jpg")
        assert names(place["folder"]) == {"x.jpg", "y.jpg"}
        places.drop_twin({"folder": str(tmp_path), "name": "here.jpg"}, home, "here.jpg")
        assert (tmp_path / "here.jpg").exists()  # its only name


@pytest.mark.skipif(FAST is None, reason="needs a second volume")
def test_what_is_home_already_is_known_by_its_bytes_and_time(tmp_path: Path) -> None:
    """C13, C17: where undo was cut off between the copy and the removal."""
    assert FAST is not None
    other = Path(FAST, f"dupfinder-{os.getpid()}")
    other.mkdir()
    near = tmp_path / "near"
    near.mkdir()

    def is_home(there: Path) -> bool:
        with Folder.open(str(there)) as one, Folder.open(str(tmp_path)) as home:
            return places._is_home(one, "x", home, "x")

    def put(path: Path, content: bytes = b"once", seconds: float = 0) -> None:
        path.unlink(missing_ok=True)
        path.write_bytes(content)
        os.utime(path, ns=(OLD, OLD + int(seconds * 10**9)))

    try:
        put(tmp_path / "x")
        for content, seconds, expected in [
            (b"once", 0, True), (b"once", 1.9, True), (b"once", -1.9, True), (b"once", 2, False),
            (b"once", -2, False), (b"ONCE", 0, False),
        ]:  # fmt: skip
            put(other / "x", content, seconds)
            assert is_home(other) is expected
        put(near / "x")  # another file of the same volume: somebody's own
        assert not is_home(near)
        (near / "x").unlink()
        os.link(tmp_path / "x", near / "x")
        assert is_home(near)
        assert not is_home(tmp_path) or (near / "x").exists()
        (near / "x").unlink()
        assert not is_home(tmp_path)  # the very same name: its last one
        (near / "x").symlink_to("x")
        assert not is_home(near)
        put(other / "x")
        (tmp_path / "x").unlink()
        (tmp_path / "x").mkdir()
        os.utime(tmp_path / "x", ns=(OLD, OLD))
        assert not is_home(other)
        (tmp_path / "x").rmdir()
        put(tmp_path / "x")
        (other / "x").unlink()
        (other / "x").symlink_to("y")
        os.utime(other / "x", ns=(OLD, OLD), follow_symlinks=False)
        assert not is_home(other)
    finally:
        (other / "x").unlink()
        other.rmdir()


def test_a_link_whose_copy_somebody_took_away_gets_its_name_again(tmp_path: Path) -> None:
    """D1: cut off when the link had another name, and nothing else is left of the photo."""
    aside = ".dupfinder-x-0-0"
    (tmp_path / (aside + "l")).write_bytes(b"once")
    record = {"identity": [0, (tmp_path / (aside + "l")).stat().st_ino], "carried": {}}
    with Folder.open(str(tmp_path)) as folder:
        hardlink.part_again(record, folder, "gone.jpg", aside)
    assert names(str(tmp_path)) == {"gone.jpg"}


def test_a_link_that_was_cut_off_with_two_names_loses_both_to_the_copy(tmp_path: Path) -> None:
    """D1: where moving is linking and removing, cut off between the two."""
    aside = ".dupfinder-x-0-0"
    (tmp_path / "gone.jpg").write_bytes(b"once")
    os.link(tmp_path / "gone.jpg", tmp_path / (aside + "l"))
    (tmp_path / aside).write_bytes(b"once")
    copy = (tmp_path / aside).stat().st_ino
    record = {"identity": [0, (tmp_path / "gone.jpg").stat().st_ino], "carried": {}}
    with Folder.open(str(tmp_path)) as folder:
        hardlink.part_again(record, folder, "gone.jpg", aside)
    assert names(str(tmp_path)) == {"gone.jpg"}
    assert (tmp_path / "gone.jpg").stat().st_ino == copy


@pytest.mark.parametrize(
    ("known", "keeper", "linked", "goes"),
    [
        (True, "kept.jpg", True, True),  # by its number, and by its name
        (True, "moved away", True, True),  # by its number
        (True, "other.jpg", True, True),
        (False, "kept.jpg", True, True),  # a file system that numbers its files anew
        (False, "moved away", True, False),  # somebody's own
        (True, "kept.jpg", False, False),  # the last name of those bytes
        (False, "gone.jpg", False, False),
    ],
)
def test_only_a_link_to_the_keeper_makes_room_for_the_photo(
    tmp_path: Path, known: bool, keeper: str, linked: bool, goes: bool
) -> None:
    """L3, D1: and never the last name of a file."""
    gone, kept = tmp_path / "gone.jpg", tmp_path / "kept.jpg"
    gone.write_bytes(b"once")
    (tmp_path / "other.jpg").write_bytes(b"once")
    if linked:
        os.link(gone, kept)
    record = {"identity": [0, gone.stat().st_ino + (not known)]}
    told: list[str] = []
    with Folder.open(str(tmp_path)) as folder, seeing(lambda _, name, __: told.append(name)):
        hardlink.unlink_again(record, str(tmp_path / keeper), folder, "gone.jpg")
        hardlink.unlink_again(record, str(tmp_path / keeper), folder, "nothing")
    assert gone.exists() is not goes
    assert told == (["unlink", "fsync"] if goes else [])


def test_a_photo_that_is_no_link_and_not_there_cannot_be_parted(tmp_path: Path) -> None:
    """C17: nothing is claimed to be home that is not."""
    carried = {"mode": 0o644, "owner": [0, 0], "times": [OLD, OLD], "attributes": {}}
    record = {"identity": [0, 0], "carried": carried}
    with Folder.open(str(tmp_path)) as folder:
        for _ in range(2):
            with pytest.raises(OSError, match="it is not the link any more that was made") as told:
                hardlink.part_again(record, folder, "gone.jpg", ".dupfinder-x-0-0")
            assert told.value.errno == errno.ESTALE
            (tmp_path / "gone.jpg").write_bytes(b"another")


# Which folder is a trash can


def test_the_top_of_a_volume_is_the_first_mount_above(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os.path, "ismount", lambda path: path in ("/", "/media/stick"))
    assert trash._top("/media/stick/a/b") == "/media/stick"
    assert trash._top("/media/stick") == "/media/stick"
    assert trash._top("/media/other") == "/"


def test_only_a_real_folder_with_the_sticky_bit_is_shared(tmp_path: Path) -> None:
    """C8."""
    folder = tmp_path / ".Trash"
    assert not trash._is_shared_trash(str(folder))
    folder.mkdir()
    folder.chmod(0o777)
    assert not trash._is_shared_trash(str(folder))
    folder.chmod(0o1777)
    assert trash._is_shared_trash(str(folder))
    (tmp_path / "link").symlink_to(folder)
    assert not trash._is_shared_trash(str(tmp_path / "link"))
    (tmp_path / "file").touch()
    (tmp_path / "file").chmod(0o1777)
    assert not trash._is_shared_trash(str(tmp_path / "file"))


def test_a_trash_of_ones_own_is_made_or_found_and_nobody_elses(tmp_path: Path) -> None:
    """C8."""
    path = str(tmp_path / ".Trash-1")
    for _ in range(2):
        assert trash._made(path) == path
        assert stat.S_IMODE(os.lstat(path).st_mode) == 0o700
    os.chown(path, os.getuid() + 1, -1)
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path)
    for other in (path, str(tmp_path / "file"), str(tmp_path / "link")):
        with pytest.raises(Refused, match=f"^{other} is no trash can of yours$") as caught:
            trash._made(other)
        assert caught.value.code == "no-trash"
    words = "there is no trash can on this volume, and none can be made: No such file or directory"
    with pytest.raises(Refused, match=f"^{words}$") as caught:
        trash._made(str(tmp_path / "nowhere" / "1"))
    assert caught.value.code == "no-trash"


def test_the_home_trash_is_where_desktops_look_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C8: a path that is none is as if it were not given, says the specification."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert trash.home_trash() == "/data/Trash"
    for none in ("", "data", "~/data"):
        monkeypatch.setenv("XDG_DATA_HOME", none)
        assert trash.home_trash() == f"{tmp_path}/.local/share/Trash"
    monkeypatch.delenv("XDG_DATA_HOME")
    assert trash.home_trash() == f"{tmp_path}/.local/share/Trash"


def test_an_info_file_is_forgotten_only_if_it_is_ours(tmp_path: Path) -> None:
    """C8: whatever its name; and a temporary one with it."""
    told = {"info": [str(tmp_path), "x.trashinfo", "[Trash Info]\n", "temporary"]}
    info = tmp_path / "x.trashinfo"
    trash.forget_info({"info": None})
    trash.forget_info(told | {"info": [str(tmp_path / "nowhere"), *told["info"][1:]]})
    trash.forget_info(told)
    for other in (b"[Trash Info]", b"[Trash Info]\nx", b"another"):
        info.write_bytes(other)
        trash.forget_info(told)
        assert info.read_bytes() == other
    info.unlink()
    info.symlink_to(tmp_path)
    trash.forget_info(told)
    info.unlink()
    info.mkdir()
    trash.forget_info(told)
    info.rmdir()
    info.write_bytes(b"[Trash Info]\n")
    (tmp_path / "temporary").touch()
    trash.forget_info(told)
    assert names(str(tmp_path)) == set()


def test_an_info_file_that_cannot_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"info": [str(tmp_path), "x.trashinfo", "[Trash Info]\n", "temporary"]}
    (tmp_path / "x.trashinfo").touch()

    def fail(*_: object) -> bytes:
        raise OSError(5, "no")

    monkeypatch.setattr(os, "read", fail)
    with pytest.raises(OSError, match="no"):
        trash.forget_info(told)


@pytest.mark.parametrize("stays", [False, True])
def test_a_copy_that_fails_leaves_nothing_and_its_own_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stays: bool
) -> None:
    """C11: also where even its removal fails."""

    def fail(*_: object) -> int:
        raise OSError(28, "no room")

    def removing(*_: object) -> None:
        raise OSError(5, "no")

    (tmp_path / "1").write_bytes(b"once")
    with Folder.open(str(tmp_path)) as folder, folder.reading("1") as source:
        monkeypatch.setattr(os, "write", fail)
        if stays:
            monkeypatch.setattr(Folder, "remove", removing)
        with pytest.raises(OSError, match="no room"):
            places._copy(source, folder, "2", metadata(source))
    assert names(str(tmp_path)) == ({"1", "2"} if stays else {"1"})


def test_a_twin_is_gone_from_the_disk(tmp_path: Path) -> None:
    (tmp_path / "here.jpg").write_bytes(b"x")
    os.link(tmp_path / "here.jpg", tmp_path / "x.jpg")
    told: list[str] = []
    with Folder.open(str(tmp_path)) as home, seeing(lambda _, name, __: told.append(name)):
        places.drop_twin({"folder": str(tmp_path), "name": "x.jpg"}, home, "here.jpg")
    assert told == ["unlink", "fsync"]
