"""Matches of features -> the photos for which enough of them agree on turn and scale."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]

# Cells of the histogram: turns of 22.5 degrees and half octaves. Matches of one copy fall into
# neighbouring cells: three turns and two scales are taken together.
_TURNS, _SCALES = 16, 24
_TURN_CELL, _SCALE_CELL = 256 // _TURNS, 8


class Votes(NamedTuple):
    """For each row a query, the photo it votes for, and how strongly; all int64."""

    query: Numbers
    photo: Numbers
    votes: Numbers


class Matches(NamedTuple):
    """M matches of features, each one vote.

    `query` votes for `photo` with its `feature`, which matches that photo's `entry`, int64 each.
    `turn` uint8 is by how much the photo is turned against the query, in 256ths; `scale` int16 by
    how much smaller it is, in 16ths of an octave.
    """

    query: Numbers
    photo: Numbers
    feature: Numbers
    entry: Numbers
    turn: NDArray[np.uint8]
    scale: NDArray[np.int16]


def counted(matches: Matches, least: int, most: int) -> Votes:
    """The photos with at least `least` votes in one cell, at most `most` for a query.

    Neither a feature nor an entry has more than one vote for a pair: patterns would vote with every
    one of their repeats.
    """
    query, photo, feature, entry, turn, scale = matches
    photos = int(photo.max(initial=0)) + 1
    pair = query * photos + photo
    kept = np.arange(len(pair))
    for one in (feature, entry):
        kept = kept[_first_of_each(pair[kept], one[kept])]
        kept = kept[_in_company(pair[kept], least)]
    pair, turn, scale = pair[kept], turn[kept], scale[kept]
    pairs, number = np.unique(pair, return_inverse=True)
    votes = _peaks(number, turn, scale, len(pairs))
    strong = votes >= least
    pairs, votes = pairs[strong], votes[strong]
    return strongest(Votes(pairs // photos, pairs % photos, votes), most)


def strongest(votes: Votes, most: int) -> Votes:
    """Of each query the `most` photos with the most votes, and of equal ones the first."""
    who, whom, counts = votes
    best = np.lexsort((whom, -counts, who))
    place = np.arange(len(best)) - np.searchsorted(who[best], who[best])
    kept = best[place < most]
    return Votes(who[kept], whom[kept], counts[kept])


def _first_of_each(pair: Numbers, one: Numbers) -> Numbers:
    """Positions of the first match of each pair and feature."""
    wide = int(one.max(initial=0)) + 1
    return np.asarray(np.unique(pair * wide + one, return_index=True)[1], np.int64)


def _in_company(pair: Numbers, least: int) -> Numbers:
    """Positions, by pair, of the matches whose pair has at least `least` of them."""
    order = np.argsort(pair, kind="stable")
    ends = np.flatnonzero(np.diff(pair[order], append=-1)) + 1
    counts = np.diff(ends, prepend=0)
    return np.asarray(order[np.repeat(counts >= least, counts)], np.int64)


def _peaks(
    number: Numbers, turn: NDArray[np.uint8], scale: NDArray[np.int16], pairs: int
) -> Numbers:
    """Of each pair, the most matches in neighbouring cells of turn and scale."""
    if not pairs:
        return np.empty(0, np.int64)
    across = turn.astype(np.int64) // _TURN_CELL
    along = np.clip(scale.astype(np.int64) // _SCALE_CELL + _SCALES // 2, 0, _SCALES - 1)
    cells = np.bincount(
        (number * _TURNS + across) * _SCALES + along, minlength=pairs * _TURNS * _SCALES
    ).reshape(pairs, _TURNS, _SCALES)
    cells = cells + np.roll(cells, 1, axis=1) + np.roll(cells, -1, axis=1)
    cells[:, :, :-1] += cells[:, :, 1:].copy()
    return np.asarray(cells.reshape(pairs, -1).max(axis=1), np.int64)
