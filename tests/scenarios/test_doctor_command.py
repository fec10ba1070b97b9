"""`dupfinder doctor` as a user meets it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from cleaning import photos_in, tree
from finding import remembering
from scanning import run

import dupfinder
from dupfinder.decode import camera_raw, opening, readable, versions
from dupfinder.decode.readable import formats
from dupfinder.decode.sniff import HEIF, JPEG
from dupfinder.decode.versions import Library
from dupfinder.engines.versions import KNOWN_BAD, warnings
from dupfinder.model import CAMERA_RAW


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own: trash, journals and cache."""
    for what in ("DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{what}_HOME", str(tmp_path / what.lower()))
    return tmp_path


def told(*words: object, code: int = 0) -> dict[str, Any]:
    done = run("doctor", *words, "--format", "json")
    assert done.returncode == code, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert (found["kind"], found["schema"]) == ("doctor", 1)
    return found


def test_it_names_versions_formats_and_places(home: Path) -> None:
    found = told()
    versions = {each["name"]: each["version"] for each in found["libraries"]}
    assert {"dupfinder", "Python", "SQLite", "Pillow", "libjpeg-turbo", "OpenCV", "NumPy"} <= set(
        versions
    )
    assert {"libtiff", "libwebp", "OpenJPEG", "libavif", "pillow-heif", "rawpy"} <= set(versions)
    formats = {each["name"]: each["readable"] for each in found["formats"]}
    assert formats["JPEG"]
    assert formats["PNG"]
    assert not formats["Photoshop"]
    assert found["cache"]["path"] == str(home / "cache" / "dupfinder" / "cache.sqlite")
    assert found["cache"]["state"] == "none"
    assert found["journals"]["path"] == str(home / "state" / "dupfinder" / "runs")
    assert (found["journals"]["runs"], found["journals"]["undoable"]) == (0, 0)
    assert found["trash"]["path"] == str(home / "data" / "Trash")
    assert found["problems"] == []
    assert os.listdir(home) == []  # nothing was made


def test_it_counts_what_is_remembered_and_what_can_be_undone(home: Path) -> None:
    photos = photos_in(home / "photos")
    assert run("clean", photos, "--trash", "--level", "hash").returncode == 0
    before = tree(home)
    found = told()
    assert found["cache"]["state"] == "sound"
    assert found["cache"]["photos"] > 0
    assert (found["journals"]["runs"], found["journals"]["undoable"]) == (1, 1)
    assert tree(home) == before
    done = run("doctor")
    assert "1, of which 1 can be undone" in done.stdout
    assert "All is well" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80 + len(str(home))


def test_a_damaged_cache_needs_attention(home: Path) -> None:
    photos = photos_in(home / "photos")
    dupfinder.find(photos, remembering(home, level="hash"))
    path = home / "cache.sqlite"
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xee" * (len(data) - 4096)
    path.write_bytes(data)
    found = told("--cache", path, code=3)
    assert found["cache"]["state"] == "damaged"
    (problem,) = found["problems"]
    assert "the next scan" in problem
    done = run("doctor", "--cache", path)
    assert done.returncode == 3
    assert "1 thing to see to" in done.stdout
    assert bytes(data) == path.read_bytes()


def test_a_foreign_file_in_place_of_the_cache_is_told_of_and_left(home: Path) -> None:
    path = home / "notes.txt"
    path.write_text("mine")
    assert "not a cache of dupfinder" in told("--cache", path, code=3)["problems"][0]
    assert path.read_text() == "mine"


@pytest.mark.parametrize(
    ("library", "version", "counts"),
    [
        ("Pillow", "12.2.1", True),
        ("Pillow", "12.3", None),
        ("Pillow", "12.3.0", None),
        ("Pillow", "13.0.0", None),
        ("pillow-heif", "1.8.0", True),
        ("pillow-heif", "1.8.1", None),
        ("libheif", "1.23.1", True),
        ("libheif", "1.23.6", None),
        ("pi-heif", "1.4.0", True),
        ("rawpy", "0.27.0", True),
        ("rawpy", "0.28.0", None),
        ("LibRaw", "0.22.0", True),
        ("LibRaw", "0.22.2", None),
        ("OpenCV", "4.14.0", None),
        ("OpenCV", "5.0.0", True),
        ("SQLite", "3.40.1", False),
        ("SQLite", "3.51.3", None),
        ("NumPy", "1.0", None),
    ],
)
def test_versions_that_are_known_to_be_bad(library: str, version: str, counts: bool | None) -> None:
    found = warnings((Library(library, version),))
    assert [each.counts for each in found] == ([] if counts is None else [counts])


def test_every_known_bad_version_says_why_and_what_to_do() -> None:
    for each in KNOWN_BAD:
        assert each.why
        assert each.cure
        assert warnings((Library(each.name, None),)) == ()


def test_what_is_not_installed_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_heif_is_registered", lambda: False)
    assert readable.readable(JPEG).is_readable
    heif = readable.readable(HEIF)
    assert (heif.is_readable, heif.needs) == (False, "dupfinder[heic]")
    assert heif in formats()


@pytest.mark.parametrize("is_there", [True, False])
def test_the_makers_whose_raw_files_are_tiff_are_named_too(
    monkeypatch: pytest.MonkeyPatch, is_there: bool
) -> None:
    monkeypatch.setattr(camera_raw, "plugin", lambda: pytest if is_there else None)
    raw = {each.name: each for each in formats() if each.name.startswith(CAMERA_RAW)}
    makers = {"Nikon", "Sony", "Pentax", "Leaf", "Phase One", "Canon", "Fujifilm", "DNG"}
    assert makers <= {name.removeprefix(f"{CAMERA_RAW} (").removesuffix(")") for name in raw}
    needs = "" if is_there else "dupfinder[raw]"
    assert {(each.is_readable, each.needs) for each in raw.values()} == {(is_there, needs)}


def test_a_library_that_cannot_be_loaded_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> object:
        raise ImportError(f"{name}: libGL.so.1: cannot open shared object file")

    monkeypatch.setattr(versions, "import_module", broken)
    troubles = {each.name: each.trouble for each in versions.libraries()}
    assert "libGL.so.1" in troubles["OpenCV"]


def test_help_teaches_by_example() -> None:
    done = run("doctor", "--help")
    assert done.returncode == 0
    assert "dupfinder doctor --format json" in done.stdout
    assert "3  something needs attention" in done.stdout
