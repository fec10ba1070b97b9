"""Hypothesis strategies for the nouns that more than one test needs."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

Words = NDArray[np.uint64]


def words_of(values: list[int], size: int) -> Words:
    """Integers as the (N, size) uint64 rows of an index, word 0 least significant."""
    packed = b"".join(value.to_bytes(8 * size, "little") for value in values)
    return np.frombuffer(packed, "<u8").astype(np.uint64).reshape(-1, size)


@st.composite
def hash_values(draw: st.DrawFn, bits: int, most: int = 60) -> list[int]:
    """Hashes of `bits` bits as a library has them, and as it has them only on a bad day.

    Some are random and some blank but for a few bits; some use few of their bits, as padded hashes
    do; a good part are neighbours of others at an exact distance, or equal to them.
    """
    noise = random.Random(draw(st.integers(0, 2**32)))
    used = draw(st.sampled_from([(1 << bits) - 1, (1 << (bits // 2)) - 1, noise.getrandbits(bits)]))
    blank = noise.getrandbits(bits)
    values: list[int] = []
    for _ in range(draw(st.integers(0, most))):
        kind = draw(st.sampled_from(["random", "neighbour", "equal", "blank"]))
        if kind == "blank":
            values.append(flipped(blank, noise.randrange(3), bits, noise))
        elif kind == "random" or not values:
            values.append(noise.getrandbits(bits) & used)
        else:
            distance = 0 if kind == "equal" else noise.randrange(bits // 3)
            values.append(flipped(noise.choice(values), distance, bits, noise))
    return values


def flipped(value: int, distance: int, bits: int, noise: random.Random) -> int:
    """A hash at exactly this Hamming distance."""
    for bit in noise.sample(range(bits), distance):
        value ^= 1 << bit
    return value
