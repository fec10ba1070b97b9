"""The contents of a library ranked for queries: by one method, or by a cascade of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dupfinder.engines.describing import Describing
from dupfinder.engines.sifting import Sifting
from dupfinder.engines.voting import Voting
from dupfinder.indexes.queries import MOST_CANDIDATES
from dupfinder.protocols import Nearest, Rows
from dupfinder.searchers.orb import confirmed

GRADED = "graded"
# The stages of the cascade: which method narrows, which confirms, and which orders what is left, if
# there is a model.
_NARROWS, _CONFIRMS, _ORDERS = "dct256", "orb", "model"
# What also narrows and confirms, although it describes no picture for itself: see `Voting`.
_SHARES = "features"
# How many the hash lets through: more than what is asked for, and these at the least, at about
# 0.3 ms for each. Parts of a picture, which it does not see, are found by votes of local features.
_PASSED, _AT_LEAST = 2, 200
# The share of keypoints that fit one geometry, or of features that vote, from which on a photo
# counts as confirmed. Of 1,920 edits .981 had their original confirmed so, and another photo was
# confirmed, too, for 36 in 1,000; from a twelfth of the features on .989 and 52.
_CONFIRMED = 0.125
# What is shared and not confirmed counts as that much alike: so comes before what only the hash
# says by chance (hardly above .7), and behind what it says of copies.
_SHARED = 0.75


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
    by: str,
    sifting: Sifting,
    voting: Voting | None,
    queries: Sequence[bytes],
    library: Sequence[bytes],
    top: int,
) -> list[list[Scored]]:
    """For each query the `top` contents most alike, and its own content if that is there.

    Args:
        voting: of the library at least, for a graded search; None for all others.
        queries, library: content digests; those of the library in ascending order.
    """
    positions = {digest: at for at, digest in enumerate(library)}
    if voting is not None:
        found = _graded(sifting, voting, queries, positions, top)
    else:
        found = [
            [_scored(library[at], score, by) for at, score in _both(nearest)]
            for nearest in sifting.nearest(by, queries, positions, top)
        ]
    first, *further = methods_of(by, with_model=sifting.describing.model is not None)
    asked = (first, *further) if voting is None else (first, _SHARES, *further)
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
    voting: Voting,
    queries: Sequence[bytes],
    positions: Mapping[bytes, int],
    top: int,
) -> list[list[Scored]]:
    """Hashes and shared features narrow, keypoints and these confirm, a model orders both parts.

    What is confirmed has a score of 0.5 to 1, by the model or else by what confirms it. The others
    have 0.5 at most, by the model or else by their hash, or by what they share: by what is more.
    Fewer keypoints than confirm a photo are told as none.
    """
    library = list(positions)
    narrowed = sifting.nearest(_NARROWS, queries, positions, max(_PASSED * top, _AT_LEAST))
    found = []
    for query, nearest in zip(queries, narrowed, strict=True):
        shares = voting.shares(query, max(_PASSED * top, MOST_CANDIDATES))
        passed = set(nearest.positions.tolist())
        further = [each for each in shares if each in positions and positions[each] not in passed]
        by_hash = _both(nearest) + _both(sifting.similar(_NARROWS, query, further, positions))
        near = {library[at]: at for at, _ in by_hash}
        seen = {_CONFIRMS: _confirmed(sifting.describing, query, near)}
        if sifting.describing.model is not None:
            seen[_ORDERS] = dict(_both(sifting.similar(_ORDERS, query, list(near), positions)))
        scored = []
        for at, score in by_hash:
            digest = library[at]
            told = {_NARROWS: score, _SHARES: shares.get(digest, 0.0)}
            told |= {name: each.get(at, 0.0) for name, each in seen.items()}
            scored.append(Scored(digest, _graded_score(told), tuple(told.items())))
        scored.sort(key=lambda each: (-each.score, each.digest))
        found.append(scored[:top])
    return found


def _confirmed(describing: Describing, query: bytes, near: Mapping[bytes, int]) -> dict[int, float]:
    """By position the similarity of those that a query confirms in any of its variants."""
    described = describing.of(_CONFIRMS, near)
    where = np.array([near[digest] for digest in described], np.int64)
    rows = Rows(where, list(described.values()))
    found: dict[int, float] = {}
    for packed in describing.variants(_CONFIRMS, [query])[0]:
        for at, score in confirmed(packed, rows, _CONFIRMED).items():
            found[at] = max(score, found.get(at, 0.0))
    return found


def _graded_score(told: Mapping[str, float]) -> float:
    shared = told[_SHARES]
    most = max(told[_CONFIRMS], shared)
    is_confirmed = most >= _CONFIRMED
    if is_confirmed:
        rest = told.get(_ORDERS, most)
    else:
        rest = max(told.get(_ORDERS, told[_NARROWS]), _SHARED + shared if shared else 0.0)
    return (is_confirmed + max(0.0, rest)) / 2
