"""Hashes -> pairs within a radius in any orientation, those that differ by fixed bits at once.

Mirroring a picture flips some bits of its hash, the same ones in every hash. So hashes that are
compared once are compared in all orientations that only flip bits: of a word whose bits some of
them flip and others do not, e bits differ in these and 64 - e in those. To that end the bits are
sorted into words that are flipped as a whole or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dupfinder.indexes.hits import Hits, gather, least
from dupfinder.indexes.packing import WORD_BITS
from dupfinder.indexes.tiles import PREFIX_WORDS, Scratch, Tile, compared, scan_seconds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dupfinder.protocols import HammingIndex, Pairs, Words

# No bit of a word, and all of them.
_WHOLE = np.array([0, 2**WORD_BITS - 1], np.uint64)
# Rows whose bits are sorted at once: 64 bytes a word.
_AT_ONCE = 1 << 14


class Coset(NamedTuple):
    """Variants that differ from `words` (N, W) by the bits of `masks` (M, W), one for each."""

    words: Words
    masks: Words


def cosets(variants: Sequence[Words]) -> list[Coset]:
    """The variants, (N, W) each, by the flips that lead from one to another."""
    found: list[tuple[Words, list[Words]]] = []
    for variant in variants:
        for words, masks in found:
            flips = variant ^ words
            if (flips == flips[:1]).all():
                masks.append(flips[0])
                break
        else:
            found.append((variant, [np.zeros(variant.shape[1], np.uint64)]))
    return [Coset(words, np.array(masks)) for words, masks in found]


def scan_turned_seconds(pairs: float, words: int, radius: int, flips: int) -> float:
    """What `scan_turned` takes of one core for random hashes that are compared in so many flips."""
    read = min(words, PREFIX_WORDS)
    return scan_seconds(pairs, words, radius) if flips == 1 else pairs * (0.5 + 0.7 * read) * 1e-9


def by_joins(index: HammingIndex, variants: Sequence[Words], radius: int) -> Pairs:
    """`HammingIndex.turned_pairs` by one join for each orientation; the upright one comes first."""
    found = [Hits(*index.pairs(radius))]
    for variant in variants[1:]:
        left, right, distance = index.join(variant, radius)
        once = left < right
        found.append(Hits(left[once], right[once], distance[once]))
    return least(gather(found))


def scan_turned(variants: Sequence[Words], own: Words, radius: int) -> Iterator[Hits]:
    """Pairs left < right of rows of which a variant of the left one is within the radius.

    Args:
        variants: (N, W) each, row i of all of them is one hash in some orientation.
        own: (N, W), the hashes themselves.
        radius: in bits.

    Returns:
        Pairs with the least distance of the variants that flip bits of each other: a pair may come
        again with another distance.
    """
    if not len(own):
        return
    for words, masks in cosets(variants):
        order = _by_flips(masks)
        left, right, flips = (_sorted_bits(each, order) for each in (words, own, masks))
        yield from _scan(left.T.copy(), right.T.copy(), flips, radius)


def _by_flips(masks: Words) -> NDArray[np.int64]:
    """An order of the bits in which those are beside each other that are always flipped together.

    Where that makes no words that are flipped as a whole, it is of no use, and no harm.
    """
    bits = _bits(masks)
    return np.lexsort(bits)


def _bits(words: Words) -> NDArray[np.uint8]:
    """(N, W) words as (N, 64 W) bits, bit 0 of word 0 first."""
    octets = np.ascontiguousarray(words, dtype="<u8").view(np.uint8)
    return np.unpackbits(octets, axis=1, bitorder="little")


def _sorted_bits(words: Words, order: NDArray[np.int64]) -> Words:
    sorted_words = np.empty(words.shape, np.uint64)
    for at in range(0, len(words), _AT_ONCE):
        bits = _bits(words[at : at + _AT_ONCE])[:, order]
        octets = np.packbits(bits, axis=1, bitorder="little")
        sorted_words[at : at + _AT_ONCE] = np.ascontiguousarray(octets).view("<u8")
    return sorted_words


def _scan(left: Words, right: Words, flips: Words, radius: int) -> Iterator[Hits]:
    """Pairs left < right of columns of (W, N) that are within the radius by some of the flips."""
    bounds = _bounds(flips)

    def judge(tile: Tile, scratch: Scratch) -> Hits:
        rows, columns = left[:, tile.rows], right[:, tile.columns]
        row, column = _may_be_within(rows, columns, bounds, radius, scratch)
        i, j = row + tile.rows.start, column + tile.columns.start
        upper = i < j
        return _within(left, right, flips, i[upper], j[upper], radius)

    return compared(left.shape[1], right.shape[1], judge, triangle=True)


class _Bound(NamedTuple):
    """A word that all masks flip by `constant`, or where `either` is set wholly or not at all."""

    word: int
    constant: np.uint64
    either: bool


def _bounds(flips: Words) -> list[_Bound]:
    """The words that say something about the distance in all flips, those first that say most."""
    found = []
    for word, column in enumerate(flips.T):
        if (column == column[0]).all():
            found.append(_Bound(word, column[0], either=False))
        elif np.isin(column, _WHOLE).all():
            found.append(_Bound(word, np.uint64(0), either=True))
    return sorted(found, key=lambda each: each.either)[:PREFIX_WORDS]


def _may_be_within(
    rows: Words, columns: Words, bounds: Sequence[_Bound], radius: int, scratch: Scratch
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The pairs (row, column) of a tile that the first words do not rule out in all flips."""
    height, width = rows.shape[1], columns.shape[1]
    difference, counts, others, distance = (part[: height * width] for part in scratch)
    distance[:] = 0
    for read, (word, constant, either) in enumerate(bounds, 1):
        grid = difference.reshape(height, width)
        np.bitwise_xor(rows[word, :, None] ^ constant, columns[word], out=grid)
        np.bitwise_count(difference, out=counts)
        if either:
            np.subtract(np.uint8(WORD_BITS), counts, out=others)
            np.minimum(counts, others, out=counts)
        np.add(distance, counts, out=distance)
        # Random hashes differ in half their bits: before that a look would be wasted.
        if 32 * read > radius and distance.min() > radius:
            nothing = np.empty(0, np.int64)
            return nothing, nothing
    row, column = np.divmod(np.flatnonzero(distance <= radius), width)
    return row, column


def _within(
    left: Words,
    right: Words,
    flips: Words,
    i: NDArray[np.int64],
    j: NDArray[np.int64],
    radius: int,
) -> Hits:
    """Those of the given pairs of columns that are within the radius, with the least distance."""
    difference = left[:, i] ^ right[:, j]
    distance = np.full(i.size, np.iinfo(np.uint16).max, np.uint16)
    for mask in flips:
        bits = np.bitwise_count(difference ^ mask[:, None]).sum(axis=0, dtype=np.uint16)
        np.minimum(distance, bits, out=distance)
    near = np.flatnonzero(distance <= radius)
    return Hits(i[near], j[near], distance[near])
