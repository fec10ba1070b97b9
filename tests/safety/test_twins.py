"""Names that differ only in the case of their letters or their Unicode form (B9, B10, G5).

Where a volume tells them apart they are two files, each handled for itself. Where it does not, no
photo may be its own copy, however it is spelled. Such a volume is made if this machine can make one
(see `mounting.folding`); a folder that is mounted a second time under another spelling behaves the
same to whoever names it, and can be had on most.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator

import pytest
from acting import FAST, OLD, World, contents, figure, pair, photo, plan, snapshot
from mounting import folding, mount, mounts, run
from pictures import encoded, scene

import dupfinder

ACTS = ("trash", "quarantine", "hardlink", "delete")
ALL = pytest.mark.parametrize("act", ACTS)
SPELLINGS = [
    ("Photos", "photos"),
    ("Caf\u00e9", "Cafe\u0301"),  # composed, and letter and accent apart
    ("\u212bngstr\u00f6m", "\u00e5ngstro\u0308m"),
    ("\u1e9e", "\u00df"),
    ("\ufb01n", "fin"),
]
IDENTICAL = dupfinder.Settings(workers=0, use_cache=False, level="identical")
PHOTOS = [encoded(scene(number, 24, 16), "JPEG") for number in range(4)]

# Another name of a path; where names are folded any letter can be another one.
Spell = Callable[[str], str]
Check = Callable[[World, Spell], None]


@pytest.fixture
def top() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="dupfinder-test-", dir=FAST) as folder:
        yield folder


def scanned(*roots: str) -> dupfinder.Found:
    """What a scan finds: no photo is in it twice."""
    found = dupfinder.find(roots, IDENTICAL)
    photos = [photo.path for cluster in found.clusters for photo in cluster.members]
    files = {(status.st_dev, status.st_ino) for status in map(os.stat, photos)}
    assert len(files) == len(photos), "a photo is its own copy"
    return found


def acted(world: World, made: dupfinder.Plan, **changes: object) -> list[str]:
    """Carry out a plan and take it back: no bytes are ever lost, and all names come back."""
    before = named(world)
    had = contents(world.photos)
    applied = world.apply(made, **changes)
    assert contents(world.photos) == had, "a photo is lost"
    if world.act != "delete" and any(each.done for each in applied.outcomes):
        undone = world.undo()
        assert (undone.failed, undone.renamed) == ((), ())
        assert named(world) == before
    assert [name for name in snapshot(world.top) if ".dupfinder" in name] == []
    return [each.code for each in applied.outcomes]


def named(world: World) -> dict[str, bytes]:
    """What is in each file, by its name: not every volume can hold its mode and its exact time."""
    found = snapshot(world.photos)
    return {name: entry[1] for name, entry in found.items() if entry[0].startswith("-")}


# Where they are two files -------------------------------------------------------------------------


@ALL
@pytest.mark.parametrize(("one", "other"), SPELLINGS)
def test_two_spellings_are_two_files_each_handled_for_itself(
    top: str, act: str, one: str, other: str
) -> None:
    """B9, B10: of two copies one goes and comes back; of different photos none does."""
    world = World(top, act)
    for at, folder in enumerate((one, other)):
        world.write(f"{folder}/{one}.jpg", PHOTOS[0], OLD + at * 10**10)
        world.write(f"{folder}/{other}.jpg", PHOTOS[1], OLD + at * 10**10)
        world.write(f"{(one, other)[at]}.jpg", PHOTOS[2 + at])

    found = scanned(world.path(other), world.path(one), world.photos)
    assert (found.discovered, found.copies) == (6, 2)
    assert acted(world, dupfinder.plan(found)) == ["done", "done"]


@pytest.mark.parametrize(("one", "other"), SPELLINGS)
def test_a_root_in_a_spelling_that_is_not_there_is_refused(top: str, one: str, other: str) -> None:
    """B9, B10: nothing is guessed."""
    os.mkdir(f"{top}/{one}")
    with pytest.raises(dupfinder.UsageError, match="does not exist"):
        dupfinder.find([f"{top}/{other}"], IDENTICAL)


@pytest.mark.parametrize("act", ["trash", "quarantine"])
@pytest.mark.parametrize(("one", "other"), SPELLINGS)
def test_two_spellings_have_two_places(top: str, act: str, one: str, other: str) -> None:
    """C9: beside photos of one name from several folders."""
    check_places(World(top, act), lambda _: other, one)


def check_places(world: World, spell: Spell, name: str = "Photo") -> None:
    """Photos of one name, but for its spelling, go to one place and come back from it."""
    kept = photo(world.write("keep.jpg", PHOTOS[0]))
    same = kept.path
    folders = (f"a/{name}", f"a/{spell(name)}", f"b/{name}", "b")
    paths = [f"{folder}/{each}.jpg" for folder in folders for each in (name, spell(name))]
    # Where names are folded, these are fewer.
    paths = [world.write(path, PHOTOS[0], OLD + at) for at, path in enumerate(paths)]
    files = {os.stat(path).st_ino: path for path in paths}
    assert set(acted(world, plan(*(pair(path, same) for path in files.values())))) == {"done"}


# Where they are one -------------------------------------------------------------------------------


def check_found_once(world: World, spell: Spell) -> None:
    """B7, B9, G5: roots in both spellings, one inside the other, files; then what is found goes."""
    album, one, two = map(world.path, ("Album", "Album/one.jpg", "Album/two.jpg"))
    for roots in (
        (album, spell(album)),
        (spell(album), world.photos, album),
        (album, spell(f"{album}/Deep")),
        (spell(album), f"{album}/Deep", one, spell(two)),
    ):
        world.write(one, PHOTOS[0], OLD)
        world.write(two, PHOTOS[0], OLD + 10**10)
        world.write(f"{album}/Deep/three.jpg", PHOTOS[1])
        found = scanned(*roots)
        assert (found.compared, found.copies) == (3, 1), roots
        assert len(acted(world, dupfinder.plan(found), roots=found.roots)) == 1


def check_own_copy(world: World, spell: Spell) -> None:
    """B9, G5: a plan that takes a photo for a copy of itself moves nothing."""
    one = world.write("Album/one.jpg", PHOTOS[0])
    before = snapshot(world.photos)
    for both in ((one, spell(one)), (spell(one), one)):
        (code,) = acted(world, plan(pair(*both)))
        assert code in ("keeper-gone", "same-file")
    assert snapshot(world.photos) == before


def check_keeper_spelled(world: World, spell: Spell) -> None:
    """B9: a keeper in another spelling is the keeper; two that are to go for each other stay."""
    one = world.write("Album/one.jpg", PHOTOS[0])
    two = world.write("Album/two.jpg", PHOTOS[0])
    assert acted(world, plan(pair(one, spell(two)))) in (["done"], ["no-link"])
    if world.act != "delete":
        codes = acted(world, plan(pair(one, spell(two)), pair(two, spell(one))))
        assert codes[1] != "done" or world.act == "hardlink"


def check_protected(world: World, spell: Spell) -> None:
    """C14: by another spelling."""
    one = world.write("Album/one.jpg", PHOTOS[0])
    kept = world.write("keep.jpg", PHOTOS[0])
    for path, protect in (
        (one, spell(world.path("Album"))),
        (spell(one), world.path("Album")),
        (one, spell(one)),
        (spell(one), one),
    ):
        assert acted(world, plan(pair(path, kept)), protect=(protect,)) == ["protected"]


def check_name_taken(world: World, spell: Spell) -> None:
    """C17: by a file whose name differs in its spelling: it stays, and the photo gets another."""
    if world.act in ("trash", "quarantine"):
        one = world.write("Album/one.jpg", PHOTOS[0])
        assert world.apply(plan(pair(one, world.write("keep.jpg", PHOTOS[0])))).outcomes[0].done
        taken = spell(one)
        with open(taken, "xb") as file:
            file.write(b"somebody else's")
        (renamed,) = world.undo().renamed
        with open(taken, "rb") as file, open(renamed, "rb") as back:
            assert (file.read(), back.read()) == (b"somebody else's", PHOTOS[0])


def check_renamed(world: World, spell: Spell) -> None:
    """B9: its letters were changed after the plan was made."""
    one = world.write("Album/one.jpg", PHOTOS[0])
    made = plan(pair(one, world.write("keep.jpg", PHOTOS[0])))
    os.rename(one, f"{world.path('Album')}/{os.path.basename(spell(one))}")
    before = contents(world.photos)
    world.apply(made)
    assert contents(world.photos) == before


@ALL
@pytest.mark.parametrize(
    "check", [check_found_once, check_own_copy, check_keeper_spelled, check_protected]
)
def test_a_folder_under_two_spellings_has_each_photo_once(top: str, act: str, check: Check) -> None:
    """B9: the folder is mounted under the other one, too."""
    one, other = "/Album", "/aLBUM"
    world = World(top, act)

    def job() -> None:
        for name in (one, other):
            os.makedirs(world.photos + name)
        mount("--bind", world.photos + one, world.photos + other)
        check(world, lambda path: path.replace(one, other))
        run("umount", world.photos + other)

    mounts(job)


def test_a_file_under_two_names_of_a_folder_is_no_copy_of_itself(top: str) -> None:
    """B8, G5: one file, though the system counts one name: mounted beside itself."""
    world = World(top)
    one, other = world.write("IMG.jpg", PHOTOS[0]), world.write("img.jpg", b"")

    def job() -> int:
        mount("--bind", one, other)
        return scanned(world.photos).copies

    assert mounts(job) == 0


def test_on_a_volume_that_folds_names_nothing_is_lost_nor_its_own_copy(top: str) -> None:
    """B9, B10: all of it, with every act, and a quarantine there for photos of another volume."""
    checks: tuple[Check, ...] = (
        check_found_once, check_own_copy, check_keeper_spelled, check_protected, check_name_taken,
        check_renamed, check_places,
    )  # fmt: skip

    def job() -> tuple[str, int]:
        with folding(top) as folder:
            for act in ACTS:
                for check in checks:
                    check(World(f"{folder}/{act}{check.__name__}", act), spelled)
            for at, names in enumerate(SPELLINGS):
                far = World(f"{top}/far{at}", "quarantine", f"{folder}/far{at}")
                check_places(far, lambda _, names=names: names[1], names[0])
            return folder, len(ACTS) * len(checks) + len(SPELLINGS)

    folder, count = mounts(job)
    volume = os.path.relpath(folder, top)
    figure(f"\non {volume}, which folds names: {count} checks, lost 0, self-duplicates 0")


def test_undo_brings_back_what_the_quarantine_could_not_hold(top: str) -> None:
    """C10, C17: mode, time and attributes, from a volume of another system."""

    def job() -> bool:
        with folding(top) as folder:
            world = World(top, "quarantine", folder)
            one = world.write("one.jpg", PHOTOS[0], OLD)
            os.chmod(one, 0o640)
            before = snapshot(world.photos)
            applied = world.apply(plan(pair(one, world.write("keep.jpg", PHOTOS[0]))))
            os.remove(world.path("keep.jpg"))
            if applied.outcomes[0].done:
                world.undo()
            return snapshot(world.photos) == before

    assert mounts(job)


def spelled(path: str) -> str:
    """With the case of the last two names the other way round."""
    folder, name = os.path.split(path)
    above, below = os.path.split(folder)
    return os.path.join(above, below.swapcase(), name.swapcase())
