"""Ctrl-C and termination at every call (C19, R28): the photo is finished, then they act."""

from __future__ import annotations

import os
import signal

import pytest
from acting import child, snapshot
from safety_expect import ACTS, expect_settled, world_of

from dupfinder.acts.interrupts import deferred

EVERY = pytest.mark.parametrize("step", [17, pytest.param(1, marks=pytest.mark.slow)])


@EVERY
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminate"])
@pytest.mark.parametrize("act", ACTS)
def test_a_signal_waits_until_the_photo_is_done_with(
    act: str, number: signal.Signals, step: int
) -> None:
    """C19: no recovery is needed afterwards."""
    with world_of(act) as make:
        stopped = 0
        for call in range(1 + len(act) % step, 2000, step):
            world = make()
            before = snapshot(world.photos)

            def hook(at: int, _: str, call: int = call) -> None:
                if at == call:
                    os.kill(os.getpid(), number)

            ended = child(world.apply, hook)
            expect_settled(world, before)
            at_once = snapshot(world.photos)
            world.recover()
            assert snapshot(world.photos) == at_once
            if ended.calls and ended.calls < call and not ended.error:
                break
            if number == signal.SIGINT:
                assert ended.error.startswith("KeyboardInterrupt")
            else:
                assert ended.signal == number
            stopped += 1
        assert stopped >= 3


def test_the_first_of_several_signals_acts_at_the_end() -> None:
    def job() -> list[str]:
        told = []
        try:
            with deferred():
                os.kill(os.getpid(), signal.SIGINT)
                os.kill(os.getpid(), signal.SIGINT)
                told.append("went on")
        except KeyboardInterrupt:
            told.append("stopped")
        return told

    ended = child(job)
    assert ended.value == ["went on", "stopped"]


def test_handlers_are_as_before_and_what_is_ignored_stays_ignored() -> None:
    def job() -> bool:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
        with deferred():
            os.kill(os.getpid(), signal.SIGHUP)
        return before == [
            signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        ]

    assert child(job).value is True
