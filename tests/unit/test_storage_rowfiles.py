"""Files of rows: what was added comes back, in any number of goes, and damage is never believed."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dupfinder.storage import rowfiles
from dupfinder.storage.rowfiles import RowFile, Unsound, open_rowfiles

OCTETS = 6


def digest(number: int) -> bytes:
    return number.to_bytes(32, "big")


def row(number: int) -> NDArray[np.uint8]:
    return np.frombuffer(number.to_bytes(OCTETS, "little"), np.uint8)


def added(path: Path, numbers: list[int]) -> RowFile:
    file = RowFile(str(path), OCTETS)
    file.look()
    some = ([digest(number) for number in numbers], np.array([row(each) for each in numbers]))
    file.add([some] if numbers else [])
    return file


def held(file: RowFile, wanted: range) -> dict[int, bytes]:
    found = {}
    for block in file.blocks({digest(number): number for number in wanted}):
        assert len(block.positions) == len(block.rows) > 0
        for at, each in zip(block.positions.tolist(), block.rows, strict=True):
            assert at not in found
            found[at] = each.tobytes()
    return found


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of three rows: what a file of many rows does shows with few."""
    monkeypatch.setattr(rowfiles, "_LEAST", 3)
    monkeypatch.setattr(rowfiles, "_MOST", 3)


@given(cuts=st.lists(st.integers(0, 20), max_size=6), total=st.integers(0, 20))
def test_rows_that_were_added_in_any_goes_come_back(
    cuts: list[int], total: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("rows") / "a.rows"
    bounds = sorted({0, total, *(cut for cut in cuts if cut < total)})
    for a, b in pairwise(bounds):
        added(path, list(range(a, b)))

    file = added(path, [])

    assert file.digests == {digest(number) for number in range(total)}
    wanted = range(1, total + 3, 2)
    expected = {number: row(number).tobytes() for number in wanted if number < total}
    assert held(file, wanted) == expected


@pytest.mark.parametrize("place", [0, 9, 14, 50, -1])
def test_a_file_that_is_not_what_was_written_goes_and_is_begun_anew(
    place: int, tmp_path: Path
) -> None:
    path = tmp_path / "a.rows"
    added(path, list(range(8)))
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    file = RowFile(str(path), OCTETS)

    def read() -> None:
        file.look()
        held(file, range(8))

    with pytest.raises(Unsound):
        read()

    assert not path.exists()
    assert held(added(path, [1, 2]), range(8)).keys() == {1, 2}


def test_a_file_that_was_cut_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.rows"
    added(path, list(range(8)))
    os.truncate(path, path.stat().st_size - 4)

    with open_rowfiles(str(tmp_path)) as files:
        (tmp_path / "a.rows").rename(files.path("a", "rows"))
        assert files.open("a", OCTETS).digests == set()


def test_rows_of_another_length_are_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.rows"
    added(path, [1])

    with pytest.raises(Unsound):
        RowFile(str(path), OCTETS + 1).look()


def test_one_run_at_a_time_keeps_files_and_nobody_else_reads_them(tmp_path: Path) -> None:
    folder = str(tmp_path / "rows")
    with open_rowfiles(folder) as files, open_rowfiles(folder) as beside:
        assert (files.is_kept, beside.is_kept) == (True, False)
        assert beside.folder != folder
        files.open("a", OCTETS).add([([digest(1)], row(1)[None])])
    with open_rowfiles(None) as passing:
        assert not passing.is_kept

    assert not os.path.exists(beside.folder)
    assert not os.path.exists(passing.folder)
    assert os.stat(folder).st_mode & 0o077 == 0
    assert all(os.stat(path).st_mode & 0o077 == 0 for path in Path(folder).iterdir())


def test_what_is_made_of_contents_is_made_again_for_others_or_if_it_is_damaged(
    tmp_path: Path,
) -> None:
    calls = []

    def make(path: str) -> None:
        calls.append(path)
        Path(path).write_bytes(b"graph")

    with open_rowfiles(str(tmp_path)) as files:
        path = files.made("a", "graph", digest(1), make)
        assert files.made("a", "graph", digest(1), make) == path
        assert len(calls) == 1
        files.made("a", "graph", digest(2), make)
        assert len(calls) == 2
        Path(path).write_bytes(b"grape")
        files.made("a", "graph", digest(2), make)

    assert len(calls) == 3
    assert Path(path).read_bytes() == b"graph"
