"""The look at the disk before an act, where the whole would need two volumes or a race."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from acting import FAST, OLD, World, action, pair, photo, sidecar, write
from acting_steps import look, two

import dupfinder.recheck as looking
from dupfinder.acts.hardlink import Hardlink
from dupfinder.model import Action, Photo

LINK = Hardlink()


def beside(world: World, path: str, content: bytes) -> Photo:
    xmp = world.write(path.replace(".jpg", ".xmp"), content)
    return photo(world.write(path, b"once"), (xmp, "xmp", False))


def test_another_way_to_a_protected_folder_is_known(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C14: such as a mount, for which a test needs rights; the folder, or one above or below it."""
    each = pair(world.write("again/deep/gone.jpg", b"once"), world.write("b/kept.jpg", b"once"))
    os.makedirs(world.path("album/deep/er"))
    lstat = os.lstat
    for ours, theirs in [("again", "album"), ("again/deep", "album"), ("again/deep", "album/deep")]:
        names = {world.path(ours): world.path(theirs)}
        monkeypatch.setattr(os, "lstat", lambda path, names=names: lstat(names.get(path, path)))
        album = world.path("album")
        assert look(world, each, protected=(album,)) == ("protected", f"{album} is protected")
    monkeypatch.setattr(os, "lstat", lstat)
    assert look(world, each, protected=(album,)) == ("", "")


def test_what_is_out_of_bounds_is_told_with_the_words_of_the_act(world: World) -> None:
    each = two(world)
    words = f"{world.path('a')} is not below a folder that was scanned"
    assert look(world, each, roots=(world.path("b"),)) == ("outside", words)


def test_a_folder_that_is_gone_is_no_trouble(world: World) -> None:
    each = two(world)
    os.rename(world.path("a"), world.path("c"))
    assert look(world, each) == ("gone", "it is not there any more")


def test_a_link_that_looks_like_the_photo_by_size_and_time_is_another_file(world: World) -> None:
    """B5."""
    each = two(world)
    os.remove(each.photo.path)
    os.symlink("four", each.photo.path)
    os.utime(each.photo.path, ns=(OLD, OLD), follow_symlinks=False)
    assert look(world, each) == ("changed", "it changed since it was compared")


def test_links_and_folders_are_no_companions(world: World) -> None:
    each = two(world)
    os.symlink(each.photo.path, world.path("a/gone.xmp"))
    os.mkdir(world.path("a/gone.jpg.xmp"))
    assert look(world, each) == ("", "")


def test_a_sidecar_is_read_whatever_its_size_and_time(world: World) -> None:
    """G1: other stars in as many bytes, and the time set back."""
    gone, kept = beside(world, "a/1.jpg", b"two stars"), beside(world, "b/2.jpg", b"six stars")
    words = "1.xmp differs from 2.xmp beside the photo kept"
    assert look(world, action(gone, kept)) == ("companion-differs", words)
    gone, kept = beside(world, "a/3.jpg", b"two stars"), beside(world, "b/4.jpg", b"two stars")
    assert look(world, action(gone, kept)) == ("", "")


@pytest.mark.parametrize("call", ["file_digest", "scandir", "listdir"])
def test_what_cannot_be_read_is_never_equal_and_no_trouble(
    world: World, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """L6: a sidecar that cannot be compared, or a folder that cannot be listed."""
    gone, kept = beside(world, "a/1.jpg", b"stars"), beside(world, "b/2.jpg", b"stars")

    def fail(*_: object, **__: object) -> None:
        raise PermissionError(13, "no")

    module: Any = looking if call == "file_digest" else os
    monkeypatch.setattr(module, call, fail)
    expected = {"file_digest": "companion-differs", "scandir": "companion", "listdir": ""}[call]
    assert look(world, action(gone, kept))[0] == expected


@pytest.mark.parametrize("name", ["a/gone.jpg", "b/kept.jpg"])
def test_a_photo_that_goes_between_two_looks_cannot_be_linked(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """C1."""
    each, reach = two(world), looking._of_reach

    def reached(action: Action) -> tuple[str, str]:
        found = reach(action)
        os.remove(world.path(name))
        return found

    monkeypatch.setattr(looking, "_of_reach", reached)
    assert look(world, each, LINK) == ("gone", "it is not there any more")


@pytest.mark.skipif(FAST is None, reason="needs a second volume")
def test_files_on_two_volumes_cannot_be_linked(world: World) -> None:
    """C6."""
    assert FAST is not None
    far = os.path.join(FAST, f"dupfinder-{os.getpid()}", "kept.jpg")
    each = pair(world.write("a/gone.jpg", b"once"), write(far, b"once"))
    try:
        words = "the two cannot be linked: they are on different volumes"
        assert look(world, each, LINK) == ("no-link", words)
        assert look(world, each) == ("", "")
    finally:
        os.remove(far)
        os.rmdir(os.path.dirname(far))


def test_the_nearest_catalogue_is_the_one_that_knows(world: World) -> None:
    """G6."""
    each = two(world)
    above, near = world.write("All.lrcat", b""), world.write("a/Mine.LRCAT", b"")
    assert look(world, each) == ("library", f"{near} knows of it")
    os.remove(near)
    assert look(world, each) == ("library", f"{above} knows of it")


def test_the_top_of_all_folders_can_be_a_root(world: World) -> None:
    assert look(world, two(world), roots=("/",)) == ("", "")


NOT_THERE: list[tuple[str, Callable[[World], dict[str, Any]]]] = [
    ("outside", lambda world: {"roots": (world.path("a"),)}),
    ("protected", lambda world: {"protected": (world.path("b"),)}),
    ("library", lambda world: {"roots": (world.write("b/My.lrcat", b"") and world.photos,)}),
]


@pytest.mark.parametrize(("expected", "bounds"), NOT_THERE, ids=[each[0] for each in NOT_THERE])
def test_where_nothing_may_be_done_nothing_is_written_beside_the_keeper(
    world: World, expected: str, bounds: Callable[[World], dict[str, Any]]
) -> None:
    """L11: a photo that leaves nothing to be written may go all the same."""
    plain = two(world)
    each, within = replace(plain, sidecar=sidecar(plain.keeper)), bounds(world)
    code, words = look(world, each, **within)
    assert code == expected
    if code == "library":
        assert words == f"{world.path('b/My.lrcat')} knows of the photo to be kept"
    assert look(world, plain, **within) == ("", "")


def test_where_the_photo_may_not_go_that_is_what_is_told(world: World) -> None:
    plain = two(world)
    catalogue = world.write("a/My.lrcat", b"")
    each = replace(plain, sidecar=sidecar(plain.keeper))
    assert look(world, each) == ("library", f"{catalogue} knows of it")
