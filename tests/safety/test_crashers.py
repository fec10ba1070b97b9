"""Pictures over which a decoder crashes, hangs, takes everything or breaks out: a line each (R16).

A decoder is planted in the workers that does whatever the pictures among good photos tell it: see
`planted/pillow_heif.py`. It stands in place of an extra, so that all else is the real thing.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from pictures import encoded, scene
from PIL import Image
from shots import LIBRARY

import dupfinder
from dupfinder import Found, Settings
from dupfinder.engines import patience

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is of Linux")

# What a picture does -> the code of the line that it costs, and what that line says.
LINES = {
    "write to nothing": ("crashed", "killed by SIGSEGV"),
    "abort": ("crashed", "killed by SIGABRT"),
    "exhaust the stack": ("crashed", "killed by SIGSEGV"),
    "recurse": ("damaged", "RecursionError"),
    "exit": ("crashed", "ended with code 0"),
    "fail an assertion": ("damaged", "AssertionError"),
    "spin in C": ("timeout", "decoding took longer than"),
    "stop": ("timeout", "decoding took longer than"),
    "take 8 GB": ("too-large", "more memory than one file may take"),
    "take threads": ("damaged", "can't start new thread"),
    "fork without end": ("damaged", "tried what it must not"),
    "run a program": ("damaged", "tried what it must not"),
    "replace itself": ("damaged", "tried what it must not"),
    "write outside": ("damaged", "tried what it must not"),
    "fill the disk": ("damaged", "tried what it must not"),
    "remove": ("damaged", "tried what it must not"),
    "open a socket": ("damaged", "tried what it must not"),
    "call somebody": ("damaged", "tried what it must not"),
    "kill the parent": ("damaged", "tried what it must not"),
    "say nonsense": ("crashed", "what it sent was no result"),
    "hang up": ("crashed", "what it sent was no result"),
    "show nothing": ("damaged", "the HEIF decoder fails over it"),
    "show far more": ("too-large", "more memory than one file may take"),
}
# More of the same, for the longer proof.
FURTHER_LINES = {
    "illegal instruction": ("crashed", "killed by SIGILL"),
    "be killed": ("crashed", "killed by SIGKILL, perhaps because the system ran out of memory"),
    "exit in Python": ("crashed", "ended with code 1"),
    "interrupt": ("crashed", "ended with code 1"),
    "say nothing": ("crashed", "what it sent was no result"),
    "spin": ("timeout", "decoding took longer than"),
    "sleep deaf": ("timeout", "decoding took longer than"),
    "say half": ("timeout", "decoding took longer than"),
    "recurse without limit": ("timeout|too-large|crashed|damaged", ""),
}
# These are shown: what they took is nobody else's loss.
SHOWN = ("show", "hold memory", "hold descriptors")


def planted(folder: Path) -> ModuleType:
    """The decoder, as the tests see it that only make files for it."""
    spec = spec_from_file_location("planted", folder / "pillow_heif.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Library:
    """Good photos, each twice, and between the two a picture that does something."""

    def __init__(self, top: Path) -> None:
        # A folder that nobody else has: by it the processes are known that have it on their path.
        self.decoder = top / "planted"
        shutil.copytree(Path(__file__).parent.parent / "planted", self.decoder)
        self.photos, self.outside = top / "photos", top / "outside"
        self.photos.mkdir()
        self.outside.mkdir()
        (self.outside / "photo").write_bytes(b"photo")
        self._file_of = planted(self.decoder).file_of

    def add_photos(self, count: int) -> None:
        for number in range(count):
            for name, quality in (("a", 92), ("c", 70)):
                data = encoded(scene(number, 160, 120), "JPEG", quality=quality)
                (self.photos / f"{number:03} {name}.jpg").write_bytes(data)

    def add_deeds(self, deeds: Iterable[str]) -> None:
        for number, deed in enumerate(deeds):
            target = self.outside / ("photo" if deed == "remove" else deed)
            takes_a_path = deed in (
                "run a program", "replace itself", "write outside", "fill the disk", "remove",
            )  # fmt: skip
            self.add_deed(number, deed, *((target,) if takes_a_path else ()))

    def add_deed(self, number: int, deed: str, *words: object) -> None:
        name = f"{number:03} b {deed}.heic"
        (self.photos / name).write_bytes(self._file_of(deed, *words))

    def processes(self) -> list[str]:
        """The command lines of workers that are left."""
        found = []
        for folder in Path("/proc").iterdir():
            with suppress(OSError):
                if folder.name.isdigit():
                    found.append((folder / "cmdline").read_bytes().decode(errors="replace"))
        return [line for line in found if os.fspath(self.decoder) in line]

    def expect_nothing_else_happened(self) -> None:
        assert [each.name for each in self.outside.iterdir()] == ["photo"]
        assert (self.outside / "photo").read_bytes() == b"photo"
        assert self.processes() == []


def deed_of(path: str) -> str:
    return Path(path).stem[len("000 b ") :]


def expect_lines(skipped: dict[str, tuple[str, str]], lines: dict[str, tuple[str, str]]) -> None:
    """By deed: the code and the reason of its line."""
    assert skipped.keys() == lines.keys()
    for deed, (code, words) in lines.items():
        assert re.fullmatch(code, skipped[deed][0]), (deed, skipped[deed])
        assert words in skipped[deed][1], (deed, skipped[deed])


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    library = Library(tmp_path)
    monkeypatch.syspath_prepend(library.decoder)  # workers search where this process does
    return library


def found_in(library: Library) -> Found:
    return dupfinder.find(library.photos, Settings(workers=2, use_cache=False))


def test_each_costs_one_line_and_the_photos_around_are_all_compared(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "_SECONDS", 2.0)
    library.add_photos(len(LINES) + len(SHOWN))
    before = found_in(library)
    assert len(before.clusters) == len(LINES) + len(SHOWN)

    library.add_deeds((*LINES, *SHOWN))
    found = found_in(library)

    expect_lines({deed_of(each.path): (each.code, each.reason) for each in found.skipped}, LINES)
    assert {each.stage for each in found.skipped} == {"decode"}
    assert (found.clusters, found.similar) == (before.clusters, before.similar)
    assert (found.discovered, found.compared) == (
        before.discovered + len(LINES) + len(SHOWN),
        before.compared + len(SHOWN),
    )
    library.expect_nothing_else_happened()


@pytest.mark.parametrize(("level", "share"), [("hash", 80), ("copies", 80), ("copies", 20)])
def test_what_crashes_when_it_is_compared_costs_itself_alone(
    library: Library, monkeypatch: pytest.MonkeyPatch, level: str, share: int
) -> None:
    """Cropped by a 20th, only local features bring a copy and its photo together."""
    monkeypatch.setattr(patience, "_SECONDS", 2.0)
    deeds = {"later show": "", "later abort": "crashed", "later stop": "timeout"}
    names = ("2020 Garden/DSC_0201.jpg", "2019 Summer/IMG_2072.jpg", "2019 Summer/IMG_2041.jpg")
    for number, (deed, name) in enumerate(zip(deeds, names, strict=True)):
        photo = shutil.copyfile(LIBRARY / name, library.photos / f"{number:03} a.jpg")
        with Image.open(photo) as image:
            image.save(library.photos / f"{number:03} c.jpg", quality=70)
        library.add_deed(number, deed, photo, share)
    found = dupfinder.find(library.photos, Settings(workers=2, use_cache=False, level=level))

    skipped = {deed_of(each.path): (each.stage, each.code) for each in found.skipped}
    assert skipped == {deed: ("verify", code) for deed, code in deeds.items() if code}
    assert [{Path(photo.path).name for photo in each.members} for each in found.clusters] == [
        {"000 a.jpg", "000 b later show.heic", "000 c.jpg"},
        {"001 a.jpg", "001 c.jpg"},
        {"002 a.jpg", "002 c.jpg"},
    ]
    assert (found.discovered, found.compared, found.notes) == (9, 7, ())
    library.expect_nothing_else_happened()


@pytest.mark.slow
def test_the_command_says_so_within_its_limits(library: Library) -> None:
    """With the patience that users have; each is held for as long as that and hardly longer."""
    lines = LINES | FURTHER_LINES
    hangs = sum("timeout" in code for code, _ in lines.values())
    library.add_photos(len(lines) + len(SHOWN))
    library.add_deeds((*lines, *SHOWN))
    command = [sys.executable, "-m", "dupfinder.cli", "scan", library.photos, "--no-cache", "-q"]
    begun = time.monotonic()
    done = subprocess.run(
        [*command, "--workers", "2", "--format", "json"],
        env=os.environ | {"PYTHONPATH": os.fspath(library.decoder)},
        capture_output=True,
        text=True,
        check=False,
    )
    took = time.monotonic() - begun
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    said = {deed_of(each["path"]): (each["code"], each["reason"]) for each in report["skipped"]}
    expect_lines(said, lines)
    assert len(report["clusters"]) == len(lines) + len(SHOWN)
    library.expect_nothing_else_happened()
    # Two workers, two starts a crash. Beside other work it takes several times as long.
    assert took < 5 * (hangs * 10 / 2 + len(lines))


@pytest.mark.slow
def test_where_every_second_file_crashes_a_scan_ends(library: Library) -> None:
    library.add_photos(50)
    library.add_deeds(["abort"] * 100)
    found = found_in(library)
    assert [each.code for each in found.skipped] == ["crashed"] * 100
    assert (found.compared, len(found.clusters)) == (100, 50)
    library.expect_nothing_else_happened()
