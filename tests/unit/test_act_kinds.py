"""What each act may be done to, and what it takes along."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from acting import World, action, photo
from acting_steps import COPY, carried, code, two
from stand_in_trash import StandIn, where

from dupfinder.acts import Act
from dupfinder.acts.delete import Delete
from dupfinder.acts.hardlink import Hardlink
from dupfinder.acts.quarantine import Quarantine
from dupfinder.acts.system_trash import SystemTrash
from dupfinder.acts.trash import Trash
from dupfinder.filesystem import Folder
from dupfinder.model import Action

KINDS = pytest.mark.parametrize("kind", ["trash", "system", "quarantine", "delete", "hardlink"])


def act(world: World, kind: str) -> Act:
    acts: dict[str, Act] = {
        "trash": Trash(world.trash),
        "system": SystemTrash(world.trash, StandIn(world.trash), where),
        "quarantine": Quarantine(world.quarantine),
        "delete": Delete(),
        "hardlink": Hardlink(),
    }
    return acts[kind]


def with_sidecars(world: World) -> Action:
    gone, kept = (
        photo(world.write(f"{path}.jpg", b"once"), (world.write(f"{path}.xmp", b"x"), "xmp", False))
        for path in ("a/1", "b/2")
    )
    return action(gone, kept)


@KINDS
def test_only_a_link_needs_the_same_bytes(world: World, kind: str) -> None:
    """L5: in place of a near copy it would lose the copy."""
    expected = "not-identical" if kind == "hardlink" else "done"
    assert code(carried(world, two(world, COPY), by=act(world, kind))) == expected
    assert code(carried(world, two(world), by=act(world, kind))) == "done"


@KINDS
def test_only_a_link_leaves_the_sidecar_where_it_is(world: World, kind: str) -> None:
    """G1: the photo's name stays there, and else nobody would know whose it is."""
    assert code(carried(world, with_sidecars(world), by=act(world, kind))) == "done"
    left = ["1.jpg", "1.xmp"] if kind == "hardlink" else []
    assert sorted(os.listdir(world.path("a"))) == left


@pytest.mark.parametrize("kind", ["trash", "system", "quarantine", "delete"])
def test_a_keeper_that_goes_is_told_also_where_its_sidecar_stays(world: World, kind: str) -> None:
    """C1."""
    each = with_sidecars(world)

    def go() -> None:
        Path(each.keeper.path).unlink(missing_ok=True)

    outcomes = carried(world, each, by=act(world, kind), place=go, delete=go)
    assert code(outcomes) == "keeper-gone"


def test_a_system_that_knows_no_links_leaves_the_photo(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C6."""

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSYS, "-")

    monkeypatch.setattr(Folder, "link", fail)
    assert code(carried(world, two(world), by=Hardlink())) == "no-link"
