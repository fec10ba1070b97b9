"""What photos look like: from the store where it knows, by the workers where not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import islice

import numpy as np
from blake3 import blake3

from dupfinder.decode import decode
from dupfinder.decode.errors import Undecodable
from dupfinder.decode.source import read
from dupfinder.engines.methods import description
from dupfinder.engines.patience import patience
from dupfinder.engines.workers import Crashed, ProcessWorkers, SerialWorkers
from dupfinder.fingerprint import SIDE
from dupfinder.model import PhotoFile, Skipped
from dupfinder.protocols import Progress, Rows, VectorStore
from dupfinder.searchers import MIRRORED, described, describer_of
from dupfinder.searchers.networks import ImageModel

# What travels to a worker together, and how often the store is made sure of.
_CHUNK, _SAVED = 16, 500
# Descriptors that are handed to a method together: a few megabytes of the longest.
_TOGETHER = 1_000


@dataclass(frozen=True, slots=True)
class DescribeTask:
    """Describe a file that is expected to have this content, by these methods."""

    file: PhotoFile
    digest: bytes
    methods: tuple[str, ...]
    max_pixels: int
    model: ImageModel | None = None


def describe_file(task: DescribeTask) -> dict[str, bytes] | Skipped:
    """The descriptors of a file by method, or why there are none."""
    try:
        found = read(task.file)
        if found is None or blake3(found[1]).digest() != task.digest:
            raise Undecodable("changed", "the file changed since it was found")
        kind, data = found
        # In colour whatever the method: without, some decoders give a slightly different luma.
        picture = decode(data, kind, SIDE, task.max_pixels, colour=True).picture
        return described(task.methods, picture, task.model)
    except Undecodable as trouble:
        return Skipped(task.file.path, "search", trouble.code, str(trouble))


class Describing:
    """The descriptors by some methods of what is searched; fills the store where it lacks any.

    `mirrored` names for some of the `methods` what describes the mirror images of queries.
    """

    def __init__(
        self,
        methods: tuple[str, ...],
        vectors: VectorStore,
        max_pixels: int,
        workers: SerialWorkers | ProcessWorkers,
        progress: Progress,
        model: ImageModel | None = None,
    ) -> None:
        self.methods = methods
        self.model = model
        self._vectors = vectors
        self._max_pixels = max_pixels
        self._workers = workers
        self._progress = progress
        self._keys = {name: description(describer_of(name, model).signature) for name in methods}
        self.mirrored = {name: MIRRORED[name].name for name in methods if name in MIRRORED}
        self._keys |= {
            MIRRORED[name].name: description(MIRRORED[name].signature) for name in self.mirrored
        }

    def add(self, digest: bytes, found: Mapping[str, bytes]) -> None:
        """Keep what a decode described."""
        for name, packed in found.items():
            self._vectors.add(self._keys[name], digest, packed)

    def missing(
        self, digests: Set[bytes], *, mirrored: bool = False
    ) -> dict[bytes, tuple[str, ...]]:
        """The contents that lack a descriptor, in ascending order, and by which methods.

        With `mirrored`, descriptors of the mirror images that queries are asked as.
        """
        lacking = defaultdict(list)
        for name in self.mirrored.values() if mirrored else self.methods:
            for digest in digests - self._vectors.known(self._keys[name]):
                lacking[digest].append(name)
        return {digest: tuple(lacking[digest]) for digest in sorted(lacking)}

    def fill(
        self, lacking: Mapping[bytes, tuple[str, ...]], file_of: Callable[[bytes], PhotoFile]
    ) -> dict[bytes, Skipped]:
        """Describe contents by what they lack; those of which that cannot be, with why."""
        tasks = [
            DescribeTask(file_of(digest), digest, methods, self._max_pixels, self.model)
            for digest, methods in lacking.items()
        ]
        chunks = (tasks[at : at + _CHUNK] for at in range(0, len(tasks), _CHUNK))
        failed = {}
        results = self._workers.run(describe_file, chunks, ahead=2, patience=_patience)
        for number, (task, result) in enumerate(results, 1):
            if isinstance(result, dict):
                self.add(task.digest, result)
            else:
                failed[task.digest] = _given_up(task, result)
            if number % _SAVED == 0:
                self._vectors.save()
            self._progress.advance()
        self._vectors.save()
        return failed

    def key(self, method: str) -> str:
        """What names all that descriptors by this method depend on beside contents."""
        return self._keys[method]

    def each(self, method: str, digests: Set[bytes]) -> Iterator[list[tuple[bytes, bytes]]]:
        """Contents and their descriptors, some at a time; without damaged ones, as by `of`."""
        known = self._vectors.all_of(self._keys[method])
        found = ((digest, packed) for digest, packed in known if digest in digests)
        while some := list(islice(found, _TOGETHER)):
            yield some

    def of(self, method: str, digests: Iterable[bytes]) -> dict[bytes, bytes]:
        """The descriptors of a few contents, but for damaged ones, which are missing then."""
        return self._vectors.of(self._keys[method], digests)

    def variants(self, method: str, queries: Sequence[bytes]) -> list[list[bytes]]:
        """What each query is asked by: its descriptor, and that of its mirror image if there is."""
        turned = self.mirrored.get(method)
        mirrored = {} if turned is None else self.of(turned, queries)
        mine = self.of(method, queries)
        return [
            [mine[each], mirrored[each]] if each in mirrored else [mine[each]] for each in queries
        ]

    def is_known(self, method: str) -> bool:
        """Whether any content was ever described by it."""
        return bool(self._vectors.known(self._keys[method]))

    def rows(self, method: str, positions: Mapping[bytes, int]) -> Iterator[Rows]:
        """The descriptors of all these contents, at their positions; likewise."""
        for some in self.each(method, positions.keys()):
            digests, packed = zip(*some, strict=True)
            yield Rows(np.array([positions[digest] for digest in digests], np.int64), packed)


def _patience(task: DescribeTask) -> float:
    return patience(task.file.stamp.size, asks_model=task.model is not None)


def _given_up(task: DescribeTask, result: Skipped | Crashed) -> Skipped:
    if isinstance(result, Skipped):
        return result
    reason = f"the decoder crashed: {result.reason}"
    if result.code == "timeout":
        reason = f"it was given up: decoding took longer than {_patience(task):.0f} s"
    return Skipped(task.file.path, "search", result.code, reason)
