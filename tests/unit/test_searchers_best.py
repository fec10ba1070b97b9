"""The best of a stream equal the best of all, and hashes are sorted by their bits."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dupfinder.protocols import Rows
from dupfinder.searchers.best import Best
from dupfinder.searchers.hashes import HashSearcher

# Few different scores, so that there are ties.
SCORES = st.lists(st.sampled_from([-0.5, 0.0, 0.25, 0.5, 1.0]), max_size=40)
HASHES = st.lists(st.binary(min_size=8, max_size=8) | st.just(bytes(8)), min_size=1, max_size=30)


@given(scores=SCORES, count=st.integers(1, 12), cut=st.integers(0, 40))
def test_a_stream_equals_sorting_everything(scores: list[float], count: int, cut: int) -> None:
    positions, values = np.arange(len(scores)), np.array(scores)
    best = Best(count)

    best.add(positions[cut:], values[cut:])  # the later half first
    best.add(positions[:cut], values[:cut])

    expected = sorted(range(len(scores)), key=lambda at: (-scores[at], at))[:count]
    assert best.found().positions.tolist() == expected
    assert best.found().scores.tolist() == [scores[at] for at in expected]


@given(hashes=HASHES, query=st.binary(min_size=8, max_size=8), count=st.integers(1, 5))
def test_hashes_equal_sorting_by_bits(hashes: list[bytes], query: bytes, count: int) -> None:
    asked = int.from_bytes(query, "little")
    bits = [(int.from_bytes(each, "little") ^ asked).bit_count() for each in hashes]
    expected = sorted(range(len(hashes)), key=lambda at: (bits[at], at))[:count]

    rows = [Rows(np.arange(len(hashes)), hashes)]
    (found,) = HashSearcher("phash").nearest([query], rows, count)

    assert found.positions.tolist() == expected
    assert found.scores.tolist() == [1 - bits[at] / 64 for at in expected]


def test_of_two_hashes_of_a_framed_picture_the_nearer_one_counts() -> None:
    far, near = bytes([255] * 8), bytes(8)

    (found,) = HashSearcher("phash").nearest([near], [Rows(np.array([7]), [far + near])], 3)

    assert found.positions.tolist() == [7]
    assert found.scores.tolist() == [1.0]
