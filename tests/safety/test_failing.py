"""Each call that changes a file fails, once or from then on (D3, C11): nothing is lost."""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import count

import pytest
from acting import Ended, Entry, World, figure, pair, plan, snapshot
from acting_everywhere import failed
from mounting import mount, mounts
from safety_expect import ACTS, expect_all_bytes, expect_settled, world_of

import dupfinder
from dupfinder import StoreError

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


def numbers(act: str, step: int) -> Iterable[int]:
    return count(1 + len(act) % step, step)


@EVERY
@pytest.mark.parametrize("for_good", [False, True], ids=["once", "for good"])
@pytest.mark.parametrize("act", ACTS)
def test_a_call_that_fails_in_an_act_loses_nothing(act: str, for_good: bool, step: int) -> None:
    """D3, C6, C8, C11: the photo is left whole with a reason, or the run stops with one."""
    with world_of(act) as make:
        for each in failed(make, World.apply, numbers(act, step), for_good):
            world = each.world
            expect_told(each.ended)
            if act != "delete":
                expect_all_bytes(world, each.before)
            world.recover()
            expect_settled(world, each.before)
            if act != "delete" and world.done():
                world.undo()
                assert snapshot(world.photos) == each.before
    assert each.number > 30
    figure(f"{act}: {each.number - 1} calls failed, every {step}")


@EVERY
@pytest.mark.parametrize("for_good", [False, True], ids=["once", "for good"])
@pytest.mark.parametrize("act", ACTS[:-1])
def test_a_call_that_fails_in_undo_loses_nothing(act: str, for_good: bool, step: int) -> None:
    """D3, C17: undoing once more restores the same tree."""
    with world_of(act) as make:
        for each in failed(make, World.undo, numbers(act, step), for_good, first=World.apply):
            assert each.ended.error.partition(":")[0] in ("", "StoreError"), each.ended.error
            while any(run.left for run in dupfinder.runs(each.world.state)):
                assert each.world.undo().failed == ()
            assert snapshot(each.world.photos) == each.before


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
                expect_all_bytes(world, before)
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
