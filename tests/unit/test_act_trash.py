"""The trash of a volume that is not the home's, told by its device as no mount need be made."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from acting import FAST, World
from acting_steps import carried, two

from dupfinder.acts import trash
from dupfinder.acts.trash import Trash
from dupfinder.model import Outcome

USER = os.getuid()
NOW = datetime(2026, 1, 2, 3, 4, 5)  # the specification wants local time


@pytest.fixture
def world(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(trash, "_top", lambda path: path.removesuffix("/photos/a"))
    return world


@pytest.fixture
def home(tmp_path: Path) -> Iterator[str]:
    """A home on another volume, without a trash as yet."""
    if FAST is None or os.stat(FAST).st_dev == os.stat(tmp_path).st_dev:
        pytest.skip("needs a second volume")
    yield os.path.join(FAST, f"dupfinder-nowhere-{os.getpid()}", "Trash")
    assert not os.path.exists(os.path.join(FAST, f"dupfinder-nowhere-{os.getpid()}"))


@pytest.mark.parametrize(
    ("shared", "expected"),
    [
        ("none", f".Trash-{USER}"), ("sticky", f".Trash/{USER}"), ("open", f".Trash-{USER}"),
        ("taken", f".Trash-{USER}"),
    ],
)  # fmt: skip
def test_the_trash_of_the_volume_is_used_with_paths_below_its_top(
    world: World, home: str, shared: str, expected: str
) -> None:
    """C8: the shared one if it is safe and has room for us, else one of ones own."""
    if shared != "none":
        os.mkdir(os.path.join(world.top, ".Trash"))
        os.chmod(os.path.join(world.top, ".Trash"), 0o777 if shared == "open" else 0o1777)
    if shared == "taken":
        Path(world.top, ".Trash", str(USER)).touch()
    each = two(world)
    (outcome,) = carried(world, each, by=Trash(home, now=lambda: NOW))
    place = os.path.join(world.top, expected, "files", "gone.jpg")
    assert outcome == Outcome(each, True, "done", "moved to the trash", (place,))
    info = Path(world.top, expected, "info", "gone.jpg.trashinfo").read_text("ascii")
    assert info == (
        "[Trash Info]\nPath=photos/a/gone.jpg\nDeletionDate=2026-01-02T03:04:05\n"
        "X-Dupfinder=.dupfinder-abcdef01-0-0\n"
    )


def test_a_volume_without_a_trash_that_is_ours_keeps_its_photos(world: World, home: str) -> None:
    """L4."""
    own = Path(world.top, f".Trash-{USER}")
    own.touch()
    each = two(world)
    (outcome,) = carried(world, each, by=Trash(home))
    reason = f"{own} is no trash can of yours"
    assert outcome == Outcome(each, False, "no-trash", reason, ())
    assert os.listdir(world.path("a")) == ["gone.jpg"]


def test_the_homes_own_volume_has_its_trash_at_home(world: World) -> None:
    """Made with all that leads to it, for its owner alone."""
    home = os.path.join(world.top, "data", "deep", "Trash")
    each = two(world)
    (outcome,) = carried(world, each, by=Trash(home, now=lambda: NOW))
    assert outcome.places == (os.path.join(home, "files", "gone.jpg"),)
    info = Path(home, "info", "gone.jpg.trashinfo").read_text("ascii")
    assert info.splitlines()[1] == f"Path={each.photo.path}"
    for folder in ("", "files", "info", "../../deep"):
        assert os.stat(os.path.join(home, folder)).st_mode & 0o777 == 0o700
