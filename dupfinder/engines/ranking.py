"""The contents of a library ranked for queries: by one method, or by a cascade of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dupfinder.engines.sifting import Sifting
from dupfinder.protocols import Nearest, Rows
from dupfinder.searchers.orb import confirmed

GRADED = "graded"
# The stages of the cascade: which method narrows, and which confirms.
_NARROWS, _CONFIRMS = "dct256", "orb"
# How many the hash lets through: more than what is asked for, and these at the least. Of 275 edits
# .927 found their original first among 1,276 photos where 200 passed, .967 where 800 did, at about
# 0.2 ms for each that passes.
_PASSED, _AT_LEAST = 2, 1_000
# The share of keypoints that fit one geometry from which on a photo counts as confirmed. By a tenth
# as many of the same 275 were found and another photo was confirmed, too, for 25 in 100, by an
# eighth for 4; by more fewer are found.
_CONFIRMED = 0.125


@dataclass(frozen=True, slots=True)
class Scored:
    """A content, by its digest, with its similarity and those by each method that was asked."""

    digest: bytes
    score: float
    scores: tuple[tuple[str, float], ...]


def methods_of(by: str) -> tuple[str, ...]:
    """The methods whose descriptors are needed."""
    return (_NARROWS, _CONFIRMS) if by == GRADED else (by,)


def ranked(
    by: str, sifting: Sifting, queries: Sequence[bytes], library: Sequence[bytes], top: int
) -> list[list[Scored]]:
    """For each query the `top` contents most alike, and its own content if that is there.

    Args:
        queries, library: content digests; those of the library in ascending order.
    """
    positions = {digest: at for at, digest in enumerate(library)}
    if by == GRADED:
        found = _graded(sifting, queries, library, positions, top)
    else:
        found = [
            [_scored(library[at], score, by) for at, score in _both(nearest)]
            for nearest in sifting.nearest(by, queries, positions, top)
        ]
    for query, scored in zip(queries, found, strict=True):
        if query in positions:
            scored[:] = [each for each in scored if each.digest != query]
            scored.insert(0, Scored(query, 1.0, tuple((name, 1.0) for name in methods_of(by))))
    return found


def _scored(digest: bytes, score: float, by: str) -> Scored:
    return Scored(digest, score, ((by, score),))


def _both(nearest: Nearest) -> list[tuple[int, float]]:
    return list(zip(nearest.positions.tolist(), nearest.scores.tolist(), strict=True))


def _graded(
    sifting: Sifting,
    queries: Sequence[bytes],
    library: Sequence[bytes],
    positions: Mapping[bytes, int],
    top: int,
) -> list[list[Scored]]:
    """Hashes narrow the library down, keypoints confirm what passed.

    What is confirmed has a score of 0.5 to 1 by its keypoints, the others one below by their hash;
    fewer keypoints than confirm a photo are told as none.
    """
    passed = max(_PASSED * top, _AT_LEAST)
    narrowed = sifting.nearest(_NARROWS, queries, positions, passed)
    describing = sifting.describing
    asked = describing.variants(_CONFIRMS, queries)
    found = []
    for query, nearest in zip(asked, narrowed, strict=True):
        near = [library[at] for at in nearest.positions.tolist()]
        packed = describing.of(_CONFIRMS, near)
        rows = Rows(
            np.array([positions[digest] for digest in packed], np.int64), list(packed.values())
        )
        by_points = _confirmed(query, rows)
        scored = [
            _graded_score(library[at], by_hash, by_points.get(at, 0.0))
            for at, by_hash in _both(nearest)
        ]
        scored.sort(key=lambda each: (-each.score, each.digest))
        found.append(scored[:top])
    return found


def _confirmed(variants: Sequence[bytes], rows: Rows) -> dict[int, float]:
    """By position the similarity of those that a query confirms in any of its variants."""
    found: dict[int, float] = {}
    for packed in variants:
        for at, score in confirmed(packed, rows, _CONFIRMED).items():
            found[at] = max(score, found.get(at, 0.0))
    return found


def _graded_score(digest: bytes, by_hash: float, by_points: float) -> Scored:
    is_confirmed = by_points >= _CONFIRMED
    score = 0.5 + by_points / 2 if is_confirmed else by_hash / 2
    return Scored(digest, score, ((_NARROWS, by_hash), (_CONFIRMS, by_points)))
