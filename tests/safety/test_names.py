"""Hostile names (B10-B12, R21) come back from the journal, the trash and undo unchanged.

The default run takes every tenth of them, the long one all 400.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import unquote_to_bytes

import pytest
from acting import figure, pair, plan, snapshot
from hostile_names import COUNT, NAMES, SOME
from safety_expect import ACTS, expect_tidy, world_of


@pytest.mark.parametrize(
    "names",
    [pytest.param(SOME, id="some"), pytest.param(NAMES, id="all", marks=pytest.mark.slow)],
)
@pytest.mark.parametrize("act", ACTS[:-1])
def test_every_name_comes_back(act: str, names: Sequence[bytes]) -> None:
    """B10-B12: from the trash, another folder or volume, a link; names of files and of folders."""
    with world_of(act) as make:
        world = make()
        actions = []
        for name in map(os.fsdecode, names):
            for below in (f"n/{name}", f"f/{name}/a.jpg"):
                content = b"%d" % len(actions)
                kept = world.write(f"k/{len(actions)}", content)
                actions.append(pair(world.write(below, content), kept))
        before = snapshot(world.photos)
        applied = world.apply(plan(*actions))
        assert {each.code for each in applied.outcomes} == {"done"}
        noted = {
            unquote_to_bytes(entry[1].splitlines()[1].removeprefix(b"Path="))
            for name, entry in snapshot(world.trash).items()
            if name.startswith("info/")
        }
        if act == "trash":
            assert noted == {os.fsencode(each.photo.path) for each in actions}
        expect_tidy(world)
        undone = world.undo()

        assert (undone.failed, undone.renamed) == ((), ())
        assert undone.restored == len(actions)
        assert snapshot(world.photos) == before
        figure(f"\n{act}: {len(names)} names of files and of folders: not back 0")


@pytest.mark.parametrize("path", ["/x\0y/a.jpg", "/\ud800.jpg", "", "a.jpg", "/", "/a/..", "//a/b"])
def test_a_path_that_no_file_can_have_is_told(path: str) -> None:
    """C16: plans are read back from files that anybody may have written."""
    with world_of("trash") as make:
        world = make()
        first = world.plan.actions[0]
        photo = replace(first.photo, file=replace(first.photo.file, path=path))
        keeper = replace(first.keeper, file=replace(first.keeper.file, path=path))
        for changed in (replace(first, photo=photo), replace(first, keeper=keeper)):
            (outcome,) = world.apply(plan(changed)).outcomes
            assert outcome.code in ("no-path", "outside", "gone", "keeper-gone", "unmatched")
            assert os.path.exists(first.photo.path)
        assert world.recover() == ()


def test_the_names_are_as_many_as_is_said_and_can_be_names() -> None:
    assert len(set(NAMES)) == COUNT
    assert all(name and len(name) <= 255 and not set(name) & set(b"\0/") for name in NAMES)
