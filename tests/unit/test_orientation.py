"""The eight orientations are the symmetries of the rectangle, as numpy turns arrays."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from dupfinder.decode.pixels import oriented
from dupfinder.model import Orientation

UNEVEN = np.arange(15).reshape(3, 5)  # no symmetry maps it to itself
PAIRS = list(itertools.product(Orientation, Orientation))


def by_numpy(orientation: Orientation) -> np.ndarray:
    turned = np.rot90(UNEVEN, orientation.value % 4)
    return np.fliplr(turned) if orientation.value >= 4 else turned


@pytest.mark.parametrize("orientation", Orientation)
def test_each_is_what_its_value_says(orientation: Orientation) -> None:
    assert np.array_equal(oriented(UNEVEN, orientation), by_numpy(orientation))
    assert (by_numpy(orientation).shape == (5, 3)) == orientation.swaps_sides


def test_all_eight_differ() -> None:
    assert len({(by_numpy(each).shape, by_numpy(each).tobytes()) for each in Orientation}) == 8


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_one_after_the_other(first: Orientation, second: Orientation) -> None:
    both = oriented(oriented(UNEVEN, first), second)
    assert np.array_equal(both, by_numpy(first.then(second)))


@pytest.mark.parametrize("orientation", Orientation)
def test_the_inverse_undoes(orientation: Orientation) -> None:
    undone = oriented(oriented(UNEVEN, orientation), orientation.inverse)
    assert np.array_equal(undone, UNEVEN)
    assert orientation.then(orientation.inverse) is Orientation.UPRIGHT
    assert orientation.inverse.inverse is orientation


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_the_inverse_of_both_is_both_inverses_in_turn(
    first: Orientation, second: Orientation
) -> None:
    assert first.then(second).inverse is second.inverse.then(first.inverse)


def test_colours_are_turned_with_their_pixels() -> None:
    rgb = np.arange(45).reshape(3, 5, 3)
    turned = oriented(rgb, Orientation.MIRRORED_90)
    assert turned.shape == (5, 3, 3)
    assert turned.flags.c_contiguous
    assert np.array_equal(turned[..., 2], oriented(rgb[..., 2], Orientation.MIRRORED_90))
