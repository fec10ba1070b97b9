"""Keep rules by folder and name, and what counts as lying below a folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from strategies_clusters import a_photo

from dupfinder.errors import UsageError
from dupfinder.keeprules.places import (
    InFolder,
    NameMatches,
    NotInFolder,
    lies_in,
    real_folder,
)
from dupfinder.keeprules.standing import Standing
from dupfinder.model import PhotoFile, Stamp
from dupfinder.paths import is_below

STAMP = Stamp(1, 2, 1000, 0, 0)


def at(path: str, *links: str) -> Standing:
    return Standing(a_photo(path, file=PhotoFile(path, STAMP, links)))


@pytest.fixture
def albums(tmp_path: Path) -> str:
    folder = tmp_path / "Albums"
    folder.mkdir()
    return os.path.realpath(folder)


@pytest.mark.parametrize(
    ("folder", "path", "expected"),
    [
        ("/a/b", "/a/b/x.jpg", True),
        ("/a/b", "/a/b/c/x.jpg", True),
        ("/a/b", "/a/b", True),
        ("/a/b", "/a/bc/x.jpg", False),
        ("/a/b", "/a/x.jpg", False),
        ("/a/b", "/z/a/b/x.jpg", False),
        ("/", "/x.jpg", True),
        ("/a/b", "/a/c/../b/x.jpg", True),
        ("/a/b", "/a/b/../c/x.jpg", False),
        ("/a/b", "/a//b/x.jpg", True),
    ],
)
def test_what_lies_below_a_folder_goes_by_whole_names(folder, path, expected):
    assert is_below(path, (folder,)) is expected


def test_a_file_lies_where_any_of_its_names_does():
    file = PhotoFile("/lib/a.jpg", STAMP, ("/ref/a.jpg",))
    assert lies_in("/lib", file)
    assert lies_in("/ref", file)
    assert not lies_in("/other", file)


def test_in_prefers_what_lies_in_the_folder(albums):
    rule, inside, outside = InFolder(albums), at(f"{albums}/a.jpg"), at(f"{albums}2/a.jpg")
    assert rule.name == f"in:{albums}"
    assert rule.key(inside) < rule.key(outside)
    assert rule.because(inside, outside) == f"lies in {albums}; the copy does not"


def test_not_in_prefers_what_does_not_lie_in_the_folder(albums):
    rule, inside, outside = NotInFolder(albums), at(f"{albums}/a.jpg"), at(f"{albums}2/a.jpg")
    assert rule.name == f"not-in:{albums}"
    assert rule.key(outside) < rule.key(inside)
    assert rule.because(outside, inside) == f"the copy lies in {albums}"


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("IMG_*.jpg", "IMG_1.jpg", True),
        ("IMG_*.jpg", "img_1.jpg", False),  # case counts on every system
        ("IMG_*.jpg", "IMG_1.jpg.png", False),
        ("*lib*", "a.jpg", False),  # the folder does not
        ("[ab].jpg", "b.jpg", True),
        ("*", "\udcff.jpg", True),
    ],
)
def test_name_matches_the_name_without_its_folder(pattern, name, matches):
    assert NameMatches(pattern).key(at(f"/lib/{name}")) == (not matches,)


def test_name_says_who_matches():
    rule = NameMatches("IMG_*")
    assert rule.name == "name:IMG_*"
    assert (
        rule.because(at("/a/IMG_1.jpg"), at("/b/x.jpg"))
        == "IMG_1.jpg matches IMG_*; x.jpg does not"
    )


def test_a_folder_is_told_by_its_real_path(albums, tmp_path, monkeypatch):
    (tmp_path / "link").symlink_to(albums)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for typed in (albums, f"{albums}/", "Albums", "./link", "~/Albums", "~/link/../Albums/."):
        assert real_folder(typed) == albums


@pytest.mark.parametrize("typed", ["nowhere", "~nobody-of-this-name/Albums", "a-file"])
def test_a_folder_that_is_not_there_is_refused(typed, tmp_path, monkeypatch):
    (tmp_path / "a-file").touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="is no folder"):
        real_folder(typed)
