"""The trash of macOS and Windows (C8, L4), behind a stand-in for the library that reaches it.

The stand-in really moves files, and can be as bad as a system's trash may be: raise, do nothing,
say that nothing was done when it was, choose another name, or remove for good. Whether it can be
looked into is a second question: macOS mostly says where a file is now, Windows never.
"""

from __future__ import annotations

import errno
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from acting import Ended, Entry, Hook, World, contents, fail_at, figure, snapshot, worlds
from acting_everywhere import by_linking, disturbed, failed, killed, killed_at
from interfering import CHANGES, Change, expect_none_lost, interfered
from safety_expect import (
    expect_all_bytes,
    expect_copies_left_by_opposite_runs,
    expect_settled,
    expect_tidy,
)
from stand_in_trash import give_trash

import dupfinder
from dupfinder import UsageError
from dupfinder.acts import system_trash
from dupfinder.acts.quarantine import Quarantine
from dupfinder.acts.records import sound
from dupfinder.acts.system_trash import SystemTrash
from dupfinder.acts.trash import Trash
from dupfinder.settings import Acting
from dupfinder.storage.journal import journals, read

EVERY = pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.slow)])
# Whether the trash says where a file has got to.
TELLING = pytest.mark.parametrize("tells", [True, False], ids=["telling", "silent"])
BY_HAND = "restore it from there by hand"


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., World]]:
    """Makes world after world that has a system's trash of the given kind."""
    with worlds("trash") as new:

        def made(tells: bool = True, how: str = "moves") -> World:
            world = new()
            world.stand_in = give_trash(monkeypatch, world, tells, how)
            return world

        yield made


def left_by(world: World) -> tuple[Any, ...]:
    return snapshot(world.photos, inodes=True), snapshot(world.trash, inodes=True)


def expect_recovery(world: World, before: dict[str, Entry]) -> int:
    """Nothing lost, nothing lying about, all can be taken back; how many only by hand."""
    world.recover()
    now = left_by(world)
    expect_all_bytes(world, before)
    # Where a photo has gone for good a sidecar may outlive it; so it may in a silent trash.
    world.act = "delete"
    done = expect_settled(world, before)
    world.act = "trash"
    world.recover()
    assert left_by(world) == now
    by_hand = 0
    if done:
        undone = world.undo()
        by_hand = len(undone.failed)
        assert undone.restored + by_hand == done
        assert all(BY_HAND in reason for _, reason in undone.failed)
        if by_hand:
            put_back(world, undone)
    assert snapshot(world.photos) == before
    assert not os.path.isdir(world.trash) or os.listdir(world.trash) == []
    expect_tidy(world)
    return by_hand


def put_back(world: World, undone: dupfinder.Undone) -> None:
    """What a user does who reads that: on Windows the file then is in the box that it was in."""
    kept = [os.path.join(world.trash, name) for name in os.listdir(world.trash)]
    states = {os.stat(path).st_ino: path for path in kept}
    journal = journals(os.path.join(world.state, "runs"))[-1]
    for number, record in enumerate(read(journal)):
        if record["op"] == "place" and (path := states.get(record["state"][0])):
            there = os.path.join(record["folder"], record["name"])
            if number % 2:  # or he drags it to where it was
                there = os.path.join(os.path.dirname(record["folder"]), record["member"])
            os.makedirs(os.path.dirname(there), exist_ok=True)
            os.rename(path, there)
    again = dupfinder.undo(undone.run, world.state)
    assert again.failed == again.renamed == ()
    assert again.restored == len(undone.failed)


@EVERY
@pytest.mark.parametrize("by_links", [False, True], ids=["renaming", "linking"])
@TELLING
def test_killed_at_any_call_nothing_is_lost(
    make: Callable[..., World], tells: bool, by_links: bool, step: int
) -> None:
    """D1, L3: every call until a run is not killed; the photos are home, or in the trash."""
    job = by_linking(World.apply) if by_links else World.apply
    by_hand = Counter[int]()
    for each in killed(partial(make, tells), job, count(1 + tells, step)):
        by_hand[expect_recovery(each.world, each.before)] += 1
    assert each.ended.error == ""
    assert [outcome.code for outcome in each.ended.value.outcomes] == ["done"] * 4
    assert each.number > 60
    # Only what was in the trash but not noted yet cannot be followed; nor what was moved by a link.
    assert not tells or by_links or max(by_hand) <= 1
    figure(
        f"telling {tells}, linking {by_links}: {each.number - 1} kill points,"
        f" by hand {dict(by_hand)}"
    )


@EVERY
@TELLING
def test_killed_in_recovery_another_one_brings_all_home(
    make: Callable[..., World], tells: bool, step: int
) -> None:
    """D1."""
    tried = 0
    for number in range(10, 75, 3 * step):
        job, first = World.recover, killed_at(number)
        for each in killed(partial(make, tells), job, count(1, step), first):
            expect_recovery(each.world, each.before)
            tried += 1
    assert tried > 3
    figure(f"recovery, telling {tells}: {tried} kill points")


@EVERY
def test_killed_at_any_call_of_undo_another_undo_restores_all(
    make: Callable[..., World], step: int
) -> None:
    """D1, C17."""
    for each in killed(make, World.undo, count(1, step), first=World.apply):
        with suppress(UsageError):
            each.world.undo()
        assert snapshot(each.world.photos) == each.before
        assert os.listdir(each.world.trash) == []
    assert each.number > 10


def expect_told(ended: Ended) -> None:
    assert ended.signal == 0
    if ended.error:
        assert ended.error.startswith(("StoreError:", "UsageError:", "EngineError:")), ended.error
        return
    assert all(each.reason and each.done == (each.code == "done") for each in ended.value.outcomes)


@EVERY
@TELLING
@pytest.mark.parametrize("for_good", [False, True], ids=["once", "for good"])
def test_a_call_that_fails_loses_nothing(
    make: Callable[..., World], tells: bool, for_good: bool, step: int
) -> None:
    """D3, C8: the library's own calls among them."""
    for each in failed(partial(make, tells), World.apply, count(1 + for_good, step), for_good):
        expect_told(each.ended)
        expect_all_bytes(each.world, each.before)
        expect_recovery(each.world, each.before)
    assert each.number > 60
    figure(f"system trash, telling {tells}: {each.number - 1} calls failed")


@pytest.mark.parametrize("step", [11, pytest.param(1, marks=pytest.mark.slow)])
@TELLING
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_no_change_at_any_call_loses_a_photo(
    make: Callable[..., World], change: Change, tells: bool, step: int
) -> None:
    """C1-C5, L2: at each call, the library's among them."""
    for each in interfered(partial(make, tells), change, count(1, step)):
        expect_none_lost(each)
    assert each.number > 20


def test_two_opposite_runs_leave_a_copy_of_every_pair(make: Callable[..., World]) -> None:
    """D4, L2: no photo has its own path again before it is in the trash."""
    codes = expect_copies_left_by_opposite_runs(make(), 150)
    assert codes["done"] > 0
    figure(f"opposite runs: 150 pairs, without a copy 0, {dict(codes)}")


def test_the_library_gets_the_photos_own_name_and_never_its_own_path(
    make: Callable[..., World],
) -> None:
    """The trash shows it by that name, and no other run takes it for a photo to be kept."""
    world = make()
    outcomes = world.apply().outcomes
    given = [os.path.basename(path) for path in world.stand_in.seen]
    folders = {os.path.basename(os.path.dirname(path)) for path in world.stand_in.seen}

    assert given == ["2.jpg", "3.jpg", "1.jpg", "1.xmp", "2.jpg"]
    assert all(folder.startswith(".dupfinder-") for folder in folders)
    assert [len(each.places) for each in outcomes] == [1, 1, 2, 1]
    assert all(os.path.dirname(place) == world.trash for o in outcomes for place in o.places)
    assert all(os.path.exists(place) for each in outcomes for place in each.places)


@pytest.mark.parametrize(
    ("how", "told"), [("raises", "Directory not found"), ("does nothing", "nothing of why")]
)
@TELLING
def test_a_trash_that_does_not_take_a_photo_leaves_it_as_it_was(
    make: Callable[..., World], how: str, told: str, tells: bool
) -> None:
    """C8, L4: it stays, and is not removed instead."""
    world = make(tells, how)
    before = snapshot(world.photos, inodes=True)
    outcomes = world.apply().outcomes

    assert {each.code for each in outcomes} == {"no-trash"}
    assert all(told in each.reason for each in outcomes)
    assert snapshot(world.photos, inodes=True) == before


@TELLING
def test_what_the_file_says_counts_and_not_what_the_library_says(
    make: Callable[..., World], tells: bool
) -> None:
    world = make(tells, "moves, then raises")
    before = snapshot(world.photos)

    assert {each.code for each in world.apply().outcomes} == {"done"}
    assert expect_recovery(world, before) == (0 if tells else 4)


@TELLING
def test_what_a_trash_removes_for_good_is_written_anew(
    make: Callable[..., World], tells: bool
) -> None:
    """L4: with all that it carried; and that trash gets nothing more."""
    world = make(tells, "removes")
    before = snapshot(world.photos)
    outcomes = world.apply().outcomes

    assert [each.code for each in outcomes] == ["no-trash"] * 4
    assert "written anew" in outcomes[0].reason
    assert [each.reason for each in outcomes[1:]] == [
        "there is no trash can on this volume that keeps files"
    ] * 3
    assert len(world.stand_in.seen) == 1
    assert snapshot(world.photos) == before


@EVERY
def test_what_cannot_be_written_anew_either_is_said(make: Callable[..., World], step: int) -> None:
    """L4, D3: the run stops, and names the photo; every other one is there."""
    lost = 0

    def full(_: World, number: int) -> Hook:
        return fail_at(number, errno.ENOSPC, for_good=False)

    for each in disturbed(partial(make, how="removes"), World.apply, full, count(1, step)):
        world, before = each.world, each.before
        expect_told(each.ended)
        if "cannot be written anew" in each.ended.error:
            lost += 1
            assert repr(world.path("a/2.jpg")) in each.ended.error
            del before["a/2.jpg"]
        world.recover()
        now = snapshot(world.photos)
        assert {name: entry[1:2] for name, entry in now.items()} == {
            name: entry[1:2] for name, entry in before.items()
        }
    assert step > 1 or lost > 0


def test_where_no_trash_is_certain_nothing_is_begun(
    make: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    """L4: from network and removable drives Windows would remove for good."""
    world = make()
    monkeypatch.setattr(system_trash, "has_trash", lambda _: False)
    before = snapshot(world.photos, inodes=True)

    assert {each.code for each in world.apply().outcomes} == {"no-trash"}
    assert world.stand_in.seen == []
    assert snapshot(world.photos, inodes=True) == before


def test_a_place_that_is_no_trash_is_not_gone_to(make: Callable[..., World]) -> None:
    """L12: undo reads from the journal where to look; a sandbox may have a trash of its own."""
    world = make()
    before = snapshot(world.photos)
    world.stand_in.folder = os.path.join(world.top, "elsewhere")
    outcomes = world.apply().outcomes

    assert {each.code for each in outcomes} == {"done"}
    assert {each.places for each in outcomes} == {()}
    undone = world.undo()
    assert undone.restored == 0
    assert len(undone.failed) == 4
    for _, reason in undone.failed:
        assert BY_HAND in reason
    assert contents(world.photos, world.stand_in.folder) >= {
        entry[1] for entry in before.values() if len(entry) > 2
    }


def test_the_trash_of_a_volume_is_a_place(make: Callable[..., World]) -> None:
    """macOS: `.Trashes/UID` at the top of it."""
    world = make()
    before = snapshot(world.photos)
    folder = os.path.join(world.top, "volume", ".Trashes", str(os.getuid()))
    world.stand_in.folder = folder
    outcomes = world.apply().outcomes

    assert all(place.startswith(folder) for each in outcomes for place in each.places)
    undone = world.undo()
    assert (undone.restored, undone.failed) == (4, ())
    assert snapshot(world.photos) == before


def test_an_emptied_trash_is_not_said_to_hold_the_photo(make: Callable[..., World]) -> None:
    world = make()
    world.apply()
    for name in os.listdir(world.trash):
        os.remove(os.path.join(world.trash, name))

    reasons = [reason for _, reason in world.undo().failed]
    assert len(reasons) == 4
    assert not any(BY_HAND in reason for reason in reasons)


@pytest.mark.parametrize("forged", ["folder", "name", "aside"])
def test_a_box_is_only_the_one_of_its_file(make: Callable[..., World], forged: str) -> None:
    """E3, L12."""
    world = make()
    world.apply()
    records = list(read(journals(os.path.join(world.state, "runs"))[-1]))
    assert list(sound(records)) == records
    number = next(at for at, each in enumerate(records) if each["op"] == "place")
    box = records[number]["folder"]
    changed = {
        "folder": {"folder": os.path.join(world.top, os.path.basename(box))},
        "name": {"name": "1.jpg"},
        "aside": {"folder": box[:-1] + "e"},
    }[forged]

    assert list(sound([*records[:number], records[number] | changed])) == records[:number]


def test_the_library_is_asked_with_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setitem(sys.modules, "send2trash", SimpleNamespace(send2trash=asked.append))
    system_trash.by_library("/a/b.jpg")

    assert asked == ["/a/b.jpg"]


@pytest.mark.parametrize(
    ("platform", "expected"), [("linux", Trash), ("darwin", SystemTrash), ("win32", SystemTrash)]
)
def test_each_system_has_its_trash(
    monkeypatch: pytest.MonkeyPatch, platform: str, expected: type
) -> None:
    monkeypatch.setattr(sys, "platform", platform)

    assert isinstance(dupfinder.api.acting._act(Acting("trash", ("/r",)), ()), expected)
    assert isinstance(
        dupfinder.api.acting._act(Acting("quarantine", ("/r",), quarantine="/q"), ()), Quarantine
    )
