"""Two files, compared as a scan would compare them, with everything that was found out."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dupfinder.choose import plan
from dupfinder.decode.pixels import oriented
from dupfinder.discover import discover
from dupfinder.engines.clusters import match_of
from dupfinder.engines.witness import at
from dupfinder.errors import UsageError
from dupfinder.fingerprint import Reading, fingerprint
from dupfinder.hashers import HASHERS
from dupfinder.model import (
    Answer,
    CandidatePair,
    Cluster,
    Comparison,
    Fingerprint,
    Found,
    Match,
    Orientation,
    Photo,
    PhotoFile,
    Plan,
    Relation,
    Skipped,
    Verdict,
)
from dupfinder.protocols import Hasher, Picture, Words
from dupfinder.settings import Settings, WalkRules
from dupfinder.verifiers import chain, without_looks
from dupfinder.verifiers.descent import descent
from dupfinder.verifiers.explain import explained
from dupfinder.verify import PhotoTrouble, Views, verify

Judged = tuple[CandidatePair, Verdict]

# How hard to look: a user who names two files wants to know.
_LEVEL = "copies"

# The hashers whose distances are told beside that of the hasher in use.
_TOLD = ("dct256", "phash", "dhash", "ahash", "whash")


@dataclass(frozen=True, slots=True)
class PairTask:
    """Compare two files; a function of plain values, so that a worker can do it."""

    first: PhotoFile
    second: PhotoFile
    settings: Settings


def seen(path: str) -> PhotoFile:
    """The file that `path` names, not read.

    Raises:
        UsageError: if there is none, or something else than a file.
    """
    if os.path.isdir(path):
        raise UsageError(
            f"{path!r} is a folder, not a picture",
            hint="dupfinder scan compares everything in a folder",
        )
    (found,) = discover([path], WalkRules(online_only=True))
    if isinstance(found, Skipped):
        raise UsageError(f"{path!r} cannot be compared: {found.reason}")
    return found


def compare(task: PairTask) -> Comparison | Skipped:
    """All that a scan would find out about the pair, or the file that stands in the way."""
    settings = task.settings
    readings: list[Reading] = []
    pictures: list[Sequence[Picture]] = []
    for file in (task.first, task.second):
        # Hashes other than that of the scan see the same pictures, without another decode.
        onlooker = _Onlooker(HASHERS[settings.hasher])
        with at(file):
            reading = fingerprint(file, onlooker, settings.max_pixels, deep=True)
        if reading is None:
            return Skipped(file.path, "decode", "not-a-picture", "it is no picture")
        if isinstance(reading, Skipped):
            return reading
        readings.append(reading)
        pictures.append(onlooker.pictures)
    first, second = (reading.photo for reading in readings)
    names = dict.fromkeys((settings.hasher, *_TOLD))
    hashed = {name: _distances(HASHERS[name], *pictures) for name in names}
    try:
        tried = _tried((first, second), hashed[settings.hasher], readings, settings)
    except PhotoTrouble as trouble:
        return Skipped(trouble.photo.path, "verify", trouble.code, str(trouble))
    match, planned = _outcome(first, second, tried[-1], settings)
    return Comparison(
        first=first,
        second=second,
        distances=tuple(_told((first, second), hashed)),
        tried=tried,
        match=match,
        plan=planned,
    )


class _Onlooker:
    """A hasher that remembers the pictures it was shown: the whole, then what is in its frame."""

    def __init__(self, hasher: Hasher) -> None:
        self.name = hasher.name
        self.length = hasher.length
        self.default_radius = hasher.default_radius
        self.needs_colour = hasher.needs_colour
        self.pictures: list[Picture] = []
        self._hasher = hasher

    def fingerprint(self, picture: Picture) -> Fingerprint:
        self.pictures.append(picture)
        return self._hasher.fingerprint(picture)

    def oriented(self, words: Words) -> Sequence[tuple[Orientation, Words]]:
        return self._hasher.oriented(words)


def _distances(
    hasher: Hasher, first: Sequence[Picture], second: Sequence[Picture]
) -> dict[Orientation, int]:
    """Hamming distances with the first picture brought into each orientation.

    With or without frames, as a scan looks for them: the least counts. The pictures are turned, not
    their hashes: only one hasher can do that.
    """
    theirs = [hasher.fingerprint(picture) for picture in second]
    distances = {}
    for turn in Orientation:
        ours = [hasher.fingerprint(_turned(picture, turn)) for picture in first]
        distances[turn] = min(a.distance(b) for a in ours for b in theirs)
    return distances


def _turned(picture: Picture, turn: Orientation) -> Picture:
    rgb = None if picture.rgb is None else oriented(picture.rgb, turn)
    width, height = picture.width, picture.height
    return Picture(
        grey=oriented(picture.grey, turn),
        thumbnail=oriented(picture.thumbnail, turn),
        width=height if turn.swaps_sides else width,
        height=width if turn.swaps_sides else height,
        rgb=rgb,
        chroma=None,  # no hash looks at it
    )


def _least(distances: dict[Orientation, int]) -> Orientation:
    """The orientation that brings the pictures nearest; of several the first, which is upright."""
    return min(distances, key=lambda turn: (distances[turn], turn))


def _told(
    photos: tuple[Photo, Photo], hashed: dict[str, dict[Orientation, int]]
) -> Iterator[CandidatePair]:
    """Upright, and turned where that is nearer."""
    for name, distances in hashed.items():
        for turn in dict.fromkeys((Orientation.UPRIGHT, _least(distances))):
            yield _pair(photos, name, distances[turn], turn)


def _pair(
    photos: tuple[Photo, Photo], source: str, distance: int, turn: Orientation
) -> CandidatePair:
    """In the order that pairs have everywhere; `turn` is that of the first photo."""
    first, second = photos
    if first.order < second.order:
        return CandidatePair(first, second, source, distance, turn)
    return CandidatePair(second, first, source, distance, turn.inverse)


def _tried(
    photos: tuple[Photo, Photo],
    distances: dict[Orientation, int],
    readings: Sequence[Reading],
    settings: Settings,
) -> tuple[Judged, ...]:
    """Ask the verifiers one by one, so that every answer is known, until one is no refusal.

    What the files say of themselves does not depend on how they are turned, and is asked once.
    """
    thumbnails = {reading.photo.digest: reading.thumbnail for reading in readings}
    features = {
        reading.photo.digest: reading.features.features for reading in readings if reading.features
    }
    looks = Views(settings.max_pixels, thumbnails, features, colour=True, watch=at)
    verifiers = chain(_LEVEL, settings.fallback)
    tried: list[Judged] = []
    for turn in _turns(distances, HASHERS[settings.hasher].default_radius):
        pair = _pair(photos, "hash", distances[turn], turn)
        for verifier in verifiers:
            verdict = verify(pair, (verifier,), looks)
            tried.append((pair, verdict))
            if verdict.answer is Answer.DIFFERENT and verdict.relation is None:
                break
            if verdict.answer is not Answer.UNDECIDED:
                tried[-1] = (pair, _explained(pair, verdict, looks))
                return tuple(tried)
        verifiers = verifiers[len(without_looks(_LEVEL)) :]
    return tuple(tried)


def _explained(pair: CandidatePair, verdict: Verdict, looks: Views) -> Verdict:
    """With what was done to a copy."""
    if verdict.answer is not Answer.SAME or verdict.evidence.transform is None:
        return verdict
    return replace(verdict, evidence=explained(pair, verdict.evidence, looks))


def _turns(distances: dict[Orientation, int], radius: int) -> Sequence[Orientation]:
    """The nearest orientation where it is no chance; keypoints need only know who is mirrored."""
    nearest = _least(distances)
    near = (nearest,) if distances[nearest] <= radius else ()
    return tuple(dict.fromkeys((*near, Orientation.UPRIGHT, Orientation.MIRRORED)))


def _outcome(
    first: Photo, second: Photo, judged: Judged, settings: Settings
) -> tuple[Match | None, Plan | None]:
    """What the two are to each other, seen from the better one, and which one that is."""
    match = _match(first, second, judged)
    if match is None or match.relation is Relation.SIMILAR or first.path == second.path:
        return match, None
    if _plan(match, settings).keepers[0].path == second.path or _is_derived(match):
        match = _match(second, first, judged) or match
    return match, _plan(match, settings)


def _is_derived(match: Match) -> bool:
    """Whether the base was made from the copy: it is a crop of it, or a screenshot with it."""
    if match.relation is not Relation.PART:
        return False
    made = descent(match.base, match.copy, match.evidence, match.edits)
    return made is not None and made.left_is_derived


def _match(base: Photo, copy: Photo, judged: Judged) -> Match | None:
    """None if the two are different pictures."""
    _, verdict = judged
    return None if verdict.relation is None else match_of(base, copy, judged)


def _plan(match: Match, settings: Settings) -> Plan:
    cluster = Cluster("pair", (match.base, match.copy), (match,))
    return plan(
        Found(
            roots=(),
            level=settings.level,
            hasher=settings.hasher,
            radius=HASHERS[settings.hasher].default_radius,
            discovered=2,
            compared=2,
            other_files=0,
            clusters=(cluster,),
            skipped=(),
        )
    )
