"""The nearest of a library: a sieve lets some through, and these are compared exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set, Sized
from dataclasses import dataclass
from itertools import islice

import numpy as np
from blake3 import blake3
from numpy.typing import NDArray

from dupfinder.engines.describing import Describing
from dupfinder.errors import UsageError
from dupfinder.protocols import Block, Nearest, Rows, Searcher, Sieve
from dupfinder.searchers import searcher_of
from dupfinder.searchers.mirrored import nearest as nearest_of
from dupfinder.storage.rowfiles import RowFile, RowFiles, Unsound

# Descriptors that are asked for one by one, this many or this share: of more, all are gone through.
_FEW, _SHARE = 1_000, 1 / 8
_TOGETHER = 1_000  # rows that are made at a time
_TRIES = 2  # a file that is not what was written is made anew once


@dataclass(frozen=True, slots=True)
class _Shown:
    """The rows of a library, as its sieve is shown them."""

    files: RowFiles
    file: RowFile
    name: str
    positions: Mapping[bytes, int]

    def blocks(self) -> Iterator[Block]:
        return self.file.blocks(self.positions)

    def made(self, ending: str, make: Callable[[str], None]) -> str:
        contents = b"".join(sorted(self.positions))
        return self.files.made(self.name, ending, blake3(contents).digest(), make)


class Sifting:
    """Searches by an index; what it makes of descriptors is kept for the next time.

    Raises:
        UsageError: if the first method, which goes through the whole library, has no such index.
    """

    def __init__(self, describing: Describing, files: RowFiles, index: str) -> None:
        self.describing = describing
        self._expect(describing.methods[0], index)
        self._files = files
        self._index = index
        self.notes: tuple[str, ...] = ()

    def nearest(
        self, method: str, queries: Sequence[bytes], positions: Mapping[bytes, int], top: int
    ) -> list[Nearest]:
        """For each query the `top` contents most alike; its slow twin compares all of them.

        Args:
            queries: content digests.
            positions: of the contents that are searched.
        """
        asked = self.describing.variants(method, queries)
        # What is not kept is not worth making, unless it is what was asked for.
        is_wanted = bool(asked) and (self._files.is_kept or self._index != "exact")
        searcher = self._searcher(method)
        sieve = searcher.sieve(self._index, len(asked[0][0])) if is_wanted else None
        flat = [packed for variants in asked for packed in variants]
        passed = None if sieve is None else self._passed(sieve, method, flat, positions, top)
        if passed is None:
            rows = self.describing.rows(method, positions)
            return nearest_of(searcher, asked, rows, top)
        named = {at: digest for digest, at in positions.items()}
        each = iter(passed)
        found = []
        for variants in asked:
            near = np.unique(np.concatenate([next(each) for _ in variants]))
            digests = [named[at] for at in near.tolist()]
            found.append(self._exactly(method, variants, digests, positions, top))
        return found

    def similar(
        self, method: str, query: bytes, near: Sequence[bytes], positions: Mapping[bytes, int]
    ) -> Nearest:
        """How much alike a query and some contents are."""
        (variants,) = self.describing.variants(method, [query])
        return self._exactly(method, variants, near, positions, max(1, len(near)))

    def _exactly(
        self,
        method: str,
        variants: Sequence[bytes],
        near: Sequence[bytes],
        positions: Mapping[bytes, int],
        top: int,
    ) -> Nearest:
        """The best of what passed, by the descriptors themselves."""
        if _are_many(near, positions):
            wanted = {digest: positions[digest] for digest in near}
            rows = self.describing.rows(method, wanted)
        else:
            packed = self.describing.of(method, near)
            where = np.array([positions[digest] for digest in packed], np.int64)
            rows = iter([Rows(where, list(packed.values()))] if packed else [])
        (found,) = nearest_of(self._searcher(method), [variants], rows, top)
        return found

    def _passed(
        self,
        sieve: Sieve,
        method: str,
        asked: Sequence[bytes],
        positions: Mapping[bytes, int],
        top: int,
    ) -> list[NDArray[np.int64]] | None:
        """The positions that pass for each query, None where nothing can be written."""
        name = f"{self.describing.key(method)};{sieve.name}"
        for _ in range(_TRIES):
            try:
                file = self._files.open(name, sieve.octets)
                lacking = positions.keys() - file.digests
                if lacking:
                    file.add(self._rows(sieve, method, lacking, _are_many(lacking, positions)))
                shown = _Shown(self._files, file, name, positions)
                return sieve.passed(asked, shown, top)
            except Unsound:
                continue
            except OSError as error:
                self._note(f"the index of {method} cannot be kept ({error}): all is compared")
                break
        return None

    def _rows(
        self, sieve: Sieve, method: str, lacking: Set[bytes], are_many: bool
    ) -> Iterator[tuple[list[bytes], NDArray[np.uint8]]]:
        """What the sieve lacks, made of the descriptors."""
        for some in (
            self.describing.each(method, lacking) if are_many else self._few(method, lacking)
        ):
            digests, packed = zip(*some, strict=True)
            yield list(digests), sieve.rows(packed)

    def _few(self, method: str, lacking: Set[bytes]) -> Iterator[list[tuple[bytes, bytes]]]:
        left = iter(sorted(lacking))
        while some := list(islice(left, _TOGETHER)):
            if found := self.describing.of(method, some):
                yield list(found.items())

    def _searcher(self, method: str) -> Searcher:
        return searcher_of(method, self.describing.model)

    def _expect(self, method: str, index: str) -> None:
        indexes = self._searcher(method).indexes
        if index not in indexes:
            raise UsageError(
                f"there is no index {index!r} of what {method} describes",
                hint=f"one of: {', '.join(indexes)}",
            )

    def _note(self, told: str) -> None:
        if told not in self.notes:
            self.notes += (told,)


def _are_many(some: Sized, positions: Sized) -> bool:
    return len(some) > max(_FEW, len(positions) * _SHARE)
