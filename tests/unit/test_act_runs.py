"""Runs that act: what they say of themselves, what is left of them, and who may act beside them."""

from __future__ import annotations

import errno
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from acting import World, pair, plan, snapshot
from acting_calls import cut_off_after, failing

import dupfinder
import dupfinder.engines.acting as engine
from dupfinder.acts.unit import Refused
from dupfinder.errors import StoreError, UsageError
from dupfinder.model import Plan, Run, Undone
from dupfinder.storage.journal import journals, read


def copies(world: World, count: int, folder: str = "a") -> Plan:
    kept = world.write(f"{folder}/kept.jpg", b"once")
    return plan(*(pair(world.write(f"{folder}/{at}.jpg", b"once"), kept) for at in range(count)))


def journal(world: World) -> str:
    return journals(os.path.join(world.state, "runs"))[-1]


class Watch:
    """Progress that remembers."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int | None] | int] = []

    def stage(self, name: str, total: int | None) -> None:
        self.told.append((name, total))

    def advance(self, steps: int = 1) -> None:
        self.told.append(steps)


@pytest.fixture
def far_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A clock that is nine hours ahead."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "XXX-9")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("far_east")
def test_a_run_is_named_by_the_time_and_lies_in_a_folder_of_ones_own(world: World) -> None:
    before = datetime.now(UTC).replace(tzinfo=None)
    applied = world.apply(copies(world, 2))
    after = datetime.now(UTC).replace(tzinfo=None)

    assert re.fullmatch(r"\d{8}-\d{6}-\d{6}-[0-9a-f]{8}", applied.run)
    assert before <= datetime.strptime(applied.run[:22], "%Y%m%d-%H%M%S-%f") <= after
    assert (applied.act, applied.recovered) == ("trash", ())
    assert [each.done for each in applied.outcomes] == [True, True]
    assert journal(world) == os.path.join(world.state, "runs", f"{applied.run}.journal")
    assert os.stat(os.path.dirname(journal(world))).st_mode & 0o777 == 0o700
    assert os.stat(journal(world)).st_mode & 0o777 == 0o600


def test_each_photo_is_a_step(world: World) -> None:
    watch, made = Watch(), copies(world, 3)
    world.apply(plan())
    os.environ["XDG_DATA_HOME"] = os.path.join(world.top, "data")
    applied = dupfinder.apply(made, world.acting(), watch)
    dupfinder.undo(applied.run, world.state, watch)
    assert watch.told == [("trash", 3), 1, 1, 1, ("undo", 3), 1, 1, 1]


def test_a_journal_that_cannot_be_written_stops_the_run_with_what_was_done(world: World) -> None:
    """C11: and the command can be run again."""
    told = set[str]()
    for number in range(1, 60):
        shutil.rmtree(world.top)
        made = copies(world, 3)
        with suppress(StoreError), as_told(told):
            failing(lambda made=made: world.apply(made), number, errno.ENOSPC, for_good=True)
    runs = repr(os.path.join(world.state, "runs"))
    hint = "make room on that disk and run the same command again"
    ends = {each for each in told if "stopped" in each}
    assert {each.partition("stopped")[2] for each in ends} == {
        f" after {n} photos {hint}" for n in range(3)
    }
    assert all(each.startswith(f"the journal in {runs} cannot be written: ") for each in ends)
    assert f"the journals in {runs} cannot be used: {os.strerror(errno.ENOSPC)} " in told


@contextmanager
def as_told(told: set[str]) -> Iterator[None]:
    try:
        yield
    except StoreError as error:
        told.add(f"{error} {error.hint or ''}")
        raise


def test_a_run_that_is_acting_keeps_the_others_away(world: World) -> None:
    """L8, D4: and lets them in when it has ended."""
    made = copies(world, 1)
    seen: list[str] = []

    class Meanwhile(Watch):
        def advance(self, _: int = 1) -> None:
            for job in (world.apply, world.recover, world.undo):
                with pytest.raises(UsageError, match="another run is acting") as caught:
                    job()
                seen.append(caught.value.hint)

    os.environ["XDG_DATA_HOME"] = os.path.join(world.top, "data")
    dupfinder.apply(made, world.acting(), Meanwhile())
    assert seen == ["wait until it has ended"] * 3
    assert world.undo().restored == 1


def test_what_a_run_left_aside_is_brought_home_and_told_if_its_name_is_taken(world: World) -> None:
    """L7: by recovery, or at the beginning of the next run."""
    for job in (world.recover, lambda: world.apply(plan()).recovered):
        made = copies(world, 2)
        cut_off_after(lambda made=made: world.apply(made), "rename")
        (aside,) = [name for name in os.listdir(world.path("a")) if name.startswith(".")]
        world.write("a/0.jpg", b"somebody's")
        other = world.path("a/0 2.jpg")
        assert job() == (other,)
        assert Path(other).read_bytes() == b"once"
        assert not os.path.exists(world.path(f"a/{aside}"))
        ops = [
            record for each in journals(os.path.join(world.state, "runs")) for record in read(each)
        ]
        assert {"op": "back", "n": 0, "code": "recovered", "reason": ""} in ops
        assert world.recover() == ()
        os.remove(other)


def test_what_cannot_be_brought_home_now_is_tried_again(world: World) -> None:
    """D1: its volume may be away for now; other photos do not wait for it."""
    here, there = copies(world, 1, "here"), copies(world, 1, "there")
    for made in (here, there):
        cut_off_after(lambda made=made: world.apply(made), "rename")
    os.rename(world.path("here"), world.path("away"))
    assert world.recover() == ()
    assert set(os.listdir(world.path("there"))) == {"0.jpg", "kept.jpg"}
    os.rename(world.path("away"), world.path("here"))
    assert world.recover() == ()
    assert set(os.listdir(world.path("here"))) == {"0.jpg", "kept.jpg"}


def test_a_photo_that_has_come_to_its_end_is_not_taken_up_again(world: World) -> None:
    """L7: neither one that is gone or was left, nor one that undo has brought home or missed."""
    left = pair(world.write("b/1.jpg", b"once"), world.write("b/2.jpg", b"Once"))
    world.apply(plan(*copies(world, 1).actions, left))
    shutil.rmtree(world.trash)
    world.undo()
    world.apply(copies(world, 1))
    world.undo()
    world.apply(copies(world, 1))
    runs = os.path.join(world.state, "runs")
    records = [(path, each) for path in journals(runs) for each in read(path) if "n" in each]
    ends = {(path, each["n"]): each["op"] for path, each in records}
    assert set(ends.values()) == {"done", "back", "undone", "missing"}
    before = [Path(path).read_bytes() for path in journals(runs)]
    assert world.recover() == ()
    assert [Path(path).read_bytes() for path in journals(runs)] == before


def test_runs_are_listed_with_what_can_still_be_taken_back(world: World) -> None:
    assert dupfinder.runs(world.state) == ()
    first = world.apply(copies(world, 2)).run
    world.act = "delete"
    second = world.apply(copies(world, 1)).run
    world.act = "trash"
    left = pair(world.write("b/1.jpg", b"once"), world.write("b/2.jpg", b"Once"))
    third = world.apply(plan(left)).run
    with open(os.path.join(world.state, "runs", "0.journal"), "wb") as file:
        file.write(b"no journal")
    expected = [Run(first, "trash", 2, 2), Run(second, "delete", 1, 0), Run(third, "trash", 0, 0)]
    assert dupfinder.runs(world.state) == tuple(expected)
    assert dupfinder.undo(state=world.state) == Undone(first, 2)
    assert dupfinder.runs(world.state)[0] == Run(first, "trash", 2, 0)


def test_the_last_run_that_has_anything_left_is_undone_or_the_one_that_is_named(
    world: World,
) -> None:
    one, two = (world.apply(copies(world, 1, name)).run for name in ("one", "two"))
    world.apply(plan())
    assert dupfinder.undo(one, world.state) == Undone(one, 1)
    assert dupfinder.undo(state=world.state) == Undone(two, 1)
    with pytest.raises(UsageError, match="there is nothing to undo") as caught:
        dupfinder.undo(state=world.state)
    assert "undo --list" in caught.value.hint
    assert dupfinder.undo(one, world.state) == Undone(one, 0)


@pytest.mark.parametrize("name", ["nothing", "", "../runs/RUN", "..", "RUN.journal"])
def test_a_run_that_is_none_is_told(world: World, name: str) -> None:
    """E3: no name leads out of the folder of the runs."""
    run = world.apply(copies(world, 1)).run
    with pytest.raises(UsageError, match="there is no run") as caught:
        dupfinder.undo(name.replace("RUN", run), world.state)
    assert "undo --list" in caught.value.hint
    assert dupfinder.runs(world.state)[0].left == 1


def test_photos_go_home_in_the_reverse_order(world: World) -> None:
    """What went last may have taken the place of what went before."""
    made = copies(world, 3)
    world.apply(made)
    world.undo()
    assert [record["n"] for record in read(journal(world)) if record["op"] == "undone"] == [2, 1, 0]


def test_a_photo_that_is_missing_is_told_and_looked_for_again_only_by_the_runs_name(
    world: World,
) -> None:
    made = copies(world, 2)
    before = snapshot(world.photos)
    run = world.apply(made).run
    files = os.path.join(world.trash, "files")
    os.rename(os.path.join(files, "0.jpg"), os.path.join(world.top, "0.jpg"))
    told = ((world.path("a/0.jpg"), "it is not there any more"),)
    undone = world.undo()
    if undone.failed[0][1] != told[0][1]:  # as the system says it
        told = ((world.path("a/0.jpg"), os.strerror(errno.ENOENT)),)
    assert undone == Undone(run, 1, (), told)
    with pytest.raises(UsageError, match="nothing to undo"):
        world.undo()
    assert dupfinder.undo(run, world.state) == Undone(run, 0, (), told)
    os.rename(os.path.join(world.top, "0.jpg"), os.path.join(files, "0.jpg"))
    assert dupfinder.undo(run, world.state) == Undone(run, 1)
    assert snapshot(world.photos) == before


def test_a_photo_that_cannot_go_home_for_now_is_asked_for_again(world: World) -> None:
    """Anything but its absence says nothing about where it is."""
    made = copies(world, 1)
    run = world.apply(made).run
    os.rename(world.path("a"), world.path("b"))
    os.symlink(world.path("b"), world.path("a"))
    failed = ((world.path("a/0.jpg"), os.strerror(errno.ENOTDIR)),)
    assert world.undo() == Undone(run, 0, (), failed)
    os.remove(world.path("a"))
    os.rename(world.path("b"), world.path("a"))
    assert world.undo() == Undone(run, 1)


def test_a_name_that_is_taken_is_told_by_undo(world: World) -> None:
    run = world.apply(copies(world, 1)).run
    world.write("a/0.jpg", b"somebody's")
    assert world.undo() == Undone(run, 1, (world.path("a/0 2.jpg"),))


def test_what_an_undo_finds_aside_it_brings_home_first(world: World) -> None:
    """L7."""
    first = world.apply(copies(world, 1, "b")).run
    made = copies(world, 1)
    cut_off_after(lambda: world.apply(made), "rename")
    assert world.undo() == Undone(first, 1)
    assert set(os.listdir(world.path("a"))) == {"0.jpg", "kept.jpg"}


@pytest.mark.parametrize("error", [OSError(errno.EIO, "no"), OSError("no")])
def test_journals_that_cannot_be_read_are_told(
    world: World, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    world.apply(copies(world, 1))

    def fail(_: str) -> None:
        raise error

    monkeypatch.setattr(engine, "read", fail)
    told = re.escape(f"the journals in {os.path.join(world.state, 'runs')!r} cannot be used: no")
    for job in (world.undo, world.recover, lambda: dupfinder.runs(world.state)):
        with pytest.raises(StoreError, match=told):
            job()


def test_a_file_that_has_another_number_by_now_comes_home_also_beside_another(world: World) -> None:
    """C17: there are volumes that number their files anew; what surely went there is known."""
    run = world.apply(copies(world, 1)).run
    place = os.path.join(world.trash, "files", "0.jpg")
    os.rename(place, place + "~")
    shutil.copy2(place + "~", place)
    world.write("a/0.jpg", b"somebody's")
    assert world.undo() == Undone(run, 1, (world.path("a/0 2.jpg"),))


def test_what_a_refusal_says_is_told_by_undo(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """C13: a copy on the way home that does not hold what was written, say."""
    run = world.apply(copies(world, 1)).run

    def refuse(_: object) -> None:
        raise Refused("copy-differs", "what was written differs")

    monkeypatch.setattr(engine, "undo", refuse)
    failed = ((world.path("a/0.jpg"), "what was written differs"),)
    assert world.undo() == Undone(run, 0, (), failed)
    assert dupfinder.runs(world.state)[0].left == 1
