"""Fingerprints -> pairs within a radius, comparing only those that nearly agree in a band of bits.

Exact at every radius: `bands` has the principle and its sources. The work grows with the number of
pairs that agree by chance, so a plan is made for each join, and where no bands pay, all pairs are
compared as `linear` does.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np

from dupfinder.indexes.bands import Shape, Task, masks, pays, plan
from dupfinder.indexes.equals import complete, expand, group
from dupfinder.indexes.hits import Hits, gather, in_order, ranges
from dupfinder.indexes.linear import scan, within
from dupfinder.indexes.turned import by_joins

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dupfinder.protocols import Pairs, Words

# Candidates compared at once: their rows and words stay in the cache of one core.
BLOCK = 1 << 17

# Two buckets that make more pairs than this are joined by bands of their own.
OVERSIZED = 1 << 22

# Rows looked at for how evenly the bits are used.
SAMPLE = 4096

# Rows of either side of which all pairs are looked at.
SAMPLE_PAIRED = 256


class BandedIndex:
    """A join by bands. Memory beyond the result: 0.2 kB a hash of 64 bits, 0.4 kB of 256.

    One million hashes on one core take about 5 s for 64 bits at radius 8 and about 20 s for 256
    bits at radius 31.
    """

    name = "banded"

    def __init__(self, words: Words) -> None:
        self._groups = group(words)
        self._columns = np.ascontiguousarray(self._groups.words.T)

    def pairs(self, radius: int) -> Pairs:
        hits = gather(_search(self._columns, self._columns, radius))
        return in_order(complete(hits, self._groups))

    def join(self, queries: Words, radius: int) -> Pairs:
        asked = group(queries)
        columns = np.ascontiguousarray(asked.words.T)
        hits = gather(_search(columns, self._columns, radius))
        return in_order(expand(hits, asked, self._groups))

    def turned_pairs(self, variants: Sequence[Words], radius: int) -> Pairs:
        return by_joins(self, variants, radius)


class _Band:
    """Some bits of the hashes, as a key: `bits` are their numbers, least significant first."""

    def __init__(self, bits: NDArray[np.int64], radius: int, words: int) -> None:
        self.bits = bits
        self.radius = radius
        self.mask = np.zeros((words, 1), np.uint64)
        np.bitwise_or.at(self.mask[:, 0], bits // 64, np.uint64(1) << (bits % 64).astype(np.uint64))

    def keys(self, columns: Words) -> NDArray[np.int64]:
        """The key of each column of (W, N) `columns`."""
        keys = np.zeros(columns.shape[1], np.uint64)
        for position, bit in enumerate(self.bits.tolist()):
            keys |= (columns[bit // 64] >> np.uint64(bit % 64) & np.uint64(1)) << np.uint64(
                position
            )
        return keys.view(np.int64)

    def holds(self, difference: Words) -> NDArray[np.bool_]:
        """Whether two hashes that differ by a column of (W, N) `difference` agree in this band."""
        differing = np.bitwise_count(difference & self.mask).sum(axis=0, dtype=np.uint16)
        near: NDArray[np.bool_] = differing <= self.radius
        return near


class _Buckets:
    """The hashes in the order of their keys in one band: a bucket is a run of equal keys."""

    def __init__(self, columns: Words, band: _Band) -> None:
        keys = band.keys(columns)
        self.rows = np.argsort(keys)
        self.keys = keys[self.rows]
        self.columns = columns.take(self.rows, axis=1)
        begin = np.append(0, np.flatnonzero(self.keys[1:] != self.keys[:-1]) + 1)
        end = np.append(begin[1:], keys.size)
        self.largest = int((end - begin).max())
        # Tables over all possible keys; only those of occupied ones are ever read or written.
        values = self.keys[begin]
        self.occupied = np.zeros(1 << band.bits.size, bool)
        self.occupied[values] = True
        self._begin = np.empty(self.occupied.size, np.int32)
        self._begin[values] = begin
        self._end = np.empty(self.occupied.size, np.int32)
        self._end[values] = end

    def runs(self, keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where the buckets of occupied keys begin and end."""
        return self._begin.take(keys).astype(np.int64), self._end.take(keys).astype(np.int64)


def _search(left: Words, right: Words, radius: int) -> Iterator[Hits]:
    """All pairs of columns of `left` (W, L) and `right` (W, R) within the radius, each once.

    Where both are the same array it is a self-join, and a pair comes in any one direction.
    """
    if not left.size or not right.size:
        return
    varying, apart = _varying_bits(left, right)
    if apart > radius:
        return
    bands = _bands(left, right, varying, radius - apart)
    if not bands:
        yield from scan(left, right, radius, triangle=left is right)
    for number, band in enumerate(bands):
        for hits in _join_in(band, left, right, radius):
            yield _not_yet_found(hits, left, right, bands[:number])


def _varying_bits(left: Words, right: Words) -> tuple[NDArray[np.int64], int]:
    """The bits that vary within a side, and how many of the others set the two sides apart.

    Padding and constant bits tell no pairs apart, so bands made of them would be wasted; and inside
    an oversized bucket the bits of its key are constant, so that each refinement has fewer bits.
    """
    varying = np.bitwise_or.reduce(left ^ left[:, :1], axis=1)
    varying |= np.bitwise_or.reduce(right ^ right[:, :1], axis=1)
    apart = int(np.bitwise_count((left[:, 0] ^ right[:, 0]) & ~varying).sum())
    return np.flatnonzero(_unpacked(varying[:, None])), apart


def _unpacked(columns: Words) -> NDArray[np.uint8]:
    """(W, N) words as (W * 64, N) bits, bit 0 of word 0 first."""
    rows = np.ascontiguousarray(columns.T).astype("<u8")
    return np.unpackbits(rows.view(np.uint8), axis=1, bitorder="little").T


def _bands(left: Words, right: Words, varying: NDArray[np.int64], radius: int) -> list[_Band]:
    """The planned bands, dealt the bits in turn from the most even one on.

    So every band tells about as much as the others, and the bits of one corner of a picture, which
    go together, come into different bands.
    """
    step = -(-right.shape[1] // SAMPLE)
    share = _unpacked(right[:, ::step])[varying].mean(axis=1)
    entropy = -np.log2(share**2 + (1 - share) ** 2)
    words, count = right.shape
    mean = float(entropy.mean()) if varying.size else 0.0
    task = Task(left.shape[1], count, words, varying.size, radius, left is right, mean)
    shapes = plan(task).bands
    dealt = _deal(varying[np.argsort(-entropy, kind="stable")].tolist(), shapes)
    bands = [
        _Band(np.array(bits, np.int64), shape.radius, words)
        for bits, shape in zip(dealt, shapes, strict=True)
    ]
    return bands if pays(task, _share_agreeing(left, right, bands)) else []


def _share_agreeing(left: Words, right: Words, bands: list[_Band]) -> float:
    """The share of pairs that agree in a band, summed over the bands, as a sample has it.

    The plan takes bits to be independent; in nearly blank pictures they are not. Since a refined
    bucket must pass this test too, refinements never cost more than the scan they replace.
    """
    ours = left[:, :: -(-left.shape[1] // SAMPLE_PAIRED)]
    theirs = right[:, :: -(-right.shape[1] // SAMPLE_PAIRED)]
    difference = (ours[:, :, None] ^ theirs[:, None, :]).reshape(left.shape[0], -1)
    # In a self-join every sampled hash meets itself, which says nothing.
    meetings = difference[:, difference.any(axis=0)]
    return sum(float(band.holds(meetings).mean()) for band in bands) if meetings.size else 0.0


def _deal(bits: list[int], shapes: tuple[Shape, ...]) -> list[list[int]]:
    """The bits to the bands in turn, until each has its number; the rest is left over."""
    hands: list[list[int]] = [[] for _ in shapes]
    rest = iter(bits)
    for turn in range(max((shape.bits for shape in shapes), default=0)):
        for hand, shape in zip(hands, shapes, strict=True):
            if turn < shape.bits:
                hand.append(next(rest))
    return hands


def _join_in(band: _Band, left: Words, right: Words, radius: int) -> Iterator[Hits]:
    """All pairs within the radius that agree in the band."""
    ours = _Buckets(left, band)
    theirs = ours if left is right else _Buckets(right, band)
    for position, key in _probes(ours, theirs, band):
        for found in _found(ours, theirs, position, key, radius):
            yield Hits(ours.rows[found.left], theirs.rows[found.right], found.distance)


def _probes(
    ours: _Buckets, theirs: _Buckets, band: _Band
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Positions of ours, and for each the key of a bucket of theirs that agrees in the band.

    In a self-join only the one of two keys asks that lacks the highest bit in which they differ.
    """
    ways = masks(band.bits.size, band.radius)
    for highest, group_of_masks in itertools.groupby(ways, key=itemgetter(0)):
        if ours is theirs and highest >= 0:
            asking = np.flatnonzero(ours.keys >> highest & 1 == 0)
        else:
            asking = np.arange(ours.keys.size)
        asking_keys = ours.keys[asking]
        for _, mask in group_of_masks:
            keys = asking_keys ^ mask
            met = np.flatnonzero(theirs.occupied.take(keys))
            yield asking.take(met), keys.take(met)


def _found(
    ours: _Buckets,
    theirs: _Buckets,
    position: NDArray[np.int64],
    key: NDArray[np.int64],
    radius: int,
) -> Iterator[Hits]:
    """The pairs within the radius among each position's hash and the bucket of its key."""
    if ours.largest * theirs.largest > OVERSIZED:
        first, last = ours.runs(ours.keys[position])
        begin, end = theirs.runs(key)
        oversized = (last - first) * (end - begin) > OVERSIZED
        heads = oversized & (first == position)
        for run in zip(first[heads], last[heads], begin[heads], end[heads], strict=True):
            yield from _refined(ours, theirs, run, radius)
        position, key = position[~oversized], key[~oversized]
    begin, end = theirs.runs(key)
    if ours is theirs:
        begin = np.maximum(begin, position + 1)
    total = np.cumsum(end - begin)
    cuts = np.searchsorted(total, np.arange(0, total[-1] if total.size else 0, BLOCK), side="right")
    for start, stop in itertools.pairwise([*cuts.tolist(), position.size]):
        which, other = ranges(begin[start:stop], (end - begin)[start:stop])
        i = position[start:stop].take(which)
        yield within(ours.columns, theirs.columns, i, other, radius)


def _refined(
    ours: _Buckets, theirs: _Buckets, run: tuple[int, int, int, int], radius: int
) -> Iterator[Hits]:
    """The same for two buckets so large that they deserve bands of their own."""
    first, last, begin, end = run
    left = ours.columns[:, first:last]
    same_bucket = ours is theirs and first == begin
    right = left if same_bucket else theirs.columns[:, begin:end]
    for found in _search(left, right, radius):
        yield Hits(found.left + first, found.right + begin, found.distance)


def _not_yet_found(hits: Hits, left: Words, right: Words, earlier: list[_Band]) -> Hits:
    """The hits that agree in none of the earlier bands: so each pair is found once."""
    difference = left[:, hits.left] ^ right[:, hits.right]
    new = np.ones(hits.left.size, bool)
    for band in earlier:
        new &= ~band.holds(difference)
    return Hits(hits.left[new], hits.right[new], hits.distance[new])
