"""Kill -9 at every call that changes a file (D1, C10, C19): nothing is lost, nothing lies about."""

from __future__ import annotations

import random
import signal
from collections.abc import Iterable
from contextlib import suppress
from itertools import count
from typing import Any

import pytest
from acting import World, child, figure, snapshot, worlds
from acting_everywhere import Disturbed, by_linking, killed, killed_at
from safety_expect import ACTS, expect_settled, expect_tidy, world_of

from dupfinder import UsageError


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


def numbers(act: str, step: int) -> Iterable[int]:
    return count(1 + len(act) % step, step)


def expect_done(each: Disturbed) -> None:
    assert each.ended.error == ""
    assert [outcome.code for outcome in each.ended.value.outcomes] == ["done"] * 4


@EVERY
@pytest.mark.parametrize("act", ACTS)
def test_killed_at_any_call_of_an_act_nothing_is_lost(act: str, step: int) -> None:
    """D1, C6, C9, C10: every call, until a run is not killed; recovery tidies up."""
    with world_of(act) as make:
        for each in killed(make, World.apply, numbers(act, step)):
            expect_recovery(each.world, each.before)
    expect_done(each)
    assert each.number > 40
    figure(f"{act}: {each.number - 1} kill points, every {step}")


@EVERY
@pytest.mark.parametrize("act", ACTS[:-1])
def test_killed_at_any_call_of_undo_another_undo_restores_all(act: str, step: int) -> None:
    """D1, C17: every call of undo; the tree is the same as before the act."""
    with world_of(act) as make:
        for each in killed(make, World.undo, numbers(act, step), first=World.apply):
            expect_undone(each)
    assert each.number > 15
    figure(f"undo of {act}: {each.number - 1} kill points, every {step}")


def expect_undone(each: Disturbed) -> None:
    with suppress(UsageError):  # it may have been done with all but its end
        each.world.undo()
    assert snapshot(each.world.photos) == each.before, each.number
    expect_tidy(each.world)


@EVERY
@pytest.mark.parametrize("act", ACTS)
def test_killed_in_recovery_another_one_brings_all_home(act: str, step: int) -> None:
    """D1: recovery can itself be interrupted at any call."""
    tried = 0
    with world_of(act) as make:
        for number in range(13, 30, 2 * step):
            for each in killed(make, World.recover, count(1), first=killed_at(number)):
                expect_recovery(each.world, each.before)
                tried += 1
    assert tried > 5
    figure(f"recovery from {act}: {tried} kill points")


@EVERY
@pytest.mark.parametrize("act", ACTS)
def test_killed_where_moving_is_linking_and_removing_nothing_is_lost(act: str, step: int) -> None:
    """D1, L3: a file system without an exclusive rename; a file may have two names for a moment."""
    with world_of(act) as make:
        for each in killed(make, by_linking(World.apply), numbers(act, step)):
            expect_recovery(each.world, each.before)
    expect_done(each)
    figure(f"{act} by linking: {each.number - 1} kill points, every {step}")


@EVERY
@pytest.mark.parametrize("act", ACTS[:-1])
def test_killed_in_undo_where_moving_is_linking_nothing_is_lost(act: str, step: int) -> None:
    """D1, L3, C17."""
    with world_of(act) as make:
        job = by_linking(World.undo)
        for each in killed(make, job, numbers(act, step), first=World.apply):
            expect_undone(each)


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
