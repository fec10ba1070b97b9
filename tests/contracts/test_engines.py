"""Workers give every item its result or say that it cost the process, whatever the tasks do."""

from __future__ import annotations

import os
import platform
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import tasks

from dupfinder.engines import patience, workers
from dupfinder.engines.culprits import run_sparing
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
    crashed = Crashed("killed by SIGKILL, perhaps because the system ran out of memory")
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


def napping(name: str) -> list[int]:
    """The processes that are at a nap of this name."""
    found = []
    for folder in Path("/proc").iterdir():
        with suppress(OSError):
            if folder.name.isdigit() and (folder / "comm").read_text() == f"{name}\n":
                found.append(int(folder.name))
    return found


def begun(name: str, count: int) -> list[int]:
    """The processes that are at it, as soon as there are so many."""
    deadline = time.monotonic() + 20
    while len(found := napping(name)) < count:
        assert time.monotonic() < deadline, "the workers did not begin"
        time.sleep(0.01)
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell")
@pytest.mark.parametrize("restarted", [False, True])
def test_children_do_not_outlive_a_parent_that_was_killed(name: str, restarted: bool) -> None:
    """Not even at a task that holds the interpreter, so that nothing else in them runs."""
    program = f"""
import sys; sys.path[:] = {sys.path!r}
import tasks
from dupfinder.engines.workers import ProcessWorkers
if __name__ == "__main__":
    with ProcessWorkers(1) as workers:
        first = [7] if {restarted} else [1]
        list(workers.run(tasks.die_over_multiples_of_seven, [first]))
        list(workers.run(tasks.sleep_holding_the_interpreter, [[tasks.Nap({name!r}, 60)]]))
"""
    parent = subprocess.Popen([sys.executable, "-c", program])
    begun(name, 1)
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 5
    while napping(name):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def interrupt_when_begun(name: str, count: int) -> threading.Thread:
    """Press Ctrl-C in this process as soon as so many workers are at it."""

    def press() -> None:
        begun(name, count)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    return thread


@pytest.fixture
def name() -> str:
    """Of naps, which nobody else has."""
    return f"nap {secrets.token_hex(4)}"


def test_an_interrupted_run_ends_at_once_and_leaves_nothing_behind(name: str) -> None:
    naps = [[tasks.Nap(name, 60)] for _ in range(20)]
    finger = interrupt_when_begun(name, 2)
    with pytest.raises(KeyboardInterrupt), ProcessWorkers(2) as workers:
        list(workers.run(tasks.sleep, naps))
    finger.join()
    time.sleep(0.5)  # a thread that went on would have started a process by now
    assert napping(name) == []


def test_a_run_that_nobody_closed_ends_with_the_workers(name: str) -> None:
    """As where its consumer raised: the run lives on in the traceback."""
    naps = [[tasks.Nap(name, seconds)] for seconds in (0, *(60 for _ in range(20)))]
    with ProcessWorkers(1) as workers:
        run = workers.run(tasks.sleep, naps)
        next(run)
        begun(name, 1)
    time.sleep(0.5)
    assert napping(name) == []
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


@pytest.fixture
def one_core() -> Iterator[None]:
    """Children run where the process does that starts them."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    yield
    os.sched_setaffinity(0, cores)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell")
@pytest.mark.usefixtures("one_core")
@pytest.mark.parametrize("task", [tasks.compute, tasks.wait])
def test_only_computing_tries_the_patience(task: Callable[[float], None]) -> None:
    """Three at a time on one core, or on a disk that wakes up, take longer and are not given up."""
    with ProcessWorkers(3) as workers:
        found = [told for _, told in workers.run(task, [[0.8]] * 3, 1, lambda _: 1)]
        late = [told for _, told in workers.run(tasks.compute, [[60.0]], 1, lambda _: 1)]
    assert found == [None] * 3
    assert late == [Crashed("", "timeout")]


def test_who_is_looked_at_when_a_child_dies_is_told_and_the_others_are_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Though nobody said how long a task may take."""
    monkeypatch.setattr(patience, "_SECONDS", 0.7)
    asked = [("a", "b"), ("c", "crash", "d"), ("hang",), ("e", "hang", "f", "crash"), ("g",)]

    def without(names: tuple[str, ...], spoilt: str) -> tuple[str, ...] | None:
        return tuple(name for name in names if name != spoilt) or None

    with ProcessWorkers(2) as workers:
        found = dict(run_sparing(workers, tasks.look_at, chunked(asked), without))
    abort = Crashed("killed by SIGABRT", "crashed", "crash")
    hang = Crashed("", "timeout", "hang")
    assert found == {
        ("a", "b"): 2,
        ("c", "crash", "d"): abort,
        ("c", "d"): 2,
        ("hang",): hang,
        ("e", "hang", "f", "crash"): hang,
        ("e", "f", "crash"): abort,
        ("e", "f"): 2,
        ("g",): 1,
    }


@pytest.mark.parametrize("said", [5, ("/x",), ("/x", "y"), (b"/x", 1), "/x"])
def test_a_child_that_names_no_photo_is_not_believed(said: object) -> None:
    with ProcessWorkers(1) as workers:
        ((_, told),) = workers.run(tasks.say_where, [[said]])
    assert told == Crashed("what it sent was no result")


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


@pytest.mark.skipif(platform.machine() != "x86_64", reason="seen on this kind of processor only")
@pytest.mark.parametrize("what", sorted(tasks.ATTEMPTS))
def test_a_child_touches_nothing(what: str, tmp_path: Path) -> None:
    """R16: a decoder that was taken over changes no file, starts no program and calls nobody."""
    photo = tmp_path / "photo"
    photo.write_bytes(b"photo")
    before = photo.stat()
    with ProcessWorkers(1) as workers:
        asked = [(what, str(tmp_path))]
        ((_, told),) = workers.run(tasks.attempt, [asked])
        assert list(workers.run(tasks.double, [[1]])) == [(1, 2)], "the child goes on"
    assert told in ("PermissionError", "OSError")
    after = photo.stat()
    assert [each.name for each in tmp_path.iterdir()] == ["photo"]
    assert (photo.read_bytes(), os.listxattr(photo)) == (b"photo", [])
    assert (after.st_mtime_ns, after.st_mode, after.st_nlink) == (
        before.st_mtime_ns, before.st_mode, before.st_nlink,
    )  # fmt: skip


@pytest.mark.skipif(platform.machine() != "x86_64", reason="seen on this kind of processor only")
def test_what_a_child_may_do_it_can() -> None:
    """It reads files, takes threads and imports; and this process may do as before."""
    with ProcessWorkers(1) as workers:
        ((_, told),) = workers.run(tasks.work_as_decoders_do, [[__file__]])
    assert told == "worked"


@pytest.mark.skipif(sys.platform != "linux", reason="others have no such score")
def test_a_system_short_of_memory_ends_a_child_before_this_process() -> None:
    with ProcessWorkers(1) as workers:
        assert list(workers.run(tasks.double, [[1]])) == [(1, 2)]
        pid = workers._children[0]._process.pid
        assert Path(f"/proc/{pid}/oom_score_adj").read_text() == "1000\n"


def test_a_child_that_runs_out_of_memory_says_so_and_the_others_are_done() -> None:
    with ProcessWorkers(1) as workers:
        found = dict(workers.run(tasks.run_out_of_memory_over_three, chunked(range(6))))
    assert found == {number: number for number in range(6)} | {3: Crashed("it ran out of memory")}


@pytest.mark.skipif(sys.platform != "linux", reason="others do not say how much memory is mapped")
def test_a_child_that_lost_much_is_replaced_before_it_refuses_anything() -> None:
    with ProcessWorkers(1, memory=400_000_000) as workers:
        asked = [100_000_000] * 12
        assert [told for _, told in workers.run(tasks.refuse_when_short, chunked(asked))] == asked


@pytest.mark.parametrize("what", ["memory", "descriptors"])
def test_a_child_is_replaced_only_for_what_it_lost(what: str) -> None:
    if what == "memory" and sys.platform != "linux":
        pytest.skip("others do not say how much memory is mapped")
    with ProcessWorkers(1, memory=1_500_000_000) as workers:
        lost = {pid for _, pid in workers.run(tasks.lose, [[what] * 16])}
        kept = {pid for _, pid in workers.run(tasks.lose, [["nothing"] * 8])}
    assert len(lost) > 2
    assert len(kept) <= 2  # the first had lost something already


def test_what_a_child_sends_is_not_carried_out(tmp_path: Path) -> None:
    """E6, I3: a result is a value; whoever sends anything else has crashed."""
    with ProcessWorkers(1) as workers:
        ((_, told),) = workers.run(tasks.send_back_a_command, [[str(tmp_path / "x")]])
        assert isinstance(told, Crashed)
        assert list(workers.run(tasks.double, [[1]])) == [(1, 2)]
    assert not (tmp_path / "x").exists()


def test_an_interruption_while_children_start_leaves_no_thread_that_the_exit_waits_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    starters: list[ThreadPoolExecutor] = []

    def interrupted(_: int, starter: ThreadPoolExecutor) -> None:
        starters.append(starter)
        starter.submit(int).result()
        raise KeyboardInterrupt

    monkeypatch.setattr(workers, "Child", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ProcessWorkers(1)
    with pytest.raises(RuntimeError, match="after shutdown"):
        starters[0].submit(int)
