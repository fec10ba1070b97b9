"""The directories of a TIFF file (TIFF 6.0, and BigTIFF), read without a decoder, within bounds.

Camera RAW files are TIFF files of their own kinds: what is in one has to be known before any
decoder is asked, since each of them opens some of the other's files.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator

SUBFILE_TYPE, COMPRESSION, PHOTOMETRIC, MAKE = 254, 259, 262, 271
STRIP_OFFSETS, STRIP_BYTES, TILE_OFFSETS, TILE_BYTES = 273, 279, 324, 325
SUB_DIRECTORIES, LEAF_DIRECTORY, DNG_VERSION = 330, 34310, 50706

# Bits of the new subfile type: a smaller version of another page, or a mask for one.
REDUCED, MASK = 1, 4

# Directories and entries that are looked at; no honest file has as many, hostile ones have loops.
_MOST_DIRECTORIES, _MOST_ENTRIES = 65_536, 2_000_000
_MOST_VALUES = 65_536
_PER_DIRECTORY = 16  # that hang below one

# Field types (byte, ASCII, short, long, undefined, IFD, LONG8, IFD8) -> bytes and struct's letter.
_TYPES = {1: (1, "B"), 2: (1, "B"), 3: (2, "H"), 4: (4, "I"), 7: (1, "B"), 13: (4, "I")}
_TYPES |= {16: (8, "Q"), 18: (8, "Q")}

# The values of the tags of one directory that were asked for.
Directory = dict[int, tuple[int, ...]]


class Tiff:
    """The structure of one file; whatever leads out of it counts as not there."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._order = "<" if data[:1] == b"I" else ">"
        # The magic number is 43 in BigTIFF, 42 in TIFF, and anything else in some RAW files.
        self._is_big = b"+" in data[2:4]
        self._entries_left = _MOST_ENTRIES

    def pages(self) -> int:
        """How many pictures the file holds as pages, previews and masks not counted; at least 1."""
        kinds = (self.values(at, (SUBFILE_TYPE,)) for at in self._chain(self._first()))
        return max(1, sum(not kind.get(SUBFILE_TYPE, (0,))[0] & (REDUCED | MASK) for kind in kinds))

    def is_whole(self) -> bool:
        """Whether all pages begin within the file, and the first few end there."""
        pieces = (STRIP_OFFSETS, STRIP_BYTES), (TILE_OFFSETS, TILE_BYTES)
        chain = [self._first(), *map(self._following, self._chain(self._first()))]
        return max(chain) < len(self._data) and all(
            offset + length <= len(self._data)
            for page in self.directories([tag for piece in pieces for tag in piece])
            for offsets, lengths in pieces
            for offset, length in zip(page.get(offsets, ()), page.get(lengths, ()), strict=False)
        )

    def directories(self, wanted: Collection[int]) -> list[Directory]:
        """The first few pages, each followed by the directories that hang below it."""
        found: list[Directory] = []
        for _, at in zip(range(_PER_DIRECTORY), self._chain(self._first()), strict=False):
            page = self.values(at, (*wanted, SUB_DIRECTORIES))
            below = page.pop(SUB_DIRECTORIES, ())[:_PER_DIRECTORY]
            found += [page, *(self.values(each, wanted) for each in below)]
        return found

    def values(self, at: int, wanted: Collection[int]) -> Directory:
        """Of the directory at this offset the values of the tags that are `wanted` and are there.

        Entries stand in the order of their tags: behind the last wanted one none is looked at.
        """
        size, start = (20, at + 8) if self._is_big else (12, at + 2)
        last, found = max(wanted), Directory()
        for number in range(min(self._count(at), self._entries_left)):
            self._entries_left -= 1
            head = self._unpacked("HH", start + number * size)
            if not head or head[0] > last:
                break
            if head[0] in wanted and (values := self._values(start + number * size, head[1])):
                found[head[0]] = values
        return found

    def _values(self, entry: int, kind: int) -> tuple[int, ...]:
        room, letter = (8, "Q") if self._is_big else (4, "I")
        counted = self._unpacked(letter, entry + 4)
        if not counted or kind not in _TYPES:
            return ()
        width, type_letter = _TYPES[kind]
        count, at = min(counted[0], _MOST_VALUES), entry + 4 + room
        if counted[0] * width > room:
            pointer = self._unpacked(letter, at)
            at = pointer[0] if pointer else len(self._data)
        return self._unpacked(f"{count}{type_letter}", at)

    def _first(self) -> int:
        found = self._unpacked("Q", 8) if self._is_big else self._unpacked("I", 4)
        return found[0] if found else 0

    def _chain(self, at: int) -> Iterator[int]:
        """Offsets of the directories from this one on, each once."""
        seen: set[int] = set()
        while 0 < at < len(self._data) and at not in seen and len(seen) < _MOST_DIRECTORIES:
            seen.add(at)
            yield at
            at = self._following(at)

    def _following(self, at: int) -> int:
        """The offset of the next directory: 0 where there is none, the end where none can be."""
        end = at + (8 + 20 * self._count(at) if self._is_big else 2 + 12 * self._count(at))
        following = self._unpacked("Q" if self._is_big else "I", end)
        return following[0] if following else len(self._data)

    def _count(self, at: int) -> int:
        found = self._unpacked("Q" if self._is_big else "H", at)
        return found[0] if found else 0

    def _unpacked(self, letters: str, at: int) -> tuple[int, ...]:
        """Numbers at an offset; none where the file has not as many bytes."""
        try:
            return struct.unpack_from(self._order + letters, self._data, at)
        except (struct.error, OverflowError):
            return ()
