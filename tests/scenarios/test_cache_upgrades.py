"""A newer dupfinder, or another decoder, makes nothing be computed again that is still true."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from earlier import as_version_6
from finding import compared, decoded, remembering
from mounting import mount, mounts
from pictures import encoded, scene
from raw_files import dng
from scanning import run
from shots import LIBRARY

import dupfinder
from dupfinder import Found
from dupfinder.decode import versions
from dupfinder.storage import upgrading
from dupfinder.storage.schema import SCHEMA_VERSION

FOLDERS = [LIBRARY / "Edited", LIBRARY / "Backup"]
TAKEN_OVER = ("the cache was made by an earlier dupfinder and taken over: nothing of it is lost",)


def scan(folder: Path) -> Found:
    return dupfinder.find(FOLDERS, remembering(folder))


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Found:
    return scan(tmp_path_factory.mktemp("truth"))


@pytest.fixture(scope="module")
def filled(truth: Found, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a cache of version 6, with features and verdicts."""
    folder = tmp_path_factory.mktemp("filled")
    assert scan(folder) == truth
    as_version_6(folder / "cache.sqlite")
    assert version(folder) == 6
    return folder


@pytest.fixture
def earlier(filled: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(filled, tmp_path / "earlier"))


def version(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "cache.sqlite")) as database:
        return int(database.execute("PRAGMA user_version").fetchone()[0])


def change(folder: Path, statement: str) -> int:
    with closing(sqlite3.connect(folder / "cache.sqlite")) as database, database:
        return database.execute(statement).rowcount


def test_a_cache_of_the_version_before_is_taken_over(truth: Found, earlier: Path) -> None:
    found = scan(earlier)
    assert found == truth
    assert (decoded(found), compared(found)) == (0, 0)
    assert found.notes == TAKEN_OVER
    assert version(earlier) == SCHEMA_VERSION
    again = scan(earlier)
    assert (again, decoded(again), compared(again), again.notes) == (truth, 0, 0, ())
    assert run("cache", "verify", "--cache", earlier / "cache.sqlite").returncode == 0
    done = run("cache", "prune", "--cache", earlier / "cache.sqlite")
    assert "Nothing to remove" in done.stdout


def test_a_damaged_row_of_it_is_not_taken_over(truth: Found, earlier: Path) -> None:
    changed = change(
        earlier, "UPDATE content SET width = width + 1 WHERE substr(hex(digest), 1, 1) < '6'"
    )
    assert changed > 0
    found = scan(earlier)
    assert (found, found.notes) == (truth, TAKEN_OVER)
    assert decoded(found) == changed


def test_damaged_pages_of_it_are_set_aside(truth: Found, earlier: Path) -> None:
    path = earlier / "cache.sqlite"
    data = bytearray(path.read_bytes())
    data[len(data) // 2 :] = b"\xee" * (len(data) - len(data) // 2)
    path.write_bytes(data)
    found = scan(earlier)
    assert found == truth
    (note,) = found.notes
    assert "set aside" in note


KILLED = """
import os, signal, sys
from dupfinder.storage import upgrading
real, left = upgrading.checksum, [int(sys.argv[2])]
def checksum(values):
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(values)
upgrading.checksum = checksum
from dupfinder.storage import open_cache
with open_cache(sys.argv[1], "a method"):
    pass
"""


@pytest.mark.parametrize("row", [1, 20, 60])
def test_who_is_killed_in_the_upgrade_has_the_old_cache(
    truth: Found, earlier: Path, row: int
) -> None:
    command = [sys.executable, "-c", KILLED, str(earlier / "cache.sqlite"), str(row)]
    died = subprocess.run(command, check=False, capture_output=True)
    assert died.returncode == -signal.SIGKILL, died.stderr
    found = scan(earlier)
    assert (found, found.notes, decoded(found)) == (truth, TAKEN_OVER, 0)


def test_without_room_for_the_upgrade_the_old_cache_stays(
    truth: Found, earlier: Path, tmp_path: Path
) -> None:
    def job() -> tuple[bool, tuple[str, ...], bool]:
        volume = tmp_path / "volume"
        volume.mkdir()
        size = os.path.getsize(earlier / "cache.sqlite")
        mount("-t", "tmpfs", "-o", f"size={size + 20_000}", "tmpfs", str(volume))
        shutil.copy(earlier / "cache.sqlite", volume)
        before = (volume / "cache.sqlite").read_bytes()
        found = scan(volume)
        return found == truth, found.notes, (volume / "cache.sqlite").read_bytes() == before

    same, notes, is_untouched = mounts(job)
    assert (same, is_untouched) == (True, True)
    (note,) = notes
    assert "the cache cannot be used (database or disk is full): nothing is remembered" in note


def test_a_cache_of_a_later_version_is_left_alone(truth: Found, earlier: Path) -> None:
    change(earlier, "PRAGMA user_version = 77")
    before = sorted((each.name, each.read_bytes()) for each in earlier.iterdir())
    found = scan(earlier)
    assert found == truth
    (note,) = found.notes
    assert "of version 77, made by a later dupfinder" in note
    assert "it is left alone; name another one with --cache: nothing is remembered" in note
    assert sorted((each.name, each.read_bytes()) for each in earlier.iterdir()) == before


def test_a_cache_of_long_ago_is_set_aside(truth: Found, earlier: Path) -> None:
    change(earlier, "PRAGMA user_version = 3")
    found = scan(earlier)
    assert found == truth
    (note,) = found.notes
    assert "of version 3, made by an earlier dupfinder" in note.replace("(version", "of version")
    assert (earlier / "cache.sqlite.unusable-1").exists()


# Formats that each take another extra, and one that takes none.


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    pytest.importorskip("rawpy")
    pytest.importorskip("pillow_heif").register_heif_opener()
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(3):
        picture = scene(number, 320, 240)
        (folder / f"{number}.jpg").write_bytes(encoded(picture, "JPEG"))
        (folder / f"{number}.png").write_bytes(encoded(picture, "PNG"))
        (folder / f"{number}.dng").write_bytes(dng(picture))
        (folder / f"{number}.heic").write_bytes(encoded(picture, "HEIF"))
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff and no more")
    (folder / "notes.txt").write_text("no picture")
    for each in folder.iterdir():
        os.utime(each, (1_600_000_000, 1_600_000_000))
    return folder


def renewed(monkeypatch: pytest.MonkeyPatch, **renewed: str) -> None:
    """As if a library had been installed in another version since."""
    real = versions.version
    monkeypatch.setattr(versions, "version", lambda name: renewed.get(name) or real(name))


@pytest.mark.parametrize(
    ("library", "again"),
    [
        ("rawpy", {"0.dng", "1.dng", "2.dng", "broken.jpg"}),
        ("pillow-jxl-plugin", {"broken.jpg"}),
        ("pillow-heif", {"0.heic", "1.heic", "2.heic", "broken.jpg"}),
        ("pillow", None),
    ],
)
def test_a_renewed_decoder_costs_the_photos_that_it_decodes(
    photos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    library: str,
    again: set[str] | None,
) -> None:
    before = dupfinder.find(photos, remembering(tmp_path))
    renewed(monkeypatch, **{library: "99.0"})
    expected = {each.name for each in photos.iterdir()} if again is None else again
    expected &= {each.name for each in photos.iterdir()}
    found = dupfinder.find(photos, remembering(tmp_path))
    assert (found, found.notes) == (before, ())
    assert decoded(found) == len(expected)
    assert decoded(dupfinder.find(photos, remembering(tmp_path))) == 0
    cache = tmp_path / "cache.sqlite"
    assert run("cache", "verify", "--cache", cache).returncode == 0


def test_what_the_photos_of_a_renewed_decoder_were_compared_with_is_compared_again(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dupfinder.find(photos, remembering(tmp_path))
    renewed(monkeypatch, **{"pillow-jxl-plugin": "99.0"})
    assert compared(dupfinder.find(photos, remembering(tmp_path))) == 0
    renewed(monkeypatch, **{"pillow-heif": "99.0"})
    some = compared(dupfinder.find(photos, remembering(tmp_path)))
    renewed(monkeypatch, pillow="99.0")
    all_of_them = compared(dupfinder.find(photos, remembering(tmp_path)))
    assert 0 < some < all_of_them


def test_what_was_remembered_at_other_levels_is_taken_over_when_they_are_asked_for(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for level in ("hash", "copies"):
        dupfinder.find(photos, remembering(tmp_path, level=level))
    renewed(monkeypatch, **{"pillow-jxl-plugin": "99.0"})
    # A path is known by the last method alone: what is no photo is looked at by each.
    for level, number in (("copies", 1), ("hash", 2)):
        assert decoded(dupfinder.find(photos, remembering(tmp_path, level=level))) == number


def test_prune_after_a_renewal_keeps_what_the_next_scan_takes_over(
    photos: Path, tmp_path: Path
) -> None:
    """The command sees the libraries that are installed: the cache is made the older one."""
    dupfinder.find(photos, remembering(tmp_path))
    with pytest.MonkeyPatch.context() as patch:
        renewed(patch, **{"pillow-jxl-plugin": "0.1", "rawpy": "0.1"})
        dupfinder.find(photos, remembering(tmp_path))
    assert run("cache", "prune", "--cache", tmp_path / "cache.sqlite").returncode == 0
    again = dupfinder.find(photos, remembering(tmp_path))
    assert decoded(again) == 4


def test_steps_lead_to_the_version_of_now() -> None:
    assert sorted(upgrading.STEPS) == list(range(min(upgrading.STEPS), SCHEMA_VERSION))
