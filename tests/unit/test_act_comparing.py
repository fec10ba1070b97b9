"""Photo and keeper, read whole in the moment of acting (L1, L2): each doubt keeps the photo."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from acting import World, snapshot
from acting_steps import COPY, IDENTICAL, Doing, Told, carried, carrying, code, two

import dupfinder.acts.back
import dupfinder.acts.places
from dupfinder.acts.unit import Refused, Unit


def test_an_edit_since_the_scan_keeps_the_photo(world: World) -> None:
    """L1: what was computed before is not trusted, whatever the times and sizes say."""
    for relation, name, expected in [
        (IDENTICAL, "a/gone.jpg", "changed"), (IDENTICAL, "b/kept.jpg", "changed"),
        (COPY, "a/gone.jpg", "changed"), (COPY, "b/kept.jpg", "keeper-changed"),
    ]:  # fmt: skip
        each = two(world, relation)
        world.write(name, b"ONCE")
        before = snapshot(world.photos)
        assert code(carried(world, each)) == expected
        assert snapshot(world.photos) == before
    assert code(carried(world, two(world, COPY))) == "done"


def test_a_keeper_that_is_the_photo_itself_is_found_out(world: World) -> None:
    """L2, B7: under any other name, be they two files a moment before."""
    each = two(world)

    def link() -> None:
        os.remove(each.keeper.path)
        os.link(each.photo.path, each.keeper.path)

    before = world.path("a/gone.jpg")
    assert code(carried(world, each, intent=link)) == "same-file"
    assert os.path.samefile(before, each.keeper.path)


def test_a_keeper_that_goes_in_the_last_moment_keeps_the_photo(world: World) -> None:
    """C1: the file, or its whole folder."""
    each = two(world)
    assert code(carried(world, each, intent=lambda: os.remove(each.keeper.path))) == "keeper-gone"
    assert code(carried(world, each, intent=lambda: os.rmdir(world.path("b")))) == "keeper-gone"
    assert snapshot(world.photos).keys() == {"a", "a/gone.jpg"}


def test_a_keeper_that_changes_after_it_was_read_keeps_the_photo(world: World) -> None:
    """C4: also if only its name leads elsewhere."""
    kept, new = world.path("b/kept.jpg"), world.path("b/new.jpg")
    for change, expected in [
        (lambda: world.write("b/kept.jpg", b"ONCE"), "keeper-changed"),
        (lambda: os.replace(world.write("b/new.jpg", b"once"), kept), "keeper-gone"),
        (lambda: os.rename(kept, new), "keeper-gone"),
    ]:
        each = two(world)
        assert code(carried(world, each, place=change)) == expected
        assert os.path.exists(each.photo.path)
        assert os.listdir(os.path.join(world.trash, "files")) == []


def test_what_takes_the_photos_name_meanwhile_is_not_overwritten(world: World) -> None:
    """L3: the photo comes home under another name, and that is told."""
    journal = Told()

    def refuse(_: Unit) -> None:
        world.write("a/gone.jpg", b"somebody's")
        raise Refused("some-code", "for some reason")

    (outcome,) = carrying(world, journal, two(world), by=Doing(refuse))
    other = world.path("a/gone 2.jpg")
    assert (outcome.done, outcome.code, outcome.places) == (False, "some-code", ())
    assert outcome.reason == f"for some reason; its name was taken meanwhile, it is now {other}"
    assert Path(world.path("a/gone.jpg")).read_bytes() == b"somebody's"
    assert Path(other).read_bytes() == b"once"
    back = {"n": 0, "op": "back", "code": "some-code", "reason": "for some reason"}
    assert journal.records[-2:] == [back, {"op": "end"}]


@pytest.mark.parametrize("other", ["link", "folder", "same"])
def test_what_has_the_name_now_is_left_alone_whatever_it_is(world: World, other: str) -> None:
    """L3: a file with the same bytes is as good as the photo; anything else is somebody's own."""
    each = two(world)
    path = each.photo.path

    def refuse(_: Unit) -> None:
        {
            "link": lambda: os.symlink("nowhere", path),
            "folder": lambda: os.mkdir(path),
            "same": lambda: world.write("a/gone.jpg", b"once"),
        }[other]()
        raise Refused("some-code", "for some reason")

    (outcome,) = carrying(world, Told(), each, by=Doing(refuse))
    names = {"gone.jpg"} if other == "same" else {"gone.jpg", "gone 2.jpg"}
    assert set(os.listdir(world.path("a"))) == names
    assert outcome.code == "some-code"
    assert ("taken meanwhile" in outcome.reason) is (other != "same")


def test_the_same_bytes_under_a_variant_of_the_name_are_not_the_photo(world: World) -> None:
    """L3: somebody's own copy; the photo comes home beside it."""
    each = two(world)

    def refuse(_: Unit) -> None:
        world.write("a/gone.jpg", b"mine")
        world.write("a/gone 2.jpg", b"once")
        raise Refused("some-code", "for some reason")

    (outcome,) = carrying(world, Told(), each, by=Doing(refuse))
    assert set(os.listdir(world.path("a"))) == {"gone.jpg", "gone 2.jpg", "gone 3.jpg"}
    assert outcome.reason.endswith(f"it is now {world.path('a/gone 3.jpg')}")


def test_what_has_the_name_now_and_cannot_be_read_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L6: unknown is not equal, nor different: the next run looks again."""
    each = two(world)

    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    def refuse(_: Unit) -> None:
        world.write("a/gone.jpg", b"once")
        monkeypatch.setattr(dupfinder.acts.back, "same_bytes", fail)
        raise Refused("some-code", "for some reason")

    (outcome,) = carrying(world, Told(), each, by=Doing(refuse))
    assert outcome.code == "aside"
    assert len(os.listdir(world.path("a"))) == 2


def test_where_every_name_is_taken_the_photo_stays_aside(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    each = two(world)
    monkeypatch.setattr(dupfinder.acts.places, "_ATTEMPTS", 3)

    def refuse(_: Unit) -> None:
        for name in ("gone.jpg", "gone 2.jpg"):
            world.write(f"a/{name}", b"mine")
        raise Refused("some-code", "for some reason")

    (outcome,) = carrying(world, Told(), each, by=Doing(refuse))
    assert outcome.code == "aside"
    assert len(os.listdir(world.path("a"))) == 3
