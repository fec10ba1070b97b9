"""The databases of one run: one is written, and those that cannot be written any more are read."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from typing import Any

from dupfinder.storage.marks import begin_writing, end_writing, version_of
from dupfinder.storage.rows import TROUBLE, Row, sealed
from dupfinder.storage.schema import create

# Seconds of work that an interruption may lose, and rows of it that are held in memory as well.
COMMIT_EVERY, COMMIT_ROWS = 2.0, 2_000
# Of 4 kB, that a cache in memory may have: with them a gigabyte, of some 50,000 photos.
_MOST_PAGES = 250_000
# Why a row could not be had that is no fault of the file.
_PASSING = frozenset(
    {sqlite3.SQLITE_ABORT, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_LOCKED}
)


class Layers:
    """Rows go into the first database and come from all; when it is full the next spare follows.

    `damaged` counts what could not be read; the notes say what could not be written.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        spares: Iterator[sqlite3.Connection],
        *,
        is_kept: bool = False,
        behind: sqlite3.Connection | None = None,
    ) -> None:
        """One that `is_kept` outlives the run; `spares` and what is read `behind` it do not."""
        self._connection = connection
        self._spares = spares
        self._is_kept = is_kept
        self._behind = () if behind is None else (behind,)
        self._committed = time.monotonic()
        # What was written since; lost with a transaction that fails.
        self._pending: list[tuple[str, Row]] = []
        self._is_marked = False
        self._writes = True
        self.damaged = 0
        self.notes: tuple[str, ...] = ()

    def read(self, query: str, values: tuple[Any, ...]) -> list[Row]:
        """All rows at once; see `through`."""
        return list(self.through(query, values))

    def through(self, query: str, values: tuple[Any, ...]) -> Iterator[Row]:
        """Row by row and unchecked, as far as they can be had; those of this run first."""
        for connection in (self._connection, *self._behind):
            try:
                yield from connection.execute(query, values)
            except TROUBLE as error:
                # Extended codes hold the plain one in their lowest byte.
                code = getattr(error, "sqlite_errorcode", 0) & 0xFF
                self.damaged += code not in _PASSING

    def write(self, table: str, values: tuple[Any, ...]) -> None:
        """Add a row, and now and then make sure of those added so far."""
        if not self._writes:
            return
        row = sealed(values)
        marks = ",".join("?" * len(row))
        statement = f"INSERT OR REPLACE INTO {table} VALUES ({marks})"  # noqa: S608  # our names
        try:
            self._pending.append((statement, row))
            self._mark()
            self._connection.execute(statement, row)
        except TROUBLE as error:
            self._go_on_without(error)
        late = time.monotonic() - self._committed > COMMIT_EVERY
        if late or len(self._pending) >= COMMIT_ROWS:
            self.save()

    def save(self) -> None:
        """Make sure of the rows added so far; a note says if that cannot be."""
        if not self._writes:
            return
        try:
            self._connection.commit()
            self._pending.clear()
            self._committed = time.monotonic()
        except TROUBLE as error:
            self._go_on_without(error)

    def delete(self, table: str, condition: str, values: tuple[Any, ...]) -> None:
        """Remove rows of this database.

        Raises:
            sqlite3.Error: if that cannot be done.
        """
        self._mark()
        self._connection.execute(f"DELETE FROM {table} WHERE {condition}", values)  # noqa: S608

    def commit(self) -> None:
        """Make sure of what was deleted, too, and take the mark away.

        Where something was damaged it stays, and the next start looks at the whole.

        Raises:
            sqlite3.Error: if that cannot be done.
        """
        self._connection.commit()
        if not self._is_kept:
            return
        if self.damaged:
            begin_writing(self._connection)
        elif version_of(self._connection)[1]:
            end_writing(self._connection)

    def close(self) -> None:
        """All of them."""
        for connection in (self._connection, *self._behind):
            connection.close()

    def _mark(self) -> None:
        """Before the first row, so that a scan that learns nothing new waits for no disk."""
        if self._is_kept and not self._is_marked:
            if not version_of(self._connection)[1]:
                begin_writing(self._connection)
            self._is_marked = True

    def _go_on_without(self, error: Exception) -> None:
        """Write into a passing database from here on: this run still needs what it has computed."""
        told = f"the cache cannot be written any more ({error})"
        full, fresh = self._connection, self._next()
        if fresh is None:
            self._writes = False
            self.notes += (f"{told}: make room on its disk and scan again",)
            return
        with contextlib.suppress(*TROUBLE):
            full.rollback()
        if self._is_kept:
            self.notes += (f"{told}: what is new is not remembered beyond this run",)
        self._connection, self._behind, self._is_kept = fresh, (full, *self._behind), False

    def _next(self) -> sqlite3.Connection | None:
        """A spare that takes what was not yet safe in the last one."""
        for spare in self._spares:
            with contextlib.suppress(*TROUBLE):
                for statement, row in self._pending:
                    spare.execute(statement, row)
                return spare
            spare.close()
        return None


def spares(stack: contextlib.ExitStack) -> Iterator[sqlite3.Connection]:
    """Databases for this run alone, each to be taken when the last one is full.

    First on disk, so that memory does not grow with thumbnails: often, but not always, on another
    one than the cache.
    """
    with contextlib.suppress(OSError, *TROUBLE):
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="dupfinder-", ignore_cleanup_errors=True)
        )
        yield _passing(os.path.join(folder, "cache.sqlite"))
    connection = _passing(":memory:")
    connection.execute(f"PRAGMA max_page_count = {_MOST_PAGES}")
    yield connection


def _passing(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = MEMORY")  # a full disk must not tear what is there
    connection.execute("PRAGMA synchronous = OFF")
    create(connection)
    return connection
