"""The whole scan as one readable function over the stages."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from dupfinder.candidates import equals, groups
from dupfinder.discover import discover
from dupfinder.engines.bulk import all_kept, thawed
from dupfinder.engines.clusters import clusters, similar
from dupfinder.engines.culprits import run_sparing
from dupfinder.engines.marked import Marked
from dupfinder.engines.pairing import Pairing
from dupfinder.engines.parts import Relating
from dupfinder.engines.photos import Library
from dupfinder.engines.presence import Presence
from dupfinder.engines.reading import Reader
from dupfinder.engines.sharing import proposals
from dupfinder.engines.solving import GroupTask, Judged, Solved
from dupfinder.engines.stages import Stages
from dupfinder.engines.tasks import solve_group, solve_without_looking
from dupfinder.engines.verified import Verified, take, unsolved
from dupfinder.engines.workers import Crashed, ProcessWorkers, SerialWorkers
from dupfinder.hashers import HASHERS
from dupfinder.indexes import choose
from dupfinder.model import CandidatePair, Contents, Found, Photo, PhotoFile, Skipped
from dupfinder.protocols import Progress
from dupfinder.settings import Settings
from dupfinder.storage import Cache, Stored
from dupfinder.verifiers import signature


@thawed()
def find(
    places: Places,
    settings: Settings,
    cache: Cache,
    workers: SerialWorkers | ProcessWorkers,
    progress: Progress,
    marked: Iterable[Contents] = (),
) -> Found:
    """Discover, fingerprint, propose candidates, verify, cluster; no two that are `marked`."""
    presence = Presence((*places.roots, *places.references))
    run = _Run(settings, cache, workers, progress, presence, Marked(marked))
    files, unseen = run.discover(places)
    photos, undecoded, others, alone = run.fingerprint(files)
    verified = run.verify(photos, run.propose(photos))
    relating = _related(run, photos, verified)
    found = clusters(photos, relating.families, relating.judged)
    failed = (*unseen, *undecoded, *verified.skipped.values())
    skipped = sorted(map(presence.explained, failed), key=lambda each: each.path)
    return Found(
        roots=_named(places.roots),
        references=_named(places.references),
        level=settings.level,
        hasher=settings.hasher,
        radius=run.radius,
        discovered=len(files) + len(unseen) - others,
        compared=len(photos) + alone - len(verified.skipped),
        other_files=others,
        clusters=found,
        skipped=tuple(skipped),
        similar=tuple(similar(photos.place, found, verified.similar)),
        stages=tuple(run.stages.times),
        notes=(*run.notes(), *presence.notes(skipped), *run.marked.notes(photos.seen)),
    )


def _related(run: _Run, photos: Library, verified: Verified) -> Relating:
    """The families of all photos; at level "copies" also by what no hash can see."""
    relating = Relating(photos, verified, run.marked)
    if run.is_deep:
        proposed = run.compare("parts", run.look_for_parts(photos, verified))
        relating.gather(proposed)
        relating.learn(run.explain(relating.unexplained()))
        relating.recentre()
        direct = run.compare("representatives", relating.wanted())
        relating.settle(direct)
        relating.learn(run.explain(relating.unexplained()))
        verified.add(proposed + direct, run.pairing.skipped)
        relating.leave_out(verified.skipped)
    return relating


@dataclass(frozen=True, slots=True)
class Places:
    """Where photos are looked for, and where those are that they are only compared with.

    Candidates are pairs of which one photo at least is new, and what no such pair leads to is not
    looked at. So new photos are found with the same new ones and the same best known one as in a
    scan of both that leaves known clusters out, but for what only known photos bring together: one
    that is near a copy of the new photo and not the new photo itself, by its hash, or that shares
    features with known photos alone.
    """

    roots: Sequence[str]
    references: Sequence[str] = ()


class _Run:
    """The stages of one scan, each timed, over the same cache and workers."""

    def __init__(
        self,
        settings: Settings,
        cache: Cache,
        workers: SerialWorkers | ProcessWorkers,
        progress: Progress,
        presence: Presence,
        marked: Marked,
    ) -> None:
        self._settings = settings
        self._cache = cache
        self._workers = workers
        self._progress = progress
        self._presence = presence
        self._hasher = HASHERS[settings.hasher]
        self._method = signature(settings.level, settings.fallback)
        self.radius = self._hasher.default_radius if settings.radius is None else settings.radius
        self.pairing = Pairing(settings, self._method, cache, workers, progress)
        self.marked = marked
        self.is_deep = settings.level == "copies"
        self.stages = Stages(progress)

    def discover(self, places: Places) -> tuple[list[PhotoFile], list[Skipped]]:
        files: list[PhotoFile] = []
        skipped: list[Skipped] = []
        with self.stages("discover", None) as detail, all_kept():
            walk = discover(places.roots, self._settings.walk, places.references)
            for found in walk:
                if isinstance(found, Skipped):
                    skipped.append(found)
                else:
                    files.append(found)
                self._progress.advance()
            files.sort(key=lambda file: os.fsencode(file.path))
            detail.append(f"{len(files):,} files")
        return files, skipped

    def fingerprint(self, files: Sequence[PhotoFile]) -> tuple[Library, list[Skipped], int, int]:
        """Photos in ascending order, what could not be decoded, how many are no pictures.

        The last number counts pictures that nothing can be equal to: at level "identical" those
        without a twin, which were not decoded, and those that are companions of a photo.
        """
        reader = Reader(self._settings, self._cache, self._workers, self._progress, self._presence)
        with self.stages("fingerprint", len(files)) as detail:
            results = reader.read(files)
            decoded = reader.decoded
            known = len(files) - decoded - reader.unread
            unread = f", {reader.unread:,} not read" if reader.unread else ""
            detail.append(f"{decoded:,} decoded, {known:,} from the cache{unread}")
        # The thumbnail in a THM file is no photo of its own, nor a RAW that happens to open.
        companions = {each.path for file in files for each in file.companions}
        seen = [result for result in results if isinstance(result, Photo | Stored)]
        photos = Library(photo for photo in seen if photo.path not in companions)
        skipped = [result for result in results if isinstance(result, Skipped)]
        others = len(results) - len(seen) - len(skipped) - reader.alone
        return photos, skipped, others, len(seen) - len(photos) + reader.alone

    def propose(self, photos: Library) -> list[list[int]]:
        """Positions of photos that may be copies, by group, the largest first: it takes longest."""
        with self.stages("candidates", None) as detail:
            if self._settings.level == "identical":
                found, why = equals(photos.seen), "equal bytes only"
            else:
                asking = None if photos.is_new.all() else int(photos.is_new.sum())
                index, why = choose(
                    self._settings.index, len(photos), self._hasher, self.radius, asking
                )
                hashes = photos.hashes(self._hasher.length)
                found = groups(photos.seen, hashes, self._hasher, self.radius, index)
            found.sort(key=lambda group: (-len(group), group))
            detail += [f"{sum(map(len, found)):,} photos in {len(found):,} groups", why]
        return found

    def verify(self, photos: Library, candidate_groups: Sequence[list[int]]) -> Verified:
        """Split the groups into stars, every member compared with its centre."""
        verified = Verified()
        # At the least, every photo of a group is compared with one representative.
        pairs = sum(len(group) - 1 for group in candidate_groups)
        with self.stages("verify", pairs) as detail:
            fresh = recalled = 0
            members = [tuple(photos[position] for position in group) for group in candidate_groups]
            for task, solved in self._solve(members):
                take(verified, task, solved, photos.place)
                fresh += len(solved.fresh)
                recalled += solved.recalled
                self._progress.advance(len(task.photos) - 1)
            detail.append(f"{fresh:,} pairs compared, {recalled:,} from the cache")
        verified.stars.sort(key=lambda star: star.centre)
        return verified

    def look_for_parts(self, photos: Library, verified: Verified) -> list[CandidatePair]:
        """Pairs that share local features, where no hash could see it."""
        with self.stages("features", None) as detail:
            known = {member for star in verified.stars for member in star.members}
            leaders = [
                position
                for path, position in photos.place.items()
                if position not in known and path not in verified.skipped
            ]
            found = proposals(photos, leaders, self._cache)
            each = found.nbytes / max(1, found.photos)
            detail += [
                f"{len(found.pairs):,} pairs of {found.photos:,} photos",
                f"index of {found.nbytes / 1e6:.0f} MB, {each / 1e3:.1f} kB for each photo",
            ]
        return self.marked.without(found.pairs)

    def compare(self, stage: str, pairs: Sequence[CandidatePair]) -> list[Judged]:
        """The verdicts on pairs of photos, in the order of the pairs."""
        with self.stages(stage, len(pairs)) as detail:
            found = self.pairing.compare(pairs)
            detail.append(self._counted(len(pairs)))
        return found

    def explain(self, judged: Sequence[Judged]) -> list[Judged]:
        """What was done to the copies that are in clusters."""
        with self.stages("edits", len(judged)) as detail:
            found = self.pairing.explain(judged)
            detail.append(self._counted(len(judged)))
        return found

    def notes(self) -> tuple[str, ...]:
        """What a user should know of how the run went, once all of it is made sure of."""
        self._cache.save()  # a disk that is full by now is worth a note, too
        lost = f"a worker crashed: {self.pairing.lost:,} pairs of photos were not compared"
        return (*self._cache.notes, *([lost] if self.pairing.lost else []))

    def _counted(self, pairs: int) -> str:
        fresh = self.pairing.fresh
        return f"{fresh:,} pairs compared, {pairs - fresh:,} from the cache"

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
        chunks = ([self._with_looks(task)] for task in open_groups)
        for task, result in run_sparing(self._workers, solve_group, chunks, _without):
            if isinstance(result, Crashed):
                yield task, unsolved(task, result)
                continue
            yield task, self._kept(result)

    def _kept(self, solved: Solved) -> Solved:
        for pair, verdict in solved.fresh:
            self._cache.add_verdict(pair, self._method, verdict)
        return solved

    def _group(self, photos: tuple[Photo, ...]) -> GroupTask:
        return GroupTask(
            photos=photos,
            level=self._settings.level,
            hasher=self._settings.hasher,
            radius=self.radius,
            fallback=self._settings.fallback,
            max_pixels=self._settings.max_pixels,
            thumbnails={},
            features={},
            known=self._cache.verdicts(photos, self._method),
            marked=self.marked.among(photos),
        )

    def _with_looks(self, task: GroupTask) -> GroupTask:
        return replace(
            task,
            thumbnails=self._cache.thumbnails(task.photos),
            features=self._cache.all_features(task.photos),
        )


def _without(task: GroupTask, path: str) -> GroupTask | None:
    """The group without one photo, None if there is nothing to compare any more."""
    photos = tuple(photo for photo in task.photos if photo.path != path)
    return replace(task, photos=photos) if 1 < len(photos) < len(task.photos) else None


def _named(folders: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({os.path.abspath(folder) for folder in folders}))
