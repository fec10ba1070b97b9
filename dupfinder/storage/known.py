"""What the cache says of a file: that it is a photo, why it is none, or that it is no picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from dupfinder.model import Photo, PhotoFile, Skipped
from dupfinder.storage.rows import Row
from dupfinder.storage.schema import CONTENT_COLUMNS, photo_of


@dataclass(frozen=True, slots=True)
class Known:
    """What the cache knows of a path whose stamp has not changed.

    Exactly one is set, or none where the file is known to be no picture.
    """

    photo: Photo | None = None
    skipped: Skipped | None = None


class Listed(NamedTuple):
    """A photo of which the cache holds a row; whether that is what was written was not looked at.

    `sides` are its width and height in pixels, as far as that can be believed.
    """

    file: PhotoFile
    digest: bytes
    sides: tuple[int, int]

    @property
    def path(self) -> str:
        return self.file.path


class Stored(NamedTuple):
    """A photo as its row of `content`: of 100,000 that are only looked through few are made photos.

    `row` has the columns of that table, and its checksum is right.
    """

    file: PhotoFile
    row: Row

    @property
    def path(self) -> str:
        return self.file.path

    @property
    def digest(self) -> bytes:
        digest: bytes = self.row[0]
        return digest

    @property
    def pixel_digest(self) -> bytes | None:
        pixel_digest: bytes | None = self.row[3]
        return pixel_digest

    @property
    def sides(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.row[5], self.row[6]

    @property
    def quality(self) -> int:
        quality: int = self.row[13]
        return quality

    @property
    def fingerprints(self) -> bytes:
        """Those of `Photo`, one after the other in whole bytes, little-endian."""
        packed: bytes = self.row[20]
        return packed

    def photo(self) -> Photo:
        return photo_of(self.file, self.row[:CONTENT_COLUMNS])
