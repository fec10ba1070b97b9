"""The cache: one SQLite file, keyed by content, that speeds up finding and authorises nothing."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from dupfinder.errors import StoreError
from dupfinder.model import CandidatePair, Photo, PhotoFile, Skipped, Verdict
from dupfinder.storage.marks import begin_writing, end_writing, version_of
from dupfinder.storage.rows import TROUBLE, Row, is_sound, sealed
from dupfinder.storage.schema import (
    CONTENT_COLUMNS,
    content_row,
    file_key,
    photo_of,
    reason_of,
    stored_reason,
    verdict_of,
    verdict_row,
)

# A time stamp this fresh may still be given to another content: it is not relied on.
_SETTLED_NS = 2_000_000_000
# Seconds of work that an interruption may lose, and rows of it that are held in memory as well.
_COMMIT_EVERY, _COMMIT_ROWS = 2.0, 2_000
_FILE_COLUMNS = 10
# In methods by which each photo has local features.
_DEEP = ";features="
# Why a row could not be had that is no fault of the file.
_PASSING = frozenset(
    {sqlite3.SQLITE_ABORT, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_LOCKED}
)


@dataclass(frozen=True, slots=True)
class Known:
    """What the cache knows of a path whose stamp has not changed.

    Exactly one is set, or none where the file is known to be no picture.
    """

    photo: Photo | None = None
    skipped: Skipped | None = None


class Cache:
    """Rows of one `method` (hasher and decoder versions): others are neither seen nor mixed in.

    A row that cannot be read, or is not what was written, is as good as unknown. When a row cannot
    be written, what is new is kept in a passing database. Neither ends a run; a note says so.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        method: str,
        notes: tuple[str, ...] = (),
        *,
        behind: sqlite3.Connection | None = None,
        spare: Callable[[], sqlite3.Connection] | None = None,
    ) -> None:
        """`behind` is only read; a file that stays has a `spare`, to go on with if it cannot."""
        self._connection = connection
        self._behind = behind
        self._spare = spare
        self._method = method
        self._committed = time.monotonic()
        # What was written since; lost with a transaction that fails.
        self._pending: list[tuple[str, Row]] = []
        self._is_marked = False
        self._writes = True
        self._damaged = 0
        # Contents whose thumbnail or features should be there and are not.
        self._lost: set[bytes] = set()
        self._notes = notes

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know of how it went so far."""
        if self._lost:
            count = f"{len(self._lost):,} photo" + "s" * (len(self._lost) > 1)
            told = f", and what it held of {count} is lost: scan again to be sure of them"
        elif self._damaged:
            told = ": what could not be read was computed again (dupfinder cache prune mends it)"
        else:
            return self._notes
        return (*self._notes, f"the cache is damaged{told}")

    def file(self, file: PhotoFile) -> Known | None:
        """What is known of this file as it is now, None if it must be read."""
        rows = self._unchecked(
            "SELECT * FROM file f LEFT JOIN content c ON c.digest = f.digest"
            " AND c.method = f.method WHERE f.path = ? AND f.size = ? AND f.mtime_ns = ?"
            " AND f.ctime_ns = ? AND f.inode = ? AND f.method = ?",
            (*file_key(file), self._method),
        )
        if not rows:
            return None
        row, content = rows[0][:_FILE_COLUMNS], rows[0][_FILE_COLUMNS:]
        is_photo = content[0] is not None
        if not (is_sound(row) and (not is_photo or is_sound(content))):
            self._damaged += 1
            return None
        code, reason = row[6:8]
        if code is None:
            return Known(photo=photo_of(file, content[:CONTENT_COLUMNS])) if is_photo else None
        skipped = Skipped(file.path, "decode", code, reason_of(reason)) if code else None
        return Known(skipped=skipped)

    def content(self, file: PhotoFile, digest: bytes) -> Photo | None:
        """The photo of this content, wherever it was seen before."""
        rows = self._rows(
            "SELECT * FROM content WHERE digest = ? AND method = ?", (digest, self._method)
        )
        return photo_of(file, rows[0][:CONTENT_COLUMNS]) if rows else None

    def sizes(self) -> frozenset[int]:
        """The sizes in bytes of all known contents: a file of another size is surely new."""
        query = "SELECT DISTINCT size FROM content WHERE method = ?"
        rows = self._unchecked(query, (self._method,))
        return frozenset(size for (size,) in rows if isinstance(size, int))

    def thumbnails(self, photos: Iterable[Photo]) -> dict[bytes, bytes]:
        """The thumbnails of these photos by content digest, as far as there are any."""
        found = {}
        for photo in photos:
            rows = self._rows(
                "SELECT * FROM thumbnail WHERE digest = ? AND method = ?",
                (photo.digest, self._method),
            )
            if rows:
                found[photo.digest] = rows[0][2]
            else:
                self._lost.add(photo.digest)
        return found

    def features(self, photo: Photo) -> bytes | None:
        """The packed local features of a photo, if they were extracted."""
        rows = self._rows(
            "SELECT * FROM features WHERE digest = ? AND method = ?",
            (photo.digest, self._method),
        )
        if not rows and _DEEP in self._method:
            self._lost.add(photo.digest)
        return rows[0][2] if rows else None

    def all_features(self, photos: Iterable[Photo]) -> dict[bytes, bytes]:
        """Those of several photos by content digest, as far as there are any."""
        found = {photo.digest: self.features(photo) for photo in photos}
        return {digest: packed for digest, packed in found.items() if packed is not None}

    def add_photo(
        self, photo: Photo, thumbnail: bytes | None, features: bytes | None = None
    ) -> None:
        """Remember a photo's content and, if its time stamp is settled, its path."""
        key = (photo.digest, self._method)
        # The content last: it says that the rest is there, also if a run is killed in between.
        if thumbnail is not None:
            self._write("thumbnail", (*key, thumbnail))
        if features is not None:
            self._write("features", (*key, features))
        self._write("content", content_row(photo, self._method))
        self._add_file(photo.file, photo.digest, None, None)

    def add_other(self, file: PhotoFile, skipped: Skipped | None) -> None:
        """Remember that a file could not be decoded, or with None that it is no picture."""
        if skipped is None:
            self._add_file(file, None, "", None)
        else:
            self._add_file(file, None, skipped.code, stored_reason(skipped.reason))

    def verdicts(
        self, photos: Sequence[Photo], method: str
    ) -> dict[tuple[bytes, bytes, int], Verdict]:
        """The remembered verdicts among these contents: left digest, right digest, orientation."""
        found = {}
        contents = {photo.digest for photo in photos}
        for left in sorted(contents):
            for _, right, _, orientation, *columns, _ in self._rows(
                "SELECT * FROM verdict WHERE left_digest = ? AND method = ?",
                (left, f"{self._method};{method}"),
            ):
                if right in contents:
                    with contextlib.suppress(ValueError, KeyError, TypeError):
                        found[left, right, orientation] = verdict_of(*columns)
        return found

    def add_verdict(self, pair: CandidatePair, method: str, verdict: Verdict) -> None:
        """Remember what a comparison said; `method` names what it depends on beside the photos."""
        key = (pair.left.digest, pair.right.digest, f"{self._method};{method}", pair.orientation)
        self._write("verdict", (*key, *verdict_row(verdict)))

    def close(self) -> None:
        """Keep everything that was added."""
        with contextlib.closing(self._connection), contextlib.suppress(*TROUBLE):
            self._forget_lost()
            self._connection.commit()
            if self._spare is not None:
                self._leave_marked_or_not()
        if self._behind is not None:
            self._behind.close()

    def _forget_lost(self) -> None:
        """So that the next scan reads these photos, and what was judged without that, anew."""
        if self._lost and self._spare is not None:
            self._mark()
        method, verdicts = self._method, f"{self._method};"
        for digest in sorted(self._lost):
            self._connection.execute(
                "DELETE FROM content WHERE digest = ? AND method = ?", (digest, method)
            )
            self._connection.execute(
                "DELETE FROM verdict WHERE (left_digest = ? OR right_digest = ?)"
                " AND substr(method, 1, ?) = ?",
                (digest, digest, len(verdicts), verdicts),
            )

    def _leave_marked_or_not(self) -> None:
        """Where something was damaged the mark stays, and the next start looks at the whole."""
        if self._damaged:
            begin_writing(self._connection)
        elif version_of(self._connection)[1]:
            end_writing(self._connection)

    def _add_file(
        self, file: PhotoFile, digest: bytes | None, code: str | None, reason: bytes | None
    ) -> None:
        if time.time_ns() - file.stamp.mtime_ns >= _SETTLED_NS:
            self._write("file", (*file_key(file), digest, code, reason, self._method))

    def _rows(self, query: str, values: tuple[Any, ...]) -> list[Row]:
        """Whole rows, checked; those of this run first."""
        rows = self._unchecked(query, values)
        sound = [row for row in rows if is_sound(row)]
        self._damaged += len(rows) - len(sound)
        return sound

    def _unchecked(self, query: str, values: tuple[Any, ...]) -> list[Row]:
        rows: list[Row] = []
        for connection in (self._connection, self._behind):
            try:
                rows += connection.execute(query, values).fetchall() if connection else []
            except TROUBLE as error:
                # Extended codes hold the plain one in their lowest byte.
                code = getattr(error, "sqlite_errorcode", 0) & 0xFF
                self._damaged += code not in _PASSING
        return rows

    def _write(self, table: str, values: tuple[Any, ...]) -> None:
        """Add a row, and now and then make sure of those added so far."""
        if not self._writes:
            return
        row = sealed(values)
        marks = ",".join("?" * len(row))
        statement = f"INSERT OR REPLACE INTO {table} VALUES ({marks})"  # noqa: S608  # our names
        try:
            if self._spare is not None:
                self._pending.append((statement, row))
                self._mark()
            self._connection.execute(statement, row)
            late = time.monotonic() - self._committed > _COMMIT_EVERY
            if late or len(self._pending) >= _COMMIT_ROWS:
                self._connection.commit()
                self._pending.clear()
                self._committed = time.monotonic()
        except TROUBLE as error:
            self._go_on_without(error)

    def _mark(self) -> None:
        """Before the first row, so that a scan that learns nothing new waits for no disk."""
        if not self._is_marked:
            begin_writing(self._connection)
            self._is_marked = True

    def _go_on_without(self, error: Exception) -> None:
        """Write into a passing database from here on: this run still needs what it has computed."""
        pending, self._pending = self._pending, []
        told = f"the cache cannot be written any more ({error})"
        try:
            if self._spare is None:
                raise StoreError(told)
            fresh = self._spare()
            for statement, row in pending:
                fresh.execute(statement, row)
        except (StoreError, *TROUBLE):
            self._writes = False
            self._notes += (f"{told}: make room on its disk and scan again",)
            return
        with contextlib.suppress(*TROUBLE):
            self._connection.rollback()
        self._behind, self._connection, self._spare = self._connection, fresh, None
        self._notes += (f"{told}: what is new is not remembered beyond this run",)
