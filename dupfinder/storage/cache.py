"""The cache: one SQLite file, keyed by content, that speeds up finding and authorises nothing."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dupfinder.errors import StoreError
from dupfinder.model import CandidatePair, Photo, PhotoFile, Skipped, Verdict
from dupfinder.storage.lock import locked
from dupfinder.storage.schema import (
    APPLICATION_ID,
    CONTENT_COLUMNS,
    SCHEMA_VERSION,
    TABLES,
    content_row,
    photo_of,
    verdict_of,
    verdict_row,
)

# A time stamp this fresh may still be given to another content: it is not relied on.
_SETTLED_NS = 2_000_000_000
# Seconds of work that an interruption may lose.
_COMMIT_EVERY = 2.0


@dataclass(frozen=True, slots=True)
class Known:
    """What the cache knows of a path whose stamp has not changed.

    Exactly one is set, or none where the file is known to be no picture.
    """

    photo: Photo | None = None
    skipped: Skipped | None = None


class Cache:
    """Rows of one `method` (hasher and decoder versions): others are neither seen nor mixed in."""

    def __init__(self, connection: sqlite3.Connection, method: str, notes: tuple[str, ...]) -> None:
        self._connection = connection
        self._method = method
        self._committed = time.monotonic()
        self.notes = notes

    def file(self, file: PhotoFile) -> Known | None:
        """What is known of this file as it is now, None if it must be read."""
        stamp = file.stamp
        row = self._execute(
            "SELECT f.code, f.reason, c.* FROM file f LEFT JOIN content c"
            " ON c.digest = f.digest AND c.method = f.method"
            " WHERE f.path = ? AND f.size = ? AND f.mtime_ns = ? AND f.inode = ? AND f.method = ?",
            (
                os.fsencode(file.path),
                stamp.size,
                stamp.mtime_ns,
                _signed(stamp.inode),
                self._method,
            ),
        ).fetchone()
        if row is None:
            return None
        code, reason, *content = row
        if code is not None:
            skipped = Skipped(file.path, "decode", code, reason) if code else None
            return Known(skipped=skipped)
        return Known(photo=photo_of(file, tuple(content))) if content[0] is not None else None

    def content(self, file: PhotoFile, digest: bytes) -> Photo | None:
        """The photo of this content, wherever it was seen before."""
        row = self._execute(
            "SELECT * FROM content WHERE digest = ? AND method = ?", (digest, self._method)
        ).fetchone()
        return None if row is None else photo_of(file, row)

    def sizes(self) -> frozenset[int]:
        """The sizes in bytes of all known contents: a file of another size is surely new."""
        rows = self._execute("SELECT DISTINCT size FROM content")
        return frozenset(size for (size,) in rows)

    def thumbnails(self, photos: Iterable[Photo]) -> dict[bytes, bytes]:
        """The thumbnails of these photos by content digest, as far as there are any."""
        found = {}
        for photo in photos:
            row = self._execute(
                "SELECT pixels FROM thumbnail WHERE digest = ? AND method = ?",
                (photo.digest, self._method),
            ).fetchone()
            if row is not None:
                found[photo.digest] = row[0]
        return found

    def add_photo(self, photo: Photo, thumbnail: bytes | None) -> None:
        """Remember a photo's content and, if its time stamp is settled, its path."""
        marks = ",".join("?" * CONTENT_COLUMNS)
        self._execute(
            f"INSERT OR REPLACE INTO content VALUES ({marks})",  # noqa: S608  # only marks
            content_row(photo, self._method),
        )
        if thumbnail is not None:
            self._execute(
                "INSERT OR REPLACE INTO thumbnail VALUES (?, ?, ?)",
                (photo.digest, self._method, thumbnail),
            )
        self._add_file(photo.file, photo.digest, None, None)

    def add_other(self, file: PhotoFile, skipped: Skipped | None) -> None:
        """Remember that a file could not be decoded, or with None that it is no picture."""
        code, reason = (skipped.code, skipped.reason) if skipped else ("", "")
        self._add_file(file, None, code, reason)

    def verdicts(
        self, photos: Sequence[Photo], method: str
    ) -> dict[tuple[bytes, bytes, int], Verdict]:
        """The remembered verdicts among these contents: left digest, right digest, orientation."""
        found = {}
        contents = {photo.digest for photo in photos}
        for left in sorted(contents):
            for right, orientation, *columns in self._execute(
                "SELECT right_digest, orientation, answer, relation, evidence FROM verdict"
                " WHERE left_digest = ? AND method = ?",
                (left, f"{self._method};{method}"),
            ):
                if right in contents:
                    with contextlib.suppress(ValueError, KeyError, TypeError):
                        found[left, right, orientation] = verdict_of(*columns)
        return found

    def add_verdict(self, pair: CandidatePair, method: str, verdict: Verdict) -> None:
        self._execute(
            "INSERT OR REPLACE INTO verdict VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                pair.left.digest,
                pair.right.digest,
                f"{self._method};{method}",
                pair.orientation,
                *verdict_row(verdict),
            ),
        )
        self._commit_now_and_then()

    def _execute(self, statement: str, values: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        try:
            return self._connection.execute(statement, values)
        except sqlite3.Error as error:
            raise StoreError(
                f"the cache failed: {error}", hint="run again with --no-cache or another --cache"
            ) from None

    def close(self) -> None:
        """Keep everything that was added."""
        self._connection.commit()
        self._connection.close()

    def _add_file(
        self, file: PhotoFile, digest: bytes | None, code: str | None, reason: str | None
    ) -> None:
        stamp = file.stamp
        if time.time_ns() - stamp.mtime_ns < _SETTLED_NS:
            return
        self._execute(
            "INSERT OR REPLACE INTO file VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                os.fsencode(file.path),
                stamp.size,
                stamp.mtime_ns,
                _signed(stamp.inode),
                digest,
                code,
                reason,
                self._method,
            ),
        )
        self._commit_now_and_then()

    def _commit_now_and_then(self) -> None:
        if time.monotonic() - self._committed > _COMMIT_EVERY:
            self._connection.commit()
            self._committed = time.monotonic()


def _signed(number: int) -> int:
    """Inodes are unsigned 64-bit numbers, SQLite's integers are signed."""
    return number - (1 << 64) if number >= 1 << 63 else number


@contextlib.contextmanager
def open_cache(path: str | None, method: str) -> Iterator[Cache]:
    """The cache at `path`, or with None one that is gone at the end.

    A file that is damaged, foreign or of another version is set aside under another name and a
    note says so; where another run is writing, or the folder cannot be written to, a passing cache
    serves and a note says that, too.

    Raises:
        StoreError: if not even a passing cache can be made.
    """
    with contextlib.ExitStack() as stack:
        connection, notes = _persistent(path, stack) if path is not None else (None, ())
        if connection is None:
            connection = _passing(stack)
        cache = Cache(connection, method, notes)
        try:
            yield cache
        finally:
            with contextlib.suppress(sqlite3.Error):
                cache.close()


def _persistent(
    path: str, stack: contextlib.ExitStack
) -> tuple[sqlite3.Connection | None, tuple[str, ...]]:
    try:
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        if not stack.enter_context(locked(path + ".lock")):
            return None, ("another scan is writing the cache: this one remembers nothing",)
    except OSError as error:
        return None, (f"the cache cannot be written ({error.strerror}): nothing is remembered",)
    try:
        return _connect(path), ()
    except (sqlite3.DatabaseError, _Foreign) as problem:
        try:
            aside = _set_aside(path)
            return _connect(path), (f"the cache was {problem}: set aside as {aside!r}, begun anew",)
        except (OSError, sqlite3.Error) as error:
            return None, (f"the cache cannot be used ({error}): nothing is remembered",)


class _Foreign(Exception):
    """A database that is sound and not ours, or of another version."""


def _connect(path: str) -> sqlite3.Connection:
    """Open and check, or create."""
    # Tasks are made in the threads that feed the workers; SQLite itself takes turns.
    connection = sqlite3.connect(path, check_same_thread=False)
    try:
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if tables == 0:
            _create(connection)
        elif application != APPLICATION_ID:
            raise _Foreign("not made by dupfinder")
        elif version != SCHEMA_VERSION:
            raise _Foreign(f"of version {version}, not {SCHEMA_VERSION}")
        else:
            (sound,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if sound != "ok":
                raise _Foreign("damaged")
    except BaseException:
        connection.close()
        raise
    # One writer under a lock and a file that can be rebuilt: a torn write costs time, no photo.
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


def _create(connection: sqlite3.Connection) -> None:
    connection.executescript(
        f"BEGIN; PRAGMA application_id = {APPLICATION_ID};"
        f" PRAGMA user_version = {SCHEMA_VERSION}; {TABLES} COMMIT;"
    )


def _set_aside(path: str) -> str:
    """Rename a cache that cannot be used, never over another file."""
    for number in range(1, 1000):
        aside = f"{path}.unusable-{number}"
        if not os.path.lexists(aside):
            os.rename(path, aside)
            return aside
    raise OSError("too many caches were set aside already")


def _passing(stack: contextlib.ExitStack) -> sqlite3.Connection:
    """A cache in a temporary folder: on disk, so that memory does not grow with thumbnails."""
    try:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="dupfinder-"))
        path = os.path.join(folder, "cache.sqlite")
        connection = sqlite3.connect(path, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        _create(connection)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"no room for a temporary cache: {error}") from None
    return connection
