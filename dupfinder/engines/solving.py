"""One candidate group, verified and split into stars."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dupfinder.candidates import Closeness
from dupfinder.choose import rank
from dupfinder.cluster import Star, stars
from dupfinder.engines.marked import Marked
from dupfinder.hashers import HASHERS
from dupfinder.model import (
    Answer,
    CandidatePair,
    Contents,
    Evidence,
    Orientation,
    Photo,
    Relation,
    Skipped,
    Verdict,
)
from dupfinder.protocols import Chroma, Features, GreyImage, Looks, T, Thumbnail, Verifier
from dupfinder.verifiers.capture import may_not_meet
from dupfinder.verify import PhotoTrouble, verify

PairKey = tuple[bytes, bytes, int]  # digests of left and right, orientation
Judged = tuple[CandidatePair, Verdict]
Capture = tuple[str | None, str | None, str | None]  # when, by what, how


@dataclass(frozen=True, slots=True)
class GroupTask:
    """Split one candidate group into stars.

    `photos` are in ascending order; `thumbnails` and `features` by content digest; `known` are
    remembered verdicts. Contents that are `marked` as no duplicates may not meet in a star.
    """

    photos: tuple[Photo, ...]
    level: str
    hasher: str
    radius: int
    fallback: str
    max_pixels: int
    thumbnails: Mapping[bytes, bytes]
    features: Mapping[bytes, bytes]
    known: Mapping[PairKey, Verdict]
    marked: frozenset[Contents]


@dataclass(frozen=True, slots=True)
class Solved:
    """The stars of a group, the verdicts they stand on, and photos that went bad meanwhile.

    `accepted` holds the verdict on each centre and member, by their positions; `fresh` all verdicts
    that were not known before, `recalled` counts those that were. `similar` are other shots.
    """

    stars: tuple[Star, ...]
    accepted: Mapping[tuple[int, int], Judged]
    fresh: tuple[Judged, ...]
    recalled: int
    similar: tuple[Judged, ...]
    skipped: tuple[Skipped, ...]


class Unknown(Exception):
    """A verdict was needed that takes a look at the photos."""


class Blind:
    """Looks that nobody may take."""

    def thumbnail(self, _: Photo) -> Thumbnail:
        raise Unknown

    def grey(self, _: Photo) -> GreyImage:
        raise Unknown

    def closer(self, _photo: Photo, _side: int) -> GreyImage:
        raise Unknown

    def chroma(self, _: Photo) -> Chroma | None:
        raise Unknown

    def features(self, _: Photo) -> Features | None:
        raise Unknown

    def pixel_digest(self, _: Photo) -> bytes:
        raise Unknown

    def remember(self, _photo: Photo, _what: str, _compute: Callable[[], T]) -> T:
        raise Unknown


class GroupSolver:
    """Answers whether two photos of a group are the same, and keeps what was found out."""

    def __init__(self, task: GroupTask, verifiers: tuple[Verifier, ...], looks: Looks) -> None:
        self._task = task
        self._verifiers = verifiers
        self._looks = looks
        self._accepted: dict[tuple[int, int], Judged] = {}
        self._fresh: dict[PairKey, Judged] = {}
        self._recalled = 0
        # By centre, one member for each release of a shutter.
        self._timed: dict[int, dict[Capture, Photo]] = {}
        self._marked = Marked(task.marked)
        # By centre, the contents of its star.
        self._held: dict[int, set[bytes]] = {}
        self._similar: dict[PairKey, Judged] = {}
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
            similar=tuple(self._similar.values()),
            skipped=tuple(self._bad.values()),
        )

    def _same(self, centre: int, other: int, distance: int, orientation: Orientation) -> bool:
        a, b = self._task.photos[centre], self._task.photos[other]
        if a.path in self._bad or b.path in self._bad or self._is_kept_apart(centre, b):
            return False
        if a.order < b.order:
            pair = CandidatePair(a, b, "hash", distance, orientation)
        else:
            pair = CandidatePair(b, a, "hash", distance, orientation.inverse)
        verdict = self._verdict(pair)
        if verdict.answer is not Answer.SAME or self._is_another_shot(centre, b):
            return False
        self._accepted[centre, other] = (pair, verdict)
        self._held[centre].add(self._task.photos[other].digest)
        return True

    def _is_kept_apart(self, centre: int, photo: Photo) -> bool:
        """Whether somebody said that it is no duplicate of one who is in the star already."""
        held = self._held.setdefault(centre, {self._task.photos[centre].digest})
        return self._marked.refuses(held, photo)

    def _is_another_shot(self, centre: int, photo: Photo) -> bool:
        """A centre without a capture time must not bring two shots of one scene together."""
        timed = self._timed.setdefault(centre, {})
        if any(may_not_meet(member, photo) for member in timed.values()):
            return True
        timed.setdefault((photo.taken_at, photo.camera, photo.exposure), photo)
        return False

    def _verdict(self, pair: CandidatePair) -> Verdict:
        verdict = self._judged(pair)
        if verdict.relation is Relation.SIMILAR:
            self._similar[pair.left.digest, pair.right.digest, 0] = (pair, verdict)
        return verdict

    def _judged(self, pair: CandidatePair) -> Verdict:
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
