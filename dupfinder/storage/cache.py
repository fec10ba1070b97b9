"""The cache: one SQLite file, keyed by content, that speeds up finding and authorises nothing."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from dupfinder.features.packing import Packed
from dupfinder.model import CandidatePair, Photo, PhotoFile, Skipped, Stamp, Verdict
from dupfinder.storage.arrays import ArrayFile
from dupfinder.storage.bulk import ONE_CONTENT, listed, recalled
from dupfinder.storage.known import Known, Listed, Stored
from dupfinder.storage.layers import Layers
from dupfinder.storage.rows import TROUBLE, Row, is_short_and_sound, is_sound
from dupfinder.storage.schema import (
    CONTENT_COLUMNS,
    content_row,
    file_key,
    photo_of,
    stored_reason,
    verdict_of,
    verdict_row,
)

# A time stamp this fresh may still be given to another content: it is not relied on.
_SETTLED_NS = 2_000_000_000


def is_settled(stamp: Stamp, now: int) -> bool:
    """Whether a file would have another stamp if another content were written into it now.

    Args:
        now: nanoseconds since 1970.
    """
    return now - stamp.mtime_ns >= _SETTLED_NS


class Cache:
    """Rows of one method, by its number: others are neither seen nor mixed in.

    A row that cannot be read, or is not what was written, is as good as unknown. When a row cannot
    be written, what is new is kept in a passing database. Neither ends a run; a note says so.
    """

    def __init__(
        self,
        layers: Layers,
        method: str,
        notes: tuple[str, ...] = (),
        *,
        is_deep: bool = False,
        arrays: ArrayFile | None = None,
    ) -> None:
        """By a method that `is_deep` each photo has local features."""
        self.arrays = arrays
        self._layers = layers
        self._method = method
        self._is_deep = is_deep
        self._opened = time.time_ns()
        # Contents whose thumbnail or features should be there and are not.
        self._lost: set[bytes] = set()
        self._notes = notes

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know of how it went so far."""
        if self._lost:
            count = f"{len(self._lost):,} photo" + "s" * (len(self._lost) > 1)
            told = f", and what it held of {count} is lost: scan again to be sure of them"
        elif self._layers.damaged:
            told = ": what could not be read was computed again (dupfinder cache prune mends it)"
        else:
            return (*self._notes, *self._layers.notes)
        return (*self._notes, *self._layers.notes, f"the cache is damaged{told}")

    def file(self, file: PhotoFile) -> Known | None:
        """What is known of this file as it is now, None if it must be read."""
        ((_, found),) = self.files([file])
        return Known(photo=found.photo()) if isinstance(found, Stored) else found

    def files(
        self, files: Sequence[PhotoFile]
    ) -> Iterator[tuple[PhotoFile, Stored | Known | None]]:
        """The same of many, in ascending order of their paths: several times as quick."""

        def is_right(row: Row) -> bool:
            return is_short_and_sound(row) or self._is_sound(row)

        return recalled(files, self._method, self._layers.read, is_right)

    def listed(
        self, files: Sequence[PhotoFile]
    ) -> Iterator[tuple[PhotoFile, Listed | Known | None]]:
        """The same, looking no further at a photo than for its content: again several times."""
        return listed(files, self._method, self._layers.read, self._is_sound)

    def content(self, file: PhotoFile, digest: bytes) -> Photo | None:
        """The photo of this content, wherever it was seen before."""
        rows = self._rows(ONE_CONTENT, (digest, self._method))
        return photo_of(file, rows[0][:CONTENT_COLUMNS]) if rows else None

    def sizes(self) -> frozenset[int]:
        """The sizes in bytes of all known contents: a file of another size is surely new."""
        query = "SELECT DISTINCT size FROM content WHERE method = ?"
        rows = self._layers.read(query, (self._method,))
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

    def features(self, digest: bytes) -> bytes | None:
        """The packed local features of this content, if they were extracted."""
        return self._of_content("features", digest)

    def postings(self, digest: bytes) -> bytes | None:
        """What an index asks of the features of this content, if they were extracted."""
        return self._of_content("postings", digest)

    def all_features(self, photos: Iterable[Photo]) -> dict[bytes, bytes]:
        """Those of several photos by content digest, as far as there are any."""
        found = {photo.digest: self.features(photo.digest) for photo in photos}
        return {digest: packed for digest, packed in found.items() if packed is not None}

    def add_photo(
        self, photo: Photo, thumbnail: bytes | None, features: Packed | None = None
    ) -> None:
        """Remember a photo's content and, if its time stamp is settled, its path."""
        key = (photo.digest, self._method)
        # The content last: it says that the rest is there, also if a run is killed in between.
        if thumbnail is not None:
            self._layers.write("thumbnail", (*key, thumbnail))
        if thumbnail is not None and features is not None:
            self._lost.discard(photo.digest)  # it was read again
        if features is not None:
            self._layers.write("features", (*key, features.features))
            self._layers.write("postings", (*key, features.postings))
        self._layers.write("content", content_row(photo, self._method))
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
        self._layers.write("verdict", (*key, *verdict_row(verdict)))

    def save(self) -> None:
        """Make sure of what was added so far; the notes say if that cannot be."""
        self._layers.save()

    def close(self) -> None:
        """Keep everything that was added."""
        with contextlib.closing(self._layers), contextlib.suppress(*TROUBLE):
            self._forget_lost()
            self._layers.commit()

    def _forget_lost(self) -> None:
        """So that the next scan reads these photos, and what was judged without that, anew."""
        verdicts = f"{self._method};"
        of_either = "(left_digest = ? OR right_digest = ?) AND substr(method, 1, ?) = ?"
        for digest in sorted(self._lost):
            self._layers.delete("content", "digest = ? AND method = ?", (digest, self._method))
            self._layers.delete("verdict", of_either, (digest, digest, len(verdicts), verdicts))

    def _add_file(
        self, file: PhotoFile, digest: bytes | None, code: str | None, reason: bytes | None
    ) -> None:
        if is_settled(file.stamp, self._opened):  # it was read later, at whatever time
            self._layers.write("file", (*file_key(file), digest, code, reason, self._method))

    def _of_content(self, table: str, digest: bytes) -> bytes | None:
        query = f"SELECT * FROM {table} WHERE digest = ? AND method = ?"  # noqa: S608  # our names
        rows = self._rows(query, (digest, self._method))
        if not rows and self._is_deep:
            self._lost.add(digest)
        return rows[0][2] if rows else None

    def _rows(self, query: str, values: tuple[Any, ...]) -> list[Row]:
        """Whole rows, checked; those of this run first."""
        return [row for row in self._layers.read(query, values) if self._is_sound(row)]

    def _is_sound(self, row: Row) -> bool:
        sound = is_sound(row)
        self._layers.damaged += not sound
        return sound
