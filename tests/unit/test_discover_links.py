"""Files and folders with several names, and inode numbers that lie."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from walking import DEFAULT, below, change_listings, files, with_status, write

from dupfinder.discover import discover
from dupfinder.model import Skipped


def test_the_names_of_one_file_become_one(tmp_path: Path) -> None:
    middle = write(tmp_path / "m.jpg")
    for name in ("z.jpg", "a.jpg", "sub/b.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).hardlink_to(middle)

    [file] = files(discover([str(tmp_path)], DEFAULT))

    assert file.path == f"{tmp_path}/a.jpg"
    assert file.links == tuple(f"{tmp_path}/{name}" for name in ("m.jpg", "sub/b.jpg", "z.jpg"))
    assert (file.link_count, file.frees) == (4, 0)


def test_a_name_outside_the_roots_is_counted_but_not_shown(tmp_path: Path) -> None:
    inside = write(tmp_path / "root/a.jpg")
    (tmp_path / "outside.jpg").hardlink_to(inside)

    [file] = files(discover([str(tmp_path / "root")], DEFAULT))

    assert (file.path, file.links, file.link_count, file.frees) == (str(inside), (), 2, 0)


def test_names_are_joined_across_roots_and_with_single_files(tmp_path: Path) -> None:
    one = write(tmp_path / "one/b.jpg")
    two = tmp_path / "two/a.jpg"
    two.parent.mkdir()
    two.hardlink_to(one)

    [file] = files(discover([str(tmp_path / "two"), str(one)], DEFAULT))

    assert (file.path, file.links) == (str(one), (str(two),))


def test_a_link_added_during_the_walk_does_not_split_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "a.jpg")
    (tmp_path / "b.jpg").hardlink_to(tmp_path / "a.jpg")

    def age(_: str, entries: Iterator[os.DirEntry[str]]) -> Iterator[Any]:
        for entry in entries:
            later = {"st_ctime_ns": 2**62, "st_nlink": 3} if entry.name == "a.jpg" else {}
            yield with_status(entry, **later)

    change_listings(monkeypatch, age)
    [file] = files(discover([str(tmp_path)], DEFAULT))
    assert (file.stamp.ctime_ns, file.link_count) == (2**62, 3)
    assert file.links == (f"{tmp_path}/b.jpg",)


def test_two_files_with_one_inode_number_on_two_devices_stay_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.jpg", "b.jpg"):
        write(tmp_path / name)

    def on_two_devices(_: str, entries: Iterator[os.DirEntry[str]]) -> Iterator[Any]:
        for entry in entries:
            fixed = {"st_ino": 7, "st_nlink": 2, "st_mtime_ns": 1, "st_ctime_ns": 1}
            yield with_status(entry, st_dev=ord(entry.name[0]), **fixed)

    change_listings(monkeypatch, on_two_devices)
    assert below(tmp_path) == ["a.jpg", "b.jpg"]


def test_a_folder_under_a_second_name_is_walked_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a/photo.jpg", "b/photo.jpg", "b/deeper/other.jpg"):
        write(tmp_path / name)

    def alias(_: str, entries: Iterator[os.DirEntry[str]]) -> Iterable[Any]:
        fixed = {"st_ino": 7, "st_mtime_ns": 1, "st_ctime_ns": 1}
        listed = sorted(entries, key=lambda entry: entry.name, reverse=True)
        return [with_status(e, **fixed) if e.name in ("a", "b") else e for e in listed]

    change_listings(monkeypatch, alias)
    found = list(discover([str(tmp_path)], DEFAULT))

    assert [file.path for file in files(found)] == [f"{tmp_path}/a/photo.jpg"]
    assert [s for s in found if isinstance(s, Skipped)] == [
        Skipped(
            f"{tmp_path}/b",
            "discover",
            "same-folder",
            f"it is the folder '{tmp_path}/a' under another name",
        )
    ]


def test_folders_that_share_an_inode_number_by_mistake_are_all_walked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, name in enumerate(("a", "a/b", "c")):
        write(tmp_path / name / "photo.jpg")
        os.utime(tmp_path / name, ns=(number, number))

    def one_inode(_: str, entries: Iterator[os.DirEntry[str]]) -> Iterable[Any]:
        return [with_status(entry, st_ino=1) if entry.is_dir() else entry for entry in entries]

    change_listings(monkeypatch, one_inode)
    assert below(tmp_path) == ["a/b/photo.jpg", "a/photo.jpg", "c/photo.jpg"]


def test_a_single_file_root_in_another_spelling_comes_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "img.jpg")

    def other_case(_: str, entries: Iterator[os.DirEntry[str]]) -> Iterator[Any]:
        for entry in entries:  # as on a file system that does not tell cases apart
            shouted = f"{tmp_path}/{entry.name.upper()}"
            upper = entry.name.upper()
            yield SimpleNamespace(name=upper, path=shouted, stat=entry.stat, is_file=entry.is_file)

    change_listings(monkeypatch, other_case)
    assert below(tmp_path, tmp_path, path) == ["img.jpg"]
