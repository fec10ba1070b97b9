"""Changes in the last moment (C1-C5, L2): at every call of an act somebody else interferes.

Covered: every change before the last look, which is right before the call that cannot be taken back
(the removal of what stands aside, in "delete", "hardlink" and a quarantine on another volume). Acts
that only move are covered throughout. Not covered, because no system offers a compare-and-remove:
an edit between that last look and the removal itself, one system call later.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import count

import pytest
from acting import World, child, contents
from interfering import (
    CHANGES,
    EDITED,
    ORIGINAL,
    Change,
    expect_none_lost,
    interfered,
    prepared,
)
from safety_expect import ACTS, world_of

EVERY = pytest.mark.parametrize("step", [9, pytest.param(1, marks=pytest.mark.slow)])


def removal(world: World) -> int:
    """The number of the call that removes what stands aside; 0 where the act only moves."""
    if world.act == "trash" or (world.act == "quarantine" and world.other is None):
        return 0

    def job() -> int:
        world.apply()
        return removals[-1]

    removals: list[int] = []

    def hook(number: int, event: str) -> None:
        if event == "os.remove":
            removals.append(number)

    ended = child(job, hook, reads=True)
    assert ended.error == "", ended.error
    return int(ended.value)


def calls(world: World, first: int, step: int) -> Iterable[int]:
    """All but the removal; none after it, as what is done to the keeper then is the user's.

    Where a copy is in the quarantine then, they go on.
    """
    end = removal(world)
    if not end or world.other is not None:
        return (number for number in count(first, step) if number != end)
    return range(first, end, step)


@EVERY
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
@pytest.mark.parametrize("act", ACTS)
def test_no_change_at_any_call_makes_an_act_lose_a_photo(
    act: str, change: Change, step: int
) -> None:
    """C1-C5: whatever bytes there were are somewhere, and the folder outside is untouched."""
    with world_of(act) as make:
        numbers = calls(prepared(make()), 1 + len(change.__name__) % step, step)
        for each in interfered(make, change, numbers):
            expect_none_lost(each)


@pytest.mark.parametrize("act", ACTS)
def test_a_photo_that_is_being_written_is_not_removed(act: str) -> None:
    """C5: whoever has it open keeps writing into the file that is in the trash, or it stays."""
    with world_of(act) as make:
        world = prepared(make())
        (action,) = world.plan.actions
        with open(action.photo.path, "r+b") as writer:
            (outcome,) = world.apply().outcomes
            writer.write(EDITED)

        assert outcome.code == ("done" if world.act == "trash" or act == "quarantine" else "open")
        assert {EDITED, ORIGINAL} <= contents(world.photos, *world.places)


@pytest.mark.parametrize("act", ACTS)
def test_no_descriptor_is_left_open_by_an_act_or_its_undoing(act: str) -> None:
    with world_of(act) as make:
        world = make()

        def job() -> tuple[int, int]:
            before = len(os.listdir("/proc/self/fd"))
            world.apply()
            if act != "delete":
                world.undo()
            return before, len(os.listdir("/proc/self/fd"))

        before, after = child(job).value
        assert before == after
