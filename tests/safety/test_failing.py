"""Each call that changes a file fails, once or from then on (D3, C11): nothing is lost."""

from __future__ import annotations

import errno
import os

import pytest
from acting import Ended, Entry, World, child, contents, fail_at, figure, pair, plan, snapshot
from mounting import mount, mounts
from safety_expect import ACTS, expect_settled, world_of

import dupfinder
from dupfinder import StoreError

CODES = (errno.EIO, errno.ENOSPC, errno.EACCES, errno.EXDEV)
EVERY = pytest.mark.parametrize("step", [13, pytest.param(1, marks=pytest.mark.slow)])


def expect_told(ended: Ended) -> None:
    """What reaches the caller is an error of dupfinder's, or a reason for each photo left."""
    assert ended.signal == 0
    if ended.error:
        assert ended.error.startswith(("StoreError:", "UsageError:")), ended.error
        return
    for outcome in ended.value.outcomes:
        assert outcome.code
        assert outcome.reason
        assert outcome.done == (outcome.code == "done")


@EVERY
@pytest.mark.parametrize("for_good", [False, True], ids=["once", "for good"])
@pytest.mark.parametrize("act", ACTS)
def test_a_call_that_fails_in_an_act_loses_nothing(act: str, for_good: bool, step: int) -> None:
    """D3, C6, C8, C11: the photo is left whole with a reason, or the run stops with one."""
    with world_of(act) as make:
        for number in range(1 + len(act) % step, 2000, step):
            world = make()
            before = snapshot(world.photos)
            code = CODES[number // step % len(CODES)] if step > 1 else CODES[number % 4]
            ended = child(world.apply, fail_at(number, code, for_good))
            expect_told(ended)
            at_once = contents(world.photos, *world.places)
            if act != "delete":
                assert {entry[1] for entry in before.values() if len(entry) > 1} <= at_once
            world.recover()
            expect_settled(world, before)
            if act != "delete" and world.done():
                world.undo()
                assert snapshot(world.photos) == before
            if ended.calls < number:
                break
        assert number > 30
        figure(f"{act}: {number - 1} calls failed, every {step}")


@EVERY
@pytest.mark.parametrize("for_good", [False, True], ids=["once", "for good"])
@pytest.mark.parametrize("act", ACTS[:-1])
def test_a_call_that_fails_in_undo_loses_nothing(act: str, for_good: bool, step: int) -> None:
    """D3, C17: undoing once more restores the same tree."""
    with world_of(act) as make:
        for number in range(1 + len(act) % step, 2000, step):
            world = make()
            before = snapshot(world.photos)
            world.apply()
            ended = child(world.undo, fail_at(number, CODES[number // step % 4], for_good))
            assert ended.error.startswith(("StoreError:", "")), ended.error
            assert "Traceback" not in ended.error, ended.error
            while any(run.left for run in dupfinder.runs(world.state)):
                assert world.undo().failed == ()
            assert snapshot(world.photos) == before
            if ended.calls < number:
                break


@pytest.mark.parametrize("full", ["state", "quarantine"])
def test_a_disk_that_is_full_in_earnest_loses_nothing(full: str) -> None:
    """C11, R12: a real volume of each size, for the journals or for the quarantine."""
    with world_of("quarantine") as make:
        codes = set()
        for pages in range(1, 16, 3):
            world = make()
            few = full == "quarantine"
            for at in range(3 if few else 40):
                content = b"%d" % at * (9000 if few else 9)
                both = (world.write(f"big/{name}{at}.jpg", content) for name in "vk")
                world.plan = plan(*world.plan.actions, pair(*both))
            before = snapshot(world.photos)

            def job(
                world: World = world, pages: int = pages, before: dict[str, Entry] = before
            ) -> list[str]:
                folder = world.state if full == "state" else world.quarantine
                os.makedirs(folder)
                mount("-t", "tmpfs", "-o", f"size={pages * 4}k", "tmpfs", folder)
                try:
                    found = [each.code for each in world.apply().outcomes]
                except StoreError:
                    found = ["StoreError"]
                everything = {entry[1] for entry in before.values() if len(entry) > 1}
                assert everything <= contents(world.photos, *world.places)
                mount("-o", "remount,size=10m", folder)
                world.recover()
                expect_settled(world, before)
                if world.done():
                    assert world.undo().failed == ()
                assert snapshot(world.photos) == before
                return found

            codes |= set(mounts(job))
        assert "done" in codes
        assert codes & {"full", "StoreError"}
