"""Families of positions and the verdicts they stand on -> clusters as the user gets them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from blake3 import blake3

from dupfinder.engines.solving import Judged
from dupfinder.families import Family
from dupfinder.model import Cluster, Match, Photo, Relation
from dupfinder.verifiers.edits import edits, is_doubtful, relation
from dupfinder.verifiers.transforms import seen_from_right


class Photos(Protocol):
    """Photos by their positions."""

    def __getitem__(self, position: int, /) -> Photo: ...


# Verdicts by the positions of both photos, the smaller first.
Verdicts = Mapping[tuple[int, int], Judged]


def clusters(photos: Photos, families: Iterable[Family], judged: Verdicts) -> tuple[Cluster, ...]:
    """One cluster for each family that holds more than references, by representatives' paths."""
    made = (cluster_of(photos, family, judged) for family in families)
    found = [cluster for cluster in made if _tell_of_new(cluster.members)]
    return tuple(sorted(found, key=lambda cluster: os.fsencode(cluster.representative.path)))


def cluster_of(photos: Photos, family: Family, judged: Verdicts) -> Cluster:
    """Representative first, the others by path, each with the match to its base."""
    matches = sorted(
        (
            match_of(photos[base], photos[member], judged[min(base, member), max(base, member)])
            for member, base in family.bases.items()
        ),
        key=lambda match: os.fsencode(match.copy.path),
    )
    members = (photos[family.centre], *(match.copy for match in matches))
    return Cluster(_cluster_id(members), members, tuple(matches))


def match_of(base: Photo, copy: Photo, judged: Judged) -> Match:
    """The verdict on two photos, seen from `base`."""
    pair, verdict = judged
    assert verdict.relation is not None
    evidence = verdict.evidence
    if pair.left.path != base.path:
        evidence = seen_from_right(evidence)
    if verdict.relation is not Relation.COPY:
        return Match(base, copy, verdict.relation, (), evidence)
    found = edits(base, copy, evidence)
    related = relation(base, found)
    doubtful = related is Relation.COPY and is_doubtful(base, copy, evidence)
    return Match(base, copy, related, found, evidence, doubtful)


def similar(
    photos: Mapping[str, int], found: Iterable[Cluster], judged: Iterable[Judged]
) -> Iterator[Match]:
    """Pairs of other shots, one for each two clusters or single photos, the nearest first seen.

    `photos` are the positions of the photos by path.
    """
    home = {photo.path: cluster.id for cluster in found for photo in cluster.members}
    seen: set[tuple[str, str]] = set()
    for pair, verdict in sorted(judged, key=lambda each: _place(photos, each)):
        ends = sorted(home.get(photo.path, photo.path) for photo in (pair.left, pair.right))
        ours, theirs = ends
        if not _tell_of_new((pair.left, pair.right)):
            continue
        if ours != theirs and (ours, theirs) not in seen:
            seen.add((ours, theirs))
            base, copy = sorted((pair.left, pair.right), key=lambda each: os.fsencode(each.path))
            yield match_of(base, copy, (pair, verdict))


def _tell_of_new(photos: Iterable[Photo]) -> bool:
    """Whether one of them was more than compared with."""
    return any(photo.file.reference is None for photo in photos)


def _place(photos: Mapping[str, int], judged: Judged) -> tuple[int, int, int]:
    pair, verdict = judged
    inliers = verdict.evidence.inliers or 0
    return -inliers, photos[pair.left.path], photos[pair.right.path]


def _cluster_id(members: Sequence[Photo]) -> str:
    """Derived from what the files hold, not from where they are."""
    contents = b"".join(sorted(photo.digest for photo in members))
    return blake3(contents).hexdigest(length=8)
