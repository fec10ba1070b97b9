"""The dry run is the plan (C13, R10): an act does what it listed, and nothing else.

    python -m pytest tests/safety/test_dry_run.py -m slow -s

makes 200 random trees for each act, by the real commands from the scan on, and prints what was in
them. Not in them: changes that no look shows, as of bytes whose time was set back (the act finds
them, see `test_window`), and what is only so for a moment (a file that is just being written).
"""

from __future__ import annotations

import ctypes
import io
import json
import os
import shutil
import stat
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib import import_module
from pkgutil import walk_packages
from random import Random
from typing import Any

import pytest
from acting import FAST, World, child, figure, pair, plan, snapshot, write
from cleaning import path_of
from mounting import mount, mounts
from random_libraries import Entry, Library, disturb, versions
from safety_expect import FAR
from showing import paths

import dupfinder
from dupfinder.cli import main
from dupfinder.storage.journal import journals, read

ACTS = ("trash", "quarantine", "hardlink", "delete")


@pytest.fixture(scope="module", autouse=True)
def loaded() -> None:
    """What each of the many forks would load is there before them."""
    for module in walk_packages(dupfinder.__path__, "dupfinder."):
        if not module.name.endswith(("__main__", "windows")):
            import_module(module.name)


def run(top: str, *words: str) -> tuple[int, str, int]:
    """Exit code, what is said, and the calls that change a file, in a fork without privileges."""

    def job() -> tuple[int, str]:
        drop_privileges()
        os.environ.update(XDG_DATA_HOME=f"{top}/data", XDG_STATE_HOME=f"{top}/state")
        output, errors = io.StringIO(), io.StringIO()
        with redirect_stdout(output), redirect_stderr(errors):
            code = main(words)
        return code, output.getvalue() or errors.getvalue()

    ended = child(job, lambda _, __: None)
    assert ended.error == "", ended.error
    code, told = ended.value
    return code, told, ended.calls


def drop_privileges() -> None:
    """Root may write where nobody may; the capabilities to do so are given up for good."""
    header, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert ctypes.CDLL(None, use_errno=True).capset(header, none) == 0


@dataclass
class Tried:
    """One tree and one act: what both runs said, and the tree around the act."""

    tree: Library
    act: str
    dry: dict[str, Any]
    done: dict[str, Any]
    before: dict[str, Entry]
    after: dict[str, Entry]

    def differences(self) -> list[str]:
        """What the act said or did otherwise than the dry run had said."""
        found = [
            f"{key} is another one"
            for key in ("act", "plan", "plan_digest", "left")
            if self.dry[key] != self.done[key]
        ]
        planned, tried = (
            {(path_of(each), path_of(each["keeper"])) for each in listed}
            for listed in (self.dry["plan"]["actions"], self.done["outcomes"])
        )
        found += ["others were tried than were planned"] if planned != tried else []
        left = [each["code"] for each in self.done["outcomes"] if not each["done"]]
        return found + [f"left after all: {code}" for code in left] + list(self._on_disk())

    def _on_disk(self) -> Iterator[str]:
        before, after = self._files(self.before), self._files(self.after)
        expected = {os.fsdecode(path) for path in paths(self.dry["plan"]["actions"])}
        gone = before.keys() - after.keys()
        if self.act == "hardlink":  # the name stays, and is that of another file
            both = before.keys() & after.keys()
            gone |= {path for path in both if self.before[path][1] != self.after[path][1]}
        else:
            expected |= self._companions_of(expected)
        sidecars = [each["sidecar"] for each in self.dry["plan"]["actions"] if each["sidecar"]]
        made = {os.fsdecode(path) for path in paths(sidecars)}
        for path in gone ^ expected:
            yield f"{'gone' if path in gone else 'not gone'}, as was not said: {path!r}"
        for path in (after.keys() - before.keys()) ^ made:
            yield f"{'not made' if path in made else 'made'}, as was not said: {path!r}"
        for path in before.keys() & after.keys():
            if before[path] != after[path]:
                yield f"changed: {path!r}"

    def _files(self, seen: dict[str, Entry]) -> dict[str, Entry]:
        """What is in the files but for the program's own; their mode, time, attributes, too."""
        own = tuple(map(self.tree.path, ("data/", "state/", "aside/", "found.json")))
        carried = slice(-1, None) if self.act == "hardlink" else slice(None)
        return {
            path: (entry[0], entry[4], *entry[6:])[carried]
            for path, entry in seen.items()
            if stat.S_ISREG(entry[0]) and not path.startswith(own)
        }

    def _companions_of(self, photos: set[str]) -> set[str]:
        found = dupfinder.load(self.tree.path("found.json"))
        return {
            companion.path
            for cluster in found.clusters
            for photo in cluster.members
            if photo.path in photos
            for companion in photo.file.companions
        }


def tried(top: str, far: str, act: str, seed: int) -> Tried:
    """Scan a random tree, change some of it, look what an act would do, and do it."""
    # The trash can of another volume would be one of this machine's own.
    library = Library(top, Random(f"tree {seed}"), far if act != "trash" else top)
    scan(library, *library.roots_as_said())
    words = library.words()
    disturb(library)
    return looked_and_acted(library, act, *words)


def scan(library: Library, *roots: str) -> None:
    how = ("--level", "hash", "--no-cache", "--workers", "0", "-q")
    code, told, _ = run(library.top, "scan", *roots, *how, "-o", library.path("found.json"))
    assert code == 0, told


def looked_and_acted(library: Library, act: str, *words: str) -> Tried:
    """The dry run, which must leave everything as it is to the last bit, then the act."""
    words = ("clean", library.path("found.json"), "--format", "json", *words, f"--{act}")
    words += {"quarantine": (library.path("aside"),), "delete": ("--yes",)}.get(act, ())
    before = library.everything()
    code, dry, calls = run(library.top, *words, "--delete-dry-run")
    assert code == 0, dry
    # Sidecars are read by workers, and those are written to through pipes.
    assert calls == 0 or "--merge-metadata" in words
    assert library.everything() == before
    code, done, _ = run(library.top, *words)
    assert code in (0, 3), done
    return Tried(library, act, json.loads(dry), json.loads(done), before, library.everything())


@contextmanager
def folders() -> Iterator[tuple[str, str]]:
    """One, and one that may be on another volume."""
    both = [tempfile.mkdtemp(prefix="dupfinder-test-", dir=where) for where in (FAST, FAR)]
    try:
        yield both[0], both[1]
    finally:
        for folder in both:
            shutil.rmtree(folder)


# The few hold most of what an act refuses: folders that became links or cannot be written to, say.
SEEDS = [
    pytest.param((10, 13, 30, 54, 181), id="few"),
    pytest.param(range(200), id="all", marks=pytest.mark.slow),
]


@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.parametrize("act", ACTS)
def test_an_act_does_what_the_dry_run_lists_and_nothing_else(act: str, seeds: range) -> None:
    """C13, R10: by what both say and by the trees; the dry run makes no call that changes any."""
    seen: Counter[str] = Counter()
    differences: list[tuple[int, str]] = []
    for seed in seeds:
        with folders() as (top, far):
            one = tried(top, far, act, seed)
            differences += [(seed, difference) for difference in one.differences()]
            planned = one.dry["plan"]
            seen["listed to go"] += len(planned["actions"])
            seen["sidecars listed"] += sum(
                each["sidecar"] is not None for each in planned["actions"]
            )
            seen["ties"] += len(planned["ties"])
            seen.update(f"left: {each['code']}" for each in one.dry["left"])
            seen.update(f"spared: {each['code']}" for each in planned["spared"])
    listed = ", ".join(f"{what} {count}" for what, count in sorted(seen.items()))
    said = f"differences {len(differences)}, changed by a dry run 0"
    figure(f"\n{act}: {len(seeds)} trees ({listed}): {said}")
    assert differences == []
    assert seen["listed to go"] > len(seeds) // 4


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("trouble", ["a volume that is read only", "no place for a trash can"])
def test_the_dry_run_lists_what_a_volume_does_not_let_happen(act: str, trouble: str) -> None:
    """B16, C8: photos on a volume of their own, as on a card or a drive of somebody else's."""

    def job() -> tuple[list[str], int]:
        mount("-t", "tmpfs", "tmpfs", library.main)
        for name in ("one", "another"):
            write(f"{library.main}/below/{name}.jpg", photo)
        scan(library, library.main)
        if trouble.startswith("no place"):
            os.chmod(library.main, 0o555)
        else:
            mount("-o", "remount,ro", library.main)
        one = looked_and_acted(library, act)
        return one.differences(), len(one.dry["plan"]["actions"]) + len(one.dry["left"])

    with folders() as (top, _):
        library, photo = Library(top, Random("volume")), versions(0)[0][1]
        assert mounts(job) == ([], 1)


@pytest.mark.parametrize("act", ACTS)
def test_an_act_on_a_volume_that_is_read_only_says_just_that(act: str) -> None:
    """B16: nothing stands aside that could not be moved, and nothing is left to be recovered."""

    def job() -> tuple[list[str], tuple[str, ...]]:
        mount("-t", "tmpfs", "tmpfs", world.photos)
        made = plan(pair(*(world.write(f"a/{name}.jpg", b"x") for name in ("one", "two"))))
        before = snapshot(world.photos)
        mount("-o", "remount,ro", world.photos)
        codes = [each.code for each in world.apply(made).outcomes]
        assert snapshot(world.photos) == before
        return codes, tuple(r["op"] for path in journals(runs) for r in read(path))

    with folders() as (top, _):
        world = World(top, act)
        os.mkdir(world.photos)
        runs = os.path.join(world.state, "runs")
        assert mounts(job) == (["read-only"], ("run", "intent", "back", "end"))
