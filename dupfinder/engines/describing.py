"""What photos look like by one method: from the store where it knows, by the workers where not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from blake3 import blake3

from dupfinder.decode import decode
from dupfinder.decode.errors import Undecodable
from dupfinder.decode.source import read
from dupfinder.decode.versions import decoder_version
from dupfinder.engines.patience import patience
from dupfinder.engines.workers import Crashed, ProcessWorkers, SerialWorkers
from dupfinder.fingerprint import SIDE
from dupfinder.model import PhotoFile, Skipped
from dupfinder.protocols import Progress, Rows, Searcher
from dupfinder.searchers import SEARCHERS
from dupfinder.storage.vectors import Vectors

# What travels to a worker together, and how often the store is made sure of.
_CHUNK, _SAVED = 16, 500
# Descriptors that are handed to a method together: a few megabytes of the longest.
_TOGETHER = 1_000


@dataclass(frozen=True, slots=True)
class DescribeTask:
    """Describe a file that is expected to have this content."""

    file: PhotoFile
    digest: bytes
    method: str
    max_pixels: int


def describe_file(task: DescribeTask) -> bytes | Skipped:
    """The descriptor of a file, or why there is none."""
    try:
        found = read(task.file)
        if found is None or blake3(found[1]).digest() != task.digest:
            raise Undecodable("changed", "the file changed since it was found")
        kind, data = found
        # In colour whatever the method: without, some decoders give a slightly different luma.
        picture = decode(data, kind, SIDE, task.max_pixels, colour=True).picture
        return SEARCHERS[task.method].describe(picture)
    except Undecodable as trouble:
        return Skipped(task.file.path, "search", trouble.code, str(trouble))


class Describing:
    """Fills the store; `fresh` counts contents that were decoded for it."""

    def __init__(
        self,
        searcher: Searcher,
        vectors: Vectors,
        max_pixels: int,
        workers: SerialWorkers | ProcessWorkers,
        progress: Progress,
    ) -> None:
        self._searcher = searcher
        self._vectors = vectors
        self._max_pixels = max_pixels
        self._workers = workers
        self._progress = progress
        self.key = f"{searcher.signature};decode={decoder_version()}"
        self.fresh = 0

    def add(self, digest: bytes, packed: bytes) -> None:
        """Keep what another decode described."""
        self._vectors.add(self.key, digest, packed)

    def missing(self, files: Mapping[bytes, PhotoFile]) -> list[bytes]:
        """The contents that have no descriptor yet, in ascending order."""
        return sorted(files.keys() - self._vectors.known(self.key))

    def fill(self, files: Mapping[bytes, PhotoFile]) -> dict[bytes, Skipped]:
        """Describe what is missing of these contents; those of which that cannot be, with why."""
        tasks = [
            DescribeTask(files[digest], digest, self._searcher.name, self._max_pixels)
            for digest in self.missing(files)
        ]
        self.fresh += len(tasks)
        chunks = (tasks[at : at + _CHUNK] for at in range(0, len(tasks), _CHUNK))
        failed = {}
        results = self._workers.run(describe_file, chunks, ahead=2, patience=_patience)
        for number, (task, result) in enumerate(results, 1):
            if isinstance(result, bytes):
                self._vectors.add(self.key, task.digest, result)
            else:
                failed[task.digest] = _given_up(task, result)
            if number % _SAVED == 0:
                self._vectors.save()
            self._progress.advance()
        self._vectors.save()
        return failed

    def of(self, digests: Sequence[bytes]) -> dict[bytes, bytes]:
        """The descriptors of a few contents."""
        return self._vectors.of(self.key, digests)

    def rows(self, positions: Mapping[bytes, int]) -> Iterator[Rows]:
        """The descriptors of all these contents, at their positions."""
        all_of = self._vectors.all_of(self.key)
        rest = ((positions[digest], packed) for digest, packed in all_of if digest in positions)
        while some := list(islice(rest, _TOGETHER)):
            where, packed = zip(*some, strict=True)
            yield Rows(np.array(where, np.int64), packed)


def _patience(task: DescribeTask) -> float:
    return patience(task.file.stamp.size)


def _given_up(task: DescribeTask, result: Skipped | Crashed) -> Skipped:
    if isinstance(result, Skipped):
        return result
    reason = f"the decoder crashed: {result.reason}"
    if result.code == "timeout":
        reason = f"it was given up: decoding took longer than {_patience(task):.0f} s"
    return Skipped(task.file.path, "search", result.code, reason)
