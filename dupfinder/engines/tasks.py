"""What workers are asked to do: functions of plain values, so that they can run anywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from dupfinder.candidates import Closeness
from dupfinder.choose import rank
from dupfinder.cluster import Star, stars
from dupfinder.fingerprint import Reading, content_digest, fingerprint
from dupfinder.hashers import HASHERS
from dupfinder.model import (
    Answer,
    CandidatePair,
    Evidence,
    Orientation,
    Photo,
    PhotoFile,
    Skipped,
    Verdict,
)
from dupfinder.protocols import Chroma, Features, GreyImage, Looks, T, Thumbnail, Verifier
from dupfinder.verifiers import WITHOUT_LOOKS, chain
from dupfinder.verifiers.capture import are_two_shots
from dupfinder.verify import PhotoTrouble, Views, verify

PairKey = tuple[bytes, bytes, int]  # digests of left and right, orientation
Judged = tuple[CandidatePair, Verdict]


@dataclass(frozen=True, slots=True)
class ReadTask:
    """Fingerprint a file, or find out by its digest whether its content is known already."""

    file: PhotoFile
    hasher: str
    max_pixels: int
    digest_only: bool = False


def read_file(task: ReadTask) -> Reading | bytes | Skipped | None:
    """A reading, a digest if that is all that was asked for, or why there is neither."""
    if task.digest_only:
        return content_digest(task.file)
    return fingerprint(task.file, HASHERS[task.hasher], task.max_pixels)


@dataclass(frozen=True, slots=True)
class GroupTask:
    """Split one candidate group into stars.

    `photos` are in ascending order; `thumbnails` by content digest; `known` are remembered
    verdicts.
    """

    photos: tuple[Photo, ...]
    hasher: str
    radius: int
    fallback: str
    max_pixels: int
    thumbnails: Mapping[bytes, bytes]
    known: Mapping[PairKey, Verdict]


@dataclass(frozen=True, slots=True)
class Solved:
    """The stars of a group, the verdicts they stand on, and photos that went bad meanwhile.

    `accepted` holds the verdict on each centre and member, by their positions; `fresh` all verdicts
    that were not known before, `recalled` counts those that were.
    """

    stars: tuple[Star, ...]
    accepted: Mapping[tuple[int, int], Judged]
    fresh: tuple[Judged, ...]
    recalled: int
    skipped: tuple[Skipped, ...]


class Unknown(Exception):
    """A verdict was needed that takes a look at the photos."""


def solve_group(task: GroupTask) -> Solved:
    """Verify and cluster one group, reading photos where verdicts are not known."""
    return _Comparison(task, _chain(task.fallback), Views(task.max_pixels, task.thumbnails)).solve()


def solve_without_looking(task: GroupTask) -> Solved | None:
    """The same from remembered verdicts and from what files say of themselves; None if short."""
    try:
        return _Comparison(task, WITHOUT_LOOKS, Blind()).solve()
    except Unknown:
        return None


def prepare_to_compare() -> None:
    """Load OpenCV and the verifiers ahead of the first group."""
    _chain("none")


class Blind:
    """Looks that nobody may take."""

    def thumbnail(self, _: Photo) -> Thumbnail:
        raise Unknown

    def grey(self, _: Photo) -> GreyImage:
        raise Unknown

    def chroma(self, _: Photo) -> Chroma | None:
        raise Unknown

    def features(self, _: Photo) -> Features | None:
        raise Unknown

    def pixel_digest(self, _: Photo) -> bytes:
        raise Unknown

    def remember(self, _photo: Photo, _what: str, _compute: Callable[[], T]) -> T:
        raise Unknown


@cache
def _chain(fallback: str) -> tuple[Verifier, ...]:
    return chain(fallback)


class _Comparison:
    """Answers whether two photos of a group are the same, and keeps what was found out."""

    def __init__(self, task: GroupTask, verifiers: tuple[Verifier, ...], looks: Looks) -> None:
        self._task = task
        self._verifiers = verifiers
        self._looks = looks
        self._accepted: dict[tuple[int, int], Judged] = {}
        self._fresh: dict[PairKey, Judged] = {}
        self._recalled = 0
        self._timed: dict[int, list[Photo]] = {}  # members by centre, one for each capture time
        self._bad: dict[str, Skipped] = {}

    def solve(self) -> Solved:
        photos, hasher = self._task.photos, HASHERS[self._task.hasher]
        near = Closeness(photos, hasher)
        found = stars(photos, near, self._task.radius, self._same, worth=rank)
        bad = {position for position, photo in enumerate(photos) if photo.path in self._bad}
        return Solved(
            # A member was read before it was accepted; only a centre can go bad after that.
            stars=tuple(star for star in found if star.centre not in bad),
            accepted=self._accepted,
            fresh=tuple(self._fresh.values()),
            recalled=self._recalled,
            skipped=tuple(self._bad.values()),
        )

    def _same(self, centre: int, other: int, distance: int, orientation: Orientation) -> bool:
        a, b = self._task.photos[centre], self._task.photos[other]
        if a.path in self._bad or b.path in self._bad:
            return False
        if a.order < b.order:
            pair = CandidatePair(a, b, "hash", distance, orientation)
        else:
            pair = CandidatePair(b, a, "hash", distance, orientation.inverse)
        verdict = self._verdict(pair)
        if verdict.answer is not Answer.SAME or self._is_another_shot(centre, b):
            return False
        self._accepted[centre, other] = (pair, verdict)
        return True

    def _is_another_shot(self, centre: int, photo: Photo) -> bool:
        """A centre without a capture time must not bring two shots of one scene together."""
        if photo.taken_at is None:
            return False
        timed = self._timed.setdefault(centre, [])
        for member in timed:
            same_pixels = photo.pixel_digest is not None and (
                photo.pixel_digest == member.pixel_digest
            )
            if are_two_shots(member, photo) and not same_pixels and photo.digest != member.digest:
                return True
        if photo.taken_at not in {member.taken_at for member in timed}:
            timed.append(photo)
        return False

    def _verdict(self, pair: CandidatePair) -> Verdict:
        key = (pair.left.digest, pair.right.digest, int(pair.orientation))
        if key in self._task.known:
            self._recalled += 1
            return self._task.known[key]
        if key in self._fresh:
            return self._fresh[key][1]
        try:
            verdict = verify(pair, self._verifiers, self._looks)
        except PhotoTrouble as trouble:
            path = trouble.photo.path
            self._bad[path] = Skipped(path, "verify", trouble.code, str(trouble))
            return Verdict(Answer.UNDECIDED, None, Evidence("none"))
        if verdict.answer is Answer.UNDECIDED and isinstance(self._looks, Blind):
            raise Unknown
        self._fresh[key] = (pair, verdict)
        return verdict
