"""Workers give every item its result or say that it cost the process, whatever the tasks do."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import tasks

from dupfinder.engines.workers import Crashed, ProcessWorkers, SerialWorkers
from dupfinder.errors import EngineError


def chunked(items: Iterable[Any], size: int = 3) -> Iterator[Sequence[Any]]:
    everything = list(items)
    return (everything[at : at + size] for at in range(0, len(everything), size))


def sorted_run(
    workers: SerialWorkers | ProcessWorkers,
    task: Callable[[Any], Any],
    items: Iterable[Any],
    ahead: int = 1,
) -> list[Any]:
    with workers:
        return sorted(workers.run(task, chunked(items), ahead))


def is_dead(pid: int) -> bool:
    """Gone, or left to be collected by whoever takes care of orphans."""
    try:
        return " Z " in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize(("count", "ahead"), [(1, 2), (2, 1), (2, 5), (3, 2)])
def test_processes_give_what_one_task_after_the_other_gives(count: int, ahead: int) -> None:
    expected = sorted_run(SerialWorkers(), tasks.double, range(50))
    assert expected == [(number, 2 * number) for number in range(50)]
    assert sorted_run(ProcessWorkers(count), tasks.double, range(50), ahead) == expected


def test_one_task_after_the_other_keeps_the_order() -> None:
    items = [5, 3, 9, 1]
    with SerialWorkers() as workers:
        assert list(workers.run(tasks.double, chunked(items, 2))) == [(i, 2 * i) for i in items]


def test_no_work_is_done_at_once() -> None:
    with ProcessWorkers(2) as workers:
        assert list(workers.run(tasks.double, iter([]))) == []


def test_the_same_workers_serve_one_run_after_another() -> None:
    with ProcessWorkers(2) as workers:
        first = {pid for _, pid in workers.run(tasks.process_id, chunked(range(8), 1))}
        assert sorted(workers.run(tasks.double, chunked([1, 2]))) == [(1, 2), (2, 4)]
        second = {pid for _, pid in workers.run(tasks.process_id, chunked(range(8), 1))}
    assert first == second
    assert os.getpid() not in first


@pytest.mark.parametrize("ahead", [1, 2])
def test_an_item_that_kills_its_process_costs_itself_alone(ahead: int) -> None:
    results = dict(
        sorted_run(ProcessWorkers(2), tasks.die_over_multiples_of_seven, range(1, 30), ahead)
    )
    crashed = Crashed(f"killed by signal {int(signal.SIGKILL)}")
    assert results == {i: i if i % 7 else crashed for i in range(1, 30)}


def test_a_process_that_ends_by_itself_tells_its_code() -> None:
    results = dict(sorted_run(ProcessWorkers(1), tasks.exit_over_three, range(6)))
    assert results == {0: 0, 1: 1, 2: 2, 3: Crashed("ended with code 11"), 4: 4, 5: 5}


def test_a_task_that_raises_stops_the_run_with_its_traceback() -> None:
    with (
        ProcessWorkers(2) as workers,
        pytest.raises(EngineError, match="three is refused"),
    ):
        list(workers.run(tasks.refuse_three, chunked(range(50))))


def test_workers_serve_on_after_a_task_that_raised() -> None:
    with ProcessWorkers(2) as workers:
        with pytest.raises(EngineError):
            list(workers.run(tasks.refuse_three, chunked(range(50))))
        assert sorted(workers.run(tasks.double, chunked([1, 2]))) == [(1, 2), (2, 4)]


def test_an_item_that_cannot_be_received_stops_the_run() -> None:
    with ProcessWorkers(1) as workers, pytest.raises(EngineError, match="not a number"):
        list(workers.run(tasks.take, [[tasks.Unreadable()]]))


def test_trouble_with_getting_the_next_chunk_reaches_the_caller() -> None:
    def chunks() -> Iterator[Sequence[int]]:
        yield [1]
        raise LookupError("no more")

    with ProcessWorkers(2) as workers, pytest.raises(LookupError, match="no more"):
        list(workers.run(tasks.double, chunks()))


def test_items_and_results_larger_than_a_pipe_pass_in_both_directions() -> None:
    blocks = [bytes([number]) * 3_000_000 + b"!" for number in range(6)]
    with ProcessWorkers(2) as workers:
        results = list(workers.run(tasks.echo, ([block] for block in blocks), ahead=2))
    assert sorted(results) == [(block, block[::-1]) for block in blocks]


def test_what_a_task_prints_does_not_get_between_the_results(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert sorted_run(ProcessWorkers(1), tasks.print_and_double, range(5)) == [
        (number, 2 * number) for number in range(5)
    ]
    assert capfd.readouterr() == ("", "")


def test_workers_without_tasks_leave_no_process_behind() -> None:
    with ProcessWorkers(2) as workers:
        pids = [child._process.pid for child in workers._children]
        assert not any(is_gone(pid) for pid in pids)
    assert all(is_gone(pid) for pid in pids)


def begun(folder: Path, count: int) -> list[int]:
    """The processes that are at work, as soon as there are so many."""
    deadline = time.monotonic() + 20
    while len(marks := os.listdir(folder)) < count:
        assert time.monotonic() < deadline, "the workers did not begin"
        time.sleep(0.01)
    return [int(mark.split("-")[0]) for mark in marks]


def interrupt_when_begun(folder: Path, count: int) -> threading.Thread:
    """Press Ctrl-C in this process as soon as so many workers are at it."""

    def press() -> None:
        begun(folder, count)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    return thread


def test_an_interrupted_run_ends_at_once_and_leaves_nothing_behind(tmp_path: Path) -> None:
    naps = [[tasks.Nap(str(tmp_path), 60)] for _ in range(20)]
    finger = interrupt_when_begun(tmp_path, 2)
    with pytest.raises(KeyboardInterrupt), ProcessWorkers(2) as workers:
        list(workers.run(tasks.sleep, naps))
    finger.join()
    time.sleep(0.5)  # a thread that went on would have started a process by now
    assert len(begun(tmp_path, 2)) == 2
    assert all(is_gone(pid) for pid in begun(tmp_path, 2))


def test_a_run_that_nobody_closed_ends_with_the_workers(tmp_path: Path) -> None:
    """As where its consumer raised: the run lives on in the traceback."""
    naps = [[tasks.Nap(str(tmp_path), seconds)] for seconds in (0, *(60 for _ in range(20)))]
    with ProcessWorkers(1) as workers:
        run = workers.run(tasks.sleep, naps)
        next(run)
        begun(tmp_path, 2)
    time.sleep(0.5)
    assert len(begun(tmp_path, 2)) == 2
    assert all(is_gone(pid) for pid in begun(tmp_path, 2))
    assert list(run) == []


def test_workers_serve_on_after_a_run_was_abandoned() -> None:
    with ProcessWorkers(2) as workers:
        run = workers.run(tasks.double, chunked(range(10_000), 1), ahead=2)
        next(run)
        assert isinstance(run, Generator)
        run.close()
        results = sorted(workers.run(tasks.double, chunked(range(100), 1)))
    assert results == [(number, 2 * number) for number in range(100)]


def test_without_a_program_to_start_the_caller_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/there/is/no/python")
    with pytest.raises(EngineError, match="no worker process can be started"):
        ProcessWorkers(2)


def test_a_worker_that_cannot_load_is_no_fault_of_the_items(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else every photo would be skipped as one that crashes the decoder."""
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with (
        ProcessWorkers(2) as workers,
        pytest.raises(EngineError, match="cannot start: ended with code 1"),
    ):
        list(workers.run(tasks.double, chunked(range(10))))


@pytest.mark.parametrize("task", [tasks.spin_over_three, tasks.nap_over_three])
@pytest.mark.parametrize("ahead", [1, 2])
def test_an_item_that_takes_too_long_costs_itself_alone(
    task: Callable[[int], int], ahead: int
) -> None:
    """A7: the others are not even done twice."""
    begun = time.monotonic()
    with ProcessWorkers(2) as workers:
        found = dict(workers.run(task, chunked(range(12)), ahead, lambda _: 0.7))
    assert found == {number: number for number in range(12)} | {3: Crashed("", "timeout")}
    assert time.monotonic() - begun < 10


def test_patience_is_counted_from_the_beginning_of_each_item() -> None:
    with ProcessWorkers(1) as workers:
        naps = chunked([0.5] * 6, 6)
        assert [result for _, result in workers.run(time.sleep, naps, 1, lambda _: 1.5)] == [
            None
        ] * 6


def test_a_child_gets_so_much_memory_and_no_more() -> None:
    """A6: what is refused costs its item alone, and the child goes on."""
    with ProcessWorkers(1, memory=400_000_000) as workers:
        asked = [100_000_000, 8_000_000_000, 600_000_000, 100_000_000]
        found = [told for _, told in workers.run(tasks.take_memory, chunked(asked, 4))]
    assert found == ["got True", "refused", "refused", "got True"]


def test_a_child_writes_no_file(tmp_path: Path) -> None:
    with ProcessWorkers(1) as workers:
        ((_, told),) = workers.run(tasks.write_a_file, [[str(tmp_path / "x")]])
    assert told != "written"
    assert not (tmp_path / "x").exists() or (tmp_path / "x").stat().st_size == 0


def test_what_a_decoder_has_started_ends_with_it(tmp_path: Path) -> None:
    with ProcessWorkers(1) as workers:
        ((_, crashed),) = workers.run(tasks.leave_a_child, [[str(tmp_path)]], 1, lambda _: 0.7)
    assert crashed == Crashed("", "timeout")
    (name,) = os.listdir(tmp_path)
    deadline = time.monotonic() + 5
    while not is_dead(int(name)):
        assert time.monotonic() < deadline, "it lives on"
        time.sleep(0.01)
