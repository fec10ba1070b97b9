"""Pooling by the definitions, unit length, probabilities."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dupfinder.searchers.networks.pooling import by_channel, pooled, probabilities, unit

MAPS = arrays.arrays(
    np.float64,
    st.tuples(st.integers(1, 5), st.integers(1, 12)),
    elements=st.floats(-1e3, 1e3, allow_subnormal=False),
)


@given(MAPS, st.floats(1, 10))
def test_pooling_is_what_its_definition_says(maps: np.ndarray, exponent: float) -> None:
    for row, mean, most, gem in zip(
        maps.tolist(),
        pooled(maps, "mean", 3.0),
        pooled(maps, "max", 3.0),
        pooled(maps, "gem", exponent),
        strict=True,
    ):
        assert mean == pytest.approx(math.fsum(row) / len(row), abs=1e-9)
        assert most == max(row)
        powers = math.fsum(max(each, 1e-6) ** exponent for each in row)
        assert gem == pytest.approx((powers / len(row)) ** (1 / exponent), rel=1e-6)


@given(MAPS)
def test_the_generalised_mean_lies_between_mean_and_maximum(maps: np.ndarray) -> None:
    maps = np.abs(maps) + 1e-3

    gem = pooled(maps, "gem", 3.0)

    assert np.all(gem >= pooled(maps, "mean", 3.0) * (1 - 1e-9))
    assert np.all(gem <= pooled(maps, "max", 3.0) * (1 + 1e-9))
    assert pooled(maps, "gem", 1.0) == pytest.approx(pooled(maps, "mean", 3.0))
    assert pooled(maps, "gem", 100.0) == pytest.approx(pooled(maps, "max", 3.0), rel=0.05)


def test_huge_values_have_a_generalised_mean() -> None:
    assert pooled(np.array([[1e300, 1e300]]), "gem", 3.0) == pytest.approx([1e300])


def test_without_pooling_nothing_is_lost() -> None:
    maps = np.arange(6.0).reshape(2, 3)

    assert pooled(maps, "none", 3.0).tolist() == [0, 1, 2, 3, 4, 5]


def test_channels_are_found_in_either_layout() -> None:
    maps = np.arange(24.0).reshape(1, 2, 3, 4)

    first, last = by_channel(maps, "NCHW"), by_channel(np.moveaxis(maps, 1, 3), "NHWC")

    assert first is not None
    assert last is not None
    assert np.array_equal(first, last)
    assert np.array_equal(first, maps.reshape(2, 12))


def test_vectors_and_tokens_have_channels_too() -> None:
    vector, tokens = np.arange(5.0), np.arange(12.0).reshape(1, 3, 4)

    assert by_channel(vector, "NCHW").tolist() == by_channel(vector[None], "NHWC").tolist()
    assert by_channel(tokens, "NCHW").mean(axis=1).tolist() == [4, 5, 6, 7]


@pytest.mark.parametrize("shape", [(), (2, 5), (2, 3, 4, 4), (1, 2, 2, 2, 2)])
def test_other_shapes_are_no_features_of_one_picture(shape: tuple[int, ...]) -> None:
    assert by_channel(np.zeros(shape), "NCHW") is None


@given(arrays.arrays(np.float64, st.integers(1, 9), elements=st.floats(-1e300, 1e300)))
def test_descriptors_have_length_one(vector: np.ndarray) -> None:
    length = float(np.linalg.norm(unit(vector).astype(np.float64)))

    assert length == (pytest.approx(1, abs=1e-6) if vector.any() else 0)


@given(arrays.arrays(np.float64, st.integers(2, 9), elements=st.floats(-700, 700)))
def test_scores_become_probabilities(scores: np.ndarray) -> None:
    shares = probabilities(scores)

    assert shares.sum() == pytest.approx(1)
    assert shares.min() >= 0
    assert shares.argmax() == scores.argmax() or shares.max() == shares[scores.argmax()]


def test_probabilities_stay_what_they_are() -> None:
    shares = np.array([0.25, 0.7, 0.05])

    assert probabilities(shares) is shares
    expected = np.exp([1.0, 2.0]) / np.exp([1.0, 2.0]).sum()
    assert probabilities(np.array([1.0, 2.0])) == pytest.approx(expected)
