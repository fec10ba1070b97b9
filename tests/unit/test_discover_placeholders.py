"""What cloud drives keep elsewhere: listed, and downloaded only when that was asked for.

The attributes of Windows and macOS are made up, since no file can have them here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from walking import DEFAULT, change_listings, files, skipped, with_status, write

from dupfinder.discover import discover
from dupfinder.exclusions import in_icloud, is_online_only
from dupfinder.model import Skipped
from dupfinder.settings import WalkRules

DATALESS = {"st_flags": 0x40000000}
# As OneDrive was seen to set them, without and with its own reparse point.
RECALLED = {"st_file_attributes": 0x400020}
OFFLINE = {"st_file_attributes": 0x501620}


@pytest.mark.parametrize(
    ("status", "is_placeholder"),
    [
        ({}, False),
        ({"st_size": 5_000_000, "st_blocks": 0}, False),  # sparse, or within its inode
        ({"st_file_attributes": 0x20}, False),
        ({"st_file_attributes": 0x180026}, False),  # pinned: it is here and shall stay
        ({"st_file_attributes": 0x200 | 0x400}, False),  # sparse, with a reparse point
        ({"st_file_attributes": 0x1000}, True),
        ({"st_file_attributes": 0x40000}, True),
        (RECALLED, True),
        (OFFLINE, True),
        ({"st_flags": 0x20 | 0x8000}, False),  # compressed, hidden
        (DATALESS, True),
        ({"st_flags": 0x40000020}, True),
    ],
)
def test_a_placeholder_is_known_by_what_the_system_says(
    status: dict[str, int], is_placeholder: bool
) -> None:
    assert is_online_only(SimpleNamespace(**status)) is is_placeholder


@pytest.mark.parametrize(
    ("name", "original"),
    [
        (".IMG_1.JPG.icloud", "IMG_1.JPG"),
        (".a\nb.heic.icloud", "a\nb.heic"),
        (".icloud", None),
        ("..icloud", None),
        ("IMG_1.JPG.icloud", None),
        (".IMG_1.JPG", None),
        (".IMG_1.JPG.icloud.bak", None),
    ],
)
def test_the_stubs_of_icloud_say_for_which_file_they_stand(name: str, original: str | None) -> None:
    assert in_icloud(name) == original


def in_the_cloud(names: set[str], marks: dict[str, int]) -> Any:
    """Listings in which the files of these names are placeholders."""

    def change(_: str, entries: Iterator[os.DirEntry[str]]) -> Iterator[Any]:
        for entry in entries:
            yield with_status(entry, **(marks if entry.name in names else {}))

    return change


@pytest.mark.parametrize("marks", [DATALESS, RECALLED, OFFLINE])
def test_a_placeholder_is_listed_and_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, marks: dict[str, int]
) -> None:
    for name in ("cloud.jpg", "local.jpg", "taxes.xlsx"):
        write(tmp_path / name)
    change_listings(monkeypatch, in_the_cloud({"cloud.jpg", "taxes.xlsx"}, marks))

    found = list(discover([str(tmp_path)], DEFAULT))

    assert [os.path.basename(file.path) for file in files(found)] == ["local.jpg"]
    assert skipped(found) == {"cloud.jpg": "online-only"}
    (reason,) = [each.reason for each in found if isinstance(each, Skipped)]
    assert "--online-only include" in reason


def test_placeholders_are_read_when_that_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("cloud.jpg", "local.jpg"):
        write(tmp_path / name)
    change_listings(monkeypatch, in_the_cloud({"cloud.jpg"}, RECALLED))

    found = list(discover([str(tmp_path)], WalkRules(online_only=True)))

    assert [os.path.basename(file.path) for file in files(found)] == ["cloud.jpg", "local.jpg"]
    assert skipped(found) == {}


@pytest.mark.parametrize("include", [True, False])
@pytest.mark.parametrize("hidden", [True, False])
def test_a_stub_of_icloud_is_listed_once_and_never_taken_for_a_file(
    tmp_path: Path, include: bool, hidden: bool
) -> None:
    for name in (".IMG_1.HEIC.icloud", ".notes.txt.icloud", "sub/.b.png.icloud", "here.jpg"):
        write(tmp_path / name)
    (tmp_path / ".folder.jpg.icloud").mkdir()
    rules = WalkRules(("*.png",), hidden=hidden, online_only=include)

    found = list(discover([str(tmp_path)], rules))

    assert [os.path.basename(file.path) for file in files(found)] == ["here.jpg"]
    assert skipped(found) == {".IMG_1.HEIC.icloud": "online-only"}


@pytest.mark.parametrize("glob", ["IMG_1.HEIC", "*.HEIC", "trip/*", "trip", "*.icloud"])
def test_what_is_left_out_is_left_out_as_a_stub_too(tmp_path: Path, glob: str) -> None:
    write(tmp_path / "trip" / ".IMG_1.HEIC.icloud")

    assert list(discover([str(tmp_path)], WalkRules((glob,)))) == []


@pytest.mark.parametrize("include", [True, False])
def test_where_a_listing_does_not_tell_files_apart_they_are_asked_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, include: bool
) -> None:
    """As on Windows, where a placeholder may be downloaded by that alone."""
    for name in ("cloud.jpg", "local.jpg"):
        write(tmp_path / name)
    unknown = {"st_ino": 0, "st_dev": 0, "st_nlink": 0}
    opened = []
    real = os.lstat

    def lstat(path: str) -> os.stat_result:
        opened.append(os.path.basename(path))
        return real(path)

    def change(_: str, entries: Iterator[os.DirEntry[str]]) -> Iterator[Any]:
        for entry in entries:
            yield with_status(entry, **unknown, **(RECALLED if entry.name == "cloud.jpg" else {}))

    change_listings(monkeypatch, change)
    with monkeypatch.context() as patch:
        patch.setattr(os, "lstat", lstat)
        found = list(discover([str(tmp_path)], WalkRules(online_only=include)))

    assert {"cloud.jpg", "local.jpg"} & {*opened} == {"local.jpg", *(["cloud.jpg"] * include)}
    for file in files(found):
        status = real(file.path)
        assert (file.stamp.device, file.stamp.inode) == (status.st_dev, status.st_ino)
        assert file.link_count == 1
