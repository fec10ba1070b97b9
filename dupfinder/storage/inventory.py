"""The photos below some folders, by content: what a search of a library keeps for the next one.

Of 100,000 photos one is asked for ten: so their files are kept packed, and one is made only of what
is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import cached_property
from operator import attrgetter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dupfinder.model import Companion, PhotoFile, Stamp
from dupfinder.storage.arrays import Arrays
from dupfinder.storage.known import Listed

_DIGEST: Final = 32  # bytes of a content digest
# JSON escapes a tab within a string: one behind a comma stands between two values.
_COMMA: Final = ",\t"


def told_of(file: PhotoFile) -> list[Any]:
    """A file as JSON can hold it; it lies in no reference."""
    stamp = file.stamp
    return [
        file.path,
        [stamp.device, stamp.inode, stamp.size, stamp.mtime_ns, stamp.ctime_ns],
        file.links,
        file.link_count,
        [[each.path, each.kind, each.is_content] for each in file.companions],
    ]


def file_told(told: Sequence[Any]) -> PhotoFile:
    """The way back."""
    path, stamp, links, link_count, companions = told
    beside = tuple(Companion(*each) for each in companions)
    return PhotoFile(path, Stamp(*stamp), tuple(links), link_count, beside)


class Inventory:
    """Photos in ascending order of their digests; those of one content by path.

    Args:
        arrays: "digests" (N, 32) uint8, each content once; "first" (N + 1,) int64, the number of
            the first photo of each content and that of all photos; "rows" (B,) uint8, a line of
            JSON for each photo; "ends" (M + 1,) int64, where each line ends, behind a 0.
    """

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays
        self._first: NDArray[np.int64] = arrays["first"]
        self._ends: NDArray[np.int64] = arrays["ends"]

    @cached_property
    def digests(self) -> list[bytes]:
        """All contents."""
        packed = self.arrays["digests"].tobytes()
        return [packed[at : at + _DIGEST] for at in range(0, len(packed), _DIGEST)]

    @cached_property
    def _places(self) -> Mapping[bytes, int]:
        return {digest: at for at, digest in enumerate(self.digests)}

    @cached_property
    def _rows(self) -> bytes:
        return self.arrays["rows"].tobytes()

    @property
    def contents(self) -> Set[bytes]:
        """The same, to ask whether one is there."""
        return self._places.keys()

    def __iter__(self) -> Iterator[Listed]:
        """All photos."""
        return (self._photo(number, content) for content, number in self._numbers())

    def holders(self, digest: bytes) -> list[Listed]:
        """The photos of a content, by path."""
        place = self._places.get(digest)
        if place is None:
            return []
        first, end = self._first[place : place + 2].tolist()
        return [self._photo(number, digest) for number in range(first, end)]

    def find(self, path: str) -> Listed | None:
        """The photo at this path, by any of its names but those of links."""
        at = self._rows.find(_begin(path))
        if at < 0:
            return None
        number = int(np.searchsorted(self._ends, at, "right")) - 1
        content = int(np.searchsorted(self._first, number, "right")) - 1
        return self._photo(number, self.digests[content])

    def _numbers(self) -> Iterator[tuple[bytes, int]]:
        firsts = self._first.tolist()
        for digest, first, end in zip(self.digests, firsts, firsts[1:], strict=False):
            yield from ((digest, number) for number in range(first, end))

    def _photo(self, number: int, digest: bytes) -> Listed:
        begin, end = self._ends[number : number + 2].tolist()
        *told, sides = json.loads(self._rows[begin:end])
        return Listed(file_told(told), digest, tuple(sides))


def inventory_of(photos: Iterable[Listed]) -> Inventory:
    """An inventory of photos, which come in the order of their paths."""
    ordered = sorted(photos, key=attrgetter("digest"))
    owners = np.frombuffer(b"".join(each.digest for each in ordered), np.uint8)
    owners = owners.reshape(-1, _DIGEST)
    is_new = np.ones(len(ordered), bool)
    is_new[1:] = (owners[1:] != owners[:-1]).any(1)
    rows = np.frombuffer(_lines(ordered), np.uint8)
    return Inventory(
        {
            "digests": owners[is_new],
            "first": np.append(np.flatnonzero(is_new), len(ordered)).astype(np.int64),
            "rows": rows,
            "ends": np.append(0, np.flatnonzero(rows == ord("\n")) + 1),
        }
    )


def _lines(photos: Sequence[Listed]) -> bytes:
    """All in one go, which is several times as quick as one by one."""
    rows = [[*told_of(photo.file), photo.sides] for photo in photos]
    told = json.dumps(rows, separators=(_COMMA, ":"))
    # Brackets on both sides, then a string: nowhere but where one photo follows another.
    lines = told[1:-1].replace(f']]{_COMMA}["', ']]\n["')
    return f"{lines}\n".encode() if photos else b""


def _begin(path: str) -> bytes:
    """How the line of a photo begins: no other path stands between a bracket and a list."""
    return f"{json.dumps([path])[:-1]}{_COMMA}[".encode()
