"""The whole scan as one readable function over the stages."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from blake3 import blake3

from dupfinder.candidates import groups
from dupfinder.discover import discover
from dupfinder.engines.tasks import (
    GroupTask,
    Judged,
    ReadTask,
    Solved,
    read_file,
    solve_group,
    solve_without_looking,
)
from dupfinder.engines.workers import Crashed, ProcessWorkers, SerialWorkers
from dupfinder.fingerprint import Reading
from dupfinder.hashers import HASHERS
from dupfinder.indexes import choose
from dupfinder.model import (
    Cluster,
    Found,
    Match,
    Photo,
    PhotoFile,
    Relation,
    Skipped,
    StageTime,
)
from dupfinder.protocols import Progress
from dupfinder.settings import Settings
from dupfinder.storage import Cache
from dupfinder.verifiers import signature
from dupfinder.verifiers.edits import edits, relation
from dupfinder.verifiers.transforms import inverse

Workers = SerialWorkers | ProcessWorkers

# What travels to a worker together.
_CHUNK_FILES, _CHUNK_BYTES = 16, 2_000_000

# Why a file was skipped, where the next run may fare better with the same bytes.
_OF_THIS_RUN = frozenset(
    {"vanished", "changed", "unreadable", "too-many-pixels", "too-large", "crashed"}
)


def find(
    roots: Sequence[str], settings: Settings, cache: Cache, workers: Workers, progress: Progress
) -> Found:
    """Discover, fingerprint, propose candidates, verify, cluster."""
    run = _Run(settings, cache, workers, progress)
    files, unseen = run.discover(roots)
    photos, undecoded, others = run.fingerprint(files)
    candidate_groups = run.propose(photos)
    clusters, unverified = run.verify(candidate_groups)
    skipped = tuple(sorted((*unseen, *undecoded, *unverified), key=lambda each: each.path))
    compared = len(photos) - len(unverified)
    return Found(
        roots=tuple(sorted({os.path.abspath(root) for root in roots})),
        level=settings.level,
        hasher=settings.hasher,
        radius=run.radius,
        discovered=len(files) + len(unseen) - others,
        compared=compared,
        other_files=others,
        clusters=clusters,
        skipped=skipped,
        stages=tuple(run.stages),
        notes=(*cache.notes, *run.notes),
    )


class _Run:
    """The stages of one scan, each timed, over the same cache and workers."""

    def __init__(
        self, settings: Settings, cache: Cache, workers: Workers, progress: Progress
    ) -> None:
        self._settings = settings
        self._cache = cache
        self._workers = workers
        self._progress = progress
        self._hasher = HASHERS[settings.hasher]
        self._method = signature(settings.fallback)
        self.radius = self._hasher.default_radius if settings.radius is None else settings.radius
        self.stages: list[StageTime] = []
        self.notes: list[str] = []

    def discover(self, roots: Sequence[str]) -> tuple[list[PhotoFile], list[Skipped]]:
        files: list[PhotoFile] = []
        skipped: list[Skipped] = []
        with self._stage("discover", None) as detail:
            for found in discover(roots, self._settings.walk):
                if isinstance(found, Skipped):
                    skipped.append(found)
                else:
                    files.append(found)
                self._progress.advance()
            files.sort(key=lambda file: os.fsencode(file.path))
            detail.append(f"{len(files):,} files")
        return files, skipped

    def fingerprint(self, files: Sequence[PhotoFile]) -> tuple[list[Photo], list[Skipped], int]:
        """Photos in ascending order, what could not be decoded, and how many are no pictures."""
        results: list[Photo | Skipped | None] = []
        with self._stage("fingerprint", len(files)) as detail:
            unknown = []
            for file in files:
                known = self._cache.file(file)
                if known is None or (known.photo and not self._fits(known.photo)):
                    unknown.append(file)
                else:
                    results.append(known.photo or known.skipped)
                    self._progress.advance()
            decoded = 0
            for result, was_decoded in self._read(unknown):
                results.append(result)
                decoded += was_decoded
                self._progress.advance()
            detail.append(f"{decoded:,} decoded, {len(files) - decoded:,} from the cache")
        photos = [result for result in results if isinstance(result, Photo)]
        skipped = [result for result in results if isinstance(result, Skipped)]
        photos.sort(key=lambda photo: (photo.digest, os.fsencode(photo.path)))
        return photos, skipped, len(results) - len(photos) - len(skipped)

    def _fits(self, photo: Photo) -> bool:
        """A cache that was filled under a higher limit must not get round the present one."""
        return photo.width * photo.height <= self._settings.max_pixels

    def _read(self, files: Sequence[PhotoFile]) -> Iterator[tuple[Photo | Skipped | None, bool]]:
        """Read files without a valid entry; those of a known size may be known by content."""
        sizes = self._cache.sizes()
        moved = [file for file in files if file.stamp.size in sizes]
        fresh = [file for file in files if file.stamp.size not in sizes]
        tasks = self._chunks(moved, digest_only=True)
        for task, digest in self._workers.run(read_file, tasks, ahead=2):
            photo = self._cache.content(task.file, digest) if isinstance(digest, bytes) else None
            if photo is not None and self._fits(photo):
                self._cache.add_photo(photo, None)
                yield photo, False
            else:
                fresh.append(task.file)
        tasks = self._chunks(fresh, digest_only=False)
        for task, reading in self._workers.run(read_file, tasks, ahead=2):
            yield self._remember(task.file, reading), True

    def _chunks(self, files: Iterable[PhotoFile], *, digest_only: bool) -> Iterator[list[ReadTask]]:
        """Small files travel together, large ones alone, for an even load at the end."""
        chunk: list[ReadTask] = []
        size = 0
        for file in files:
            settings = self._settings
            chunk.append(ReadTask(file, settings.hasher, settings.max_pixels, digest_only))
            size += file.stamp.size
            if size >= _CHUNK_BYTES or len(chunk) >= _CHUNK_FILES:
                yield chunk
                chunk, size = [], 0
        if chunk:
            yield chunk

    def _remember(
        self, file: PhotoFile, reading: Reading | bytes | Skipped | Crashed | None
    ) -> Photo | Skipped | None:
        assert not isinstance(reading, bytes)
        if isinstance(reading, Reading):
            self._cache.add_photo(reading.photo, reading.thumbnail)
            return reading.photo
        if isinstance(reading, Crashed):
            reason = f"the decoder crashed: {reading.reason}"
            reading = Skipped(file.path, "decode", "crashed", reason)
        if reading is None or reading.code not in _OF_THIS_RUN:
            self._cache.add_other(file, reading)
        return reading

    def propose(self, photos: Sequence[Photo]) -> list[tuple[Photo, ...]]:
        """Groups of photos that may hold copies, the largest first: they take longest."""
        with self._stage("candidates", None) as detail:
            index, why = choose(self._settings.index, len(photos), self._hasher.length, self.radius)
            found = groups(photos, self._hasher, self.radius, index)
            found.sort(key=lambda group: (-len(group), group))
            detail += [f"{sum(map(len, found)):,} photos in {len(found):,} groups", why]
        return [tuple(photos[position] for position in group) for group in found]

    def verify(
        self, candidate_groups: Sequence[tuple[Photo, ...]]
    ) -> tuple[tuple[Cluster, ...], list[Skipped]]:
        clusters: list[Cluster] = []
        skipped: list[Skipped] = []
        # At the least, every photo of a group is compared with one representative.
        pairs = sum(len(group) - 1 for group in candidate_groups)
        with self._stage("verify", pairs) as detail:
            fresh = recalled = 0
            for task, solved in self._solve(candidate_groups):
                clusters += _clusters(task.photos, solved)
                skipped += solved.skipped
                fresh += len(solved.fresh)
                recalled += solved.recalled
                self._progress.advance(len(task.photos) - 1)
            detail.append(f"{fresh:,} pairs compared, {recalled:,} from the cache")
        clusters.sort(key=lambda cluster: os.fsencode(cluster.representative.path))
        return tuple(clusters), skipped

    def _solve(
        self, candidate_groups: Sequence[tuple[Photo, ...]]
    ) -> Iterator[tuple[GroupTask, Solved]]:
        """Without looking at photos where that suffices, by the workers where not."""
        open_groups = []
        for photos in candidate_groups:
            task = self._group(photos)
            solved = solve_without_looking(task)
            if solved is None:
                open_groups.append(task)
            else:
                yield task, self._kept(solved)
        chunks = ([self._with_thumbnails(task)] for task in open_groups)
        for task, result in self._workers.run(solve_group, chunks):
            if isinstance(result, Crashed):
                yield task, _unsolved(task, result)
                continue
            yield task, self._kept(result)

    def _kept(self, solved: Solved) -> Solved:
        for pair, verdict in solved.fresh:
            self._cache.add_verdict(pair, self._method, verdict)
        return solved

    def _group(self, photos: tuple[Photo, ...]) -> GroupTask:
        return GroupTask(
            photos=photos,
            hasher=self._settings.hasher,
            radius=self.radius,
            fallback=self._settings.fallback,
            max_pixels=self._settings.max_pixels,
            thumbnails={},
            known=self._cache.verdicts(photos, self._method),
        )

    def _with_thumbnails(self, task: GroupTask) -> GroupTask:
        return replace(task, thumbnails=self._cache.thumbnails(task.photos))

    @contextmanager
    def _stage(self, name: str, total: int | None) -> Iterator[list[str]]:
        """Time one stage; what it appends to the list becomes its detail, then its why."""
        self._progress.stage(name, total)
        detail: list[str] = []
        begun = time.perf_counter()
        yield detail
        self.stages.append(StageTime(name, time.perf_counter() - begun, *detail))


def _unsolved(task: GroupTask, crash: Crashed) -> Solved:
    """A group over which a worker died: none of its photos counts as compared."""
    reason = f"the comparison crashed: {crash.reason}"
    skipped = tuple(Skipped(photo.path, "verify", "crashed", reason) for photo in task.photos)
    return Solved((), {}, (), 0, skipped)


def _clusters(photos: Sequence[Photo], solved: Solved) -> Iterator[Cluster]:
    for star in solved.stars:
        centre = photos[star.centre]
        matches = sorted(
            (
                _match(centre, photos[member], solved.accepted[star.centre, member])
                for member in star.members
            ),
            key=lambda match: os.fsencode(match.copy.path),
        )
        members = (centre, *(match.copy for match in matches))
        yield Cluster(_cluster_id(members), members, tuple(matches))


def _match(base: Photo, copy: Photo, judged: Judged) -> Match:
    """The verdict on two photos, seen from the representative."""
    pair, verdict = judged
    assert verdict.relation is not None
    evidence = verdict.evidence
    if pair.left.order != base.order and evidence.transform is not None:
        evidence = replace(evidence, transform=inverse(evidence.transform))
    if verdict.relation is not Relation.COPY:
        return Match(base, copy, verdict.relation, (), evidence)
    found = edits(base, copy, evidence)
    return Match(base, copy, relation(base, found), found, evidence)


def _cluster_id(members: Sequence[Photo]) -> str:
    """Derived from what the files hold, not from where they are."""
    contents = b"".join(sorted(photo.digest for photo in members))
    return blake3(contents).hexdigest(length=8)
