"""A search by image as one readable function over the stages."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from dupfinder.discover import discover
from dupfinder.engines.clusters import match_of
from dupfinder.engines.describing import Describing
from dupfinder.engines.pairing import Pairing
from dupfinder.engines.presence import Presence
from dupfinder.engines.reading import Reader, Result
from dupfinder.engines.relating import pair_of
from dupfinder.engines.workers import ProcessWorkers, SerialWorkers
from dupfinder.errors import UsageError
from dupfinder.model import Hit, Photo, PhotoFile, Ranking, Searched, Skipped, StageTime
from dupfinder.protocols import Progress
from dupfinder.searchers import SEARCHERS
from dupfinder.settings import Searching, Settings, WalkRules
from dupfinder.storage import Cache, Stored
from dupfinder.storage.vectors import Vectors
from dupfinder.verifiers import signature


@dataclass(frozen=True, slots=True)
class Means:
    """What is known of files and contents, what contents look like, and who finds out the rest."""

    cache: Cache
    vectors: Vectors
    workers: SerialWorkers | ProcessWorkers
    progress: Progress


def search(
    queries: Sequence[str],
    roots: Sequence[str],
    searching: Searching,
    settings: Settings,
    means: Means,
) -> Searched:
    """Read the library as a scan does, describe what was not, rank, and verify the best."""
    run = _Search((*queries, *roots), searching, settings, means)
    files, unseen = run.discover(roots, settings.walk)
    asked, unanswered = run.discover(queries, WalkRules(hidden=True, online_only=True))
    results = run.read(files)
    library = _Library(results, files)
    answers = run.answered(asked, library)
    unanswered += [each for each in answers if isinstance(each, Skipped)]
    photos = [each for each in answers if isinstance(each, Photo)]
    if not photos:
        raise _nothing_to_ask(queries, unanswered)
    failed = run.describe(library, photos)
    rankings, bad = run.rank(library, photos, failed)
    lost = [*library.failed(failed), *bad]
    skipped = [*unseen, *(each for each in results if isinstance(each, Skipped)), *lost]
    return Searched(
        roots=tuple(sorted({os.path.abspath(root) for root in roots})),
        by=searching.by,
        top=searching.top,
        discovered=len(files) + len(unseen) - library.others,
        compared=len(library) - len(lost),
        other_files=library.others,
        rankings=tuple(rankings),
        skipped=tuple(sorted(skipped, key=lambda each: os.fsencode(each.path))),
        unanswered=tuple(unanswered),
        stages=tuple(run.stages),
        notes=run.notes(),
    )


def _nothing_to_ask(queries: Sequence[str], unanswered: Sequence[Skipped]) -> UsageError:
    if unanswered:
        first = unanswered[0]
        return UsageError(f"{first.path!r} cannot be searched for: {first.reason}")
    return UsageError(f"there is no picture in {queries[0]!r} to search for")


class _Library:
    """The photos to search among, by content; `others` counts files that are no pictures."""

    def __init__(self, results: Sequence[Result], files: Sequence[PhotoFile]) -> None:
        self.by_path = {each.path: each for each in results if each is not None}
        # The thumbnail in a THM file is no photo of its own, nor the RAW beside a picture.
        self._companions = {each.path for file in files for each in file.companions}
        self.holders: dict[bytes, list[Photo | Stored]] = defaultdict(list)
        for each in results:
            if isinstance(each, Photo | Stored) and each.path not in self._companions:
                self.holders[each.digest].append(each)
        self.others = sum(each is None for each in results)

    def __len__(self) -> int:
        """Pictures, those that belong to another one as well."""
        return sum(isinstance(each, Photo | Stored) for each in self.by_path.values())

    @property
    def files(self) -> dict[bytes, PhotoFile]:
        """For each content the first file that has it."""
        return {digest: held[0].file for digest, held in self.holders.items()}

    def failed(self, failed: Mapping[bytes, Skipped]) -> list[Skipped]:
        """A line for each photo of a content that could not be described."""
        return [
            replace(why, path=each.path)
            for digest, why in failed.items()
            for each in self.holders.get(digest, ())
        ]


class _Search:
    """The stages of one search, each timed."""

    def __init__(
        self,
        places: Sequence[str],
        searching: Searching,
        settings: Settings,
        means: Means,
    ) -> None:
        self._searching = searching
        self._means = means
        self._progress = means.progress
        self._searcher = SEARCHERS[searching.by]
        workers, progress = means.workers, means.progress
        method = signature(settings.level, settings.fallback)
        self._pairing = Pairing(settings, method, means.cache, workers, progress)
        self._describing = Describing(
            self._searcher, means.vectors, settings.max_pixels, workers, progress
        )
        describes = (searching.by, self._describing.add)
        presence = Presence(places)
        self._reader = Reader(settings, means.cache, workers, progress, presence, describes)
        self.stages: list[StageTime] = []

    def discover(
        self, places: Sequence[str], rules: WalkRules
    ) -> tuple[list[PhotoFile], list[Skipped]]:
        """All files below some places, by path, and what could not be looked at."""
        with self._stage("discover", None) as detail:
            found = list(discover(places, rules))
            self._progress.advance(len(found))
            files = [each for each in found if isinstance(each, PhotoFile)]
            files.sort(key=lambda file: os.fsencode(file.path))
            detail.append(f"{len(files):,} files")
        return files, [each for each in found if isinstance(each, Skipped)]

    def read(self, files: Sequence[PhotoFile]) -> list[Result]:
        """As a scan reads them; of what has to be decoded, the descriptor is kept, too."""
        with self._stage("fingerprint", len(files)) as detail:
            before = self._reader.decoded
            results = self._reader.read(files, as_stored=True)
            decoded = self._reader.decoded - before
            detail.append(f"{decoded:,} decoded, {len(files) - decoded:,} from the cache")
        return results

    def answered(self, asked: Sequence[PhotoFile], library: _Library) -> list[Photo | Skipped]:
        """The queries as photos; those that lie in the library are not read again."""
        further = [file for file in asked if file.path not in library.by_path]
        known = library.by_path | {
            file.path: each for file, each in _by_path(further, self.read(further)) if each
        }
        found = (known.get(file.path) for file in asked)
        return [each.photo() if isinstance(each, Stored) else each for each in found if each]

    def describe(self, library: _Library, queries: Sequence[Photo]) -> dict[bytes, Skipped]:
        """Fill the store; which contents cannot be described, and why."""
        files = {photo.digest: photo.file for photo in queries} | library.files
        total = len(self._describing.missing(files))
        with self._stage("describe", total) as detail:
            failed = self._describing.fill(files)
            detail.append(f"{total:,} decoded, {len(files) - total:,} from the store")
        return failed

    def rank(
        self, library: _Library, queries: Sequence[Photo], failed: Mapping[bytes, Skipped]
    ) -> tuple[list[Ranking], list[Skipped]]:
        """The best of each query, verified, and photos that went bad meanwhile."""
        asked = [query for query in queries if query.digest not in failed]
        with self._stage("rank", len(asked)) as detail:
            ranked = [
                Ranking(query, tuple(hits))
                for query, hits in zip(asked, self._ranked(library, asked), strict=True)
            ]
            detail.append(
                f"{len(asked):,} queries, {len(library):,} photos by {self._searcher.name}"
            )
        if not self._searching.verify:
            return ranked, []
        wanted = sum(_to_verify(ranking, hit) for ranking in ranked for hit in ranking.hits)
        with self._stage("verify", wanted) as detail:
            verified, fresh = [], 0
            for ranking in ranked:
                verified.append(self._verified(ranking))
                fresh += self._pairing.fresh
            detail.append(f"{fresh:,} pairs compared, {wanted - fresh:,} from the cache")
        bad = self._pairing.skipped
        return verified, [bad[path] for path in sorted(bad) if path in library.by_path]

    def _ranked(self, library: _Library, queries: Sequence[Photo]) -> Iterator[list[Hit]]:
        positions = {digest: at for at, digest in enumerate(sorted(library.holders))}
        digests = list(positions)
        mine = self._describing.of([query.digest for query in queries])
        asked = [mine[query.digest] for query in queries]
        top = self._searching.top
        found = self._searcher.nearest(asked, self._describing.rows(positions), top)
        for query, nearest in zip(queries, found, strict=True):
            scores = dict(zip(nearest.positions.tolist(), nearest.scores.tolist(), strict=True))
            if query.digest in positions:
                scores[positions[query.digest]] = 1.0
            hits = [
                Hit(_photo(held), score, ((self._searcher.name, score),))
                for at, score in scores.items()
                for held in library.holders[digests[at]]
            ]
            hits.sort(key=_order(query))
            yield hits[: self._searching.top]

    def _verified(self, ranking: Ranking) -> Ranking:
        query = ranking.query
        asked = [hit for hit in ranking.hits if _to_verify(ranking, hit)]
        judged = self._pairing.relate([pair_of(query, hit.photo) for hit in asked])
        matches = {}
        for pair, verdict in judged:
            (found,) = {pair.left.path, pair.right.path} - {query.path}
            other = pair.left if pair.left.path == found else pair.right
            is_match = verdict.relation is not None
            matches[found] = match_of(query, other, (pair, verdict)) if is_match else None
        hits = (
            replace(hit, match=matches[hit.photo.path], verified=True)
            if hit.photo.path in matches
            else hit
            for hit in ranking.hits
            if hit.photo.path not in self._pairing.skipped
        )
        return Ranking(query, tuple(hits))

    def notes(self) -> tuple[str, ...]:
        """What a user should know of how the run went."""
        self._means.cache.save()
        return (*self._means.cache.notes, *self._means.vectors.notes)

    @contextmanager
    def _stage(self, name: str, total: int | None) -> Iterator[list[str]]:
        self._progress.stage(name, total)
        detail: list[str] = []
        begun = time.perf_counter()
        yield detail
        self.stages.append(StageTime(name, time.perf_counter() - begun, *detail))


def _by_path(
    files: Iterable[PhotoFile], results: Iterable[Result]
) -> Iterator[tuple[PhotoFile, Result]]:
    """Results come in no order of the files."""
    known = {each.path: each for each in results if each is not None}
    for file in files:
        yield file, known.get(file.path)


def _photo(held: Photo | Stored) -> Photo:
    return held if isinstance(held, Photo) else held.photo()


def _order(query: Photo) -> Callable[[Hit], tuple[float, bool, bool, bytes, bytes]]:
    """Most alike first; of equals the query itself, then what has its content."""

    def key(hit: Hit) -> tuple[float, bool, bool, bytes, bytes]:
        photo = hit.photo
        return (
            -hit.score,
            photo.digest != query.digest,
            photo.path != query.path,
            photo.digest,
            os.fsencode(photo.path),
        )

    return key


def _to_verify(ranking: Ranking, hit: Hit) -> bool:
    """A photo is not compared with itself."""
    return hit.photo.path != ranking.query.path
