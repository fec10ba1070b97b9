"""The protocol of an act, step by step: each test says what would be lost without one of them."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from acting import World, action, pair, photo, plan, snapshot
from acting_steps import COPY, Doing, Told, carried, carrying, code, two

import dupfinder.act
from dupfinder.act import carry_out
from dupfinder.acts.bounds import Bounds
from dupfinder.acts.trash import Trash
from dupfinder.acts.unit import Unit
from dupfinder.model import Outcome
from dupfinder.storage.journal import Unwritten

# What the journal is told, and when


def test_the_journal_says_what_will_happen_before_it_happens_and_when_it_has(world: World) -> None:
    """L7: recovery finds the way back in it and nowhere else."""
    each, seen = two(world), []

    def look() -> None:
        seen.append(sorted(os.listdir(world.path("a"))))

    journal = Told(run=look, intent=look, place=look, done=look, end=look)
    (outcome,) = carrying(world, journal, each)

    aside = ".dupfinder-abcdef01-0-0"
    assert seen == [["gone.jpg"], ["gone.jpg"], [aside], [], []]
    first, intent, *_, done, end = journal.records
    assert first == {
        "op": "run", "schema": 1, "act": "trash", "roots": [world.photos],
        "places": (os.path.realpath(world.trash),), "actions": 1,
    }  # fmt: skip
    assert intent | {
        "op": "intent", "n": 0, "folder": world.path("a"), "members": [["gone.jpg", aside]],
        "keeper": world.path("b/kept.jpg"),
    } == intent  # fmt: skip
    assert (done, end) == ({"n": 0, "op": "done"}, {"op": "end"})
    place = os.path.join(world.trash, "files", "gone.jpg")
    assert outcome == Outcome(each, True, "done", "moved to the trash", (place,))


def test_the_roots_in_the_journal_are_plain_paths(world: World) -> None:
    """E3: a record leads below them by its words; a detour in them would lead recovery nowhere."""
    journal = Told()
    bounds = Bounds((world.photos + "/a/../",))
    list(carry_out(plan(), Trash(world.trash), journal, bounds))  # type: ignore[arg-type]
    assert journal.records[0]["roots"] == [world.photos]


@pytest.mark.parametrize("op", ["run", "intent"])
def test_what_cannot_be_announced_does_not_happen(world: World, op: str) -> None:
    """L7: the photo has not moved, and the run stops."""
    each = two(world)
    before = snapshot(world.photos)

    def full() -> None:
        raise Unwritten(28, "no room")

    with pytest.raises(Unwritten):
        carried(world, each, **{op: full})
    assert snapshot(world.photos) == before


def test_every_photo_has_names_of_its_own_while_it_stands_aside(world: World) -> None:
    """B12: by the run, its number in it and its place in the unit."""
    beside = [
        (world.write(f"a/{n}.{end}", b"x"), end, False) for n in "12" for end in ("aae", "xmp")
    ]
    kept = photo(world.write("b/kept.jpg", b"once"))
    gone = [
        photo(world.write(f"a/{n}.jpg", b"once"), *beside[at : at + 2])
        for at, n in ((0, 1), (2, 2))
    ]
    journal = Told()
    list(carrying(world, journal, *(action(each, kept) for each in gone)))

    asides = [aside for each in journal.records for _, aside in each.get("members", ())]
    assert asides == [f".dupfinder-abcdef01-{n}-{at}" for n in (0, 1) for at in (0, 1, 2)]


# Before anything moves


def test_a_keeper_that_goes_as_well_keeps_nothing_and_the_others_go_on(world: World) -> None:
    """L5: without it two photos go for each other."""
    paths = [world.write(f"{n}.jpg", b"once") for n in range(4)]
    actions = [pair(paths[0], paths[1]), pair(paths[1], paths[0]), pair(paths[2], paths[3])]
    found = carried(world, *actions)
    assert [each.code for each in found] == ["keeper-goes", "keeper-goes", "done"]
    assert [each.done for each in found] == [False, False, True]
    assert set(os.listdir(world.photos)) == {"0.jpg", "1.jpg", "3.jpg"}


@pytest.mark.parametrize("which", ["photo", "keeper"])
@pytest.mark.parametrize("path", ["a.jpg", "/a/../b.jpg", "/a/\0.jpg"])
def test_a_path_with_a_detour_leads_nowhere(world: World, which: str, path: str) -> None:
    """C16, L11: `..` leads elsewhere than it reads."""
    each = two(world)
    one = getattr(each, which)
    changed = replace(each, **{which: replace(one, file=replace(one.file, path=path))})
    assert code(carried(world, changed)) == "no-path"
    assert set(os.listdir(world.path("a"))) == {"gone.jpg"}


def test_what_is_no_file_any_more_stays(world: World) -> None:
    """B5: a folder or a link of the photo's name is not moved."""
    each = two(world)
    os.remove(each.photo.path)
    os.mkdir(each.photo.path)
    assert code(carried(world, each)) == "no-file"
    os.rmdir(each.photo.path)
    os.symlink(each.keeper.path, each.photo.path)
    assert code(carried(world, each)) == "no-file"
    os.remove(each.photo.path)
    assert code(carried(world, each)) == "gone"


def test_a_file_with_another_name_stays(world: World) -> None:
    """B6: its bytes would not be freed."""
    each = two(world)
    os.link(each.photo.path, world.path("a/again.jpg"))
    assert code(carried(world, each)) == "linked"


def test_what_is_out_of_bounds_does_not_move(world: World) -> None:
    """L11, C14."""
    each = two(world)
    for bounds, expected in [
        (Bounds((world.path("b"),)), "outside"),
        (Bounds((world.photos,), (world.path("a"),)), "protected"),
        (Bounds((world.photos,), (each.photo.path,)), "protected"),
    ]:
        journal = Told()
        found = list(carry_out(plan(each), Trash(world.trash), journal, bounds))  # type: ignore[arg-type]
        assert (code(found), journal.ops()) == (expected, ["run", "end"])


def test_only_the_same_bytes_become_one_file(world: World) -> None:
    """L5: a hard link in place of a near copy would lose the copy."""
    linking = Doing(lambda unit: unit.note({"op": "delete"}), only_identical=True)
    assert code(carried(world, two(world, COPY), by=linking)) == "not-identical"
    assert code(carried(world, two(world), by=linking)) == "done"


@pytest.mark.parametrize("turned", [False, True])
def test_a_comparison_with_another_photo_proves_nothing(world: World, turned: bool) -> None:
    """L5: star, not chain."""
    each = two(world)
    third = photo(world.write("c/third.jpg", b"once"))
    good = replace(each.match, base=each.photo, copy=each.keeper) if turned else each.match
    assert code(carried(world, replace(each, match=good))) == "done"
    each = two(world)
    for wrong in (replace(good, base=third), replace(good, copy=third)):
        assert code(carried(world, replace(each, match=wrong))) == "unmatched"


# What goes wrong


@pytest.mark.parametrize("error", [MemoryError, KeyboardInterrupt, ZeroDivisionError])
def test_an_error_in_the_program_brings_the_photo_home_first(
    world: World, error: type[BaseException]
) -> None:
    """D3: the error is told, and nothing stands aside."""
    each = two(world)
    before = snapshot(world.photos)
    journal = Told()

    def fail(_: Unit) -> None:
        raise error

    with pytest.raises(error):
        list(carrying(world, journal, each, by=Doing(fail)))
    assert snapshot(world.photos) == before
    words = "an error in the program"
    assert journal.records[-1] == {"n": 0, "op": "back", "code": "error", "reason": words}


def test_an_error_of_the_system_brings_the_photo_home(world: World) -> None:
    """D3, C6."""
    each = two(world)
    before = snapshot(world.photos)

    def fail(_: Unit) -> None:
        raise OSError(28, "no room")

    assert code(carried(world, each, by=Doing(fail))) == "full"
    assert snapshot(world.photos) == before


def test_a_photo_that_cannot_come_home_is_told_with_its_name(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D3: recovery will find it; until then the user can."""
    journal = Told()

    def fail(*_: object) -> None:
        raise OSError(5, "no")

    monkeypatch.setattr(dupfinder.act, "roll_back", fail)
    (outcome,) = carrying(world, journal, two(world), by=Doing(fail))
    assert (outcome.done, outcome.code) == (False, "aside")
    assert outcome.reason == (
        "no; it stands aside as .dupfinder-abcdef01-0-0 until the next run brings it home"
    )
    assert journal.ops() == ["run", "intent", "end"]  # open: recovery takes it up


def test_what_fails_after_the_last_step_leaves_the_act_done(world: World) -> None:
    """D3: the photo is gone; to say that it was left would be wrong."""
    journal = Told()

    def remove(unit: Unit) -> None:
        unit.note({"op": "delete"})
        unit.folder.remove(unit.members[0].aside)
        raise OSError(5, "no")

    each = two(world)
    (outcome,) = carrying(world, journal, each, by=Doing(remove))
    assert outcome == Outcome(each, True, "done", "done as told", ())
    assert journal.ops() == ["run", "intent", "delete", "done", "end"]


def test_an_error_in_the_program_is_told_where_the_photo_cannot_come_home_either(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(5, "no")

    def err(_: Unit) -> None:
        raise MemoryError

    monkeypatch.setattr(dupfinder.act, "roll_back", fail)
    with pytest.raises(MemoryError):
        carried(world, two(world), by=Doing(err))
