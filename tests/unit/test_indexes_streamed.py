"""Those who ask a library that streams past are told what plain loops tell them, and no others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies_features import CENTROIDS, chosen, copied, feature_libraries, random_described
from voting import Pairs, pairs_of, plain, posted

from dupfinder.features.packing import Described, packed, postings
from dupfinder.indexes import queries, streamed
from dupfinder.indexes.inverted import InvertedIndex
from dupfinder.indexes.streamed import Piece, StreamedIndex


def piece(library: Sequence[Described], positions: Sequence[int]) -> Piece:
    some = [library[position] for position in positions]
    return Piece(
        np.array(positions, np.int64),
        np.cumsum([len(each.words) for each in some]),
        postings(b"".join(packed(each).postings for each in some)),
    )


def proposed(library: Sequence[Described], asking: set[int], pieces: list[list[int]]) -> Pairs:
    index = StreamedIndex([piece(library, positions) for positions in pieces], CENTROIDS)
    return pairs_of(index.proposals({position: posted(library[position]) for position in asking}))


@st.composite
def askings(draw: st.DrawFn) -> tuple[list[Described], set[int], list[list[int]]]:
    """A library, who asks, and the pieces in which it streams past: photos in any order."""
    library = draw(feature_libraries())
    positions = draw(st.permutations(range(len(library))))
    cuts = sorted(draw(st.sets(st.integers(0, len(library)))) | {0, len(library)})
    pieces = [positions[a:b] for a, b in pairwise(cuts)]
    asking = draw(st.sets(st.sampled_from(positions))) if library else set()
    return library, asking, pieces


@pytest.fixture(autouse=True, scope="module")
def small_limits() -> Iterator[None]:
    """So small that a few photos ask in several turns, and compare in several blocks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streamed, "_AT_ONCE", 2)
        patch.setattr(streamed, "_BLOCK", 7)
        yield


@settings(deadline=None, max_examples=150)
@given(case=askings(), budget=st.sampled_from([0, 10, 30, 150_000]))
def test_who_asks_is_told_what_plain_loops_tell(
    case: tuple[list[Described], set[int], list[list[int]]], budget: int
) -> None:
    library, asking, pieces = case
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queries, "BUDGET", budget)
        assert proposed(library, asking, pieces) == plain(library, asking, budget)


@settings(deadline=None, max_examples=100)
@given(case=askings())
def test_where_all_ask_it_is_the_inverted_index(
    case: tuple[list[Described], set[int], list[list[int]]],
) -> None:
    library, _, pieces = case
    everyone = set(range(len(library)))
    whole = InvertedIndex([posted(each) for each in library], CENTROIDS)
    assert proposed(library, everyone, pieces) == pairs_of(whole.proposals())


@settings(deadline=None, max_examples=100)
@given(case=askings())
def test_what_is_found_is_part_of_what_all_photos_find_and_the_rest_others_ask_for(
    case: tuple[list[Described], set[int], list[list[int]]],
) -> None:
    """Of the pairs of the whole library that have an end among those who ask."""
    library, asking, pieces = case
    whole = plain(library).keys()
    with_such_an_end = {pair for pair in whole if asking & set(pair)}
    found = proposed(library, asking, pieces).keys()
    others = set(range(len(library))) - asking
    assert found <= with_such_an_end <= found | plain(library, others).keys()


def test_it_is_the_number_of_all_postings_that_the_budget_pays_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A word that is rare among those who ask and common in the library is a common one."""
    noise = np.random.default_rng(3)
    photo = random_described(noise, 40)
    library = [photo, copied(photo, noise), *(random_described(noise, 40) for _ in range(30))]
    monkeypatch.setattr(queries, "BUDGET", 100)
    few, all_ = list(range(2)), list(range(len(library)))
    assert proposed(library, {0}, [few]).keys() == {(0, 1)}
    assert proposed(library, {0}, [few, all_[2:]]) == {}


def test_what_is_held_is_14_bytes_a_feature_and_the_length_of_each_posting_list() -> None:
    noise = np.random.default_rng(4)
    library = [random_described(noise, count) for count in (0, 10, 25)]
    index = StreamedIndex([piece(library, [0, 1]), piece(library, [2])], CENTROIDS)
    assert index.nbytes == 35 * 14 + 3 * 16 + CENTROIDS**2 * 8


def test_a_part_is_found_by_the_photo_and_by_the_part() -> None:
    noise = np.random.default_rng(5)
    photo, other = random_described(noise, 60), random_described(noise, 60)
    part = copied(chosen(photo, slice(25)), noise, turn=90, octaves=-1, mirror=True)
    library = [photo, other, part]
    for asking in (0, 2):
        (pair,) = proposed(library, {asking}, [[1, 0], [2]]).items()
        assert pair[0] == (0, 2)
        assert pair[1][1]
    assert proposed(library, {1}, [[0, 1, 2]]) == {}
