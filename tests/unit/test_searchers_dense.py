"""Similarities of vectors against the definitions, written out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from searching import cornered, picture

from dupfinder.features import hsv, kaze, orb
from dupfinder.protocols import Rows
from dupfinder.searchers.dense import bhattacharyya, correlation, cosine, nearest, stored

SHARES = npst.arrays(np.float64, 6, elements=st.floats(0, 1, width=32))


@given(left=SHARES, right=SHARES)
def test_correlation_is_pearsons(left: np.ndarray, right: np.ndarray) -> None:
    (found,) = correlation(left[None], right)

    a, b = left - left.mean(), right - right.mean()
    spread = math.sqrt((a**2).sum() * (b**2).sum())
    assert -1 - 1e-6 <= found <= 1 + 1e-6
    if spread > 1e-9:
        assert found == pytest.approx((a * b).sum() / spread, abs=1e-6)


@given(left=SHARES, right=SHARES)
def test_bhattacharyya_is_one_less_the_distance(left: np.ndarray, right: np.ndarray) -> None:
    if not (left.sum() > 1e-3 and right.sum() > 1e-3):
        return
    (found,) = bhattacharyya(left[None], right)

    p, q = left / left.sum(), right / right.sum()
    coefficient = sum(math.sqrt(a * b) for a, b in zip(p, q, strict=True))
    assert found == pytest.approx(1 - math.sqrt(max(0, 1 - coefficient)), abs=1e-6)


def test_a_vector_of_zeros_is_like_nothing() -> None:
    zeros, some = np.zeros(4), np.arange(4.0)

    assert cosine(zeros[None], some).tolist() == cosine(some[None], zeros).tolist() == [0]
    assert correlation(np.ones((1, 4)), some).tolist() == [0]


def test_a_stored_vector_of_another_length_is_refused() -> None:
    rows = [Rows(np.array([0]), [stored(np.zeros(5, np.float32))])]

    with pytest.raises(ValueError, match="reshape"):
        nearest([stored(np.ones(4, np.float32))], rows, 1, 4, cosine)


def test_colours_are_told_by_where_they_are() -> None:
    red_above, red_below = np.zeros((2, 90, 120, 3), np.uint8)
    red_above[:45, :, 0] = red_below[45:, :, 0] = 255

    above, below = (hsv.histograms(each).astype(np.float64) for each in (red_above, red_below))

    assert above.reshape(hsv.REGIONS, -1).sum(axis=1).tolist() == [1] * hsv.REGIONS
    same_colours = above.reshape(hsv.REGIONS, -1).sum(axis=0)
    assert np.allclose(same_colours, below.reshape(hsv.REGIONS, -1).sum(axis=0), atol=0.05)
    assert correlation(above[None], below)[0] < 0.5
    assert correlation(above[None], above)[0] == pytest.approx(1)


def test_colours_hardly_depend_on_the_size_of_the_decode() -> None:
    large = cornered(3, 640, 480)
    small = large.reshape(240, 2, 320, 2, 3).mean(axis=(1, 3)).astype(np.uint8)

    one, other = (hsv.histograms(each).astype(np.float64) for each in (large, small))

    assert correlation(one[None], other)[0] > 0.98


def test_a_kaze_vector_is_of_unit_length_and_the_strongest_come_first() -> None:
    vector = kaze.vector(picture(4).grey)

    assert vector.shape == (2048,)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    assert not kaze.vector(np.full((240, 320), 7, np.uint8)).any()
    assert not kaze.vector(np.zeros((3, 300), np.uint8)).any()


def test_orb_keypoints_come_back_as_they_were_stored() -> None:
    packed = orb.described(picture(4).grey)

    points, bits = orb.unpacked(packed)

    assert len(points) == len(bits) == len(packed) // 36 > 50
    assert points.min() >= 0
    assert points.max() <= orb.SIDE
    assert orb.described(np.zeros((20, 300), np.uint8)) == b""
    with pytest.raises(ValueError, match="size"):
        orb.unpacked(packed[:-1])
