"""Where a run may act (L11, C14): by paths, and by what the folders on the way are."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from acting import World

from dupfinder.acts.bounds import Bounds
from dupfinder.acts.unit import Refused
from dupfinder.filesystem import Folder


@pytest.fixture
def world(world: World) -> World:
    for name in ("ref/inner/deep", "ref/other/deep", "ref2", "mine"):
        os.makedirs(world.path(name))
    return world


def identity(path: str) -> tuple[int, int]:
    status = os.stat(path)
    return status.st_dev, status.st_ino


def refused(bounds: Bounds, path: str, *way: str) -> str:
    """The code, for a path that leads through folders; nothing where it passes."""
    try:
        bounds.check_way(path, {identity(each) for each in way})
    except Refused as found:
        return found.code if " is " in str(found) else "without words"
    return ""


def test_a_file_is_in_bounds_below_a_root_and_nowhere_else(world: World) -> None:
    bounds = Bounds((world.path("mine"), world.path("ref")))
    for name, expected in [
        ("mine/1.jpg", ""), ("mine/deep/1.jpg", ""), ("ref/1.jpg", ""),
        ("mine2/1.jpg", "outside"), ("1.jpg", "outside"), ("mine", "outside"),
    ]:  # fmt: skip
        assert refused(bounds, world.path(name)) == expected
    words = f"^{re.escape(world.photos)} is not below a folder that was scanned$"
    with pytest.raises(Refused, match=words):
        bounds.check_way(world.path("1.jpg"), ())


@pytest.mark.parametrize("kind", ["protected", "references"])
def test_what_is_closed_is_so_by_its_path_and_by_each_of_its_folders(
    world: World, kind: str
) -> None:
    bounds = Bounds((world.photos,), **{kind: (world.path("ref2"), world.path("ref"))})
    for name in ("ref/1.jpg", "ref/other/1.jpg", "ref2/1.jpg"):
        assert refused(bounds, world.path(name)) == "protected"
    assert refused(bounds, world.path("refs/1.jpg")) == ""
    mine = world.path("mine/1.jpg")
    for name in ("ref", "ref/inner/deep", "ref/other", "ref2"):
        assert refused(bounds, mine, world.top, world.path(name)) == "protected"
    assert refused(bounds, mine, "/", world.top, world.photos, world.path("mine")) == ""


def test_a_root_in_what_is_only_compared_with_is_open_and_so_is_the_way_to_it(world: World) -> None:
    inner = world.path("ref/inner")
    bounds = Bounds((inner, world.path("mine")), references=(world.path("ref"),))
    assert refused(bounds, f"{inner}/1.jpg", world.path("ref"), inner) == ""
    assert refused(bounds, f"{inner}/deep/1.jpg", inner, f"{inner}/deep") == ""
    mine = world.path("mine/1.jpg")
    assert refused(bounds, mine, world.path("ref/other")) == "protected"
    assert refused(bounds, mine, world.path("ref/other/deep")) == "protected"
    wide = Bounds((world.photos, inner), references=(world.path("ref"),))
    assert refused(wide, world.path("ref/other/1.jpg")) == "protected"
    assert refused(wide, f"{inner}/1.jpg") == ""


def test_a_root_in_what_is_protected_is_protected(world: World) -> None:
    inner = world.path("ref/inner")
    bounds = Bounds((inner,), protected=(world.path("ref"),))
    assert refused(bounds, f"{inner}/1.jpg", inner) == "protected"


@pytest.mark.parametrize("kind", ["protected", "references"])
def test_what_cannot_be_looked_at_closes_everything(world: World, kind: str) -> None:
    """Unknown is not unprotected."""
    away = world.path("away")
    bounds = Bounds((world.photos,), **{kind: (away,)})
    words = f"^{re.escape(away)} is protected and cannot be looked at$"
    with pytest.raises(Refused, match=words) as caught:
        bounds.check_way(world.path("mine/1.jpg"), ())
    assert caught.value.code == "protected"


def test_a_folder_that_goes_while_it_is_looked_at_is_no_trouble(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = os.walk

    def walking(top: str) -> object:
        for found in walk(top):
            if found[0] == world.path("ref/inner"):
                os.rmdir(world.path("ref/inner/deep"))
            yield found

    monkeypatch.setattr(os, "walk", walking)
    bounds = Bounds((world.photos,), protected=(world.path("ref"),))
    assert refused(bounds, world.path("mine/1.jpg"), world.path("ref/other")) == "protected"


def test_a_protected_file_is_so_under_another_name(world: World) -> None:
    """B6."""
    one = world.write("ref/1.jpg", b"once")
    os.link(one, world.path("mine/1.jpg"))
    world.write("mine/2.jpg", b"once")
    bounds = Bounds((world.photos,), protected=(one,))
    with Folder.open(world.path("mine")) as mine:
        bounds.check(mine, "2.jpg")
        with pytest.raises(Refused, match="is protected"):
            bounds.check(mine, "1.jpg")
    with Folder.open(world.path("ref/other")) as other:
        Path(world.path("ref/other/3.jpg")).touch()
        closed = Bounds((world.photos,), protected=(world.path("ref/other"),))
        with pytest.raises(Refused, match="is protected"):
            closed.check(other, "3.jpg")
        with pytest.raises(FileNotFoundError):
            bounds.check(other, "4.jpg")
