"""The freedesktop trash (C8): which folder it is, and which one it must never be."""

from __future__ import annotations

import os
import re
from urllib.parse import unquote_to_bytes

import pytest
from acting import World, pair, plan, snapshot
from mounting import mount, mounts

USER = os.getuid()


def on_a_volume(world: World, prepare: str) -> tuple[list[str], dict[str, str], str]:
    """Trash a photo of a volume of its own: the codes, the modes of what is there, the info."""

    def job() -> tuple[list[str], dict[str, str], str]:
        top = world.path("volume")
        os.makedirs(top)
        mount("-t", "tmpfs", "tmpfs", top)
        _prepare(top, prepare)
        paths = [world.write(f"volume/a b/{name}.jpg", b"x") for name in ("ü%", "keep")]
        applied = world.apply(plan(pair(*paths)))
        found = {name: entry[0] for name, entry in snapshot(top).items()}
        info = [entry[1] for name, entry in snapshot(top).items() if name.endswith(".trashinfo")]
        undone = world.undo() if info else None
        assert undone is None or os.path.exists(paths[0])
        return [each.code for each in applied.outcomes], found, (info or [b""])[0].decode()

    return mounts(job)


def _prepare(top: str, how: str) -> None:
    shared = os.path.join(top, ".Trash")
    own = os.path.join(top, f".Trash-{USER}")
    if how in ("sticky", "not sticky", "foreign"):
        os.mkdir(shared)
        os.chmod(shared, 0o1777 if how != "not sticky" else 0o777)
    if how == "foreign":
        os.symlink(top, os.path.join(shared, str(USER)))
    if how == "link":
        os.mkdir(os.path.join(top, "elsewhere"))
        os.chmod(os.path.join(top, "elsewhere"), 0o1777)
        os.symlink("elsewhere", shared)
    if how == "own link":
        os.mkdir(os.path.join(top, "elsewhere"))
        os.symlink("elsewhere", own)
    if how == "own file":
        with open(own, "w", encoding="ascii"):
            pass


@pytest.mark.parametrize(
    ("prepared", "expected"),
    [
        ("nothing", f".Trash-{USER}"), ("sticky", f".Trash/{USER}"),
        ("not sticky", f".Trash-{USER}"), ("link", f".Trash-{USER}"), ("foreign", f".Trash-{USER}"),
    ],
)  # fmt: skip
def test_on_another_volume_its_own_trash_is_used(
    world: World, prepared: str, expected: str
) -> None:
    """C8: the shared one only if it is a real folder with the sticky bit."""
    codes, found, info = on_a_volume(world, prepared)

    assert codes == ["done"]
    assert found[expected] == "drwx------"
    assert found[f"{expected}/files/ü%.jpg"].startswith("-")
    assert info.startswith("[Trash Info]\nPath=a%20b/%C3%BC%25.jpg\nDeletionDate=")
    assert [name for name in found if name.startswith("elsewhere/")] == []


@pytest.mark.parametrize("prepared", ["own link", "own file"])
def test_a_trash_that_is_no_folder_of_ones_own_is_refused(world: World, prepared: str) -> None:
    """C8, L4: the photo stays; nothing falls back to removing it."""
    codes, found, _ = on_a_volume(world, prepared)

    assert codes == ["no-trash"]
    assert "a b/ü%.jpg" in found


def test_files_of_the_homes_volume_go_to_the_homes_trash(world: World) -> None:
    path, kept = (world.write(f"a b/{name}.jpg", b"x") for name in ("one\n", "two"))
    applied = world.apply(plan(pair(path, kept)))
    found = snapshot(world.trash)

    assert applied.outcomes[0].places == (f"{world.trash}/files/one\n.jpg",)
    assert found["info/one\n.jpg.trashinfo"][0] == "-rw-------"
    text = found["info/one\n.jpg.trashinfo"][1].decode("ascii")
    lines = text.splitlines()
    assert unquote_to_bytes(lines[1].removeprefix("Path=")) == os.fsencode(path)
    assert re.fullmatch(r"DeletionDate=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", lines[2])
    assert os.stat(world.trash).st_mode & 0o777 == 0o700


@pytest.mark.parametrize("part", ["", "files", "info"])
def test_a_home_trash_with_a_link_in_it_is_refused(world: World, part: str) -> None:
    """C3, C8: `files` or `info` that lead elsewhere catch nothing."""
    path, kept = (world.write(f"a/{name}.jpg", b"x") for name in ("one", "two"))
    elsewhere = os.path.join(world.top, "elsewhere")
    os.makedirs(elsewhere)
    os.makedirs(world.trash if part else os.path.dirname(world.trash))
    os.symlink(elsewhere, os.path.join(world.trash, part).rstrip("/"))
    applied = world.apply(plan(pair(path, kept)))

    if part:
        assert applied.outcomes[0].code == "link"
        assert os.path.exists(path)
        assert os.listdir(elsewhere) == []
    else:  # the user's own doing: the whole trash kept elsewhere
        assert applied.outcomes[0].done


@pytest.mark.parametrize("length", [245, 246, 255])
@pytest.mark.parametrize("letter", ["x", "ü", "\udcff"])
def test_a_name_as_long_as_can_be_finds_room(world: World, length: int, letter: str) -> None:
    """B12: the info file's name is longer than the photo's by ten."""
    size = len(os.fsencode(letter))
    name = letter * ((length - 5) // size)
    name += "y" * (length - 5 - len(os.fsencode(name))) + ".jpeg"
    path, kept = world.write(f"d/{name}", b"x"), world.write("d/keep.jpg", b"x")
    assert len(os.fsencode(name)) == length
    applied = world.apply(plan(pair(path, kept)))

    assert applied.outcomes[0].code == "done"
    (place,) = os.listdir(os.path.join(world.trash, "files"))
    assert os.listdir(os.path.join(world.trash, "info")) == [place + ".trashinfo"]
    assert place.endswith(".jpeg")
    assert world.undo().restored == 1
    assert os.path.exists(path)
