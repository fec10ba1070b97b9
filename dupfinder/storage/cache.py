"""The cache: one SQLite file, keyed by content, that speeds up finding and authorises nothing."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from dupfinder.model import CandidatePair, Photo, PhotoFile, Skipped, Verdict
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
    """Rows of one `method` (hasher and decoder versions): others are neither seen nor mixed in.

    A row that cannot be read is as good as unknown; when a row cannot be written, the cache stops
    writing and a note says so. Neither ends a run.
    """

    def __init__(
        self, connection: sqlite3.Connection, method: str, notes: tuple[str, ...] = ()
    ) -> None:
        self._connection = connection
        self._method = method
        self._committed = time.monotonic()
        self._writes = True
        self.notes = notes

    def file(self, file: PhotoFile) -> Known | None:
        """What is known of this file as it is now, None if it must be read."""
        rows = self._rows(
            "SELECT f.code, f.reason, c.* FROM file f LEFT JOIN content c"
            " ON c.digest = f.digest AND c.method = f.method"
            " WHERE f.path = ? AND f.size = ? AND f.mtime_ns = ? AND f.ctime_ns = ?"
            " AND f.inode = ? AND f.method = ?",
            (*file_key(file), self._method),
        )
        if not rows:
            return None
        code, reason, *content = rows[0]
        if code is not None:
            if not code:
                return Known()
            return Known(skipped=Skipped(file.path, "decode", code, reason_of(reason)))
        return Known(photo=photo_of(file, tuple(content))) if content[0] is not None else None

    def content(self, file: PhotoFile, digest: bytes) -> Photo | None:
        """The photo of this content, wherever it was seen before."""
        rows = self._rows(
            "SELECT * FROM content WHERE digest = ? AND method = ?", (digest, self._method)
        )
        return photo_of(file, rows[0]) if rows else None

    def sizes(self) -> frozenset[int]:
        """The sizes in bytes of all known contents: a file of another size is surely new."""
        rows = self._rows("SELECT DISTINCT size FROM content WHERE method = ?", (self._method,))
        return frozenset(size for (size,) in rows)

    def thumbnails(self, photos: Iterable[Photo]) -> dict[bytes, bytes]:
        """The thumbnails of these photos by content digest, as far as there are any."""
        found = {}
        for photo in photos:
            for (pixels,) in self._rows(
                "SELECT pixels FROM thumbnail WHERE digest = ? AND method = ?",
                (photo.digest, self._method),
            ):
                found[photo.digest] = pixels
        return found

    def features(self, photo: Photo) -> bytes | None:
        """The packed local features of a photo, if they were extracted."""
        rows = self._rows(
            "SELECT packed FROM features WHERE digest = ? AND method = ?",
            (photo.digest, self._method),
        )
        return rows[0][0] if rows else None

    def all_features(self, photos: Iterable[Photo]) -> dict[bytes, bytes]:
        """Those of several photos by content digest, as far as there are any."""
        found = {photo.digest: self.features(photo) for photo in photos}
        return {digest: packed for digest, packed in found.items() if packed is not None}

    def add_photo(
        self, photo: Photo, thumbnail: bytes | None, features: bytes | None = None
    ) -> None:
        """Remember a photo's content and, if its time stamp is settled, its path."""
        marks = ",".join("?" * CONTENT_COLUMNS)
        self._write(
            f"INSERT OR REPLACE INTO content VALUES ({marks})",  # noqa: S608  # only marks
            content_row(photo, self._method),
        )
        if thumbnail is not None:
            self._write(
                "INSERT OR REPLACE INTO thumbnail VALUES (?, ?, ?)",
                (photo.digest, self._method, thumbnail),
            )
        if features is not None:
            self._write(
                "INSERT OR REPLACE INTO features VALUES (?, ?, ?)",
                (photo.digest, self._method, features),
            )
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
            for right, orientation, *columns in self._rows(
                "SELECT right_digest, orientation, answer, relation, evidence FROM verdict"
                " WHERE left_digest = ? AND method = ?",
                (left, f"{self._method};{method}"),
            ):
                if right in contents:
                    with contextlib.suppress(ValueError, KeyError, TypeError):
                        found[left, right, orientation] = verdict_of(*columns)
        return found

    def add_verdict(self, pair: CandidatePair, method: str, verdict: Verdict) -> None:
        """Remember what a comparison said; `method` names what it depends on beside the photos."""
        self._write(
            "INSERT OR REPLACE INTO verdict VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                pair.left.digest,
                pair.right.digest,
                f"{self._method};{method}",
                pair.orientation,
                *verdict_row(verdict),
            ),
        )

    def close(self) -> None:
        """Keep everything that was added."""
        with contextlib.closing(self._connection), contextlib.suppress(sqlite3.Error):
            self._connection.commit()

    def _add_file(
        self, file: PhotoFile, digest: bytes | None, code: str | None, reason: bytes | None
    ) -> None:
        if time.time_ns() - file.stamp.mtime_ns < _SETTLED_NS:
            return
        self._write(
            "INSERT OR REPLACE INTO file VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*file_key(file), digest, code, reason, self._method),
        )

    def _rows(self, query: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(query, values).fetchall()
        except sqlite3.Error:
            return []

    def _write(self, statement: str, values: tuple[Any, ...]) -> None:
        """Add a row, and now and then make sure of those added so far."""
        if not self._writes:
            return
        try:
            self._connection.execute(statement, values)
            if time.monotonic() - self._committed > _COMMIT_EVERY:
                self._connection.commit()
                self._committed = time.monotonic()
        except sqlite3.Error as error:
            self._writes = False
            self.notes += (f"the cache cannot be written any more ({error})",)
