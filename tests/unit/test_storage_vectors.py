"""The store of descriptors: what was written comes back, and nothing else ever does."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from dupfinder.errors import UsageError
from dupfinder.storage.vectors import open_vectors

ONE, OTHER = b"1" * 32, b"2" * 32


def path_of(tmp_path: Path) -> str:
    return str(tmp_path / "cache" / "cache.sqlite.vectors")


def test_what_was_added_is_there_the_next_time_and_for_its_method_alone(tmp_path: Path) -> None:
    with open_vectors(path_of(tmp_path)) as store:
        store.add("phash", ONE, b"abc")
        store.add("dhash", ONE, b"def")
        store.add("phash", OTHER, b"ghi")

    with open_vectors(path_of(tmp_path)) as store:
        assert store.known("phash") == {ONE, OTHER}
        assert dict(store.all_of("phash")) == {ONE: b"abc", OTHER: b"ghi"}
        assert store.of("dhash", [ONE, OTHER]) == {ONE: b"def"}
        assert store.notes == ()
    assert os.stat(path_of(tmp_path)).st_mode & 0o077 == 0


def test_a_row_that_is_not_what_was_written_is_none(tmp_path: Path) -> None:
    with open_vectors(path_of(tmp_path)) as store:
        store.add("phash", ONE, b"abc")
        store.add("phash", OTHER, b"ghi")
    with sqlite3.connect(path_of(tmp_path)) as connection:
        connection.execute("UPDATE vector SET packed = x'00' WHERE digest = ?", (ONE,))
    connection.close()

    with open_vectors(path_of(tmp_path)) as store:
        assert dict(store.all_of("phash")) == {OTHER: b"ghi"}
        assert store.of("phash", [ONE]) == {}
        assert store.known("phash") == {OTHER}
        store.add("phash", ONE, b"new")
        assert store.known("phash") == {ONE, OTHER}


def test_a_store_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs.vectors"
    theirs.write_bytes(b"precious")

    with pytest.raises(UsageError, match="is no store of dupfinder"), open_vectors(str(theirs)):
        pass

    assert theirs.read_bytes() == b"precious"


def test_a_damaged_store_is_set_aside_and_begun_anew(tmp_path: Path) -> None:
    with open_vectors(path_of(tmp_path)) as store:
        for number in range(200):
            store.add("phash", bytes([number]) * 32, b"x" * 100)
    size = os.path.getsize(path_of(tmp_path))
    with open(path_of(tmp_path), "r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))

    with open_vectors(path_of(tmp_path)) as store:
        assert store.known("phash") == set()
        assert "set aside" in store.notes[0]
        store.add("phash", ONE, b"abc")

    assert os.path.getsize(f"{path_of(tmp_path)}.unusable-1") == size
    with open_vectors(path_of(tmp_path)) as store:
        assert store.known("phash") == {ONE}


def test_what_damage_is_met_later_is_told_and_the_next_time_the_store_is_begun_anew(
    tmp_path: Path,
) -> None:
    with open_vectors(path_of(tmp_path)) as store:
        for number in range(200):
            store.add("phash", bytes([number]) * 32, b"x" * 1000)
    size = os.path.getsize(path_of(tmp_path))
    with open(path_of(tmp_path), "r+b") as file:  # the first rows are left as they are
        file.seek(size // 2)
        file.write(b"\xff" * (size - size // 2))

    with open_vectors(path_of(tmp_path)) as store:
        assert len(list(store.all_of("phash"))) < 200
        assert "cannot be read" in store.notes[0]

    with open_vectors(path_of(tmp_path)) as store:
        assert "set aside" in store.notes[0]
        store.add("phash", ONE, b"abc")
    with open_vectors(path_of(tmp_path)) as store:
        assert store.known("phash") == {ONE}
        assert store.notes == ()


def test_a_store_whose_run_did_not_end_is_looked_at_whole(tmp_path: Path) -> None:
    with open_vectors(path_of(tmp_path)) as store:
        for number in range(200):
            store.add("phash", bytes([number]) * 32, b"x" * 1000)
        store.save()
        killed = Path(path_of(tmp_path)).read_bytes()
    Path(path_of(tmp_path)).write_bytes(killed)

    with open_vectors(path_of(tmp_path)) as store:
        assert store.notes == ()
        assert len(store.known("phash")) == 200

    half = len(killed) // 2
    Path(path_of(tmp_path)).write_bytes(killed[:half] + b"\xff" * (len(killed) - half))
    with open_vectors(path_of(tmp_path)) as store:
        assert "set aside" in store.notes[0]


def test_beside_another_search_nothing_is_remembered(tmp_path: Path) -> None:
    with open_vectors(path_of(tmp_path)) as store:
        store.add("phash", ONE, b"abc")
        with open_vectors(path_of(tmp_path)) as beside:
            assert "another search" in beside.notes[0]
            beside.add("phash", OTHER, b"ghi")
            assert beside.known("phash") == {OTHER}

    with open_vectors(path_of(tmp_path)) as store:
        assert store.known("phash") == {ONE}


def test_a_store_without_a_path_is_gone_at_the_end(tmp_path: Path) -> None:
    with open_vectors(None) as store:
        store.add("phash", ONE, b"abc")
        assert store.of("phash", [ONE]) == {ONE: b"abc"}

    assert list(tmp_path.iterdir()) == []
