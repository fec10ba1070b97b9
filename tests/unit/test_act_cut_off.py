"""Acts, undo and recovery, cut off at every single call, or with one that fails (D1, D3, C10)."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import count
from typing import NamedTuple

import pytest
from acting import Entry, World, snapshot
from acting_calls import cut_off, failing
from acting_everywhere import CODES
from safety_expect import expect_all_bytes, expect_settled, expect_tidy, world_of

import dupfinder
from dupfinder.filesystem import posix

# Where two volumes take part, one of them is a disk: all of its calls take their time.
STEPS = {"trash": 1, "quarantine": 2, "far": 7, "hardlink": 1, "delete": 1}
ALL = [pytest.param(act, 1, marks=pytest.mark.slow) for act in ("quarantine", "far")]
EVERY = pytest.mark.parametrize(("act", "step"), [*STEPS.items(), *ALL])
BUT_DELETE = pytest.mark.parametrize(("act", "step"), [*[*STEPS.items()][:-1], *ALL])


class Tried(NamedTuple):
    """A world, its photos before the job, and whether the job got to the call of a number."""

    world: World
    before: dict[str, Entry]
    number: int
    was_reached: bool


def tried(
    make: Callable[[], World],
    step: int,
    job: Callable[[World, int], bool],
    first: Callable[[World], object] = lambda _: None,
) -> Iterator[Tried]:
    """The same job on one world after another, disturbed at each call, up to one that has fewer."""
    for number in count(step, step):
        world = make()
        before = snapshot(world.photos)
        first(world)
        each = Tried(world, before, number, job(world, number))
        yield each
        if not each.was_reached:
            return


def acting_cut_off(world: World, number: int) -> bool:
    return cut_off(world.apply, number)


def undo_cut_off(world: World, number: int) -> bool:
    return cut_off(world.undo, number)


@EVERY
def test_an_act_cut_off_at_any_call_is_taken_back_or_can_be_undone(act: str, step: int) -> None:
    cut_off_everywhere(act, step)


@BUT_DELETE
def test_an_undo_cut_off_at_any_call_is_ended_by_the_next_one(act: str, step: int) -> None:
    cut_off_everywhere_in_undo(act, step)


@pytest.mark.parametrize("act", ["trash", "quarantine", "hardlink"])
def test_where_moving_is_linking_and_removing_a_file_is_not_taken_for_two(
    act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L3: file systems that cannot rename without overwriting; cut off, a file has both names."""

    def unknown(*_: object) -> None:
        raise OSError(errno.ENOSYS, "no such call")

    monkeypatch.setattr(posix, "_rename_exclusively", unknown)
    cut_off_everywhere(act, 2)
    cut_off_everywhere_in_undo(act, 2)


def cut_off_everywhere(act: str, step: int) -> None:
    with world_of(act) as make:
        for each in tried(make, step, acting_cut_off):
            world, before = each.world, each.before
            world.recover()
            once = snapshot(world.top, inodes=True)
            done = expect_settled(world, before)
            assert world.recover() == ()
            assert snapshot(world.top, inodes=True) == once
            if act != "delete" and done:
                undone = world.undo()
                assert (undone.restored, undone.failed, undone.renamed) == (done, (), ())
                assert snapshot(world.photos) == before
                expect_tidy(world)
        assert (each.number > 40, done) == (True, 4)


def cut_off_everywhere_in_undo(act: str, step: int) -> None:
    with world_of(act) as make:
        for each in tried(make, step, undo_cut_off, first=World.apply):
            with suppress(dupfinder.UsageError):  # it may have been done with all but its end
                assert (each.world.undo().failed, each.was_reached) == ((), True)
            assert snapshot(each.world.photos) == each.before, each.number
            expect_tidy(each.world)
        assert each.number > 15


@EVERY
def test_a_recovery_cut_off_at_any_call_is_ended_by_the_next_one(act: str, step: int) -> None:
    def job(world: World, number: int) -> bool:
        return cut_off(world.recover, number)

    with world_of(act) as make:
        for broken_off in range(12, 40, 5):
            first = partial(acting_cut_off, number=broken_off)
            for each in tried(make, step, job, first):
                each.world.recover()
                expect_settled(each.world, each.before)


@pytest.mark.parametrize("for_good", [False, True], ids=["once", "for good"])
@EVERY
def test_a_call_that_fails_leaves_the_photo_whole(act: str, step: int, for_good: bool) -> None:
    def job(world: World, number: int) -> bool:
        with suppress(dupfinder.StoreError):  # of the journal: the run stops
            return failing(world.apply, number, CODES[number % 4], for_good)
        return True

    with world_of(act) as make:
        for each in tried(make, step + 2 * for_good, job):
            if act != "delete":
                expect_all_bytes(each.world, each.before)
            each.world.recover()
            expect_settled(each.world, each.before)
        assert each.number > 30


@BUT_DELETE
def test_a_call_that_fails_in_undo_leaves_the_rest_to_another_undo(act: str, step: int) -> None:
    def job(world: World, number: int) -> bool:
        with suppress(dupfinder.StoreError):
            return failing(world.undo, number, CODES[number % 4], for_good=False)
        return True

    with world_of(act) as make:
        for each in tried(make, step, job, first=World.apply):
            with suppress(dupfinder.UsageError):  # nothing is left to undo
                assert each.world.undo().failed == ()
            assert snapshot(each.world.photos) == each.before
            assert not any(run.left for run in dupfinder.runs(each.world.state))
        assert each.number > 15
