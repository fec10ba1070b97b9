"""Which files the rules leave out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from walking import below, change_listings, write

from dupfinder.settings import WalkRules

TREE = ("a.jpg", "a.png", "raw/b.jpg", "trip/raw/c.jpg", "trip/raw.jpg", "trip/d.jpg")


@pytest.mark.parametrize(
    ("glob", "left_out"),
    [
        ("*.png", {"a.png"}),
        ("*.PNG", set()),
        ("raw", {"raw/b.jpg", "trip/raw/c.jpg"}),
        ("raw/", {"raw/b.jpg", "trip/raw/c.jpg"}),
        ("raw/**", {"raw/b.jpg"}),
        ("/raw", {"raw/b.jpg"}),
        ("**/raw/**", {"raw/b.jpg", "trip/raw/c.jpg"}),
        ("**/raw/c.jpg", {"trip/raw/c.jpg"}),
        ("trip/raw", {"trip/raw/c.jpg"}),
        ("trip/*.jpg", {"trip/raw/c.jpg", "trip/raw.jpg", "trip/d.jpg"}),
        ("[ab].jpg", {"a.jpg", "raw/b.jpg"}),
        ("raw.jpg/", set()),
        ("t*d.jpg", set()),
        ("", set()),
    ],
)
def test_an_exclude_glob_covers_names_paths_and_folders(
    tmp_path: Path, glob: str, left_out: set[str]
) -> None:
    for name in TREE:
        write(tmp_path / name)

    assert below(tmp_path, rules=WalkRules(exclude=(glob,))) == sorted(set(TREE) - left_out)


def test_several_globs_add_up(tmp_path: Path) -> None:
    for name in TREE:
        write(tmp_path / name)

    assert below(tmp_path, rules=WalkRules(exclude=("*.png", "trip/", "/raw"))) == ["a.jpg"]


def test_an_excluded_folder_is_not_even_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "private/a.jpg")
    listed = []

    def watch(folder: str, entries: Iterator[os.DirEntry[str]]) -> Iterator[os.DirEntry[str]]:
        listed.append(os.path.basename(folder))
        return entries

    change_listings(monkeypatch, watch)
    assert below(tmp_path, rules=WalkRules(exclude=("private/**",))) == []
    assert "private" not in listed


@pytest.mark.parametrize(
    "name",
    [
        "._IMG_0001.JPG",
        ".hidden.jpg",
        ".thumbnails/a.jpg",
        ".Trash-1000/files/a.jpg",
        ".snapshots/1/a.jpg",
        "trip/@eaDir/a.jpg/SYNOPHOTO_THUMB_XL.jpg",
        "#recycle/a.jpg",
        "@Recycle/a.jpg",
        "@Recently-Snapshot/a.jpg",
        "$RECYCLE.BIN/S-1-5/a.jpg",
        "$Recycle.Bin/S-1-5/a.jpg",
        "System Volume Information/a.jpg",
        "lost+found/a.jpg",
        "Photos Library.photoslibrary/originals/0/a.jpeg",
        "iPhoto Library.photolibrary/Masters/a.jpg",
        "Aperture Library.aplibrary/Masters/a.jpg",
        "Catalogue Previews.lrdata/0/a.jpg",
    ],
)
def test_hidden_and_system_folders_are_left_alone_unless_asked_for(
    tmp_path: Path, name: str
) -> None:
    write(tmp_path / name)
    write(tmp_path / "seen.jpg")

    assert below(tmp_path) == ["seen.jpg"]
    assert below(tmp_path, rules=WalkRules(hidden=True)) == sorted([name, "seen.jpg"])


def test_a_file_is_not_taken_for_a_system_folder(tmp_path: Path) -> None:
    write(tmp_path / "recycler")
    write(tmp_path / "screenshot of My.photoslibrary")

    assert below(tmp_path) == ["recycler", "screenshot of My.photoslibrary"]
