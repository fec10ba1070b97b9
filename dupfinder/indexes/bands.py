"""Number of hashes, bits and radius -> the bands by which an exact join costs least.

The bits are divided among bands, and the generalised pigeonhole principle says how near two hashes
must be in one of them: if the band radii satisfy sum(radius + 1) > R, two hashes that exceed every
band radius differ in more than R bits. So a pair within R agrees, up to the band radius, in at
least one band, and only such pairs have to be compared. Band radius 0 is the block scheme of Manku,
Jain and Das Sarma, "Detecting near-duplicates for web crawling", WWW 2007; larger ones are
multi-index hashing: Norouzi, Punjani and Fleet, "Fast search in Hamming space with multi-index
hashing", CVPR 2012.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from math import comb
from typing import NamedTuple

from dupfinder.indexes.tiles import scan_seconds

# A band's tables have 2^bits entries of 9 bytes: 150 MB at most.
MAX_BAND_BITS = 24

# Seconds measured on one 2023 server core: for a call of numpy's on hardly any data, for bringing
# one hash into a band's order, for one table entry, for one probe of the table, for one candidate.
BAND_CALL = 400e-6
MASK_CALL = 40e-6
SORT = 250e-9
ENTRY = 0.5e-9
PROBE = 4e-9
CANDIDATE = 30e-9


class Shape(NamedTuple):
    """A band before its bits are chosen: how many, and how many of them a pair may differ in."""

    bits: int
    radius: int


class Task(NamedTuple):
    """A join of `left` with `right` hashes, or with itself where `triangle`.

    Only `bits` of the `words` * 64 vary; `entropy` (0 to 1) says how many bits each is worth.
    """

    left: int
    right: int
    words: int
    bits: int
    radius: int
    triangle: bool
    entropy: float = 1.0

    @property
    def pairs(self) -> float:
        return self.left * self.right / (2 if self.triangle else 1)


class Plan(NamedTuple):
    """What a join will do: no bands means that it compares all pairs."""

    bands: tuple[Shape, ...]
    seconds: float


def plan(task: Task) -> Plan:
    """The cheapest exact plan; a millisecond at radius 8, ten at radius 60."""
    scan = Plan((), scan_seconds(task.pairs, task.words, task.radius))
    divided = (
        Plan(bands, _seconds(task, bands))
        for count in range(1, min(task.bits, task.radius + 1) + 1)
        for bands in (_divide(task, count, favour) for favour in (0, 2, 4))
    )
    return min(itertools.chain([scan], divided), key=lambda choice: choice.seconds)


def pays(task: Task, share: float) -> bool:
    """Whether bands cost less than a scan where this share of all pairs agrees in one of them."""
    return share * task.pairs * CANDIDATE < scan_seconds(task.pairs, task.words, task.radius)


def masks(bits: int, radius: int) -> Iterator[tuple[int, int]]:
    """The ways in which two keys of a band can differ: (highest differing bit, mask), none first.

    Yields 1 + bits + bits * (bits - 1) / 2 + ... of them; no difference counts as highest bit -1.
    """
    yield -1, 0
    for highest in range(bits):
        for others in range(radius):
            for lower in itertools.combinations(range(highest), others):
                yield highest, sum(1 << bit for bit in (*lower, highest))


def _divide(task: Task, count: int, favour: int) -> tuple[Shape, ...]:
    """`count` bands; those of the larger radius get `favour` bits more, for they have more keys."""
    radius, larger = divmod(task.radius + 1, count)
    if favour * larger > task.bits - count:
        favour = 0
    bits, spare = divmod(task.bits - favour * larger, count)
    most = min(MAX_BAND_BITS, task.right.bit_length() + 4)
    return tuple(
        Shape(
            min(most, bits + (number < spare) + favour * (number < larger)),
            radius - 1 + (number < larger),
        )
        for number in range(count)
    )


def _seconds(task: Task, bands: tuple[Shape, ...]) -> float:
    half = 0.5 if task.triangle else 1.0
    total = 0.0
    for bits, radius in bands:
        keys = sum(comb(bits, differing) for differing in range(radius + 1))
        candidates = task.pairs * min(1.0, keys / 2 ** (bits * task.entropy))
        total += BAND_CALL + (task.left + task.right) * half * SORT + 2**bits * ENTRY
        total += keys * (MASK_CALL + task.left * half * PROBE) + candidates * CANDIDATE
    return total
