"""All photos of a scan, in their order."""

from __future__ import annotations

import os
from collections.abc import Iterable

import numpy as np

from dupfinder.candidates import MIN_QUALITY, Hashes, are_new, hashes_of
from dupfinder.indexes import pack_stored
from dupfinder.model import Photo
from dupfinder.storage import Stored


class Library:
    """Photos in ascending order; what is only stored becomes a `Photo` once it is asked for.

    `seen` are all of them as they are; `place` their positions by path; `is_new` (N,) bool says
    which are more than compared with.
    """

    def __init__(self, read: Iterable[Photo | Stored]) -> None:
        # All digests are of one length.
        self.seen = sorted(read, key=lambda each: each.digest + os.fsencode(each.file.path))
        self.place = {each.file.path: position for position, each in enumerate(self.seen)}
        self.is_new = are_new(self.seen)

    def __len__(self) -> int:
        return len(self.seen)

    def __getitem__(self, position: int) -> Photo:
        seen = self.seen[position]
        if isinstance(seen, Stored):
            seen = self.seen[position] = seen.photo()
        return seen

    def hashes(self, length: int) -> Hashes:
        """The fingerprints, of `length` bits, that can propose candidates; see `hashes_of`."""
        made: list[tuple[int, Photo]] = []
        stored: list[tuple[int, bytes]] = []
        for position, each in enumerate(self.seen):
            if isinstance(each, Photo):
                made.append((position, each))
            elif each.quality >= MIN_QUALITY:
                stored.append((position, each.fingerprints))
        words, owner = hashes_of([photo for _, photo in made])
        owner = np.array([position for position, _ in made], np.int64)[owner]
        if stored:
            positions, packed = zip(*stored, strict=True)
            counts = [len(each) // -(-length // 8) for each in packed]
            more = pack_stored(b"".join(packed), length)
            words = np.concatenate([words, more]) if len(words) else more
            owner = np.concatenate([owner, np.repeat(positions, counts)])
        return Hashes(words, owner)
