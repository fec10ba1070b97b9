"""Equal fingerprints -> one row each for the search, and back to all rows in its result.

A library holds many equal hashes (plain copies, blank pictures). Searched one by one they would
meet each other quadratically, or pile up in one bucket or one chain of a tree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dupfinder.indexes.hits import Hits, gather, ranges

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dupfinder.protocols import Words


class Groups(NamedTuple):
    """Rows by equal value: the rows `members[first[g]:first[g + 1]]`, ascending, equal `words[g]`.

    `words` is (G, W) uint64, `first` (G + 1,) int64 and `members` (N,) int64.
    """

    words: Words
    first: NDArray[np.int64]
    members: NDArray[np.int64]


def group(words: Words) -> Groups:
    """The rows of (N, W) `words` by value, by one sort."""
    members = np.lexsort(words.T).astype(np.int64, copy=False)
    ordered = words[members]
    is_first = np.ones(len(words), bool)
    is_first[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    first = np.flatnonzero(is_first)
    return Groups(ordered[first], np.append(first, len(words)), members)


def expand(hits: Hits, left: Groups, right: Groups) -> Hits:
    """Hits between groups -> the hits between all their members."""
    which, left_position = _members_of(left, hits.left)
    again, right_position = _members_of(right, hits.right[which])
    return Hits(
        left.members[left_position[again]],
        right.members[right_position],
        hits.distance[which[again]],
    )


def complete(hits: Hits, groups: Groups) -> Hits:
    """Hits of the groups among themselves -> all pairs left < right of rows, equal ones too."""
    left, right, distance = expand(hits, groups, groups)
    upward = Hits(np.minimum(left, right), np.maximum(left, right), distance)
    return gather([upward, _equal_pairs(groups)])


def _equal_pairs(groups: Groups) -> Hits:
    position = np.arange(groups.members.size)
    end = np.repeat(groups.first[1:], np.diff(groups.first))
    which, other = ranges(position + 1, end - position - 1)
    return Hits(groups.members[which], groups.members[other], np.zeros(which.size, np.uint16))


def _members_of(
    groups: Groups, numbers: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    first = groups.first[numbers]
    return ranges(first, groups.first[numbers + 1] - first)
