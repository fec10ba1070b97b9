"""One file under two names (B5-B8, C14): it is known, or moving it aside shows it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from acting import World, action, contents, pair, photo, plan, snapshot
from mounting import mount, mounts

import dupfinder
from dupfinder.model import Relation

ALL = pytest.mark.parametrize("act", ["trash", "quarantine", "hardlink", "delete"])


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(str(tmp_path))
    os.makedirs(world.photos)
    yield world
    assert [name for name in snapshot(world.top) if ".dupfinder" in name] == []


def codes(applied: dupfinder.Applied) -> list[str]:
    return [each.code for each in applied.outcomes]


@ALL
def test_a_photo_is_never_its_own_copy(world: World, act: str) -> None:
    """B7: the same path, or one with a detour, as photo and keeper."""
    world.act = act
    path = world.write("a/one.jpg", b"once")
    detour = world.path("a/../a/one.jpg")
    before = snapshot(world.photos)

    found = [
        codes(world.apply(plan(pair(*both))))
        for both in [
            (path, path),
            (detour, path),
            (path, detour),
            (path, path.replace("/a/", "/a//")),
        ]
    ]

    assert found == [["keeper-goes"], ["no-path"], ["no-path"], ["no-path"]]
    assert snapshot(world.photos) == before


@ALL
def test_nothing_outside_the_roots_is_touched(world: World, act: str) -> None:
    """L11: not by a plan that says so, nor by a path that reads as if it were inside."""
    world.act = act
    kept = world.write("keep.jpg", b"x")
    outside = [os.path.join(world.top, "photos2", "one.jpg"), world.path("../other/one.jpg")]
    for path in outside:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        Path(path).write_bytes(b"x")

    applied = world.apply(plan(*(pair(path, kept) for path in outside)))

    assert codes(applied) == ["outside", "no-path"]
    assert all(os.path.exists(path) for path in outside)


@ALL
def test_a_photo_behind_a_link_is_left(world: World, act: str) -> None:
    """B5, B7: a link to the file or to its folder is followed nowhere."""
    world.act = act
    path = world.write("a/one.jpg", b"once")
    kept = world.write("b/two.jpg", b"once")
    os.symlink(world.path("a"), world.path("way"))
    os.symlink(path, world.path("b/link.jpg"))
    before = snapshot(world.photos)

    victims = world.path("way/one.jpg"), world.path("b/link.jpg")
    assert codes(world.apply(plan(*(pair(each, kept) for each in victims)))) == ["link", "no-file"]
    keepers = world.path("way/one.jpg"), world.path("b/link.jpg")
    found = [codes(world.apply(plan(pair(path, each)))) for each in keepers]
    assert found == [["link"], ["link"]]
    assert snapshot(world.photos) == before


def test_a_root_that_is_a_link_is_the_folder_that_it_leads_to(world: World) -> None:
    """B7: as discovery gives the paths, without links."""
    victim, kept = world.write("a/one.jpg", b"once"), world.write("b/two.jpg", b"once")
    os.symlink(world.photos, os.path.join(world.top, "link"))
    roots = (os.path.join(world.top, "link"), world.photos, world.photos + "/a/")

    assert codes(world.apply(plan(pair(victim, kept)), roots=roots)) == ["done"]
    assert contents(world.photos) == {b"once"}


@ALL
def test_files_with_further_names_are_left_alone(world: World, act: str) -> None:
    """B6: hard links of each other, and of files elsewhere."""
    world.act = act
    one = world.write("a/one.jpg", b"once")
    os.link(one, world.path("a/two.jpg"))
    three = world.write("a/three.jpg", b"once")
    before = snapshot(world.photos)

    both = [(world.path("a/two.jpg"), one), (one, three)]
    assert [codes(world.apply(plan(pair(*each)))) for each in both] == [["linked"], ["linked"]]
    assert snapshot(world.photos) == before


@ALL
def test_a_folder_that_is_mounted_twice_has_its_photos_once(world: World, act: str) -> None:
    """B7: each photo through one mount, its keeper through the other: the same file."""
    world.act = act
    path = world.write("a/one.jpg", b"once")
    os.mkdir(world.path("again"))
    before = snapshot(world.photos)

    def job() -> list[str]:
        mount("--bind", world.path("a"), world.path("again"))
        other = world.path("again/one.jpg")
        return codes(world.apply(plan(pair(path, other)))) + codes(
            world.apply(plan(pair(other, path)))
        )

    assert set(mounts(job)) <= {"keeper-gone", "same-file"}
    assert snapshot(world.photos) == before


@ALL
@pytest.mark.parametrize("way", ["itself", "mount", "mount of a part", "link", "file"])
@pytest.mark.parametrize("kind", ["protect", "references"])
def test_what_is_protected_stays_under_any_name(
    world: World, act: str, kind: str, way: str
) -> None:
    """C14: by its path, by another mount of it, by a link to it."""
    world.act = act
    path = world.write("album/one/one.jpg", b"once")
    kept = world.write("b/two.jpg", b"once")
    os.mkdir(world.path("again"))
    os.symlink(world.path("album"), os.path.join(world.top, "link"))
    protect = {"link": os.path.join(world.top, "link"), "file": path}.get(way, world.path("album"))
    mounted = {"mount": "album", "mount of a part": "album/one"}
    before = snapshot(world.photos)

    def job() -> list[str]:
        victim = path
        if way in mounted:
            mount("--bind", world.path(mounted[way]), world.path("again"))
            victim = world.path(f"again{path.removeprefix(world.path(mounted[way]))}")
        made = plan(pair(victim, kept))
        rest, left = dupfinder.api.recheck(made, world.acting(**{kind: (protect,)}))
        assert not rest.actions, "the dry run says what the act does"
        done = world.apply(made, **{kind: (protect,)}).outcomes
        return [each.code for each in (*left, *done)]

    assert (mounts(job) if way in mounted else job()) == ["protected", "protected"]
    assert snapshot(world.photos) == before


@ALL
def test_roots_within_what_is_only_compared_with_are_open(world: World, act: str) -> None:
    """C14: `clean ~/Photos/import --against ~/Photos`; the rest is closed under any name."""
    world.act = act
    new = world.write("import/deep/one.jpg", b"once")
    kept = world.write("two.jpg", b"once")
    root = world.path("import")
    os.mkdir(world.path("import/again"))
    os.mkdir(world.path("album"))
    old = world.write("album/three.jpg", b"once")

    def job() -> list[str]:
        mount("--bind", world.path("album"), world.path("import/again"))
        alias = world.path("import/again/three.jpg")
        closed = [pair(each, new) for each in (alias, old, kept)]
        given = {"roots": (root,), "references": (world.photos,)}
        return [
            code
            for each in (*closed, pair(new, kept))
            for code in codes(world.apply(plan(each), **given))
        ]

    assert mounts(job) == ["protected", "outside", "outside", "done"]
    assert os.path.exists(old)
    assert os.path.exists(kept)


def test_what_is_protected_and_cannot_be_looked_at_protects_everything(world: World) -> None:
    """C14: unknown is not unprotected."""
    victim, kept = world.write("a/one.jpg", b"once"), world.write("b/two.jpg", b"once")

    applied = world.apply(plan(pair(victim, kept)), protect=(world.path("not mounted"),))
    assert codes(applied) == ["protected"]


def test_a_chain_does_not_go_link_by_link(world: World) -> None:
    """C15, L5: who is kept for one may not go for another."""
    one, two, three = (photo(world.write(f"{n}.jpg", b"%d" % n)) for n in range(3))
    chain = plan(action(one, two, Relation.SAME_PIXELS), action(two, three, Relation.SAME_PIXELS))

    assert codes(world.apply(chain)) == ["keeper-goes", "done"]
    unmatched = action(one, three, Relation.SAME_PIXELS)
    wrong = dupfinder.Action("remove", one, two, unmatched.match, "", "")
    assert codes(world.apply(plan(wrong))) == ["unmatched"]


@pytest.mark.parametrize("act", ["trash", "quarantine", "hardlink"])
def test_a_trash_or_quarantine_that_cannot_be_reached_by_moving(world: World, act: str) -> None:
    """C8: two mounts of one device: moving fails between them; nothing falls back to removing."""
    world.act = act
    os.makedirs(world.path("mounted"))
    os.makedirs(os.path.join(world.top, "real"))
    kept = world.write("keep.jpg", b"once")

    def job() -> tuple[list[str], set[bytes]]:
        mount("--bind", os.path.join(world.top, "real"), world.path("mounted"))
        victim = world.write("mounted/one.jpg", b"once")
        there = codes(world.apply(plan(pair(victim, kept))))
        return there, set(os.listdir(world.path("mounted")))

    expected = {
        "trash": (["no-trash"], {"one.jpg"}),
        "quarantine": (["done"], set()),
        "hardlink": (["no-link"], {"one.jpg"}),
    }
    assert mounts(job) == expected[act]


def test_a_quarantine_that_leads_back_among_the_photos_is_refused(world: World) -> None:
    """L5: the folder itself under the name it gets in the quarantine."""
    world.act = "quarantine"
    os.symlink(world.top, os.path.join(world.top, "to-check"))
    victim, kept = world.write("a/one.jpg", b"once"), world.write("b/two.jpg", b"once")

    assert codes(world.apply(plan(pair(victim, kept)))) == ["quarantine"]
    os.remove(os.path.join(world.top, "to-check"))
    assert os.path.exists(victim)
