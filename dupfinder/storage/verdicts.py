"""The verdicts of people: one SQLite file that is never made anew, since nobody could compute it.

Every write is on the disk before it counts (synchronous = FULL), one process writes at a time, and
a file that is damaged stops whoever asks: a forgotten verdict could let a photo go.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from dupfinder.errors import StoreError, UsageError
from dupfinder.model import Contents, Mark
from dupfinder.storage.lock import locked
from dupfinder.storage.ours import LOCK, existing
from dupfinder.storage.rows import TROUBLE, is_sound, sealed

_APPLICATION_ID: Final = 0x64757076  # "dupv"
_SCHEMA: Final = 1
_TABLE: Final = """
CREATE TABLE mark (
    one BLOB NOT NULL, other BLOB NOT NULL, one_name BLOB NOT NULL, other_name BLOB NOT NULL,
    at TEXT NOT NULL, checksum INTEGER NOT NULL, PRIMARY KEY (one, other)
) STRICT, WITHOUT ROWID;
"""
# Seconds that a writer waits for another one, and between its looks: each is done at once.
_PATIENCE, _LOOK = 5.0, 0.05


def marks(path: str) -> tuple[Mark, ...]:
    """All verdicts in the file at `path`, by their contents; none where there is no file.

    Raises:
        StoreError: if it cannot be read, or is not what was written.
    """
    if not os.path.lexists(path):
        return ()
    with _trouble(path), contextlib.closing(_opened(path, writes=False)) as connection:
        return tuple(_read(connection))


def add(path: str, new: Iterable[Mark]) -> int:
    """Remember verdicts; those that are known stay as they are. How many were new.

    Raises:
        UsageError: if another process is writing for long.
        StoreError: if the file cannot be written, or is damaged; then nothing of it changed.
    """
    with _writing(path) as connection:
        before = connection.total_changes
        connection.executemany("INSERT OR IGNORE INTO mark VALUES (?,?,?,?,?,?)", map(_row, new))
        return connection.total_changes - before


def forget(path: str, doomed: Callable[[Contents], bool]) -> tuple[Mark, ...]:
    """Remove the verdicts on the contents that are `doomed`, and return them.

    Raises:
        UsageError: if another process is writing for long.
        StoreError: if the file cannot be written, or is damaged; then nothing of it changed.
    """
    if not os.path.lexists(path):
        return ()
    with _writing(path) as connection:
        gone = tuple(mark for mark in _read(connection) if doomed(mark.contents))
        connection.executemany(
            "DELETE FROM mark WHERE one = ? AND other = ?", (mark.contents for mark in gone)
        )
        return gone


@contextlib.contextmanager
def _writing(path: str) -> Iterator[sqlite3.Connection]:
    """One transaction, alone; on the disk when the block is over, or not begun."""
    with _trouble(path), contextlib.ExitStack() as stack:
        os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
        _wait_for(path + LOCK, stack)
        connection = stack.enter_context(contextlib.closing(_opened(path, writes=True)))
        with connection:
            yield connection


def _wait_for(lock: str, stack: contextlib.ExitStack) -> None:
    until = time.monotonic() + _PATIENCE
    while True:
        with contextlib.ExitStack() as attempt:
            if attempt.enter_context(locked(lock)):
                stack.push(attempt.pop_all())
                return
        if time.monotonic() > until:
            raise UsageError("another run is writing verdicts", hint="wait until it has ended")
        time.sleep(_LOOK)


def _opened(path: str, *, writes: bool) -> sqlite3.Connection:
    """A connection to a checked file.

    A reader may write as well where he can: what a killed writer left half done is rolled back.
    """
    if writes:
        with contextlib.suppress(FileExistsError):  # SQLite itself would let everybody read it
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    connection = existing(path, "rw" if os.access(path, os.W_OK) else "ro")
    try:
        connection.execute(f"PRAGMA busy_timeout = {_PATIENCE * 1000:.0f}")
        if writes:
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("PRAGMA synchronous = FULL")
            if os.path.getsize(path) == 0:
                _create(connection)
        _check(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _create(connection: sqlite3.Connection) -> None:
    connection.executescript(
        f"BEGIN; PRAGMA application_id = {_APPLICATION_ID};"
        f" PRAGMA user_version = {_SCHEMA}; {_TABLE} COMMIT;"
    )


class _Damaged(Exception):
    """What was read is not what was written."""


def _check(connection: sqlite3.Connection) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != _APPLICATION_ID:
        # A writer that was killed before it wrote anything leaves an empty file.
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if (application, version, tables) == (0, 0, 0):
            return
        raise _Damaged("they are none of dupfinder")
    if version != _SCHEMA:
        raise _Damaged(f"they are of version {version}, and only {_SCHEMA} is known here")
    (sound,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if sound != "ok":
        raise _Damaged("they are damaged")


def _read(connection: sqlite3.Connection) -> Iterator[Mark]:
    if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        return
    for row in connection.execute("SELECT * FROM mark ORDER BY one, other"):
        if not is_sound(row):
            raise _Damaged("one of them is not what was written")
        one, other, one_name, other_name, at, _ = row
        yield Mark((one, other), (os.fsdecode(one_name), os.fsdecode(other_name)), at)


def _row(mark: Mark) -> tuple[object, ...]:
    return sealed((*mark.contents, *map(os.fsencode, mark.names), mark.at))


@contextlib.contextmanager
def _trouble(path: str) -> Iterator[None]:
    """Trouble with the file, told to the user."""
    try:
        yield
    except (_Damaged, OSError, *TROUBLE) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise StoreError(
            f"the verdicts in {path!r} cannot be used: {reason}",
            hint="photos that were marked could go; move the file away to go on without it, and"
            " dupfinder mark --import brings an export back",
        ) from None
