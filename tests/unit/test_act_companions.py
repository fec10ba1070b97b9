"""What belongs to a photo in the moment of acting (G1, G2): it shares its way, or both stay."""

from __future__ import annotations

import os
from typing import Any

import pytest
from acting import World, action, photo, snapshot
from acting_steps import Do, Doing, Told, carrying

from dupfinder.acts.unit import Unit
from dupfinder.model import Action, Outcome


def beside(world: World, path: str, **contents: bytes) -> Any:
    """A photo with sidecars, or a movie or RAW, of its name."""
    stem = path.removesuffix(".jpg")
    return photo(
        world.write(path, b"once"),
        *(
            (world.write(f"{stem}.{kind}", content), kind, kind in ("mov", "raw"))
            for kind, content in contents.items()
        ),
    )


def carried(world: World, each: Action, by: Doing | None = None, **then: Do) -> Outcome:
    (outcome,) = carrying(world, Told(**then), each, by=by)
    return outcome


def test_sidecars_go_with_their_photo_wherever_the_keeper_has_none_or_the_same(
    world: World,
) -> None:
    gone = beside(world, "a/1.jpg", aae=b"edits", xmp=b"stars")
    kept = beside(world, "b/2.jpg", xmp=b"stars")
    outcome = carried(world, action(gone, kept))
    names = ["1.jpg", "1.aae", "1.xmp"]
    assert (outcome.code, os.listdir(world.path("a"))) == ("done", [])
    assert outcome.places == tuple(os.path.join(world.trash, "files", name) for name in names)
    assert set(os.listdir(world.path("b"))) == {"2.jpg", "2.xmp"}


def test_each_sidecar_is_held_against_that_of_its_own_kind(world: World) -> None:
    """The first of the keeper's would do for all of them else."""
    gone = beside(world, "a/1.jpg", aae=b"edits", mov=b"movie", xmp=b"stars")
    kept = beside(world, "b/2.jpg", mov=b"movie", xmp=b"stars")
    seen: list[tuple[str, ...]] = []

    def commit(unit: Unit) -> None:
        seen.append(tuple(each.name for each in unit.ours))
        seen.append(tuple(each.name for each in unit.theirs))
        unit.note({"op": "delete"})
        for member in unit.members:
            unit.folder.remove(member.aside)

    assert carried(world, action(gone, kept), Doing(commit)).done
    aside = ".dupfinder-abcdef01-0"
    assert seen == [tuple(f"{aside}-{at}" for at in range(4)), ("2.jpg", "2.mov", "2.xmp")]


@pytest.mark.parametrize("kind", ["xmp", "mov"])
def test_what_differs_from_the_keepers_keeps_the_photo(world: World, kind: str) -> None:
    """G1: else the edits of one of them would be lost."""
    gone = beside(world, "a/1.jpg", **{kind: b"two stars"})
    kept = beside(world, "b/2.jpg", **{kind: b"one star!"})
    before = snapshot(world.photos)
    outcome = carried(world, action(gone, kept))
    assert outcome.code == "companion-differs"
    assert outcome.reason == f"1.{kind} differs from 2.{kind} beside the photo kept"
    assert snapshot(world.photos) == before


def test_a_movie_that_the_keeper_has_not_keeps_the_photo(world: World) -> None:
    """G2."""
    gone, kept = beside(world, "a/1.jpg", mov=b"movie"), beside(world, "b/2.jpg", xmp=b"movie")
    before = snapshot(world.photos)
    outcome = carried(world, action(gone, kept))
    assert outcome.code == "companion-only-here"
    assert outcome.reason == "1.mov belongs to it, and the photo kept has none"
    assert snapshot(world.photos) == before


def test_a_companion_in_another_folder_keeps_the_photo(world: World) -> None:
    """The unit moves within its folder; what lies elsewhere would be left alone, or overwrite."""
    gone = photo(world.write("a/1.jpg", b"once"), (world.write("c/1.xmp", b"x"), "xmp", False))
    kept = beside(world, "b/2.jpg")
    before = snapshot(world.photos)
    assert carried(world, action(gone, kept)).code == "companion"
    assert snapshot(world.photos) == before


@pytest.mark.parametrize("name", ["1.xmp", "1.jpg.xmp", "1.mov"])
def test_what_has_come_since_it_was_compared_keeps_the_photo(world: World, name: str) -> None:
    gone, kept = beside(world, "a/1.jpg", aae=b"edits"), beside(world, "b/2.jpg")
    world.write(f"a/{name}", b"new")
    outcome = carried(world, action(gone, kept))
    assert outcome.code == "companion-new"
    assert outcome.reason == f"{name} was not there when it was compared"
    assert set(os.listdir(world.path("a"))) == {"1.jpg", "1.aae", name}


def test_folders_of_a_companions_name_and_files_of_other_photos_are_nothing(world: World) -> None:
    gone, kept = beside(world, "a/1.jpg"), beside(world, "b/2.jpg")
    os.mkdir(world.path("a/1.xmp"))
    world.write("a/10.xmp", b"of another one")
    assert carried(world, action(gone, kept)).code == "done"
    assert set(os.listdir(world.path("a"))) == {"1.xmp", "10.xmp"}


def test_a_link_leaves_companions_where_they_are(world: World) -> None:
    """The photo's name stays, so does what belongs to it."""
    gone, kept = beside(world, "a/1.jpg", mov=b"movie"), beside(world, "b/2.jpg")
    world.write("a/1.xmp", b"new")
    seen = []

    def commit(unit: Unit) -> None:
        seen.extend(member.name for member in unit.members)
        unit.note({"op": "delete"})
        unit.folder.remove(unit.members[0].aside)

    assert carried(world, action(gone, kept), Doing(commit, takes_companions=False)).done
    assert seen == ["1.jpg"]
    assert set(os.listdir(world.path("a"))) == {"1.mov", "1.xmp"}


def test_a_companion_of_the_keeper_that_goes_in_the_last_moment_keeps_the_photo(
    world: World,
) -> None:
    gone, kept = beside(world, "a/1.jpg", xmp=b"x"), beside(world, "b/2.jpg", xmp=b"x")
    path = world.path("b/2.xmp")
    outcome = carried(world, action(gone, kept), intent=lambda: os.remove(path))
    assert outcome.code == "keeper-gone"
    assert outcome.reason == f"{path}, which belongs to it, is gone"
    assert set(os.listdir(world.path("a"))) == {"1.jpg", "1.xmp"}


def test_a_companion_that_is_the_keepers_own_keeps_the_photo(world: World) -> None:
    """Else the keeper would lose it."""
    gone, kept = beside(world, "a/1.jpg", xmp=b"x"), beside(world, "b/2.jpg", xmp=b"x")
    ours, theirs = world.path("a/1.xmp"), world.path("b/2.xmp")

    def link() -> None:
        os.remove(theirs)
        os.link(ours, theirs)

    outcome = carried(world, action(gone, kept), intent=link)
    assert (outcome.code, outcome.reason) == (
        "same-file", "1.xmp belongs to the photo to be kept as well",
    )  # fmt: skip
    assert os.path.samefile(ours, theirs)


def test_a_companion_that_changes_after_it_was_read_keeps_the_photo(world: World) -> None:
    """C5: of the keeper."""
    gone, kept = beside(world, "a/1.jpg", xmp=b"x"), beside(world, "b/2.jpg", xmp=b"x")
    outcome = carried(world, action(gone, kept), place=lambda: world.write("b/2.xmp", b"y"))
    assert outcome.code == "keeper-changed"
    assert set(os.listdir(world.path("a"))) == {"1.jpg", "1.xmp"}
