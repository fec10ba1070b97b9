"""Trouble below the roots is a value, and the rest is found."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from walking import DEFAULT, change_listings, files, skipped, write

from dupfinder.discover import discover
from dupfinder.errors import UsageError
from dupfinder.model import Skipped

NOBODY = 65534


@contextlib.contextmanager
def as_ordinary_user(folder: str) -> Iterator[None]:
    """Give `folder` and this process to an ordinary user, since root may read everything."""
    if os.geteuid() != 0:
        yield
        return
    os.chown(folder, NOBODY, NOBODY)
    try:
        os.seteuid(NOBODY)
    except OSError:
        pytest.skip("root may not become an ordinary user here")
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_folder_that_may_not_be_listed_is_reported_and_the_rest_is_found() -> None:
    with tempfile.TemporaryDirectory() as name, as_ordinary_user(name):
        top = Path(name)
        for file in ("a.jpg", "locked/b.jpg", "blind/c.jpg", "z.jpg"):
            write(top / file)
        (top / "z.jpg").chmod(0)  # to see a file takes no right on the file
        (top / "locked").chmod(0)
        (top / "blind").chmod(0o400)
        found = list(discover([name], DEFAULT))
        for folder in ("locked", "blind"):
            (top / folder).chmod(0o700)

    assert [os.path.basename(file.path) for file in files(found)] == ["a.jpg", "z.jpg"]
    top_path = os.path.realpath(name)
    assert {
        os.path.relpath(s.path, top_path): (s.code, s.reason)
        for s in found
        if isinstance(s, Skipped)
    } == {
        "blind/c.jpg": ("unreadable", "Permission denied"),
        "locked": ("unreadable-folder", "Permission denied"),
    }


def test_what_vanishes_during_the_walk_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.jpg", "gone.jpg", "gone_folder/b.jpg", "replaced_folder/c.jpg"):
        write(tmp_path / name)

    def remove(folder: str, entries: Iterator[os.DirEntry[str]]) -> Iterator[Any]:
        for entry in entries:
            if entry.name == "gone.jpg":
                os.unlink(entry.path)
            yield entry
        if folder == str(tmp_path):
            for name in ("gone_folder/b.jpg", "replaced_folder/c.jpg"):
                (tmp_path / name).unlink()
                (tmp_path / name).parent.rmdir()
            write(tmp_path / "replaced_folder")

    change_listings(monkeypatch, remove)
    found = list(discover([str(tmp_path)], DEFAULT))

    assert [os.path.basename(file.path) for file in files(found)] == ["a.jpg"]
    assert skipped(found) == dict.fromkeys(
        ("gone.jpg", "gone_folder", "replaced_folder"), "vanished"
    )


def test_a_listing_that_breaks_off_keeps_what_it_gave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("broken/sub/a.jpg", "broken/sub2/b.jpg", "c.jpg"):
        write(tmp_path / name)

    def break_off(folder: str, entries: Iterator[os.DirEntry[str]]) -> Iterator[Any]:
        by_name = sorted(entries, key=lambda entry: entry.name)
        yield by_name[0]
        if os.path.basename(folder) == "broken":
            raise OSError(errno.EIO, "Input/output error", folder)
        yield from by_name[1:]

    change_listings(monkeypatch, break_off)
    found = list(discover([str(tmp_path)], DEFAULT))

    assert [os.path.basename(file.path) for file in files(found)] == ["a.jpg", "c.jpg"]
    assert skipped(found) == {"broken": "unreadable-folder"}


def test_a_path_too_long_for_the_system_is_reported(tmp_path: Path) -> None:
    name = "x" * 250
    folder = os.open(tmp_path, os.O_RDONLY)
    for _ in range(17):
        os.mkdir(name, dir_fd=folder)
        deeper = os.open(name, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = deeper
    os.close(folder)

    assert list(skipped(discover([str(tmp_path)], DEFAULT)).values()) == ["unreadable"]


def test_a_root_that_cannot_be_listed_is_misuse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(folder: str, _: object) -> Iterable[Any]:
        raise PermissionError(errno.EACCES, "Permission denied", folder)

    change_listings(monkeypatch, refuse)
    with pytest.raises(UsageError, match="cannot be read: Permission denied"):
        discover([str(tmp_path)], DEFAULT)
