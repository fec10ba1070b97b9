"""Files -> photos, from the cache as far as it knows them, by the workers where not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from dupfinder.engines.bulk import all_kept
from dupfinder.engines.patience import patience
from dupfinder.engines.presence import Presence
from dupfinder.engines.tasks import ReadTask, Wanted, read_file
from dupfinder.engines.workers import Crashed, ProcessWorkers, SerialWorkers
from dupfinder.fingerprint import Reading
from dupfinder.model import Photo, PhotoFile, Skipped
from dupfinder.protocols import Progress
from dupfinder.roots import VANISHED
from dupfinder.settings import Settings
from dupfinder.storage import Cache, Known, Listed, Stored

if TYPE_CHECKING:
    from dupfinder.searchers.networks import ImageModel

Result = Photo | Stored | Skipped | None

# Takes of a content what a reading described for a search, by method.
Keep = Callable[[bytes, Mapping[str, bytes]], None]


class Describes(NamedTuple):
    """By which methods a decode also describes a photo, one perhaps a model, and who keeps that."""

    methods: tuple[str, ...]
    model: ImageModel | None
    keep: Keep


# What travels to a worker together.
_CHUNK_FILES, _CHUNK_BYTES = 16, 2_000_000

# Why a file was skipped, where the next run may fare better with the same bytes.
OF_THIS_RUN = frozenset(
    {
        VANISHED,
        "vanished",
        "changed",
        "unreadable",
        "too-many-pixels",
        "too-large",
        "crashed",
        "timeout",
    }
)


class Reader:
    """Reads files once; `decoded` counts those that had to be, `unread` those of a lost root.

    At level "identical" only what has a twin is decoded; `alone` counts pictures that have none.
    What is decoded is also described for a search as `describes` says.
    """

    def __init__(
        self,
        settings: Settings,
        cache: Cache,
        workers: SerialWorkers | ProcessWorkers,
        progress: Progress,
        presence: Presence,
        describes: Describes | None = None,
    ) -> None:
        self._describes = describes
        self._settings = settings
        self._cache = cache
        self._workers = workers
        self._progress = progress
        self._presence = presence
        self.decoded = 0
        self.unread = 0
        self.alone = 0

    def read(self, files: Sequence[PhotoFile]) -> list[Result]:
        """A photo, why there is none, or None for what is no picture, for each file.

        Files come in the order of their paths. What is only compared with stays as it is stored.
        """
        results: list[Result] = []
        if self._settings.level == "identical":
            unknown = self._recall(self._cache.files(files), results)
            self._decode(self._twins(files, unknown, results), results)
            return results
        new = [file for file in files if file.reference is None]
        references = [file for file in files if file.reference is not None]
        with ThreadPoolExecutor(1) as thread:
            # A whole library is looked up while the workers decode what is new.
            known = thread.submit(self._look_up, references)
            unknown = self._recall(self._cache.files(new), results)
            self._decode(unknown, results)
            self._decode(self._recall(known.result(), results), results)
        return results

    def listed(self, files: Sequence[PhotoFile]) -> list[Photo | Listed | Skipped | None]:
        """The same for what is searched: of few photos more is asked than of which content.

        What is not known is read as by `read`, and comes last.
        """
        found: list[Photo | Listed | Skipped | None] = []
        unknown = []
        with all_kept():
            for file, known in self._cache.listed(files):
                if known is None or (isinstance(known, Listed) and not self._fits(*known.sides)):
                    unknown.append(file)
                    continue
                found.append(known.skipped if isinstance(known, Known) else known)
                self._progress.advance()
        read: list[Result] = []
        self._decode(unknown, read)
        return [*found, *(each for each in read if not isinstance(each, Stored))]

    def photo(self, listed: Listed) -> Photo | Skipped:
        """The photo that was listed; where the cache turns out to be damaged, it is read again."""
        photo = self._cache.content(listed.file, listed.digest)
        if photo is not None:
            return photo
        read: list[Result] = []
        self._decode([listed.file], read)
        (found,) = read
        if isinstance(found, Skipped) or (
            isinstance(found, Photo) and found.digest == listed.digest
        ):
            return found
        return Skipped(listed.path, "search", "changed", "the file changed since it was found")

    def again(self, files: Sequence[PhotoFile]) -> None:
        """Read files whatever the cache knows of them, for what it has lost."""
        for file, reading in self._run(files, "reading"):
            self.decoded += 1
            self._remember(file, reading)

    def _look_up(self, files: Sequence[PhotoFile]) -> list[tuple[PhotoFile, Stored | Known | None]]:
        with all_kept():
            return list(self._cache.files(files))

    def _recall(
        self,
        files: Iterable[tuple[PhotoFile, Stored | Known | None]],
        results: list[Result],
    ) -> list[PhotoFile]:
        """Add to the results what is known of the files; the others are returned."""
        unknown = []
        for file, known in files:
            if known is None or (isinstance(known, Stored) and not self._fits(*known.sides)):
                unknown.append(file)
                continue
            if isinstance(known, Stored):
                results.append(known.photo() if file.reference is None else known)
            else:
                results.append(known.skipped)
            self._progress.advance()
        return unknown

    def _decode(self, files: Sequence[PhotoFile], results: list[Result]) -> None:
        for result, was_decoded in self._read(files):
            results.append(result)
            self.decoded += was_decoded
            self._progress.advance()

    def _twins(
        self,
        files: Sequence[PhotoFile],
        unknown: Sequence[PhotoFile],
        results: list[Result],
    ) -> list[PhotoFile]:
        """The files that have a twin by size and then by digest; what is none goes to `results`."""
        sizes = Counter(file.stamp.size for file in files)
        digests = Counter(result.digest for result in results if isinstance(result, Photo | Stored))
        new = {file.stamp.size for file in files if file.reference is None}
        alike = {size for size, count in sizes.items() if count > 1 and size in new}
        lonely = [file for file in unknown if file.stamp.size not in alike]
        for _, kind in self._run(lonely, "kind"):
            self._count(kind, results)
        twins = [file for file in unknown if file.stamp.size in alike]
        digested: list[tuple[PhotoFile, bytes]] = []
        for file, digest in self._run(twins, "digest"):
            if isinstance(digest, bytes):
                digested.append((file, digest))
                digests[digest] += 1
            else:
                self._count(digest, results)
        for _, digest in digested:
            if digests[digest] == 1:
                self._count(digest, results)
        return [file for file, digest in digested if digests[digest] > 1]

    def _count(self, result: object, results: list[Result]) -> None:
        """A file that need not be decoded: a picture without a twin, or none at all."""
        self._progress.advance()
        if isinstance(result, bytes):
            self.alone += 1
            result = None
        assert result is None or isinstance(result, Skipped)
        results.append(result)

    def _fits(self, width: int, height: int) -> bool:
        """A cache that was filled under a higher limit must not get round the present one."""
        return width * height <= self._settings.max_pixels

    def _read(self, files: Sequence[PhotoFile]) -> Iterator[tuple[Photo | Skipped | None, bool]]:
        """Read files without a valid entry; those of a known size may be known by content."""
        sizes = self._cache.sizes() if files else frozenset()
        moved = [file for file in files if file.stamp.size in sizes]
        fresh = [file for file in files if file.stamp.size not in sizes]
        for file, digest in self._run(moved, "digest"):
            photo = self._cache.content(file, digest) if isinstance(digest, bytes) else None
            if photo is not None and self._fits(photo.width, photo.height):
                self._cache.add_photo(photo, None)
                yield photo, False
            else:
                fresh.append(file)
        for file, reading in self._run(fresh, "reading"):
            is_lost = isinstance(reading, Skipped) and reading.code == VANISHED
            self.unread += is_lost
            yield self._remember(file, reading), not is_lost

    def _run(
        self, files: Iterable[PhotoFile], what: Wanted
    ) -> Iterator[tuple[PhotoFile, Reading | bytes | Skipped | None]]:
        left: list[PhotoFile] = []
        tasks = self._chunks(self._presence.there(files, left), what)
        for task, result in self._workers.run(read_file, tasks, ahead=2, patience=_patience):
            told = _given_up(task, result) if isinstance(result, Crashed) else result
            yield task.file, self._presence.explained(told) if isinstance(told, Skipped) else told
        yield from ((file, self._presence.lost(file)) for file in left)

    def _chunks(self, files: Iterable[PhotoFile], what: Wanted) -> Iterator[list[ReadTask]]:
        """Small files travel together, large ones alone, for an even load at the end."""
        chunk: list[ReadTask] = []
        size = 0
        settings = self._settings
        deep = settings.level == "copies"
        methods, model = self._describes[:2] if self._describes is not None else ((), None)
        for file in files:
            how = (settings.hasher, settings.max_pixels, deep, what, methods, model)
            chunk.append(ReadTask(file, *how))
            size += file.stamp.size
            if size >= _CHUNK_BYTES or len(chunk) >= _CHUNK_FILES:
                yield chunk
                chunk, size = [], 0
        if chunk:
            yield chunk

    def _remember(
        self, file: PhotoFile, reading: Reading | bytes | Skipped | None
    ) -> Photo | Skipped | None:
        assert not isinstance(reading, bytes)
        if isinstance(reading, Reading):
            self._cache.add_photo(reading.photo, reading.thumbnail, reading.features)
            if self._describes is not None and reading.described is not None:
                self._describes.keep(reading.photo.digest, reading.described)
            return reading.photo
        if reading is None or reading.code not in OF_THIS_RUN:
            self._cache.add_other(file, reading)
        return reading


def _patience(task: ReadTask) -> float:
    return patience(task.file.stamp.size, asks_model=task.model is not None)


def _given_up(task: ReadTask, crashed: Crashed) -> Skipped:
    reason = f"the decoder crashed: {crashed.reason}"
    if crashed.code == "timeout":
        reason = f"it was given up: decoding took longer than {_patience(task):.0f} s"
    return Skipped(task.file.path, "decode", crashed.code, reason)
