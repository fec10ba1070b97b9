"""What discovery finds below which roots, on real trees."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from walking import DEFAULT, below, change_listings, files, write

from dupfinder.discover import discover
from dupfinder.errors import UsageError
from dupfinder.model import PhotoFile, Stamp
from dupfinder.settings import WalkRules


def test_every_file_is_found_whatever_its_name_and_even_if_empty(tmp_path: Path) -> None:
    for name in ("a.jpg", "b", "c.txt", "deep/er/d.jpg"):
        write(tmp_path / name)
    write(tmp_path / "empty.jpg", b"")

    assert below(tmp_path) == ["a.jpg", "b", "c.txt", "deep/er/d.jpg", "empty.jpg"]


def test_a_file_carries_the_stamp_it_was_seen_with(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jpg", b"12345")
    status = path.stat()

    [file] = files(discover([str(tmp_path)], DEFAULT))

    stamp = Stamp(
        status.st_dev, status.st_ino, 5, status.st_mtime_ns, status.st_ctime_ns
    )  # fmt: skip
    assert file == PhotoFile(str(path), stamp, links=(), link_count=1)


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    assert list(discover([str(tmp_path)], DEFAULT)) == []


def test_no_file_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "a.jpg")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a file was opened")

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refuse)
        patch.setattr("builtins.open", refuse)
        found = below(tmp_path)
    assert found == ["a.jpg"]


def test_symlinks_below_a_root_are_ignored(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere/secret.jpg")
    root = tmp_path / "root"
    write(root / "a.jpg")
    (root / "to_file.jpg").symlink_to(root / "a.jpg")
    (root / "to_folder").symlink_to(tmp_path / "elsewhere")
    (root / "loop").symlink_to(root)
    (root / "dangling.jpg").symlink_to("nowhere")

    assert below(root) == ["a.jpg"]


def test_pipes_and_sockets_are_ignored(tmp_path: Path) -> None:
    write(tmp_path / "a.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(tmp_path / "socket.jpg"))  # an absolute one may be too long
        assert below(tmp_path) == ["a.jpg"]


def test_small_files_are_left_out_on_request(tmp_path: Path) -> None:
    write(tmp_path / "9.jpg", bytes(9))
    write(tmp_path / "10.jpg", bytes(10))

    assert below(tmp_path, rules=WalkRules(min_size=10)) == ["10.jpg"]


@pytest.mark.parametrize(
    "roots",
    [
        ["album", "album"],
        ["album", "album/"],
        ["album/../album/./"],
        ["album", "album/trip"],
        ["album/trip", "album"],
        ["link"],
        ["link", "album"],
        ["album", "album/trip/b.jpg"],
        ["album/trip/b.jpg", "link/trip/b.jpg", "album"],
        ["album", "file_link"],
    ],
)
def test_each_file_comes_once_however_its_roots_are_spelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, roots: list[str]
) -> None:
    write(tmp_path / "album/a.jpg")
    write(tmp_path / "album/trip/b.jpg")
    (tmp_path / "link").symlink_to("album")
    (tmp_path / "file_link").symlink_to("album/a.jpg")
    monkeypatch.chdir(tmp_path)

    found = files(discover(roots, DEFAULT))

    assert [f.path for f in found] == [f"{tmp_path}/album/a.jpg", f"{tmp_path}/album/trip/b.jpg"]


def test_a_root_may_be_a_single_file(tmp_path: Path) -> None:
    write(tmp_path / "a.jpg")
    write(tmp_path / "b.jpg")

    assert below(tmp_path, tmp_path / "b.jpg") == ["b.jpg"]


@pytest.mark.parametrize("names", [["a.jpg", "b.jpg"], ["b.jpg", "a.jpg"]])
def test_a_single_file_under_two_names_has_the_smaller_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: list[str]
) -> None:
    status = write(tmp_path / "a.jpg").stat()
    write(tmp_path / "b.jpg")

    with monkeypatch.context() as patch:
        patch.setattr(os, "stat", lambda _: status)  # as if b.jpg were a bind mount of a.jpg
        found = below(tmp_path, *(tmp_path / name for name in names))
    assert found == ["a.jpg"]


def test_the_root_of_the_file_system_is_a_root_like_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = write(tmp_path / "0.jpg").stat()

    def two_files(_: str, __: object) -> Iterator[Any]:
        for name in ("a.jpg", "b.jpg"):
            yield SimpleNamespace(
                name=name, path=f"/{name}", stat=lambda **_: template, is_file=lambda **_: True
            )

    change_listings(monkeypatch, two_files)
    found = files(discover(["/"], WalkRules(exclude=("/a.jpg",))))
    assert [file.path for file in found] == ["/b.jpg"]


def test_the_rules_hold_for_a_single_file_too(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jpg", b"12345")

    assert below(tmp_path, path, rules=WalkRules(min_size=6)) == []
    assert below(tmp_path, path, rules=WalkRules(exclude=("*.jpg",))) == []


@pytest.mark.parametrize("name", [".hidden", "@eaDir", "My.photoslibrary", "excluded"])
def test_a_named_root_is_walked_whatever_its_name(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name / "a.jpg").relative_to(tmp_path)
    rules = WalkRules(exclude=("excluded",))

    assert below(tmp_path, rules=rules) == []
    assert below(tmp_path, tmp_path / name, rules=rules) == [str(path)]
    assert below(tmp_path, tmp_path, tmp_path / name, rules=rules) == [str(path)]


@pytest.mark.parametrize(
    ("root", "message", "hint"),
    [
        ("albun/trip", "'albun/trip' does not exist", "exists, but there is no 'albun' in it"),
        ("dangling", "'dangling' does not exist", "is a symlink to something that is not there"),
        ("loop", "'loop' cannot be read", ""),
        ("pipe", "'pipe' is neither a folder nor a file", ""),
        ("a.jpg/", "'a.jpg/' cannot be read: Not a directory", ""),
        ("nul\0", "cannot be a path", ""),
        ("\ud800", "cannot be a path", ""),
        ("", "no folder to walk was named", "current"),
    ],
)
def test_a_root_that_cannot_be_walked_is_misuse_and_said_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root: str, message: str, hint: str
) -> None:
    write(tmp_path / "a.jpg")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(UsageError) as caught:
        discover([".", root], DEFAULT)  # not iterated: nothing may begin first
    assert message in str(caught.value)
    assert hint in caught.value.hint


def test_no_root_at_all_is_misuse() -> None:
    with pytest.raises(UsageError, match="no folder"):
        discover([], DEFAULT)


@pytest.mark.parametrize(
    "name",
    [
        b"\xff.jpg",
        b"new\nline.jpg",
        b"\x1b[31mred\x1b[0m.jpg",
        b"-rf",
        b"x" * 255,
        b" ",
        "e\u0301.jpg".encode(),
        b"%n$(rm)`'\".jpg",
    ],
)
def test_odd_names_survive_byte_for_byte(tmp_path: Path, name: bytes) -> None:
    for folder in (os.fsencode(tmp_path), os.fsencode(tmp_path) + b"/\xfe\n"):
        os.makedirs(folder, exist_ok=True)
        try:
            Path(os.fsdecode(folder + b"/" + name)).write_bytes(b"")
        except OSError as error:  # macOS takes UTF-8 alone
            pytest.skip(f"this file system refuses the name: {error}")

    found = [os.fsencode(file.path) for file in files(discover([str(tmp_path)], DEFAULT))]

    top = os.fsencode(tmp_path)
    assert found == sorted([top + b"/" + name, top + b"/\xfe\n/" + name])


def test_the_smallest_name_is_the_smallest_by_bytes(tmp_path: Path) -> None:
    # As text, the surrogate that stands for 0xFF sorts before the emoji; as bytes, behind it.
    emoji, broken = tmp_path / "\U0001f600", tmp_path / os.fsdecode(b"\xff")
    try:
        write(broken)
    except OSError as error:
        pytest.skip(f"this file system refuses the name: {error}")
    emoji.hardlink_to(broken)

    [file] = files(discover([str(tmp_path)], DEFAULT))

    assert (file.path, file.links) == (str(emoji), (str(broken),))


def test_files_stream_out_folder_by_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(9):
        for name in ("a.jpg", "a.xmp", "b.jpg"):
            write(tmp_path / f"{number}/{name}")
    listed = []

    def watch(folder: str, entries: Iterator[os.DirEntry[str]]) -> Iterator[os.DirEntry[str]]:
        listed.append(folder)
        return entries

    change_listings(monkeypatch, watch)
    walk = discover([str(tmp_path)], DEFAULT)
    listed.clear()  # a root is tried at once
    for number in range(1, 10):
        for _ in range(3):
            next(walk)
        assert len(listed) == 1 + number


def test_folders_may_be_nested_deeper_than_python_recurses(tmp_path: Path) -> None:
    depth = sys.getrecursionlimit() + 50
    path = str(tmp_path)
    if len(path) + 2 * depth > os.pathconf(path, "PC_PATH_MAX") - 2:
        pytest.skip("this system's longest path is too short for it")
    for _ in range(depth):
        path += "/d"
        os.mkdir(path)
    bottom = write(Path(path, "a"))
    try:
        assert [file.path for file in files(discover([str(tmp_path)], DEFAULT))] == [str(bottom)]
    finally:  # pytest's own clean-up does recurse
        bottom.unlink()
        while path != str(tmp_path):
            os.rmdir(path)
            path = os.path.dirname(path)
