"""Acts, undo and recovery, cut off at every single call, or with one that fails (D1, D3, C10)."""

from __future__ import annotations

import errno
from contextlib import suppress

import pytest
from acting import contents, snapshot
from acting_calls import cut_off, failing
from safety_expect import expect_settled, expect_tidy, world_of

import dupfinder
from dupfinder.filesystem import posix

# Where two volumes take part, one of them is a disk: all of its calls take their time.
STEPS = {"trash": 1, "quarantine": 2, "far": 7, "hardlink": 1, "delete": 1}
ALL = [pytest.param(act, 1, marks=pytest.mark.slow) for act in ("quarantine", "far")]
EVERY = pytest.mark.parametrize(("act", "step"), [*STEPS.items(), *ALL])
BUT_DELETE = pytest.mark.parametrize(("act", "step"), [*[*STEPS.items()][:-1], *ALL])
CODES = (errno.EIO, errno.ENOSPC, errno.EACCES, errno.EXDEV)


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
        number, goes_on = 0, True
        while goes_on:
            number += step
            world = make()
            before = snapshot(world.photos)
            goes_on = cut_off(world.apply, number)
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
        assert (number > 40, done) == (True, 4)


def cut_off_everywhere_in_undo(act: str, step: int) -> None:
    with world_of(act) as make:
        number, goes_on = 0, True
        while goes_on:
            number += step
            world = make()
            before = snapshot(world.photos)
            world.apply()
            goes_on = cut_off(world.undo, number)
            with suppress(dupfinder.UsageError):  # it may have been done with all but its end
                assert (world.undo().failed, goes_on) == ((), True)
            assert snapshot(world.photos) == before, number
            expect_tidy(world)
        assert number > 15


@EVERY
def test_a_recovery_cut_off_at_any_call_is_ended_by_the_next_one(act: str, step: int) -> None:
    with world_of(act) as make:
        for broken_off in range(12, 40, 5):
            number, goes_on = 0, True
            while goes_on:
                number += step
                world = make()
                before = snapshot(world.photos)
                cut_off(world.apply, broken_off)
                goes_on = cut_off(world.recover, number)
                world.recover()
                expect_settled(world, before)


@pytest.mark.parametrize("for_good", [False, True], ids=["once", "for good"])
@EVERY
def test_a_call_that_fails_leaves_the_photo_whole(act: str, step: int, for_good: bool) -> None:
    with world_of(act) as make:
        number, goes_on = 0, True
        while goes_on:
            number += step + 2 * for_good
            world = make()
            before = snapshot(world.photos)
            code = CODES[number % 4]
            with suppress(dupfinder.StoreError):  # of the journal: the run stops
                goes_on = failing(world.apply, number, code, for_good)
            if act != "delete":
                photos = {entry[1] for entry in before.values() if len(entry) > 1}
                assert photos <= contents(world.photos, *world.places)
            world.recover()
            expect_settled(world, before)
        assert number > 30


@BUT_DELETE
def test_a_call_that_fails_in_undo_leaves_the_rest_to_another_undo(act: str, step: int) -> None:
    with world_of(act) as make:
        number, goes_on = 0, True
        while goes_on:
            number += step
            world = make()
            before = snapshot(world.photos)
            world.apply()
            with suppress(dupfinder.StoreError):
                goes_on = failing(world.undo, number, CODES[number % 4], for_good=False)
            with suppress(dupfinder.UsageError):  # nothing is left to undo
                assert world.undo().failed == ()
            assert snapshot(world.photos) == before
            assert not any(run.left for run in dupfinder.runs(world.state))
        assert number > 15
