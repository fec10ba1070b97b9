"""The contents of a library ranked for queries: by one method, or by a cascade of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dupfinder.engines.describing import Describing
from dupfinder.engines.sifting import Sifting
from dupfinder.protocols import Nearest, Rows
from dupfinder.searchers import searcher_of
from dupfinder.searchers.mirrored import nearest as nearest_of
from dupfinder.searchers.orb import confirmed

GRADED = "graded"
# The stages of the cascade: which method narrows, which confirms, and which orders what is left, if
# there is a model.
_NARROWS, _CONFIRMS, _ORDERS = "dct256", "orb", "model"
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


def methods_of(by: str, *, with_model: bool) -> tuple[str, ...]:
    """The methods that are asked, in this order."""
    if by != GRADED:
        return (by,)
    return (_NARROWS, _CONFIRMS, _ORDERS) if with_model else (_NARROWS, _CONFIRMS)


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
    asked = methods_of(by, with_model=sifting.describing.model is not None)
    for query, scored in zip(queries, found, strict=True):
        if query in positions:
            scored[:] = [each for each in scored if each.digest != query]
            scored.insert(0, Scored(query, 1.0, tuple((name, 1.0) for name in asked)))
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
    """Hashes narrow the library down, keypoints confirm what passed, a model orders both parts.

    What is confirmed has a score of 0.5 to 1, the others one below; where there is no model by
    their keypoints and their hash. Fewer keypoints than confirm a photo are told as none.
    """
    passed = max(_PASSED * top, _AT_LEAST)
    narrowed = sifting.nearest(_NARROWS, queries, positions, passed)
    found = []
    for query, nearest in zip(queries, narrowed, strict=True):
        near = {library[at]: at for at in nearest.positions.tolist()}
        seen = {_CONFIRMS: _confirmed(sifting.describing, query, near)}
        if sifting.describing.model is not None:
            seen[_ORDERS] = _ordered(sifting.describing, query, near)
        scored = [
            _graded_score(
                library[at], by_hash, {name: each.get(at, 0.0) for name, each in seen.items()}
            )
            for at, by_hash in _both(nearest)
        ]
        scored.sort(key=lambda each: (-each.score, each.digest))
        found.append(scored[:top])
    return found


def _confirmed(describing: Describing, query: bytes, near: Mapping[bytes, int]) -> dict[int, float]:
    """By position the similarity of those that a query confirms in any of its variants."""
    rows = _rows_of(_CONFIRMS, describing, near)
    found: dict[int, float] = {}
    for packed in describing.variants(_CONFIRMS, [query])[0]:
        for at, score in confirmed(packed, rows, _CONFIRMED).items():
            found[at] = max(score, found.get(at, 0.0))
    return found


def _ordered(describing: Describing, query: bytes, near: Mapping[bytes, int]) -> dict[int, float]:
    """By position the similarity by the model."""
    rows = _rows_of(_ORDERS, describing, near)
    searcher = searcher_of(_ORDERS, describing.model)
    asked = describing.variants(_ORDERS, [query])
    (seen,) = nearest_of(searcher, asked, [rows], max(1, len(rows.packed)))
    return dict(_both(seen))


def _rows_of(method: str, describing: Describing, near: Mapping[bytes, int]) -> Rows:
    """The descriptors of a few contents, as far as there are any."""
    packed = describing.of(method, near)
    where = np.array([near[digest] for digest in packed], np.int64)
    return Rows(where, list(packed.values()))


def _graded_score(digest: bytes, by_hash: float, seen: Mapping[str, float]) -> Scored:
    is_confirmed = seen[_CONFIRMS] >= _CONFIRMED
    rest = seen.get(_ORDERS, seen[_CONFIRMS] if is_confirmed else by_hash)
    score = (is_confirmed + max(0.0, rest)) / 2
    return Scored(digest, score, ((_NARROWS, by_hash), *seen.items()))
