"""What people have said is kept as it was said, or nobody goes on without it."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dupfinder.errors import StoreError, UsageError
from dupfinder.model import Mark, contents_of
from dupfinder.storage import verdicts
from dupfinder.storage.lock import locked
from dupfinder.storage.ours import LOCK


def digest(number: int) -> bytes:
    return number.to_bytes(32)


def a_mark(one: int, other: int, name: str = "/a.jpg") -> Mark:
    return Mark(contents_of(digest(one), digest(other)), (name, f"{name} 2"), "2026-01-02 03:04:05")


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "state" / "verdicts.sqlite")


def test_what_is_added_is_there_until_it_is_forgotten(path: str) -> None:
    assert verdicts.marks(path) == ()
    assert not os.path.exists(os.path.dirname(path)), "asking makes no file"
    kept, doomed = a_mark(1, 2, "/not utf-8 \udcff.jpg"), a_mark(3, 1)
    assert verdicts.add(path, [doomed, kept]) == 2
    assert verdicts.marks(path) == (kept, doomed)
    assert verdicts.forget(path, lambda pair: digest(3) in pair) == (doomed,)
    assert verdicts.marks(path) == (kept,)


def test_what_is_known_stays_as_it_was_said(path: str) -> None:
    first, again = a_mark(1, 2, "/first.jpg"), a_mark(2, 1, "/again.jpg")
    assert (verdicts.add(path, [first]), verdicts.add(path, [again])) == (1, 0)
    assert verdicts.marks(path) == (first,)


def test_only_its_owner_may_read_it(path: str) -> None:
    verdicts.add(path, [a_mark(1, 2)])
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert os.stat(os.path.dirname(path)).st_mode & 0o777 == 0o700


def test_a_file_that_cannot_be_written_is_read(path: str) -> None:
    verdicts.add(path, [a_mark(1, 2)])
    os.chmod(path, 0o400)
    assert len(verdicts.marks(path)) == 1


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[Mark, ...]]:
    path = tmp_path_factory.mktemp("stored") / "verdicts.sqlite"
    known = tuple(a_mark(number, number + 1, f"/photo {number}.jpg") for number in range(40))
    verdicts.add(str(path), known)
    return path, known


def read_or_refused(path: str) -> tuple[Mark, ...] | str:
    try:
        return verdicts.marks(path)
    except StoreError as error:
        return "refused" if path in str(error) and "--import" in error.hint else str(error)


@given(data=st.data())
def test_no_flipped_byte_changes_what_was_said(
    stored: tuple[Path, tuple[Mark, ...]], data: st.DataObject
) -> None:
    path, known = stored
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    copy = path.with_name("flipped.sqlite")
    copy.write_bytes(flipped)
    assert read_or_refused(str(copy)) in (known, "refused")
    assert copy.read_bytes() == flipped, "it is left as it is"


@pytest.mark.parametrize(
    "content", [b"no database", b"SQLite format 3\0" + bytes(84)], ids=["text", "head"]
)
def test_what_is_no_store_of_verdicts_is_refused_and_left_alone(path: str, content: bytes) -> None:
    os.makedirs(os.path.dirname(path))
    Path(path).write_bytes(content)
    for use in (lambda: verdicts.marks(path), lambda: verdicts.add(path, [a_mark(1, 2)])):
        with pytest.raises(StoreError):
            use()
    assert Path(path).read_bytes() == content


def test_the_database_of_somebody_else_is_refused_and_left_alone(path: str) -> None:
    os.makedirs(os.path.dirname(path))
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE mark (theirs TEXT)")
    connection.close()
    before = Path(path).read_bytes()
    with pytest.raises(StoreError, match="none of dupfinder"):
        verdicts.add(path, [a_mark(1, 2)])
    assert Path(path).read_bytes() == before


def test_that_of_a_later_version_is_left_alone(path: str) -> None:
    verdicts.add(path, [a_mark(1, 2)])
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 2")
    connection.close()
    with pytest.raises(StoreError, match="version 2"):
        verdicts.marks(path)


def test_writers_wait_for_each_other(path: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        new = list(pool.map(lambda n: verdicts.add(path, [a_mark(n, n + 1)]), range(40)))
    assert sum(new) == len(verdicts.marks(path)) == 40


def test_one_that_never_ends_is_not_waited_for_for_ever(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verdicts, "_PATIENCE", 0.2)
    verdicts.add(path, [a_mark(1, 2)])
    with locked(path + LOCK), pytest.raises(UsageError, match="another run"):
        verdicts.add(path, [a_mark(2, 3)])
    assert len(verdicts.marks(path)) == 1


WRITER = """
import sys
from dupfinder.model import Mark
from dupfinder.storage import verdicts
for number in range(100_000):
    pair = (number.to_bytes(32), (number + 1).to_bytes(32))
    verdicts.add(sys.argv[1], [Mark(pair, ("/a", "/b"), "2026-01-02 03:04:05")])
    print(number, flush=True)
"""


@pytest.mark.parametrize("seconds", [0.0, 0.02, 0.05, 0.11])
def test_what_was_said_to_be_kept_outlives_a_kill(path: str, seconds: float) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    writer.stdout.readline()
    time.sleep(seconds)
    writer.send_signal(signal.SIGKILL)
    said = 1 + len(writer.stdout.read().splitlines())
    writer.wait()
    writer.stdout.close()
    kept = verdicts.marks(path)
    assert [mark.contents[0] for mark in kept] == [digest(n) for n in range(len(kept))]
    assert said <= len(kept) <= said + 1
    assert verdicts.add(path, [a_mark(900, 901)]) == 1
