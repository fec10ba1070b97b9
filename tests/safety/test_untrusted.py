"""A journal that somebody has written by hand (E3, L12): it leads nowhere but where its run was."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from zlib import crc32

import pytest
from acting import World, child, kill_at, snapshot
from safety_expect import world_of

import dupfinder
from dupfinder.acts.records import sound
from dupfinder.storage.journal import journals, read
from dupfinder.storage.lock import locked

Record = dict[str, Any]


def rewrite(world: World, change: Callable[[Record], Record]) -> None:
    """Change every record of the last journal, each with a right checksum."""
    path = journals(os.path.join(world.state, "runs"))[-1]
    lines = [json.dumps(change(record)).encode() for record in read(path)]
    with open(path, "wb") as file:
        file.writelines(b"%08x " % crc32(line) + line + b"\n" for line in lines)


def outside(world: World) -> str:
    folder = os.path.join(world.top, "outside")
    os.makedirs(folder)
    for name in (".dupfinder-1", "one.jpg"):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(b"somebody's " + name.encode())
    return folder


FORGERIES: dict[str, Record] = {
    "a folder outside": {"folder": "OUTSIDE"},
    "a folder with a detour": {"folder": "LIBRARY/../outside"},
    "a name that is a path": {"members": [["../outside/one.jpg", ".dupfinder-1"]]},
    "an aside name that is a path": {"members": [["new.jpg", "../../outside/.dupfinder-1"]]},
    "an aside name that is a photo's": {"members": [["new.jpg", "1.jpg"]]},
    "a place outside": {"folder": "OUTSIDE", "name": "one.jpg", "info": None},
    "a temporary outside": {"temporary": "../outside/one.jpg"},
    "an info outside": {"info": ["OUTSIDE", "one.jpg", "somebody's one.jpg", ".dupfinder-1"]},
    "no members": {"members": []},
    "members of another form": {"members": [1, None]},
    "a number that is none": {"n": "0"},
    "a state of another form": {"state": None},
    "an info of another form": {"info": 5},
    "a name that is none": {"name": ".."},
    "a name with a zero": {"name": "a\0b"},
    "a name that cannot be": {"name": "\ud800"},
}


@pytest.mark.parametrize("forged", FORGERIES.values(), ids=FORGERIES)
@pytest.mark.parametrize("interrupted", [False, True], ids=["undo", "recovery"])
def test_a_forged_record_leads_nowhere(world: World, forged: Record, interrupted: bool) -> None:
    folder = outside(world)
    before = snapshot(folder, inodes=True)
    if interrupted:
        child(world.apply, kill_at(60))
    else:
        world.apply()

    def change(record: Record) -> Record:
        given = {
            key: value.replace("OUTSIDE", folder).replace("LIBRARY", world.photos)
            if isinstance(value, str)
            else [folder if each == "OUTSIDE" else each for each in value]
            if isinstance(value, list)
            else value
            for key, value in forged.items()
        }
        return record | {key: value for key, value in given.items() if key in record}

    rewrite(world, change)
    world.recover()
    undo(world)

    assert snapshot(folder, inodes=True) == before


def undo(world: World) -> None:
    with suppress(dupfinder.UsageError):
        world.undo()


@pytest.mark.parametrize(
    ("act", "count"),
    [("trash", 25), ("far", 25), ("hardlink", 25)]
    + [pytest.param(act, 1000, marks=pytest.mark.slow) for act in ("trash", "far", "hardlink")],
)
def test_values_of_any_kind_raise_nothing_and_touch_nothing_else(act: str, count: int) -> None:
    """E3, L12: each run, one value somewhere in the journal is another one."""
    values = (None, 0, -1, 2**70, 1.5, "", "x", "/", "..", "\0", [], {}, [[]], ["a", "b"], True)
    chance = random.Random(act)
    with world_of(act) as make:
        world = make()
        folder = outside(world)
        before = snapshot(folder)
        child(world.apply, kill_at(60))
        path = journals(os.path.join(world.state, "runs"))[-1]
        with open(path, "rb") as file:
            whole = file.read()
        for _ in range(count):
            at = chance.randrange(len(list(read(path))) or 1)
            seen = -1

            def change(record: Record, at: int = at) -> Record:
                nonlocal seen
                seen += 1
                if seen == at:
                    record[chance.choice(list(record))] = chance.choice(values)
                return record

            rewrite(world, change)
            dupfinder.runs(world.state)
            world.recover()
            undo(world)
            assert snapshot(folder) == before
            with open(path, "wb") as file:
                file.write(whole)


def test_what_is_written_is_sound(world: World) -> None:
    """Else recovery would stop at a record that acting had written itself."""
    for act in ("trash", "quarantine", "hardlink", "delete"):
        world.act = act
        world.apply()
        undo(world)
        path = journals(os.path.join(world.state, "runs"))[-1]
        records = list(read(path))
        assert list(sound(records)) == records
        assert len(records) > 5


def test_a_journal_of_another_schema_is_left_to_the_version_that_wrote_it(world: World) -> None:
    child(world.apply, kill_at(60))
    rewrite(world, lambda record: record | ({"schema": 2} if "schema" in record else {}))
    before = snapshot(world.top)
    world.recover()

    assert snapshot(world.top) == before
    assert dupfinder.runs(world.state) == ()


def test_another_run_that_acts_is_told(world: World) -> None:
    """L8, D4."""
    os.makedirs(world.state)
    with locked(os.path.join(world.state, "lock")) as mine:
        assert mine
        for job in (world.apply, world.recover, world.undo):
            with pytest.raises(dupfinder.UsageError, match="another run"):
                job()


def test_a_state_folder_that_cannot_be_used_is_told(world: World) -> None:
    """C11: before anything has moved."""
    before = snapshot(world.photos)
    with open(world.state, "wb"):
        pass
    for job in (world.apply, world.recover, world.undo):
        with pytest.raises(dupfinder.StoreError):
            job()
    assert snapshot(world.photos) == before
