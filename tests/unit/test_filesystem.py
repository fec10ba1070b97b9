"""Folders held open: no link is followed, no name is overwritten."""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import sys
from collections.abc import Callable
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from acting import at, child

from dupfinder.filesystem import posix
from dupfinder.filesystem.contents import copy, digest, same_bytes, state
from dupfinder.filesystem.metadata import metadata, restore
from dupfinder.filesystem.posix import Folder, is_removed


def test_a_folder_is_reached_from_the_top(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    with Folder.open(str(tmp_path / "a/b")) as folder:
        status = os.stat(tmp_path / "a")
        assert (status.st_dev, status.st_ino) in folder.way
        assert os.path.samestat(folder.own_status(), os.stat(tmp_path / "a/b"))
        assert folder.path == str(tmp_path / "a/b")
    with Folder.open("/") as top:
        assert top.has("tmp")


@pytest.mark.parametrize("place", ["last", "middle"])
def test_a_link_on_the_way_is_refused(tmp_path: Path, place: str) -> None:
    """C3."""
    (tmp_path / "real/sub").mkdir(parents=True)
    (tmp_path / "link").symlink_to("real")
    path = tmp_path / ("link" if place == "last" else "link/sub")

    with pytest.raises(NotADirectoryError):
        Folder.open(str(path))
    with pytest.raises(NotADirectoryError):
        Folder.open(str(path / "new"), make=0o700)
    assert os.listdir(tmp_path / "real/sub") == []


@pytest.mark.parametrize("path", ["/a/../b", "/a/./b", "/a//b", "a/b", "", "/.."])
def test_a_path_with_detours_is_refused(path: str) -> None:
    """L11: it would read as if it lay below a root."""
    with pytest.raises(OSError, match="not a plain path"):
        Folder.open(path)


def test_missing_folders_are_made_where_that_is_asked(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Folder.open(str(tmp_path / "a/b"))
    with Folder.open(str(tmp_path / "a/b"), make=0o700) as folder:
        assert folder.path == str(tmp_path / "a/b")
    assert stat.S_IMODE(os.stat(tmp_path / "a/b").st_mode) == 0o700


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    before = os.listdir("/proc/self/fd")
    for name in ("none", "file", "file/below"):
        with pytest.raises((FileNotFoundError, NotADirectoryError)):
            Folder.open(str(tmp_path / name))
    with Folder.open(str(tmp_path)) as folder:
        for name in ("none", "file"):
            with pytest.raises((FileNotFoundError, NotADirectoryError)):
                folder.below(name)
        with pytest.raises(FileNotFoundError), folder.reading("none"):
            pass
    assert len(os.listdir("/proc/self/fd")) == len(before)


def without_the_call(job: Callable[[], None]) -> str:
    """What a job raises in a process whose system knows no exclusive rename."""

    def patched() -> None:
        def unknown(*_: object) -> None:
            raise OSError(errno.EINVAL, "unknown")

        posix._rename_exclusively = unknown
        job()

    return child(patched).error


@pytest.mark.parametrize("run", [lambda job: child(job).error, without_the_call])
def test_moving_never_overwrites(tmp_path: Path, run: Callable[[Callable[[], None]], str]) -> None:
    """L3: by the system's call, or by linking and removing."""
    (tmp_path / "one").write_bytes(b"1")
    (tmp_path / "two").write_bytes(b"2")

    def job() -> None:
        with Folder.open(str(tmp_path)) as folder:
            folder.move("one", folder, "three")
            folder.move("three", folder, "two")

    assert run(job).startswith("FileExistsError")
    assert (tmp_path / "three").read_bytes() == b"1"
    assert (tmp_path / "two").read_bytes() == b"2"
    assert os.stat(tmp_path / "two").st_nlink == 1


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    """B5."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/etc/hostname")
    (tmp_path / "folder").mkdir()
    with Folder.open(str(tmp_path)) as folder:
        for name in ("pipe", "folder"):
            with pytest.raises(OSError, match="not a regular file"), folder.reading(name):
                pass
        with pytest.raises(OSError, match="symbolic links"), folder.reading("link"):
            pass


def test_creating_takes_no_others_place(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    (tmp_path / "dangling").symlink_to("nowhere")
    with Folder.open(str(tmp_path)) as folder:
        for name in ("a", "dangling"):
            with pytest.raises(FileExistsError), folder.creating(name):
                pass
    assert not (tmp_path / "nowhere").exists()


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    paths = tmp_path / "one", tmp_path / "two"
    for path in paths:
        path.write_bytes(os.urandom(1) * 3_000_000)
    paths[1].write_bytes(paths[0].read_bytes())
    return paths


def test_files_of_the_same_bytes_are_known(two: tuple[Path, Path]) -> None:
    with open(two[0], "rb") as one, open(two[1], "rb") as other:
        assert same_bytes(one.fileno(), other.fileno())
        assert digest(one.fileno()) == digest(other.fileno())
        with open(two[1], "r+b") as writing:
            writing.seek(-1, os.SEEK_END)
            writing.write(b"#!"[:1])
        assert not same_bytes(one.fileno(), other.fileno())
        os.truncate(two[1], 5)
        assert not same_bytes(one.fileno(), other.fileno())


@pytest.mark.parametrize("which", [0, 1])
def test_a_change_while_reading_is_noticed(two: tuple[Path, Path], which: int) -> None:
    """B4: in either of the two, at any step, even with the times set back."""
    noticed = []

    def change() -> None:
        status = os.stat(two[which])
        with open(two[which], "r+b") as file:
            file.write(b"begin")
        os.utime(two[which], ns=(status.st_atime_ns, status.st_mtime_ns))

    def job() -> bool:
        with open(two[0], "rb") as one, open(two[1], "rb") as other:
            return same_bytes(one.fileno(), other.fileno())

    # After the two were opened, until the last byte of the one is read.
    for number in range(3, 10 + which):
        two[which].write_bytes(two[1 - which].read_bytes())
        ended = child(job, at(number, change), reads=True)
        noticed.append(ended.value is not True)
    assert noticed == [True] * len(noticed)


def test_a_copy_carries_all_that_the_file_did(two: tuple[Path, Path], tmp_path: Path) -> None:
    os.setxattr(two[0], "user.rating", b"\0\xff")
    os.chmod(two[0], 0o640)
    os.utime(two[0], ns=(1, 1_234_567_890_123_456_789))
    with Folder.open(str(tmp_path)) as folder:
        with folder.reading("one") as source, folder.creating("new") as target:
            written = copy(source, target)
            kept = metadata(source)
            restore(target, kept)
            assert digest(target) == written
            assert metadata(target)["attributes"] == kept["attributes"]
            assert state(target)[:2] == state(source)[:2]
        assert stat.S_IMODE(folder.status("new").st_mode) == 0o640


def test_an_open_file_says_whether_it_was_removed(tmp_path: Path) -> None:
    """L4: what a trash has done is asked of the file itself."""
    (tmp_path / "a").write_bytes(b"a")
    with Folder.open(str(tmp_path)) as folder:
        folder.make("box")
        with folder.reading("a") as descriptor, folder.below("box") as box:
            folder.move("a", box, "b")
            assert not is_removed(descriptor)
            with pytest.raises(OSError, match="not empty"):
                folder.unmake("box")
            box.remove("b")
            assert is_removed(descriptor)
            assert os.read(descriptor, 9) == b"a"
        folder.unmake("box")
    assert os.listdir(tmp_path) == []


# Windows: what is not the system's own ------------------------------------------------------------


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module for Windows, with stand-ins for what it calls of that system.

    The numbers in it, and what the real calls do, were looked at with mingw's headers and wine.
    """

    def create(path: str, access: int, share: int, _: None, how: int, *rest: object) -> int:
        assert (share, rest) == (7, (0, None))
        assert access in (0x80000000, 0xC0000000)
        flags = os.O_RDWR if access & 0x40000000 else os.O_RDONLY
        return os.open(path, flags | {1: os.O_CREAT | os.O_EXCL, 3: 0}[how], 0o600)

    calls = (
        "CreateFileW", "GetFileInformationByHandleEx", "SetFileInformationByHandle",
        "GetVolumePathNameW", "GetDriveTypeW",
    )  # fmt: skip
    system = SimpleNamespace(**{name: SimpleNamespace() for name in calls})
    monkeypatch.setattr(ctypes, "WinDLL", lambda *_, **__: system, raising=False)
    monkeypatch.setitem(sys.modules, "msvcrt", ModuleType("msvcrt"))
    for name in ("O_BINARY", "O_NOINHERIT"):
        monkeypatch.setattr(os, name, 0, raising=False)
    specification = find_spec("dupfinder.filesystem.windows")
    assert specification is not None
    assert specification.loader is not None
    module = module_from_spec(specification)
    with monkeypatch.context() as pretending:
        pretending.setattr(sys, "platform", "win32")
        specification.loader.exec_module(module)
    system.CreateFileW = create
    module.msvcrt.open_osfhandle = lambda handle, _: handle
    monkeypatch.setattr(module, "_is_link", lambda status: stat.S_ISLNK(status.st_mode))
    return module


def test_on_windows_links_are_looked_for_before_anything_is_made(
    tmp_path: Path, windows: ModuleType
) -> None:
    """C3, L11."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    for path in ("link", "link/new", "link/new/er"):
        with pytest.raises(NotADirectoryError):
            windows.Folder.open(str(tmp_path / path), make=0o700)
    for path in ("real/../real", "real/", "."):
        with pytest.raises(OSError, match="not a plain path"):
            windows.Folder.open(os.path.join(tmp_path, path))
    assert os.listdir(tmp_path / "real") == []

    with windows.Folder.open(str(tmp_path / "real/a/b"), make=0o700) as folder:
        status = os.stat(tmp_path / "real")
        assert (status.st_dev, status.st_ino) in folder.way
        folder.make("c")
        assert folder.below("c").path == str(tmp_path / "real/a/b/c")
        folder.unmake("c")
        assert folder.names() == []


def test_on_windows_too_only_regular_files_are_read(
    tmp_path: Path, windows: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B5, C3: and no link that takes the place of one after the look."""
    (tmp_path / "file").write_bytes(b"a")
    (tmp_path / "other").write_bytes(b"b")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "folder").mkdir()
    with windows.Folder.open(str(tmp_path)) as folder:
        with folder.reading("file") as descriptor:
            assert os.read(descriptor, 9) == b"a"
        for name in ("link", "folder"):
            with pytest.raises(OSError, match="not a regular file"), folder.reading(name):
                pass
        with pytest.raises(FileExistsError), folder.creating("file"):
            pass
        other = os.lstat(tmp_path / "other")
        monkeypatch.setattr(os, "lstat", lambda _: other)
        with pytest.raises(OSError, match="not a regular file"), folder.reading("file"):
            pass
