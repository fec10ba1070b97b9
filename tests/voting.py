"""Votes of local features by plain loops: the slow twin of the indexes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Sequence

import numpy as np

from dupfinder.features.packing import Described, Postings, packed, postings
from dupfinder.indexes.queries import LEAST_VOTES, MOST_CANDIDATES, Proposed

Pairs = dict[tuple[int, int], tuple[int, bool]]  # votes and whether mirrored

REACH = 22


def posted(described: Described) -> Postings:
    """The features as they are stored."""
    return postings(packed(described).postings)


def pairs_of(found: Proposed) -> Pairs:
    """What an index proposes, which must be in order."""
    assert [column.dtype for column in found] == [np.int64, np.int64, np.uint16, np.bool_]
    left, right, votes, mirrored = (column.tolist() for column in found)
    pairs = list(zip(left, right, strict=True))
    assert pairs == sorted(set(pairs))
    assert all(a < b for a, b in pairs)
    return dict(zip(pairs, zip(votes, mirrored, strict=True), strict=True))


class Feature:
    """One feature in plain numbers, as the index compares them."""

    def __init__(self, described: Described, row: int, *, mirrored: bool) -> None:
        first, second = described.words[row].tolist()
        upper, lower = described.signatures[row].tolist()
        angle = float(described.features.angles[row])
        if mirrored:
            first, second, upper, lower, angle = second, first, lower, upper, 180 - angle
        # Nearest with nearest, nearest with second, second with nearest, second with second.
        self.words = [(a, b) for a in first for b in second]
        self.signature = upper << 32 | lower
        self.turn = round(angle * 256 / 360) % 256
        self.scale = min(255, max(0, round(float(described.features.scales[row]) * -16)))


def plain(
    library: Sequence[Described],
    asking: Container[int] | None = None,
    budget: int = 150_000,
) -> Pairs:
    """The features of the photos that ask, or of all, against those of all photos, one by one."""
    photos = [
        {
            mirrored: [Feature(each, row, mirrored=mirrored) for row in range(len(each.words))]
            for mirrored in (False, True)
        }
        for each in library
    ]
    postings = Counter(feature.words[0] for photo in photos for feature in photo[False])
    best: Pairs = {}
    for query, photo in enumerate(photos):
        if asking is not None and query not in asking:
            continue
        for mirrored, features in photo.items():
            asked = questions(features, postings, budget)
            votes = {
                other: voted(features, asked, held[False])
                for other, held in enumerate(photos)
                if other != query
            }
            strongest = sorted(votes, key=lambda other: (-votes[other], other))
            for other in strongest[:MOST_CANDIDATES]:
                pair = min(query, other), max(query, other)
                before = best.get(pair, (0, True))
                if votes[other] >= LEAST_VOTES and (votes[other], not mirrored) > (
                    before[0],
                    not before[1],
                ):
                    best[pair] = votes[other], mirrored
    return best


def questions(
    features: list[Feature], postings: Counter[tuple[int, int]], budget: int
) -> list[tuple[int, int]]:
    """Number and word of each feature that asks: the rarest word first, then the nearest one."""
    order = sorted(
        (postings[feature.words[rank]], rank, at)
        for rank in range(4)
        for at, feature in enumerate(features)
    )
    afforded = []
    for length, rank, at in order:
        budget -= length
        if budget >= 0:
            afforded.append((at, rank))
    return afforded


def voted(asking: list[Feature], asked: list[tuple[int, int]], held: list[Feature]) -> int:
    """The votes of one photo for another."""
    matches: dict[int, int] = {}  # of each feature that asks the first that matches it
    for at, rank in asked:
        for entry, has in enumerate(held):
            same_word = asking[at].words[rank] == has.words[0]
            if same_word and (asking[at].signature ^ has.signature).bit_count() <= REACH:
                matches.setdefault(at, entry)
    if len(matches) < LEAST_VOTES:
        return 0
    once: dict[int, int] = {}
    for at in sorted(matches):
        once.setdefault(matches[at], at)
    cells = Counter(
        (
            (held[entry].turn - asking[at].turn) % 256 // 16,
            min(23, max(0, (held[entry].scale - asking[at].scale) // 8 + 12)),
        )
        for entry, at in once.items()
    )
    return max(
        sum(cells[(turn + side) % 16, scale + up] for side in (-1, 0, 1) for up in (0, 1))
        for turn in range(16)
        for scale in range(24)
    )
