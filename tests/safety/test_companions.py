"""Sidecars, Live Photos and RAW pairs: what belongs together is never parted.

    python -m pytest tests/safety/test_companions.py -m 'slow or not slow' -s

prints the figures. Every layout stands twice in a library that is scanned, cleaned and restored;
what belongs to what is read from the table of layouts, not asked of the program.
"""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from acting import World, pair, plan, snapshot
from pictures import encoded, scene
from sidecars import LAYOUTS, Layout

import dupfinder
from dupfinder.model import Action, Applied, Found, Plan
from dupfinder.reports.json import to_json
from dupfinder.reports.json_reader import from_json

KEPT, COPY = "album", "backup of the album"
# What stands beside the photos kept, of that which stands beside the copies.
BESIDE = ("equal", "different", "absent", "some of each", "of one photo each")


@dataclass
class Library:
    """Two folders for each layout below `root`, and how they were made."""

    root: Path
    level: str
    layouts: dict[str, Layout]

    def photos(self, layout: Layout) -> list[str]:
        return [name for name in layout.names if is_photo(name, layout)]

    def snapshot(self) -> dict[str, tuple[bytes, int]]:
        return {
            os.path.relpath(os.path.join(folder, name), self.root): (
                Path(folder, name).read_bytes(),
                os.lstat(os.path.join(folder, name)).st_mtime_ns,
            )
            for folder, _, names in os.walk(self.root)
            for name in names
        }


def belonging(layout: Layout) -> dict[str, set[str]]:
    """The photos of each companion, by its name."""
    photos: dict[str, set[str]] = {}
    for photo, companions in layout.belonging.items():
        for told in companions:
            photos.setdefault(told.rpartition("=")[0], set()).add(photo)
    return photos


def is_photo(name: str, layout: Layout) -> bool:
    endings = (".jpg", ".heic", ".hif", ".png", ".tif", ".cr2", ".dng")
    return name.lower().endswith(endings) and name not in belonging(layout)


def a_library(root: Path, level: str, beside: str) -> Library:
    """The photos of a layout differ, or at level "hash" all show one picture."""
    library = Library(root, level, {f"{n:03}": each for n, each in enumerate(LAYOUTS)})
    choice = random.Random(beside)
    for number, layout in library.layouts.items():
        seed = itertools.count(int(number) * 10)
        for name in layout.names:
            put(
                library,
                number,
                name,
                next(seed),
                choice.choice(BESIDE[:3]) if beside == BESIDE[3] else beside,
            )
    return library


def put(library: Library, number: str, name: str, seed: int, beside: str) -> None:
    layout = library.layouts[number]
    places = [library.root / folder / number / name for folder in (KEPT, COPY)]
    one_picture = library.level == "hash"
    if is_photo(name, layout):
        shown = scene(seed - seed % 10 if one_picture else seed)
        contents = [encoded(shown, "JPEG", quality=60 + seed % 10)] * 2
    elif name.lower().endswith((".thm", ".cr2", ".nef", ".dng")):  # that can be opened
        contents = [encoded(scene(seed - seed % 10), "JPEG", quality=40)] * 2
    else:
        contents = [f"{number} {name}".encode("utf-8", "surrogateescape")] * 2
    if name in belonging(layout) and beside == "different":
        contents[1] += b" "
    # The older one stays: with the last one of BESIDE one photo here, the next one there.
    turned = beside == BESIDE[4] and seed % 2 == 1
    for place, content, is_copy in zip(places, contents, (turned, not turned), strict=True):
        if name in belonging(layout) and beside == "absent" and is_copy is False:
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        time = 1_600_000_000 + 1000 * is_copy
        os.utime(place, (time, time))


def parted(library: Library, before: set[str]) -> list[str]:
    """What stands without any of its photos, or went while one of them stays."""
    faults = []
    for number, layout in library.layouts.items():
        for folder, (name, photos) in itertools.product((KEPT, COPY), belonging(layout).items()):
            place = f"{folder}/{number}/{name}"
            if place not in before:
                continue
            left = [photo for photo in photos if (library.root / folder / number / photo).exists()]
            if (library.root / place).exists() != bool(left):
                faults.append(f"{layout.title}: {place!r} with {left}")
    return faults


def lost(before: dict[str, tuple[bytes, int]], library: Library) -> list[str]:
    """Photos, movies and RAW whose bytes no file holds any more; copies of pictures may go."""
    held = {content for content, _ in library.snapshot().values()}
    endings = (".xmp", ".aae", ".thm", ".dop", ".pp3", ".json")
    if library.level == "hash":
        endings += (".jpg", ".heic", ".hif", ".png", ".tif")
    return [
        place
        for place, (content, _) in before.items()
        if content not in held and not place.lower().endswith(endings)
    ]


def everything(found: Found) -> Plan:
    """All that is no representative goes: what only the act may stop."""
    actions = tuple(
        Action("remove", match.copy, match.base, match, "by hand", "")
        for cluster in found.clusters
        for match in cluster.matches
        if match.base is cluster.representative
    )
    keepers = tuple(cluster.representative for cluster in found.clusters)
    return Plan(("by hand",), keepers, actions, (), ())


def clean(library: Library, state: Path, decide: Callable[[Found], Plan]) -> Applied:
    settings = dupfinder.Settings(level=library.level, workers=0, use_cache=False)
    found = dupfinder.find(library.root, settings)
    assert found.discovered == found.compared + len(found.skipped)
    assert from_json(to_json(found)) == found
    acting = dupfinder.Acting("trash", (str(library.root),), state=str(state))
    return dupfinder.apply(decide(found), acting)


QUICK = (("equal", "identical", dupfinder.plan), ("some of each", "hash", everything))
CASES = [
    pytest.param(*case, marks=() if case in QUICK else pytest.mark.slow)
    for case in itertools.product(BESIDE, ("identical", "hash"), (dupfinder.plan, everything))
]


@pytest.mark.parametrize(("beside", "level", "decide"), CASES)
def test_nothing_is_parted_and_all_comes_back(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    beside: str,
    level: str,
    decide: Callable[[Found], Plan],
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    library = a_library(tmp_path / "library", level, beside)
    before = library.snapshot()

    applied = clean(library, tmp_path / "state", decide)
    after = library.snapshot()
    faults = parted(library, set(before))
    gone = lost(before, library)
    dupfinder.undo(state=str(tmp_path / "state"))

    done = sum(outcome.done for outcome in applied.outcomes)
    print(  # noqa: T201  # the figures
        f"\n{len(LAYOUTS)} layouts, beside the keeper {beside}, level {level}, {decide.__name__}:"
        f" {len(applied.outcomes)} planned, {done} gone with {len(before) - len(after) - done}"
        f" companions, orphans {len(faults)}, lost {len(gone)}"
    )
    assert faults == []
    assert gone == []
    assert done > 0
    assert library.snapshot() == before


@pytest.mark.parametrize("name", ["1.xmp", "1.jpg.xmp", "1.MOV", "1.NEF"])
def test_what_came_beside_a_photo_since_it_was_compared_keeps_it(tmp_path: Path, name: str) -> None:
    """G1: the plan knows nothing of it, and the photo must not go without it."""
    world = World(str(tmp_path))
    kept, copy = (world.write(f"{folder}/1.jpg", b"x") for folder in ("kept", "copy"))
    world.write(f"copy/{name}", b"new")
    world.write("copy/10.xmp", b"of another photo")
    before = snapshot(world.photos)

    (outcome,) = world.apply(plan(pair(copy, kept))).outcomes

    assert (outcome.done, outcome.code) == (False, "companion-new")
    assert snapshot(world.photos) == before
