"""Wherever the cache lies, a scan finds the same and says what that place lacks."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from acting import child
from caching import COMMAND, FOLDERS, scan
from finding import compared, decoded, remembering
from mounting import mount, mounts

import dupfinder
from dupfinder import Found
from dupfinder.storage import opening

NOBODY = 65534


def test_two_scans_at_once_find_the_same_and_one_of_them_says_why_it_remembers_nothing(
    truth: dict[str, Found], tmp_path: Path
) -> None:
    with opening.open_cache(str(tmp_path / "cache.sqlite"), "the other scan"):
        found = scan(tmp_path)
    assert found == truth["hash"]
    assert found.notes == ("another scan is writing the cache: nothing is remembered",)
    commands = [[*COMMAND, "--cache", str(tmp_path / "cache.sqlite"), "--format", "json"]] * 2
    both = [
        subprocess.Popen([*each, "--level", "hash"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for each in commands
    ]
    (one, _), (other, _) = (each.communicate() for each in both)
    assert [each.returncode for each in both] == [0, 0]
    assert one == other
    after = scan(tmp_path)
    assert (after, after.notes, decoded(after)) == (truth["hash"], (), 0)


def narrow(pages: int) -> Callable[..., Any]:
    """As if the disk under the cache had room for so many pages."""
    connect = opening.connect

    def connected(path: str, method: str) -> Any:
        opened = connect(path, method)
        opened[0].execute(f"PRAGMA max_page_count = {pages}")
        return opened

    return connected


@pytest.mark.parametrize("pages", [11, 14, 20])
@pytest.mark.parametrize("level", ["hash", "copies"])
def test_a_full_disk_costs_the_memory_and_no_pair(
    truth: dict[str, Found],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    pages: int,
    level: str,
) -> None:
    monkeypatch.setattr(opening, "connect", narrow(pages))
    found = scan(tmp_path, level)
    assert found == truth[level]
    (note,) = found.notes
    assert "cannot be written any more (database or disk is full)" in note
    assert "not remembered beyond this run" in note
    monkeypatch.undo()
    after = scan(tmp_path, level)
    assert (after, after.notes) == (truth[level], ())
    assert decoded(scan(tmp_path, level)) == 0


@pytest.mark.parametrize("size", ["16k", "64k"])
def test_a_small_volume_under_the_cache_fills_up(
    truth: dict[str, Found], tmp_path: Path, size: str
) -> None:
    volume = tmp_path / "volume"
    volume.mkdir()

    def job() -> tuple[bool, tuple[str, ...]]:
        mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(volume))
        found = scan(volume, "copies")
        return found == truth["copies"], found.notes

    same, notes = mounts(job)
    assert same
    (note,) = notes
    assert "remembered" in note


@pytest.mark.parametrize("size", ["64k", "200k", "400k"])
@pytest.mark.parametrize("level", ["hash", "copies"])
def test_a_full_disk_may_hold_the_temporary_files_too(
    truth: dict[str, Found], tmp_path: Path, size: str, level: str
) -> None:
    """As on most machines, which have one disk."""
    volume = tmp_path / "volume"
    volume.mkdir()

    def job() -> tuple[bool, tuple[str, ...]]:
        mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(volume))
        tempfile.tempdir = str(volume)
        found = scan(volume, level)
        return found == truth[level], found.notes

    same, notes = mounts(job)
    assert same
    assert len(notes) <= 1
    assert all("remembered" in note for note in notes)


@pytest.mark.parametrize("size", [4096, 20_000, 100_000, 300_000])
def test_no_file_may_be_larger_than_so(truth: dict[str, Found], tmp_path: Path, size: int) -> None:
    """A limit of the system or of a quota: here writing fails as on a broken disk."""

    def job() -> tuple[bool, tuple[str, ...]]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        found = scan(tmp_path, "copies")
        return found == truth["copies"], found.notes

    ended = child(job)
    assert ended.error == "", ended.error
    same, notes = ended.value
    assert same
    assert len(notes) == 1
    assert "remembered" in notes[0]


@contextmanager
def as_nobody(folder: Path) -> Iterator[None]:
    """Give a folder to an ordinary user and be one, since root may write everywhere."""
    if os.geteuid() != 0:
        yield
        return
    for each in (folder, *folder.rglob("*")):
        os.chown(each, NOBODY, NOBODY)
    os.seteuid(NOBODY)
    try:
        if not os.access(folder, os.R_OK, effective_ids=True) or not os.access(
            FOLDERS[0], os.R_OK, effective_ids=True
        ):
            pytest.skip("an ordinary user cannot read this checkout")
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that ordinary users reach."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield Path(name)


@pytest.mark.parametrize("what", ["folder", "file"])
@pytest.mark.parametrize("is_filled", [True, False])
def test_a_cache_that_may_only_be_read_is_read(
    truth: dict[str, Found], filled: Path, public: Path, what: str, is_filled: bool
) -> None:
    own = public / "own"
    if is_filled:
        shutil.copytree(filled, own)
    else:
        own.mkdir()
        (own / "cache.sqlite").touch()
    before = (own / "cache.sqlite").read_bytes()
    with as_nobody(own):
        (own / "cache.sqlite").chmod(0o444)
        own.chmod(0o555 if what == "folder" else 0o755)
        names = sorted(os.listdir(own))
        found = scan(own)
        own.chmod(0o755)
    assert found == truth["hash"]
    assert len(found.notes) == 1
    assert "remembered" in found.notes[0]
    assert (decoded(found) == 0) == is_filled
    assert (own / "cache.sqlite").read_bytes() == before
    assert set(os.listdir(own)) - set(names) <= {"cache.sqlite.lock"}


def test_a_cache_that_was_moved_knows_what_it_knew(
    truth: dict[str, Found], filled: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other place"
    other.mkdir()
    shutil.copy(filled / "cache.sqlite", other / "renamed.db")
    settings = remembering(other, level="hash")
    found = dupfinder.find(FOLDERS, replace(settings, cache=str(other / "renamed.db")))
    assert (found, found.notes) == (truth["hash"], ())
    assert (decoded(found), compared(found)) == (0, 0)


def test_a_cache_on_a_volume_that_cannot_be_written_is_read(
    truth: dict[str, Found], filled: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    shutil.copytree(filled, own)

    def job() -> tuple[bool, int, tuple[str, ...]]:
        mount("--bind", str(own), str(own))
        mount("-o", "remount,ro,bind", str(own))
        found = scan(own)
        return found == truth["hash"], decoded(found), found.notes

    assert mounts(job) == (
        True,
        0,
        (
            "the cache cannot be written (Read-only file system): it is read, and nothing new is"
            " remembered",
        ),
    )


def test_what_a_read_only_cache_does_not_know_is_found_all_the_same(
    truth: dict[str, Found], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dupfinder.find(FOLDERS[1], remembering(tmp_path, level="copies"))
    before = (tmp_path / "cache.sqlite").read_bytes()

    def refused(_: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(opening, "locked", refused)
    found = scan(tmp_path, "copies")
    assert found == truth["copies"]
    assert 0 < decoded(found) < truth["copies"].discovered
    assert (tmp_path / "cache.sqlite").read_bytes() == before


def test_a_read_only_cache_that_a_killed_run_left_torn_is_not_read(
    truth: dict[str, Found], filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its journal would have to be rolled back first."""
    own = tmp_path / "own"
    shutil.copytree(filled, own)
    path = own / "cache.sqlite"
    with closing(sqlite3.connect(path)) as writing:
        writing.execute("PRAGMA cache_size = 1")
        writing.execute("UPDATE content SET width = width + 1")
        writing.execute("UPDATE thumbnail SET pixels = zeroblob(length(pixels))")
        torn = tmp_path / "torn"
        shutil.copytree(own, torn)
        writing.rollback()
    assert (torn / "cache.sqlite-journal").stat().st_size > 0

    def refused(_: str) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(opening, "locked", refused)
        assert scan(torn) == truth["hash"]
    after = scan(torn)
    assert (after, after.notes, decoded(after)) == (truth["hash"], (), 0)
