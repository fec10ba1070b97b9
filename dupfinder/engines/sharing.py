"""Photos that share local features, where no hash could see it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from dupfinder.candidates import connected
from dupfinder.engines.photos import Library
from dupfinder.engines.segments import Features, index_of
from dupfinder.indexes.queries import Proposed, in_order
from dupfinder.model import CandidatePair, Orientation
from dupfinder.storage import Cache


class Proposals(NamedTuple):
    """Pairs that share parts of their pictures, those that share photos beside each other.

    `photos` counts those that were looked through, `nbytes` is what their index takes.
    """

    pairs: list[CandidatePair]
    photos: int
    nbytes: int


def proposals(photos: Library, leaders: Sequence[int], cache: Cache) -> Proposals:
    """Pairs among the centres of stars and the photos that are in none: members are known.

    Photos that are only compared with do not ask: then a pair is proposed if the new one of them
    votes for the other, and not if only the other would have voted for it.
    """
    # Contents are compared: what is found of one holds for all photos that have it.
    having: dict[bytes, list[int]] = {}
    for position in leaders:
        having.setdefault(photos.seen[position].digest, []).append(position)
    contents = Features(list(having), cache)
    new = np.array(leaders, np.int64)[photos.is_new[leaders]]
    asking = sorted({contents.numbers[photos.seen[position].digest] for position in new.tolist()})
    if not asking:
        return Proposals([], len(leaders), 0)
    index = index_of(contents, [cache.arrays])
    found = index.proposals((number, contents[number]) for number in asking)
    found = _expanded(found, list(having.values()))
    label = connected(len(photos), found.left, found.right)
    order = np.lexsort((found.right, found.left, label[found.left]))
    pairs = []
    for at in order.tolist():
        left, right = (photos[int(side[at])] for side in (found.left, found.right))
        turn = Orientation.MIRRORED if found.mirrored[at] else Orientation.UPRIGHT
        pairs.append(CandidatePair(left, right, "features", None, turn))
    return Proposals(pairs, len(leaders), index.nbytes)


def _expanded(found: Proposed, holders: Sequence[Iterable[int]]) -> Proposed:
    """The same of the positions of photos, from the numbers of their contents."""
    return in_order(
        (min(ends), max(ends), votes, mirrored)
        for left, right, votes, mirrored in zip(*(each.tolist() for each in found), strict=True)
        for ends in product(holders[left], holders[right])
    )
