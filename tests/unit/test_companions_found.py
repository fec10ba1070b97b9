"""Companions on their way through a whole scan: cache, counts, and pictures that are companions."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from finding import remembering
from pictures import encoded, scene
from walking import write

import dupfinder
from dupfinder import Found, Settings


def a_picture(seed: int, quality: int = 90) -> bytes:
    return encoded(scene(seed), "JPEG", quality=quality)


def settled(folder: Path) -> None:
    """Old enough for the cache to trust the times."""
    for path in folder.rglob("*"):
        os.utime(path, (1_600_000_000, 1_600_000_000))


def companions(found: Found, top: Path) -> dict[str, list[str]]:
    return {
        os.path.relpath(photo.path, top): [os.path.basename(c.path) for c in photo.file.companions]
        for cluster in found.clusters
        for photo in cluster.members
    }


@pytest.mark.parametrize("level", ["identical", "hash", "copies"])
def test_a_photo_from_the_cache_has_the_companions_of_today(tmp_path: Path, level: str) -> None:
    top = tmp_path / "photos"
    for name in ("a.jpg", "copy.jpg"):
        write(top / name, a_picture(1))
    write(top / "a.MOV")
    settled(top)
    settings = remembering(tmp_path, level=level)
    dupfinder.find(top, settings)

    (top / "a.MOV").rename(top / "copy.MOV")
    write(top / "a.xmp")
    warm = dupfinder.find(top, settings)

    assert companions(warm, top) == {"a.jpg": ["a.xmp"], "copy.jpg": ["copy.MOV"]}
    assert warm == dupfinder.find(top, Settings(workers=0, use_cache=False, level=level))


def test_a_photo_known_by_its_content_has_the_companions_of_its_place(tmp_path: Path) -> None:
    top = tmp_path / "photos"
    write(top / "a.jpg", a_picture(1))
    settled(top)
    settings = remembering(tmp_path, level="hash")
    dupfinder.find(top, settings)

    write(top / "moved/b.jpg", a_picture(1))
    write(top / "moved/b.aae")

    assert companions(dupfinder.find(top, settings), top) == {
        "a.jpg": [],
        "moved/b.jpg": ["b.aae"],
    }


@pytest.mark.parametrize("level", ["identical", "hash", "copies"])
def test_a_picture_that_belongs_to_a_photo_is_the_copy_of_none(tmp_path: Path, level: str) -> None:
    top = tmp_path / "photos"
    for folder in ("a", "b"):
        write(top / folder / "1.JPG", a_picture(1))
        write(top / folder / "1.THM", a_picture(1, quality=50))
        write(top / folder / "1.DNG", a_picture(1, quality=70))
    write(top / "c/alone.DNG", a_picture(1, quality=70))
    settled(top)
    settings = remembering(tmp_path, level=level)

    cold = dupfinder.find(top, settings)

    expected = {"a/1.JPG": ["1.DNG", "1.THM"], "b/1.JPG": ["1.DNG", "1.THM"]}
    if level != "identical":
        expected["c/alone.DNG"] = []
    assert companions(cold, top) == expected
    assert (cold.discovered, cold.compared, cold.other_files) == (7, 7, 0)
    assert dupfinder.find(top, settings) == cold


def test_companions_do_not_change_what_is_counted(tmp_path: Path) -> None:
    write(tmp_path / "1.JPG", a_picture(1))
    write(tmp_path / "1.xmp")
    write(tmp_path / "1.MOV")
    write(tmp_path / "1.CR2", b"II*\0\x10\0\0\0CR\2\0" + bytes(80))

    found = dupfinder.find(tmp_path, Settings(workers=0, use_cache=False, level="hash"))

    assert (found.discovered, found.compared, found.other_files) == (2, 1, 2)
    assert [os.path.basename(each.path) for each in found.skipped] == ["1.CR2"]
