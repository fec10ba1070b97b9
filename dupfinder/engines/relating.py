"""Two photos that a search brought together, asked of every verifier that a scan has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from dupfinder.candidates import Closeness
from dupfinder.hashers import HASHERS
from dupfinder.model import Answer, CandidatePair, Orientation, Photo, Verdict
from dupfinder.protocols import Verifier
from dupfinder.settings import Settings
from dupfinder.verifiers import chain, without_looks
from dupfinder.verifiers.explain import explained
from dupfinder.verify import Views, verify

LEVEL = "copies"
_HASHER = HASHERS[Settings().hasher]


def pair_of(query: Photo, found: Photo) -> CandidatePair:
    """In the order that pairs have everywhere, with the least distance of their hashes."""
    left, right = sorted((query, found), key=lambda photo: photo.order)
    distances, orientations = Closeness((left, right), _HASHER)(0)
    turn = Orientation(int(orientations[1]))
    return CandidatePair(left, right, "search", int(distances[1]), turn)


def related(pair: CandidatePair, looks: Views) -> Verdict:
    """The first verdict that is no refusal, the pictures turned as their hashes say or mirrored.

    The verdict of the last verifier if all refuse. What was done to a copy is told with it.
    """
    verifiers = _chain()
    verdict = None
    for turned in _turned(pair):
        for verifier in verifiers:
            verdict = verify(turned, (verifier,), looks)
            if verdict.answer is Answer.DIFFERENT and verdict.relation is None:
                break
            if verdict.answer is not Answer.UNDECIDED:
                return _explained(turned, verdict, looks)
        # What the files say of themselves does not depend on how they are turned.
        verifiers = _chain()[len(without_looks(LEVEL)) :]
    assert verdict is not None
    return verdict


def _turned(pair: CandidatePair) -> Iterator[CandidatePair]:
    """As the hashes say where they are near; keypoints need only know who is mirrored."""
    near = pair.distance is not None and pair.distance <= _HASHER.default_radius
    turns = (pair.orientation,) if near else ()
    for turn in dict.fromkeys((*turns, Orientation.UPRIGHT, Orientation.MIRRORED)):
        yield replace(pair, orientation=turn)


def _explained(pair: CandidatePair, verdict: Verdict, looks: Views) -> Verdict:
    if verdict.answer is not Answer.SAME or verdict.evidence.transform is None:
        return verdict
    return replace(verdict, evidence=explained(pair, verdict.evidence, looks))


@cache
def _chain() -> tuple[Verifier, ...]:
    return chain(LEVEL, Settings().fallback)
