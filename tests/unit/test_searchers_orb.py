"""Keypoints that confirm: the short way says what comparing all says."""

from __future__ import annotations

import numpy as np
import pytest
from searching import picture

from dupfinder.protocols import Rows
from dupfinder.searchers import SEARCHERS
from dupfinder.searchers.orb import confirmed


@pytest.mark.parametrize("least", [0.0, 0.02, 0.125, 0.5, 1.0])
def test_what_is_confirmed_are_those_of_all_that_have_as_many(least: float) -> None:
    searcher = SEARCHERS["orb"]
    pictures = [picture(seed, width, width * 3 // 4) for seed in (1, 2, 3) for width in (320, 200)]
    packed = [searcher.describe(each) for each in pictures]
    rows = Rows(np.arange(10, 10 + len(packed)), packed)
    (all_of_them,) = searcher.nearest([packed[1]], [rows], len(packed))
    scores = zip(all_of_them.positions.tolist(), all_of_them.scores.tolist(), strict=True)

    found = confirmed(packed[1], rows, least)

    assert found == {at: score for at, score in scores if score >= least}
    assert 11 in found


def test_nothing_is_confirmed_among_nothing() -> None:
    query = SEARCHERS["orb"].describe(picture(1))

    assert confirmed(query, Rows(np.empty(0, np.int64), []), 0.1) == {}
