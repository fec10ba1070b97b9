"""The stages of a search by image."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from dupfinder.engines.clusters import match_of
from dupfinder.engines.describing import Describing
from dupfinder.engines.networks import expect_usable, labelled, model_of
from dupfinder.engines.pairing import Pairing
from dupfinder.engines.presence import Presence
from dupfinder.engines.ranking import GRADED, methods_of, ranked
from dupfinder.engines.reading import Describes, Reader
from dupfinder.engines.relating import pair_of
from dupfinder.engines.shelf import Shelf
from dupfinder.engines.sifting import Sifting
from dupfinder.engines.stages import Stages
from dupfinder.engines.stocktaking import Stocktaking
from dupfinder.engines.voting import Voting
from dupfinder.engines.workers import ProcessWorkers, SerialWorkers
from dupfinder.model import Hit, Photo, PhotoFile, Ranking, Skipped
from dupfinder.processors import processors
from dupfinder.protocols import Progress, VectorStore
from dupfinder.settings import Searching, Settings
from dupfinder.storage import Cache, Listed
from dupfinder.storage.rowfiles import RowFiles
from dupfinder.verifiers import signature


@dataclass(frozen=True, slots=True)
class Means:
    """What is known of files and contents, what contents look like, and who finds out the rest."""

    cache: Cache
    vectors: VectorStore
    files: RowFiles
    workers: SerialWorkers | ProcessWorkers
    progress: Progress


class Run:
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
        workers, progress = means.workers, means.progress
        verifiers = signature(settings.level, settings.fallback)
        self._pairing = Pairing(settings, verifiers, means.cache, workers, progress)
        model, self._names = model_of(searching)
        methods = methods_of(searching.by, with_model=model is not None)
        if model is not None and model.labelled:
            methods = (*methods, "labels")
        self.describing = Describing(
            methods, means.vectors, settings.max_pixels, workers, progress, model
        )
        self._sifting = Sifting(self.describing, means.files, searching.index)
        describes = Describes(methods, model, self.describing.add)
        presence = Presence(places)
        self._reader = Reader(settings, means.cache, workers, progress, presence, describes)
        self.stages = Stages(progress)
        self.stocktaking = Stocktaking(settings, means.files, self._reader, self.stages, progress)

    def try_model(self) -> None:
        """Refuse a model that cannot be used before a thousand photos say so; see `networks`."""
        model = self.describing.model
        if model is None or self.describing.is_known("model"):
            return
        with self.stages("model", 1) as detail:
            expect_usable(model, self._means.workers)
            self._progress.advance()
            detail.append("loaded and tried")

    def shelf(self, roots: Sequence[str]) -> Shelf:
        """All photos below the roots."""
        stocktaking = self.stocktaking
        return Shelf(stocktaking.stock(roots), self.photo, stocktaking.lists(roots))

    @contextmanager
    def remembered(self, roots: Sequence[str]) -> Iterator[Shelf | None]:
        """What was found there last time, while somebody looks whether it is still so.

        None where nobody else can look.
        """
        if _is_alone(self._means.workers):
            yield None
            return
        with self.stocktaking.remembered(roots) as known:
            if known is None:
                yield None
            else:
                stock, is_current = known
                yield Shelf(stock, self.photo, self.stocktaking.lists(roots), is_current)

    def answered(self, asked: Sequence[PhotoFile], library: Shelf) -> list[Photo | Skipped]:
        """The queries as photos; those that lie in the library are not read again."""
        known = {file.path: library.photos.find(file.path) for file in asked}
        further = [file for file in asked if known[file.path] is None]
        read = self.stocktaking.read("query", further)
        found = (known[file.path] or read.get(file.path) for file in asked)
        return [self.photo(each) if isinstance(each, Listed) else each for each in found if each]

    def photo(self, listed: Listed) -> Photo | Skipped:
        """What the cache knows of a photo, or why it could not be read again."""
        return self._reader.photo(listed)

    def describe(self, library: Shelf, queries: Sequence[Photo]) -> dict[bytes, Skipped]:
        """Fill the store; which contents cannot be described, and why.

        Raises:
            Outdated: if the store lacks photos of a library that is not as it is known.
        """
        asked = {photo.digest: photo.file for photo in queries}
        contents = asked.keys() | library.photos.contents
        lacking = self.describing.missing(contents)
        if lacking.keys() - asked.keys():
            library.expect_current()  # what is gone had better not be looked for
        with self.stages("describe", len(lacking)) as detail:
            file_of = _files(asked, library)
            failed = self.describing.fill(lacking, file_of)
            described = asked.keys() - failed.keys()
            for name in self.describing.methods:  # a damaged row shows when it is read
                self.describing.of(name, described)
            failed |= self.describing.fill(self.describing.missing(described), file_of)
            decoded = len(lacking) + self._mirror(asked)
            told = f"{decoded:,} decoded, {len(contents) - len(lacking):,} from the store"
            detail.append(told)
        return failed

    def _mirror(self, queries: Mapping[bytes, PhotoFile]) -> int:
        """Describe the mirror images of queries that lack that; of how many it was tried.

        A query of which that fails is only asked as it is.
        """
        for name in self.describing.mirrored.values():  # as above
            self.describing.of(name, queries)
        lacking = self.describing.missing(queries.keys(), mirrored=True)
        self.describing.fill(lacking, queries.__getitem__)
        return len(lacking)

    def rank(
        self, library: Shelf, queries: Sequence[Photo], failed: dict[bytes, Skipped]
    ) -> list[Ranking]:
        """The best of each query; adds to what `failed` where a damaged descriptor is for good."""
        asked = [query for query in queries if query.digest not in failed]
        voting = self._voting(library, asked) if self._searching.by == GRADED else None
        with self.stages("rank", len(asked)) as detail:
            found = self._ranked(library, asked, failed, voting)
            for _ in self.describing.methods:  # damage of one may hide that of the next
                damaged = self.describing.missing(library.photos.contents - failed.keys())
                if not damaged:
                    break
                failed |= self.describing.fill(damaged, library.file)
                found = self._ranked(library, asked, failed, voting)
            self._progress.advance(len(asked))
            by = self._searching.by
            count = f"{len(asked):,} quer" + ("y" if len(asked) == 1 else "ies")
            detail.append(f"{count}, {library.stock.pictures:,} photos by {by}")
        return found

    def verify(
        self, library: Shelf, rankings: Sequence[Ranking]
    ) -> tuple[list[Ranking], list[Skipped]]:
        """What each hit is to its query, and photos that went bad meanwhile."""
        if not self._searching.verify:
            return list(rankings), []
        wanted = sum(_to_verify(ranking, hit) for ranking in rankings for hit in ranking.hits)
        with self.stages("verify", wanted) as detail:
            verified, fresh = [], 0
            for ranking in rankings:
                verified.append(self._verified(ranking))
                fresh += self._pairing.fresh
            detail.append(f"{fresh:,} pairs compared, {wanted - fresh:,} from the cache")
        bad = self._pairing.skipped
        return verified, [bad[path] for path in sorted(bad) if library.photos.find(path)]

    def _voting(self, library: Shelf, queries: Sequence[Photo]) -> Voting:
        """The features of the library; what the cache has lost of them is read again.

        Raises:
            Outdated: if the cache lacks photos of a library that is not as it is known.
        """
        asked = {photo.digest: photo.file for photo in queries}

        def again(lost: Sequence[bytes]) -> None:
            if not asked.keys() >= set(lost):
                library.expect_current()  # as in `describe`
            self._reader.again(list(map(_files(asked, library), lost)))

        with self.stages("features", None) as detail:
            voting = Voting(library.photos.digests, self._means.cache, library.lists, again)
            detail.append(f"posting lists of {len(library.photos.digests):,} contents")
        return voting

    def _ranked(
        self,
        library: Shelf,
        queries: Sequence[Photo],
        failed: Mapping[bytes, Skipped],
        voting: Voting | None,
    ) -> list[Ranking]:
        top = self._searching.top
        digests = [query.digest for query in queries]
        known = [digest for digest in library.photos.digests if digest not in failed]
        found = ranked(self._searching.by, self._sifting, voting, digests, known, top)
        rankings = []
        for query, scored in zip(queries, found, strict=True):
            hits = [
                Hit(photo, each.score, each.scores)
                for each in scored
                for listed in library.photos.holders(each.digest)
                if (photo := library.photo(listed)) is not None
            ]
            rankings.append(Ranking(query, tuple(sorted(hits, key=_order(query))[:top])))
        return labelled(rankings, self.describing, self._names)

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
        return replace(ranking, hits=tuple(hits))

    def notes(self) -> tuple[str, ...]:
        """What a user should know of how the run went."""
        self._means.cache.save()
        return (*self._means.cache.notes, *self._means.vectors.notes, *self._sifting.notes)


def _is_alone(workers: SerialWorkers | ProcessWorkers) -> bool:
    """Whether there is but one process, or one processor for all of them."""
    return isinstance(workers, SerialWorkers) or processors() == 1


def _files(asked: Mapping[bytes, PhotoFile], library: Shelf) -> Callable[[bytes], PhotoFile]:
    """Which file to read for a content: a query's own, or one of the library."""
    return lambda digest: asked.get(digest) or library.file(digest)


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
