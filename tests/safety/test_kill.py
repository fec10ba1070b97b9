"""Kill -9 at every call that changes a file (D1, C10, C19): nothing is lost, nothing lies about."""

from __future__ import annotations

import errno
import os
import random
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import pytest
from acting import World, child, figure, kill_at, snapshot, worlds
from safety_expect import ACTS, expect_settled, expect_tidy, world_of

from dupfinder import UsageError
from dupfinder.filesystem import posix

T = TypeVar("T")


def expect_recovery(world: World, before: dict[str, tuple[Any, ...]]) -> None:
    world.recover()
    first = snapshot(world.top, inodes=True), snapshot(world.quarantine, inodes=True)
    done = expect_settled(world, before)
    world.recover()
    assert (snapshot(world.top, inodes=True), snapshot(world.quarantine, inodes=True)) == first
    if world.act != "delete" and done:
        undone = world.undo()
        assert undone.failed == undone.renamed == ()
        assert undone.restored == done
        assert snapshot(world.photos) == before
        expect_tidy(world)


# The default run tries every seventh call, the long one all of them.
EVERY = pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.slow)])


@EVERY
@pytest.mark.parametrize("act", ACTS)
def test_killed_at_any_call_of_an_act_nothing_is_lost(act: str, step: int) -> None:
    """D1, C6, C9, C10: every call, until a run is not killed; recovery tidies up."""
    with world_of(act) as make:
        for number in range(1 + len(act) % step, 2000, step):
            world = make()
            before = snapshot(world.photos)
            ended = child(world.apply, kill_at(number))
            expect_recovery(world, before)
            if ended.signal == 0:
                assert ended.error == ""
                assert [each.code for each in ended.value.outcomes] == ["done"] * 4
                break
            assert ended.signal == signal.SIGKILL
        assert number > 40
        figure(f"{act}: {number - 1} kill points, every {step}")


@EVERY
@pytest.mark.parametrize("act", ACTS[:-1])
def test_killed_at_any_call_of_undo_another_undo_restores_all(act: str, step: int) -> None:
    """D1, C17: every call of undo; the tree is the same as before the act."""
    with world_of(act) as make:
        for number in range(1 + len(act) % step, 2000, step):
            world = make()
            before = snapshot(world.photos)
            world.apply()
            ended = child(world.undo, kill_at(number))
            with suppress(UsageError):  # it may have been done with all but its end
                world.undo()
            assert snapshot(world.photos) == before, number
            expect_tidy(world)
            if ended.signal == 0:
                break
        assert number > 15
        figure(f"undo of {act}: {number - 1} kill points, every {step}")


@EVERY
@pytest.mark.parametrize("act", ACTS)
def test_killed_in_recovery_another_one_brings_all_home(act: str, step: int) -> None:
    """D1: recovery can itself be interrupted at any call."""
    tried = 0
    with world_of(act) as make:
        for number in range(13, 30, 2 * step):
            for inner in range(1, 200):
                world = make()
                before = snapshot(world.photos)
                child(world.apply, kill_at(number))
                ended = child(world.recover, kill_at(inner))
                expect_recovery(world, before)
                tried += 1
                if ended.signal == 0:
                    break
    assert tried > 5
    figure(f"recovery from {act}: {tried} kill points")


@EVERY
@pytest.mark.parametrize("act", ACTS)
def test_killed_where_moving_is_linking_and_removing_nothing_is_lost(act: str, step: int) -> None:
    """D1, L3: a file system without an exclusive rename; a file may have two names for a moment."""
    with world_of(act) as make:
        for number in range(1 + len(act) % step, 2000, step):
            world = make()
            before = snapshot(world.photos)
            ended = child(lambda world=world: linking(world.apply), kill_at(number))
            expect_recovery(world, before)
            if ended.signal == 0:
                assert [each.code for each in ended.value.outcomes] == ["done"] * 4
                break
        figure(f"{act} by linking: {number - 1} kill points, every {step}")


@EVERY
@pytest.mark.parametrize("act", ACTS[:-1])
def test_killed_in_undo_where_moving_is_linking_nothing_is_lost(act: str, step: int) -> None:
    """D1, L3, C17."""
    with world_of(act) as make:
        for number in range(1 + len(act) % step, 2000, step):
            world = make()
            before = snapshot(world.photos)
            world.apply()
            ended = child(lambda world=world: linking(world.undo), kill_at(number))
            with suppress(UsageError):
                world.undo()
            assert snapshot(world.photos) == before, number
            expect_tidy(world)
            if ended.signal == 0:
                break


def linking(job: Callable[[], T]) -> T:
    """In a child: a job on a system that knows no exclusive rename."""

    def unknown(*_: object) -> None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    posix._rename_exclusively = unknown
    return job()


@pytest.mark.parametrize("times", [4, pytest.param(80, marks=pytest.mark.slow)])
def test_killed_at_any_time_nothing_is_lost(times: int) -> None:
    """D1, R2: at random moments, from outside; a run that was faster does not count."""
    tries = sum(random_kills(act, times) for act in ACTS)
    figure(f"random kills: {len(ACTS) * times} over {len(ACTS)} acts, of {tries} tries: lost 0")


def random_kills(act: str, times: int) -> int:
    """Kill as many runs; how many it took."""
    chance, killed = random.Random(act), 0
    with world_of(act) as make:
        for tries in range(1, 50 * times):
            world = make()
            before = snapshot(world.photos)
            after = chance.uniform(0.0002, 0.03)

            def job(world: World = world, after: float = after) -> object:
                signal.setitimer(signal.ITIMER_REAL, after)  # nobody handles it: it kills
                return world.apply()

            killed += child(job).signal == signal.SIGALRM
            expect_recovery(world, before)
            if killed == times:
                return tries
    raise AssertionError(f"only {killed} runs of {act} were killed in time")


def test_there_is_nothing_to_undo_before_the_first_run() -> None:
    with worlds("trash") as make, pytest.raises(UsageError, match="nothing to undo"):
        make().undo()
