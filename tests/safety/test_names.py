"""Hostile names (B10-B12, F1-F8, R21) come back from the journal, the trash and undo unchanged."""

from __future__ import annotations

import os
from dataclasses import replace
from urllib.parse import unquote_to_bytes

import pytest
from acting import pair, plan, snapshot
from safety_expect import ACTS, expect_tidy, world_of

NAMES = tuple(
    os.fsdecode(name)
    for name in (
        b"a\nb.jpg", b"\x1b]0;title\x07.jpg", b"\xff.jpg", b"\xfe.jpg", b"-rf.jpg", b"--.jpg",
        b"'.jpg", b'".jpg', b"$(touch X).jpg", b"`id`.jpg", b"%s%n.jpg", b"{0.__class__}.jpg",
        b"=1+1.jpg", "\u202egpj.exe.jpg".encode(), "\u200b.jpg".encode(), "e\u0301.jpg".encode(),
        "\u00e9.jpg".encode(), b"a.trashinfo", b".hidden.jpg", b"...jpg", b" .jpg", b"x .jpg ",
        b"\t.jpg", b"\\.jpg", b"CON.jpg", b"a.jpg:s", b"[a-z]*.jpg", b"<script>.jpg",
        b"\xed\xa0\x80.jpg", b"\x7f\x9b.jpg", b"n" * 255, "\u65e5".encode() * 85,
        b"." + b"e" * 254, b"s." + b"e" * 253, b"noending",
    )
)  # fmt: skip


@pytest.mark.parametrize("act", ACTS[:-1])
def test_every_name_comes_back(act: str) -> None:
    with world_of(act) as make:
        world = make()
        actions = [
            pair(world.write(f"n/{name}", b"%d" % at), world.write(f"k/{at}", b"%d" % at))
            for at, name in enumerate(NAMES)
        ]
        # Folders may be called anything as well.
        actions += [
            pair(world.write(f"f/{name}/a.jpg", b"%d" % at), world.write(f"k/f{at}", b"%d" % at))
            for at, name in enumerate(NAMES)
        ]
        before = snapshot(world.photos)
        applied = world.apply(plan(*actions))
        assert {each.code for each in applied.outcomes} == {"done"}
        told = {
            unquote_to_bytes(entry[1].splitlines()[1].removeprefix(b"Path="))
            for name, entry in snapshot(world.trash).items()
            if name.startswith("info/")
        }
        if act == "trash":
            assert told == {os.fsencode(each.photo.path) for each in actions}
        expect_tidy(world)
        undone = world.undo()

        assert (undone.failed, undone.renamed) == ((), ())
        assert undone.restored == len(actions)
        assert snapshot(world.photos) == before


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
