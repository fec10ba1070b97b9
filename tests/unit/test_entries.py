"""Whether folders are as they were: the same state means that a walk finds the same."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from walking import change_listings, with_status, write

from dupfinder import entries
from dupfinder.discover import discover
from dupfinder.entries import state_of
from dupfinder.settings import WalkRules

RULES = WalkRules(exclude=("*.tmp",), min_size=2)


def walked(root: Path) -> tuple[list[object], list[str]]:
    folders: list[str] = []
    found = sorted(discover([str(root)], RULES, entered=folders), key=lambda each: each.path)
    return list(found), sorted(folders)


def state(root: Path) -> str:
    return state_of(walked(root)[1], may_open=False)


def rewritten(root: Path) -> None:
    """Other bytes, as many, and the times of before."""
    path = root / "a.jpg"
    before = path.stat()
    time.sleep(0.05)  # clocks of file systems tick in milliseconds
    path.write_bytes(path.read_bytes()[::-1])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def replaced(root: Path) -> None:
    """Another file of the same name, size and time."""
    before = (root / "a.jpg").stat()
    shutil.copy2(root / "a.jpg", root / "new.tmp")
    os.utime(root / "new.tmp", ns=(before.st_atime_ns, before.st_mtime_ns))
    os.replace(root / "new.tmp", root / "a.jpg")


def swapped(root: Path) -> None:
    one, other = root / "a.jpg", root / "sub/b.jpg"
    os.rename(one, root / "c")
    os.rename(other, one)
    os.rename(root / "c", other)


def made_a_file(root: Path) -> None:
    (root / "link.jpg").unlink()
    write(root / "link.jpg")


CHANGES: dict[str, Callable[[Path], object]] = {
    "a file more": lambda root: write(root / "sub/new.jpg"),
    "a file more, in a folder that was empty": lambda root: write(root / "empty/new.jpg"),
    "a folder more": lambda root: (root / "sub/deeper").mkdir(),
    "a file less": lambda root: (root / "sub/b.jpg").unlink(),
    "a folder less": lambda root: (root / "empty").rmdir(),
    "another name": lambda root: os.rename(root / "a.jpg", root / "z.jpg"),
    "another folder": lambda root: os.rename(root / "a.jpg", root / "sub/a.jpg"),
    "two that take each other's places": swapped,
    "other bytes": rewritten,
    "another file": replaced,
    "another time": lambda root: os.utime(root / "a.jpg", (7, 7)),
    "a byte more": lambda root: (root / "a.jpg").write_bytes(b"12345678"),
    "a name more of the same file": lambda root: os.link(root / "a.jpg", root / "y.jpg"),
    "a file where a link was": made_a_file,
    "a sidecar": lambda root: write(root / "a.xmp"),
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("a.jpg", "sub/b.jpg", "sub/scratch.tmp"):
        write(tmp_path / "root" / name)
    (tmp_path / "root/empty").mkdir()
    (tmp_path / "root/link.jpg").symlink_to("a.jpg")
    return tmp_path / "root"


@pytest.mark.parametrize("change", CHANGES)
def test_what_a_walk_would_see_is_noticed(change: str, root: Path) -> None:
    before, folders = state(root), walked(root)[1]

    CHANGES[change](root)

    assert state_of(folders, may_open=False) != before


def test_nothing_has_changed_where_files_were_only_read(root: Path) -> None:
    before = state(root)

    for path in root.rglob("*.jpg"):
        path.read_bytes()

    assert state(root) == before
    assert state_of(reversed(walked(root)[1]), may_open=False) == before


def test_a_folder_that_went_away_is_noticed(root: Path) -> None:
    before, folders = state(root), walked(root)[1]

    os.rename(root, root.with_name("elsewhere"))

    gone = state_of(folders, may_open=False)
    assert gone != before
    assert gone == state_of(folders, may_open=False)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no FIFOs")
def test_a_pipe_in_the_place_of_a_folder_is_not_waited_for(root: Path) -> None:
    before, folders = state(root), walked(root)[1]
    shutil.rmtree(root / "sub")
    os.mkfifo(root / "sub")

    with ThreadPoolExecutor(1) as thread:
        asked = thread.submit(state_of, folders, may_open=False)
        _, waiting = wait([asked], 5)
        if waiting:  # let it go on, so that the test ends
            os.close(os.open(root / "sub", os.O_WRONLY))
        assert not waiting
        assert asked.result() != before


def test_of_a_folder_that_fails_halfway_counts_what_was_seen(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def halfway(_: str, entries: Iterator[os.DirEntry[str]]) -> Iterator[os.DirEntry[str]]:
        yield from islice(entries, 1)
        raise OSError(errno.EIO, "as a damaged disk says it")

    change_listings(monkeypatch, halfway)
    before = state_of([str(root / "sub")], may_open=False)

    for path in (root / "sub").iterdir():
        path.write_bytes(b"12345678")

    assert state_of([str(root / "sub")], may_open=False) != before


@pytest.mark.parametrize("place", ["st_flags", "st_file_attributes"])
def test_a_content_that_has_come_from_the_cloud_is_noticed(
    place: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "_FLAGS", place)

    def told(flags: int) -> str:
        def flagged(_: str, seen: Iterator[os.DirEntry[str]]) -> Iterator[Any]:
            return (with_status(entry, **{place: flags}) for entry in seen)

        with monkeypatch.context() as patch:
            change_listings(patch, flagged)
            return state_of([str(root)], may_open=False)

    assert told(0) == told(0) != told(1 << 12)


def test_a_file_in_the_place_of_an_empty_folder_is_noticed(root: Path) -> None:
    before = state_of([str(root / "empty")], may_open=False)

    (root / "empty").rmdir()
    write(root / "empty")

    assert state_of([str(root / "empty")], may_open=False) != before


def test_a_name_outside_is_noticed_where_it_changes_no_time(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, where that time is of the making of the file."""

    def timeless(_: str, entries: Iterator[os.DirEntry[str]]) -> Iterator[Any]:
        return (with_status(entry, st_ctime_ns=0) for entry in entries)

    change_listings(monkeypatch, timeless)
    before = state(root)

    os.link(root / "a.jpg", root.with_name("outside.jpg"))

    assert state(root) != before


def test_what_a_hidden_folder_holds_does_not_matter(root: Path) -> None:
    (root / ".thumbnails").mkdir()
    before = state(root)

    write(root / ".thumbnails/one.jpg")

    assert state(root) == before


NAMES = st.sampled_from(["a.jpg", "b.jpg", "d/a.jpg", "d/e/c.jpg", "x.tmp", "d/.hidden.jpg"])
DEEDS = st.one_of(
    st.tuples(st.just("write"), NAMES, st.integers(0, 4)),
    st.tuples(st.just("remove"), NAMES, st.just(0)),
    st.tuples(st.just("link"), NAMES, st.just(0)),
    st.tuples(st.just("folder"), st.sampled_from(["f", "d/f"]), st.just(0)),
)


def act(root: Path, deed: str, name: str, size: int) -> None:
    path = root / name
    if deed == "folder":
        path.mkdir(parents=True, exist_ok=True)
        return
    if path.is_symlink() or deed == "remove":
        path.unlink(missing_ok=True)
    if deed == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"." * size)
    elif deed == "link" and path.parent.is_dir() and not path.exists():
        path.symlink_to("nowhere")


@given(st.lists(DEEDS, max_size=6), st.lists(DEEDS, max_size=3))
def test_the_same_state_means_that_a_walk_finds_the_same(
    before: list[tuple[str, str, int]], after: list[tuple[str, str, int]]
) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        for deed in before:
            act(root, *deed)
        found, folders = walked(root)
        known = state_of(folders, may_open=False)

        for deed in after:
            act(root, *deed)

        if state_of(folders, may_open=False) == known:
            assert walked(root) == (found, folders)
