"""Photos that are not on this disk, or not any more: told, counted, and the rest is compared."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from finding import below, decoded, relations, remembering
from mounting import mount, mounts
from mounting import run as call
from rich.console import Console
from scanning import run
from shots import LIBRARY

import dupfinder
from dupfinder import Found, Settings
from dupfinder.api.finding import Silent
from dupfinder.engines import tasks
from dupfinder.reports.terminal import render_found
from dupfinder.roots import VANISHED

# Files of the root that stays, and enough of one that goes.
STAYS, COPIES = LIBRARY / "Edited", 12


@pytest.mark.parametrize("choice", ["skip", "include"])
def test_what_only_icloud_holds_is_counted_as_skipped(tmp_path: Path, choice: str) -> None:
    photos = shutil.copytree(LIBRARY / "Backup", tmp_path / "photos")
    (photos / ".IMG_9.HEIC.icloud").write_bytes(b"bplist00")
    words = ("--level", "hash", "--no-cache", "--online-only", choice, "--strict")
    done = run("scan", photos, *words, "--format", "json")
    assert done.returncode == 3
    found = json.loads(done.stdout)
    (skipped,) = found["skipped"]
    assert (skipped["code"], skipped["path"]) == ("online-only", f"{photos}/.IMG_9.HEIC.icloud")
    counts = found["counts"]
    assert (counts["discovered"], counts["skipped"]) == (counts["compared"] + 1, 1)
    assert "its content is in iCloud" in run("scan", photos, *words).stdout


@pytest.fixture
def goes(tmp_path: Path) -> Path:
    """A root of many files in many folders; each photo has a copy in each folder."""
    root = tmp_path / "usb"
    for number in range(COPIES):
        shutil.copytree(LIBRARY / "Backup", root / f"{number:02}")
        for file in (root / f"{number:02}").iterdir():  # no two files of the same bytes
            with file.open("ab") as stream:
                stream.write(b"%d" % number)
            os.utime(file, (1_600_000_000, 1_600_000_000 + number))
    return root


class Happening(Silent):
    """Something happens after so many steps of a stage."""

    def __init__(self, stage: str, steps: int, event: Callable[[], object]) -> None:
        self._at = stage
        self._left = steps
        self._event = event
        self._now = ""
        self.happened = False

    def stage(self, name: str, total: int | None) -> None:  # noqa: ARG002  # the seam
        self._now = name
        self._look()

    def advance(self, steps: int = 1) -> None:
        if self._now == self._at:
            self._left -= steps
            self._look()

    def _look(self) -> None:
        if self._now == self._at and self._left <= 0 and not self.happened:
            self.happened = True
            self._event()


def is_away(found: Found, root: Path) -> bool:
    """One line tells of it; the sums are right, and whatever was not read is of that root."""
    assert found.discovered == found.compared + len(found.skipped)
    lost = [each for each in found.skipped if each.code == VANISHED]
    assert {each.path for each in lost if not Path(each.path).is_relative_to(root)} == set()
    out = StringIO()
    render_found(found, Console(file=out, width=500))
    lines = [line for line in out.getvalue().splitlines() if "went away" in line]
    assert len(lines) == len(found.notes) <= 1
    return lines != [] and repr(str(root)) in lines[0]


def of_those_that_stay(found: Found) -> dict[str, str]:
    """Each copy and its relation, of clusters that lie in the other root."""
    return {
        path: relation
        for path, (base, relation) in relations(found, STAYS).items()
        if not path.startswith("..") and not base.startswith("..")
    }


MOMENTS = [("discover", 8), ("fingerprint", 0), ("fingerprint", 20), ("verify", 0)]


@pytest.mark.parametrize(("stage", "steps"), MOMENTS)
def test_a_root_that_goes_away_stops_its_part_and_nothing_else(
    goes: Path, tmp_path: Path, stage: str, steps: int
) -> None:
    expect_the_rest_is_compared(goes, tmp_path, ("hash", 0), (stage, steps))


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("level", ["identical", "hash", "copies"])
@pytest.mark.parametrize(("stage", "steps"), [*MOMENTS, ("fingerprint", 60), ("parts", 0)])
def test_so_it_is_at_every_level_and_moment(
    goes: Path, tmp_path: Path, level: str, stage: str, steps: int, workers: int
) -> None:
    if level == "copies" or stage != "parts":
        expect_the_rest_is_compared(goes, tmp_path, (level, workers), (stage, steps))


def expect_the_rest_is_compared(
    goes: Path, tmp_path: Path, how: tuple[str, int], when: tuple[str, int]
) -> None:
    (level, workers), (stage, steps) = how, when
    settings = Settings(level=level, workers=workers, cache=str(tmp_path / "cache.sqlite"))
    elsewhere = tmp_path / "elsewhere"
    gone = Happening(stage, steps, lambda: os.rename(goes, elsewhere))

    found = dupfinder.find([goes, STAYS], settings, gone)

    assert gone.happened
    was_needed = is_away(found, goes)
    assert was_needed or stage in ("verify", "parts") or level == "identical"
    alone = dupfinder.find(STAYS, Settings(level=level, workers=0, use_cache=False))
    assert of_those_that_stay(alone).items() <= of_those_that_stay(found).items()

    os.rename(elsewhere, goes)
    again = dupfinder.find([goes, STAYS], remembering(tmp_path, level=level))
    assert again == dupfinder.find([goes, STAYS], Settings(level=level, workers=0, use_cache=False))
    assert again.notes == ()


def test_what_was_read_of_it_is_not_read_again(goes: Path, tmp_path: Path) -> None:
    settings = remembering(tmp_path, level="hash")
    gone = Happening("fingerprint", 30, lambda: os.rename(goes, tmp_path / "elsewhere"))
    first = dupfinder.find([goes], settings, gone)
    (tmp_path / "elsewhere").rename(goes)
    lost = sum((each.stage, each.code) == ("decode", VANISHED) for each in first.skipped)
    second = dupfinder.find([goes], settings)
    assert 0 < lost < second.discovered
    assert decoded(second) == lost


def test_nobody_tries_to_read_what_is_away(
    goes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each try may wait for a network."""
    tried: list[str] = []
    real = tasks.read_file

    def read(task: tasks.ReadTask) -> object:
        if not goes.exists():
            tried.append(below(goes, task.file.path))
        return real(task)

    monkeypatch.setattr("dupfinder.engines.reading.read_file", read)
    gone = Happening("fingerprint", 5, lambda: os.rename(goes, tmp_path / "elsewhere"))
    found = dupfinder.find([goes, STAYS], remembering(tmp_path, level="hash"), gone)
    lost = sum(each.code == VANISHED for each in found.skipped)
    assert len([each for each in tried if not each.startswith("..")]) <= 16 < lost


def test_the_line_of_a_whole_root_is_that_of_no_single_file(goes: Path, tmp_path: Path) -> None:
    one = goes / "03" / "IMG_2041.jpg"
    gone = Happening("fingerprint", 0, one.unlink)
    found = dupfinder.find([goes, STAYS], remembering(tmp_path, level="hash"), gone)
    assert found.notes == ()
    assert (str(one), "vanished") in {(each.path, each.code) for each in found.skipped}


def test_two_roots_that_go_away_have_a_line_each(goes: Path, tmp_path: Path) -> None:
    def both() -> None:
        goes.rename(tmp_path / "one")
        other.rename(tmp_path / "two")

    other = Path(shutil.copytree(LIBRARY / "Scans", tmp_path / "card"))
    gone = Happening("fingerprint", 0, both)
    found = dupfinder.find([goes, other, STAYS], remembering(tmp_path, level="hash"), gone)
    assert [note.partition(" went away")[0] for note in found.notes] == [
        repr(str(other)),
        repr(str(goes)),
    ]


@pytest.mark.parametrize(("stage", "steps"), [("discover", 8), ("fingerprint", 20)])
def test_a_volume_that_is_unmounted_is_a_root_that_went_away(
    goes: Path, tmp_path: Path, stage: str, steps: int
) -> None:
    """Its mount point stays, and is an empty folder of another volume."""

    def job() -> tuple[bool, bool, int]:
        volume = tmp_path / "volume"
        volume.mkdir()
        mount("-t", "tmpfs", "tmpfs", str(volume))
        call("cp", "-a", f"{goes}/.", str(volume))
        settings = remembering(tmp_path, level="hash")
        gone = Happening(stage, steps, lambda: call("umount", "-l", str(volume)))
        found = dupfinder.find([volume, STAYS], settings, gone)
        pruned = json.loads(
            run("cache", "prune", "--cache", tmp_path / "cache.sqlite", "--format", "json").stdout
        )
        return gone.happened, is_away(found, volume), len(pruned["removed"])

    assert mounts(job) == (True, True, 0)


SCAN = """
import os, sys
from contextlib import nullcontext
from dupfinder.api.finding import Silent
from dupfinder.cli import console, main

class Gone(Silent):
    def stage(self, name, total):
        if name == "fingerprint":
            os.rename(sys.argv[1], sys.argv[2])

console.live_progress = lambda options: nullcontext(Gone())
sys.exit(main(["scan", *sys.argv[3:]]))
"""


@pytest.mark.parametrize(("words", "code"), [((), 0), (("--strict",), 3), (("--exit-code",), 1)])
@pytest.mark.parametrize("form", ["text", "json"])
def test_the_command_says_it_once_and_by_its_exit_code(
    goes: Path, tmp_path: Path, words: tuple[str, ...], code: int, form: str
) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-c", SCAN, str(goes), str(tmp_path / "elsewhere")),
            *(str(goes), str(STAYS), "--level", "hash", "--no-cache", "--format", form, *words),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    told = done.stderr if form == "json" else " ".join(done.stdout.split())
    assert told.count("went away during the scan") == 1
    assert f"{COPIES * 5} of its files were not compared" in told
    assert "Traceback" not in done.stderr
