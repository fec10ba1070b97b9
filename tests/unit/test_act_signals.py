"""Signals that wait until a photo is done with (C19), sent by this very process to itself."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from dupfinder.acts.interrupts import deferred

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture
def arrived() -> Iterator[list[int]]:
    """What has arrived at those who listened before."""
    told: list[int] = []
    before = {each: signal.signal(each, lambda number, _: told.append(number)) for each in SIGNALS}
    yield told
    for each, handler in before.items():
        signal.signal(each, handler)


@pytest.mark.parametrize("each", SIGNALS)
def test_a_signal_arrives_at_the_end_and_once(arrived: list[int], each: signal.Signals) -> None:
    with deferred():
        os.kill(os.getpid(), each)
        os.kill(os.getpid(), each)
        assert arrived == []
    assert arrived == [each]
    os.kill(os.getpid(), each)
    assert arrived == [each, each]


def test_of_several_the_first_one_counts(arrived: list[int]) -> None:
    with deferred():
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
    assert arrived == [signal.SIGTERM]


def test_a_signal_arrives_after_an_error_as_well(arrived: list[int]) -> None:
    def job() -> None:
        with deferred():
            os.kill(os.getpid(), signal.SIGINT)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        job()
    assert arrived == [signal.SIGINT]


def test_the_mask_of_signals_is_as_before(arrived: list[int]) -> None:
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP])
    with deferred():
        assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == mask | {signal.SIGHUP}
    assert signal.pthread_sigmask(signal.SIG_SETMASK, mask) == mask | {signal.SIGHUP}
    assert arrived == []


def test_nothing_arrives_while_some_wait_and_others_do_not(
    arrived: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the beginning nothing is held for good, at the end nothing comes before all listen."""
    masks: list[bool] = []
    change = signal.signal

    def changed(number: int, handler: signal.Handlers) -> object:
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [])
        masks.append(set(SIGNALS) <= blocked)
        return change(number, handler)

    monkeypatch.setattr(signal, "signal", changed)
    with deferred():
        assert masks == [True] * 3
    assert masks == [True] * 6
    assert arrived == []


def test_a_handler_that_is_not_pythons_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """It could not be set again."""
    changed: list[int] = []
    monkeypatch.setattr(signal, "getsignal", lambda _: None)
    monkeypatch.setattr(signal, "signal", lambda number, _: changed.append(number))
    with deferred():
        pass
    assert changed == []


def test_in_another_thread_nothing_is_to_wait(arrived: list[int]) -> None:
    """Signals reach the main thread alone, and only there they can be held back."""
    done: list[bool] = []

    def job() -> None:
        with deferred():
            done.append(True)

    thread = threading.Thread(target=job)
    thread.start()
    thread.join()
    assert (done, arrived) == ([True], [])


def test_systems_that_cannot_block_signals_defer_them_too(
    arrived: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(signal, "pthread_sigmask")
    with deferred():
        os.kill(os.getpid(), signal.SIGINT)
        assert arrived == []
    assert arrived == [signal.SIGINT]
