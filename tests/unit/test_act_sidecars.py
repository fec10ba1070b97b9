"""What would be lost with a photo is written beside the one that stays, before it goes (G4)."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from acting import World, action, photo, plan, sidecar, snapshot
from acting_calls import cut_off_at
from acting_steps import COPY, Doing, Told, carried, carrying, code, two
from blake3 import blake3

import dupfinder
import dupfinder.act
from dupfinder.acts import sidecars
from dupfinder.acts.bounds import Bounds
from dupfinder.acts.unit import Refused, Unit
from dupfinder.model import Action
from dupfinder.storage.journal import journals, read

NAME, TEMPORARY = "kept.jpg.xmp", ".dupfinder-abcdef01-0-0x"


def waiting(world: World) -> Action:
    plain = two(world)
    return replace(plain, sidecar=sidecar(plain.keeper))


def content(each: Action) -> bytes:
    assert each.sidecar is not None
    return each.sidecar.content


def beside(world: World) -> set[str]:
    return set(os.listdir(world.path("b"))) - {"kept.jpg"}


def refusing(_: Unit) -> None:
    raise Refused("some-code", "for some reason")


def test_it_is_announced_and_on_the_disk_before_the_photo_goes(world: World) -> None:
    each, seen = waiting(world), list[set[str]]()
    os.chmod(each.keeper.path, 0o604)

    def look() -> None:
        seen.append(beside(world))

    journal = Told(intent=look, sidecar=look, place=look)
    assert code(list(carrying(world, journal, each))) == "done"
    assert journal.ops()[:4] == ["run", "intent", "sidecar", "place"]
    assert seen == [set(), {TEMPORARY}, {NAME}]
    path = world.path(f"b/{NAME}")
    assert Path(path).read_bytes() == content(each)
    assert os.stat(path).st_mode & 0o7777 == 0o604
    told = {
        "name": NAME,
        "inode": os.stat(path).st_ino,
        "digest": blake3(content(each)).hexdigest(),
    }
    assert journal.records[1]["sidecar"] == NAME
    assert journal.records[2] == {"n": 0, "op": "sidecar", **told}


def test_where_it_is_already_nothing_is_written(world: World) -> None:
    each = waiting(world)
    path = world.write(f"b/{NAME}", content(each))
    inode, journal = os.stat(path).st_ino, Told()
    assert code(list(carrying(world, journal, each))) == "done"
    assert os.stat(path).st_ino == inode
    assert "sidecar" not in journal.ops()


@pytest.mark.parametrize("other", ["file", "link", "folder"])
def test_nothing_is_written_over_and_the_photo_stays(world: World, other: str) -> None:
    """L3."""
    each, path = waiting(world), world.path(f"b/{NAME}")
    {
        "file": lambda: world.write(f"b/{NAME}", b"mine"),
        "link": lambda: os.symlink("nowhere", path),
        "folder": lambda: os.mkdir(path),
    }[other]()
    before = snapshot(world.photos)
    (outcome,) = carried(world, each)
    words = f"{NAME} is there already and holds something else"
    assert (outcome.code, outcome.reason) == ("sidecar", words)
    assert snapshot(world.photos) == before


@pytest.mark.parametrize("same", [False, True])
def test_what_somebody_makes_in_the_last_moment_stays_and_so_does_the_photo(
    world: World, same: bool
) -> None:
    each = waiting(world)
    theirs = content(each) if same else b"mine"
    (outcome,) = carried(world, each, sidecar=lambda: world.write(f"b/{NAME}", theirs))
    words = (
        "has just been made by somebody else"
        if same
        else "is there already and holds something else"
    )
    assert (outcome.code, outcome.reason) == ("sidecar", f"{NAME} {words}")
    assert beside(world) == {NAME}
    assert Path(world.path(f"b/{NAME}")).read_bytes() == theirs
    assert os.listdir(world.path("a")) == ["gone.jpg"]


@pytest.mark.parametrize("path", ["b/kept.xmp", "a/kept.jpg.xmp", "b/other.jpg.xmp"])
def test_what_is_not_the_keepers_is_not_written(world: World, path: str) -> None:
    """C16: a plan may have been written by anybody."""
    each = waiting(world)
    assert each.sidecar is not None
    wrong = replace(each, sidecar=replace(each.sidecar, path=world.path(path)))
    journal = Told()
    (outcome,) = carrying(world, journal, wrong)
    words = "its metadata would not go to the photo to be kept"
    assert (outcome.code, outcome.reason) == ("sidecar", words)
    assert (journal.ops(), beside(world)) == (["run", "end"], set())


def test_nothing_is_written_out_of_bounds(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """L11, C14: by the path of the keeper before anything moves, by its folder when it is open."""
    each, journal = waiting(world), Told()
    for bounds, expected in [
        (Bounds((world.path("a"),)), "outside"),
        (Bounds((world.photos,), (world.path("b"),)), "protected"),
    ]:
        journal = Told()
        found = list(carrying(world, journal, each, bounds=bounds))
        assert (code(found), journal.ops()) == (expected, ["run", "end"])
    album = world.path("b")
    is_below = dupfinder.acts.bounds.is_below
    monkeypatch.setattr(
        dupfinder.acts.bounds, "is_below", lambda path, of: of != (album,) and is_below(path, of)
    )
    journal = Told()  # as if the keeper's folder were another mount of what is protected
    bounds = Bounds((world.photos,), (album,))
    found = list(carrying(world, journal, each, bounds=bounds))
    assert (code(found), beside(world)) == ("protected", set())
    assert "sidecar" not in journal.ops()


def test_a_photo_that_comes_home_takes_it_away_again(world: World) -> None:
    each = waiting(world)
    before = snapshot(world.photos)
    assert code(carried(world, each, by=Doing(refusing))) == "some-code"
    assert snapshot(world.photos) == before


def test_what_was_changed_since_stays(world: World) -> None:
    """C17: it is the user's own by now."""
    path = world.path(f"b/{NAME}")

    def edit(_: Unit) -> None:
        Path(path).write_bytes(b"mine")
        raise Refused("some-code", "for some reason")

    assert code(carried(world, waiting(world), by=Doing(edit))) == "some-code"
    assert Path(path).read_bytes() == b"mine"

    def another(_: Unit) -> None:
        os.replace(world.write(f"b/{NAME}.new", content(each)), path)
        raise Refused("some-code", "for some reason")

    os.remove(path)
    each = waiting(world)
    assert code(carried(world, each, by=Doing(another))) == "some-code"
    assert os.path.exists(path)

    def gone(_: Unit) -> None:
        os.remove(path)
        raise Refused("some-code", "for some reason")

    os.remove(path)
    assert code(carried(world, waiting(world), by=Doing(gone))) == "some-code"
    assert beside(world) == set()


def test_a_photo_that_is_gone_after_all_leaves_it_there(world: World) -> None:
    def remove(unit: Unit) -> None:
        unit.note({"op": "delete"})
        unit.folder.remove(unit.members[0].aside)
        raise OSError(5, "no")

    assert code(carried(world, waiting(world), by=Doing(remove))) == "done"
    assert beside(world) == {NAME}


def test_what_cannot_be_taken_away_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(5, "no")

    journal = Told()
    monkeypatch.setattr(sidecars, "remove_again", fail)
    (outcome,) = carrying(world, journal, waiting(world), by=Doing(refusing))
    words = "for some reason; what was written beside the photo kept stays until the next run"
    assert (outcome.done, outcome.code, outcome.reason) == (False, "some-code", words)
    assert journal.ops()[-2:] == ["sidecar", "end"]  # open: recovery takes it up
    assert os.listdir(world.path("a")) == ["gone.jpg"]


def test_a_folder_of_the_keeper_that_is_gone_or_a_link_is_left_alone(tmp_path: Path) -> None:
    intent = {
        "op": "intent", "n": 0, "keeper": str(tmp_path / "b" / "kept.jpg"), "sidecar": NAME,
        "members": [["gone.jpg", ".dupfinder-abcdef01-0-0"]],
    }  # fmt: skip
    sidecars.remove_again([intent], is_done=False)
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / TEMPORARY).touch()
    (tmp_path / "b").symlink_to("c")
    sidecars.remove_again([intent], is_done=False)
    assert (tmp_path / "c" / TEMPORARY).exists()
    elsewhere = intent | {"keeper": str(tmp_path / "c" / "kept.jpg")}
    sidecars.remove_again([elsewhere | {"sidecar": None}], is_done=False)
    assert (tmp_path / "c" / TEMPORARY).exists()
    sidecars.remove_again([elsewhere], is_done=False)
    assert not (tmp_path / "c" / TEMPORARY).exists()


def two_waiting(world: World) -> list[Action]:
    kept = photo(world.write("b/kept.jpg", b"Once"))
    gone = [photo(world.write(f"a/{n}.jpg", b"once %d" % n)) for n in (1, 2)]
    return [replace(action(each, kept, COPY), sidecar=sidecar(kept)) for each in gone]


@pytest.mark.parametrize("name", ["1.jpg", "2.jpg"])
def test_an_undo_takes_it_away_when_the_last_photo_that_needs_it_is_home(
    world: World, name: str
) -> None:
    """C17."""
    before = two_waiting(world) and snapshot(world.photos)
    run = world.apply(plan(*two_waiting(world))).run
    assert beside(world) == {NAME}
    files = os.path.join(world.trash, "files")
    os.rename(f"{files}/{name}", f"{world.top}/{name}")
    assert world.undo().restored == 1
    assert beside(world) == {NAME}  # of the one that is missing nothing else is left
    os.rename(f"{world.top}/{name}", f"{files}/{name}")
    assert dupfinder.undo(run, world.state).restored == 1
    assert snapshot(world.photos) == before


@pytest.mark.parametrize("after", ["sidecar", "place", "done"])
def test_recovery_leaves_it_to_those_that_are_gone_and_else_takes_it_away(
    world: World, after: str
) -> None:
    """D1: cut off before the first photo is gone, or between the two."""
    made = plan(*two_waiting(world))
    cut_off_at(lambda: world.apply(made), after)
    world.recover()
    assert beside(world) == ({NAME} if after == "done" else set())
    assert len(os.listdir(world.path("a"))) == (1 if after == "done" else 2)


def test_recovery_of_a_photo_that_is_gone_for_good_leaves_it_there(world: World) -> None:
    """D1: "delete" was cut off behind its last step; what was only begun goes."""
    each, world.act = waiting(world), "delete"
    cut_off_at(lambda: world.apply(plan(each)), "done", is_written=False)
    world.write(f"b/{temporary(world)}", b"begun")
    assert (world.recover(), beside(world), world.done()) == ((), {NAME}, 1)


def temporary(world: World) -> str:
    (path,) = journals(os.path.join(world.state, "runs"))
    (intent,) = [record for record in read(path) if record["op"] == "intent"]
    return f"{intent['members'][0][1]}x"
