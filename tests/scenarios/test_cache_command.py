"""`dupfinder cache` as a user meets it."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from finding import decoded, remembering
from scanning import run
from shots import LIBRARY

import dupfinder
from dupfinder.settings import FALLBACKS, LEVELS
from dupfinder.storage import open_cache
from dupfinder.storage.schema import SCHEMA_VERSION


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return Path(shutil.copytree(LIBRARY / "Backup", tmp_path / "photos"))


@pytest.fixture
def cache(photos: Path, tmp_path: Path) -> Path:
    """Of one scan of a few photos."""
    dupfinder.find(photos, remembering(tmp_path, level="hash"))
    return tmp_path / "cache.sqlite"


def told(*words: object) -> dict[str, Any]:
    done = run("cache", *words, "--format", "json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert (found["kind"], found["schema"]) == ("cache", 1)
    return found


def rows(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as database:
        (count,) = database.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(count)


def change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(statement)


def test_show_says_what_is_in_it(cache: Path) -> None:
    found = told("show", "--cache", cache)
    assert (found["state"], found["photos"], found["writable"]) == ("sound", 5, True)
    assert {part["name"]: part["rows"] for part in found["parts"]} == {
        name: rows(cache, name)
        for name in ("file", "content", "thumbnail", "features", "postings", "verdict")
    }
    (method,) = found["methods"]
    assert method["photos"] == 5
    done = run("cache", "show", "--cache", cache)
    assert str(cache) in done.stdout
    assert "thumbnails" in done.stdout
    assert "of level identical or hash" in done.stdout


@pytest.mark.parametrize("action", ["show", "verify", "prune"])
def test_without_a_cache_there_is_one_clear_sentence(tmp_path: Path, action: str) -> None:
    done = run("cache", action, "--cache", tmp_path / "none.sqlite")
    assert done.returncode == 0
    (line,) = done.stdout.splitlines()
    assert line.startswith(f"No cache at {tmp_path / 'none.sqlite'}: ")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("action", ["verify", "prune"])
def test_a_file_that_is_no_cache_is_left_alone(tmp_path: Path, action: str) -> None:
    photo = tmp_path / "photo.jpg"
    shutil.copyfile(LIBRARY / "Backup" / "IMG_2041.jpg", photo)
    before = photo.read_bytes()
    done = run("cache", action, "--cache", photo)
    assert done.returncode == 2
    assert "is not a cache of dupfinder" in done.stderr
    assert "Traceback" not in done.stderr
    assert run("cache", "show", "--cache", photo).returncode == 3
    assert os.listdir(tmp_path) == ["photo.jpg"]
    assert photo.read_bytes() == before


@pytest.mark.parametrize("action", ["verify", "prune"])
def test_while_another_run_has_it_nothing_is_done(cache: Path, action: str) -> None:
    with open_cache(str(cache), "another run"):
        done = run("cache", action, "--cache", cache)
        shown = told("show", "--cache", cache)
    assert done.returncode == 2
    assert "another scan is writing the cache" in done.stderr
    assert "wait until the other run has ended" in done.stderr
    assert shown["state"] == "in use"


def test_verify_reads_every_row_and_changes_nothing(cache: Path) -> None:
    before = cache.read_bytes()
    found = told("verify", "--cache", cache)
    assert (found["sound"], found["problems"]) == (True, [])
    assert sum(part["rows"] for part in found["parts"]) > 10
    assert "The cache is sound" in run("cache", "verify", "--cache", cache).stdout
    assert cache.read_bytes() == before


def test_verify_finds_a_row_that_is_not_what_was_written(cache: Path) -> None:
    change(cache, "UPDATE content SET width = width + 1")
    done = run("cache", "verify", "--cache", cache, "--format", "json")
    assert done.returncode == 3
    found = json.loads(done.stdout)
    assert {part["name"]: part["damaged"] for part in found["parts"]}["content"] == 5
    done = run("cache", "verify", "--cache", cache)
    assert "The cache is damaged" in done.stdout
    assert "dupfinder cache prune" in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("version", "state", "told_of_it", "then", "code"),
    [
        (1, "outdated", "made by an earlier", "the next scan sets it aside and begins anew", 0),
        (6, "earlier", "made by an earlier", "the next scan takes it over", 0),
        (99, "newer", "made by a later", "name another one with --cache", 3),
    ],
)
def test_a_cache_of_another_version_is_not_called_damaged(
    cache: Path, version: int, state: str, told_of_it: str, then: str, code: int
) -> None:
    change(cache, f"PRAGMA user_version = {version}")
    change(cache, "DROP TABLE method")
    before = cache.read_bytes()
    found = told("verify", "--cache", cache)["told"]
    assert f"of version {version}, {told_of_it}" in found
    assert then in found
    shown = run("cache", "show", "--cache", cache, "--format", "json")
    assert (shown.returncode, json.loads(shown.stdout)["state"]) == (code, state)
    assert run("doctor", "--cache", cache).returncode == code
    done = run("cache", "prune", "--cache", cache)
    assert (done.returncode, then in done.stderr) == (2, True)
    assert cache.read_bytes() == before


def test_after_a_killed_run_show_and_verify_take_what_is_there(cache: Path) -> None:
    change(cache, f"PRAGMA user_version = -{SCHEMA_VERSION}")
    assert told("show", "--cache", cache)["state"] == "sound"
    assert told("verify", "--cache", cache)["sound"]
    assert told("prune", "--cache", cache)["removed"] == []


def test_a_row_whose_key_was_changed_is_removed_too(cache: Path) -> None:
    with closing(sqlite3.connect(cache)) as database:
        (right,) = database.execute("SELECT right_digest FROM verdict").fetchone()
    data = cache.read_bytes()
    assert right in data
    cache.write_bytes(data.replace(right, bytes([right[0] ^ 0x80]) + right[1:]))
    found = json.loads(run("cache", "verify", "--cache", cache, "--format", "json").stdout)
    assert not found["sound"]
    told("prune", "--cache", cache)
    assert told("verify", "--cache", cache)["sound"]


@pytest.mark.parametrize("place", [0.0, 0.3, 0.9])
def test_verify_and_show_tell_of_damaged_pages(cache: Path, place: float) -> None:
    data = bytearray(cache.read_bytes())
    at = int(len(data) * place) // 4096 * 4096
    data[at : at + 600] = b"\xee" * 600
    cache.write_bytes(data)
    done = run("cache", "verify", "--cache", cache)
    assert done.returncode == 3
    assert "! " in done.stdout or " 1\n" in done.stdout
    assert "Traceback" not in done.stderr


def test_prune_removes_what_is_gone_and_keeps_the_rest(
    photos: Path, cache: Path, tmp_path: Path
) -> None:
    gone = photos / "PXL_20211017_154210.jpg"
    gone.unlink()
    dry = told("prune", "--dry-run", "--cache", cache)
    assert {(each["part"], each["rows"]) for each in dry["removed"]} == {
        ("file", 1),
        ("content", 1),
        ("thumbnail", 1),
    }
    assert rows(cache, "file") == 5
    assert "nothing was touched" in run("cache", "prune", "--dry-run", "--cache", cache).stdout
    done = told("prune", "--cache", cache)
    assert done["removed"] == dry["removed"]
    assert (rows(cache, "file"), rows(cache, "content"), rows(cache, "thumbnail")) == (4, 4, 4)
    assert told("verify", "--cache", cache)["sound"]
    again = dupfinder.find(photos, remembering(tmp_path, level="hash"))
    assert (decoded(again), again.notes) == (0, ())
    assert "Nothing to remove" in run("cache", "prune", "--cache", cache).stdout


@pytest.mark.parametrize("vanishes", ["the folder", "its content"])
def test_nothing_is_purged_because_a_folder_vanished(
    photos: Path, cache: Path, tmp_path: Path, vanishes: str
) -> None:
    """As where a volume is not mounted: the mount point is missing, or empty."""
    os.rename(photos, tmp_path / "elsewhere")
    if vanishes == "its content":
        photos.mkdir()
    found = told("prune", "--cache", cache)
    assert (found["removed"], found["files_kept"]) == ([], 5)
    assert "a volume may not be mounted" in run("cache", "prune", "--cache", cache).stdout
    shutil.rmtree(photos, ignore_errors=True)
    os.rename(tmp_path / "elsewhere", photos)
    again = dupfinder.find(photos, remembering(tmp_path, level="hash"))
    assert decoded(again) == 0


def test_prune_removes_damaged_rows_and_those_of_other_versions(
    photos: Path, cache: Path, tmp_path: Path
) -> None:
    truth = dupfinder.find(photos, remembering(tmp_path, level="hash"))
    with open_cache(str(cache), "dct256=0;decode=1") as other:
        photo = truth.clusters[0].members[0]
        other.add_photo(photo, b"thumbnail")
    change(cache, "UPDATE verdict SET answer = 'different'")
    removed = told("prune", "--cache", cache)["removed"]
    whys = {(each["why"], each["part"]) for each in removed}
    assert ("made by another version or its libraries", "content") in whys
    assert ("damaged", "verdict") in whys
    assert told("verify", "--cache", cache)["sound"]
    assert dupfinder.find(photos, remembering(tmp_path, level="hash")) == truth


def test_a_cache_that_was_set_aside_goes_and_nothing_else_of_that_name(cache: Path) -> None:
    ours, foreign = (Path(f"{cache}.unusable-{number}") for number in (1, 2))
    shutil.copyfile(cache, ours)
    foreign.write_bytes(b"somebody else's file, that an earlier version renamed")
    shown = told("show", "--cache", cache)
    assert [each["path"] for each in shown["set_aside"]] == [str(ours)]
    told("prune", "--dry-run", "--cache", cache)
    assert ours.exists()
    told("prune", "--cache", cache)
    assert not ours.exists()
    assert foreign.exists()


@pytest.mark.slow
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("fallback", FALLBACKS)
def test_prune_keeps_all_that_a_scan_of_this_version_has_left(
    tmp_path: Path, level: str, fallback: str
) -> None:
    dupfinder.find(LIBRARY, remembering(tmp_path, level=level, fallback=fallback))
    assert told("prune", "--cache", tmp_path / "cache.sqlite")["removed"] == []


def test_prune_keeps_all_that_the_usual_scan_has_left(tmp_path: Path) -> None:
    folder = LIBRARY / "Edited"
    dupfinder.find(folder, remembering(tmp_path))
    assert told("prune", "--cache", tmp_path / "cache.sqlite")["removed"] == []
    again = dupfinder.find(folder, remembering(tmp_path))
    assert decoded(again) == 0


def test_a_damaged_cache_cannot_be_pruned(cache: Path) -> None:
    data = bytearray(cache.read_bytes())
    data[2000:4096] = b"\xee" * 2096
    cache.write_bytes(data)
    done = run("cache", "prune", "--cache", cache)
    assert done.returncode == 2
    assert "cannot be pruned" in done.stderr
    assert "the next scan sets it aside" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_teaches_by_example() -> None:
    done = run("cache", "--help")
    assert done.returncode == 0
    assert "dupfinder cache prune --dry-run" in done.stdout
    assert run("cache", "shine").returncode == 2
