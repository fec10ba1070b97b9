"""The look at the disk before an act: what the act itself would meet, without doing anything."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from acting import FAST, OLD, World, action, pair, photo
from acting_steps import COPY, look, two

from dupfinder.acts import trash
from dupfinder.acts.delete import Delete
from dupfinder.acts.hardlink import Hardlink
from dupfinder.acts.trash import Trash

USER = os.getuid()
NONE = ("no-trash", "there is no trash can on this volume, and none can be made")


@pytest.mark.parametrize("name", ["a/gone", "b/kept"])
def test_a_folder_that_has_become_a_link_is_told(world: World, name: str) -> None:
    """C3: its files look as they did."""
    each = two(world)
    folder = os.path.dirname(world.path(name))
    os.rename(folder, folder + "~")
    os.symlink(folder + "~", folder)
    words = "a folder on the way to it has become a link, or is none any more"
    assert look(world, each, Trash(world.trash)) == ("link", words)


@pytest.mark.parametrize("flags", [os.ST_RDONLY, os.ST_RDONLY | os.ST_NOSUID, os.ST_NOSUID])
def test_a_volume_that_can_only_be_read_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch, flags: int
) -> None:
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_flag=flags))
    expected = ("read-only", "the volume can only be read") if flags & os.ST_RDONLY else ("", "")
    assert look(world, two(world), Delete()) == expected


def test_a_system_that_does_not_tell_of_volumes_is_not_asked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "statvfs")
    assert look(world, two(world), Delete()) == ("", "")


@pytest.mark.parametrize(
    ("name", "needed"),
    [("a", os.W_OK), ("a", os.X_OK), ("a/gone.jpg", os.R_OK), ("b/kept.jpg", os.R_OK)],
)
def test_what_the_system_does_not_permit_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str, needed: int
) -> None:
    """B1: the superuser, as which tests may run, is permitted everything."""

    def access(path: str, how: int) -> bool:
        return not (path == world.path(name) and how & needed)

    each = two(world)
    monkeypatch.setattr(os, "access", access)
    told = look(world, each, Delete())
    assert told == ("forbidden", "the system does not permit it")


def test_what_was_just_written_is_told(world: World) -> None:
    xmp = world.write("a/gone.xmp", b"stars", OLD + 100 * 10**9)
    gone = photo(world.write("a/gone.jpg", b"once"), (xmp, "xmp", False))
    each = action(gone, photo(world.write("b/kept.jpg", b"once")))
    for seconds, name in [(30, "gone.jpg"), (130, "gone.xmp"), (200, "")]:
        by = Delete(now=lambda seconds=seconds: OLD / 1e9 + seconds)
        words = f"{name} was written within the last minute"
        assert look(world, each, by) == (("just-written", words) if name else ("", ""))


def test_only_the_same_bytes_can_be_linked(world: World) -> None:
    each = replace(two(world), match=replace(two(world).match, relation=COPY))
    words = "only files with the same bytes can become one"
    assert look(world, each, Hardlink()) == ("not-identical", words)


@pytest.fixture
def home(tmp_path: Path) -> str:
    if FAST is None or os.stat(FAST).st_dev == os.stat(tmp_path).st_dev:
        pytest.skip("needs a second volume")
    return os.path.join(FAST, "dupfinder-nowhere", "Trash")


@pytest.mark.parametrize(
    ("there", "asked"),
    [
        ("nothing", ""), ("own", f".Trash-{USER}"), ("shared", ".Trash"), ("open", ""),
        ("both", f".Trash-{USER}"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("lacking", [0, os.W_OK, os.X_OK])
def test_a_volume_whose_trash_cannot_be_made_is_told(
    world: World, home: str, monkeypatch: pytest.MonkeyPatch, there: str, asked: str, lacking: int
) -> None:
    """C8: one of ones own, or where it would be made."""
    if there in ("own", "both"):
        os.mkdir(os.path.join(world.top, f".Trash-{USER}"))
    if there in ("shared", "open", "both"):
        os.mkdir(os.path.join(world.top, ".Trash"))
        os.chmod(os.path.join(world.top, ".Trash"), 0o777 if there == "open" else 0o1777)
    each = two(world)
    place = os.path.join(world.top, asked).rstrip("/")

    def access(path: Any, how: int) -> bool:
        return not (path == place and how & lacking)

    monkeypatch.setattr(trash, "_top", lambda path: path.removesuffix("/photos/a"))
    monkeypatch.setattr(os, "access", access)
    assert look(world, each, Trash(home)) == (NONE if lacking else ("", ""))


@pytest.mark.parametrize("lacking", [0, os.W_OK, os.X_OK])
def test_a_home_without_room_for_a_trash_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch, lacking: int
) -> None:
    each = pair(world.write("a/gone.jpg", b"once"), world.write("b/kept.jpg", b"once"))
    monkeypatch.setattr(os, "access", lambda path, how: path != world.top or not how & lacking)
    by = Trash(os.path.join(world.top, "data", "Trash"))
    assert look(world, each, by) == (NONE if lacking else ("", ""))
