"""The inverted index proposes exactly what plain loops over all features propose."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from strategies_features import (
    CENTROIDS,
    chosen,
    copied,
    feature_libraries,
    joined,
    random_described,
)
from voting import Pairs, pairs_of, plain, posted

from dupfinder.features.packing import Described
from dupfinder.indexes import inverted, lists, queries
from dupfinder.indexes.inverted import InvertedIndex, Segment
from dupfinder.indexes.lists import posting_lists

LEAST = queries.LEAST_VOTES


def segment(
    library: Sequence[Described], positions: Sequence[int], centroids: int = CENTROIDS
) -> Segment:
    """The features of the photos at some positions; ~p stands for the photo at p, left out."""
    photos = [posted(library[max(position, ~position)]) for position in positions]
    return Segment(posting_lists(photos, centroids), np.array(positions, np.int64))


def proposed(library: Sequence[Described], centroids: int = CENTROIDS) -> Pairs:
    """What all photos of a library, in one segment, are told."""
    index = InvertedIndex([segment(library, range(len(library)), centroids)], centroids)
    return pairs_of(index.proposals((at, posted(each)) for at, each in enumerate(library)))


def told(library: Sequence[Described], asking: set[int], segments: list[list[int]]) -> Pairs:
    index = InvertedIndex([segment(library, positions) for positions in segments], CENTROIDS)
    return pairs_of(index.proposals((at, posted(library[at])) for at in sorted(asking)))


@st.composite
def askings(draw: st.DrawFn) -> tuple[list[Described], set[int], list[list[int]]]:
    """A library, who asks, and how it is parted into segments: photos in any order."""
    library = draw(feature_libraries())
    positions = draw(st.permutations(range(len(library))))
    cuts = sorted(draw(st.sets(st.integers(0, len(library)))) | {0, len(library)})
    segments = [positions[a:b] for a, b in pairwise(cuts)] or [[]]
    asking = draw(st.sets(st.sampled_from(positions))) if library else set()
    return library, asking, segments


@pytest.fixture(autouse=True, scope="module")
def small_limits() -> Iterator[None]:
    """So small that a few photos ask in several turns, and are looked through in several blocks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inverted, "_AT_ONCE", 2)
        patch.setattr(inverted, "_BLOCK", 7)
        patch.setattr(lists, "_TOGETHER", 3)
        yield


@settings(deadline=None, max_examples=150)
@given(case=askings(), budget=st.sampled_from([0, 10, 30, 150_000]))
def test_who_asks_is_told_what_plain_loops_tell_however_the_library_is_parted(
    case: tuple[list[Described], set[int], list[list[int]]], budget: int
) -> None:
    library, asking, segments = case
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queries, "BUDGET", budget)
        assert told(library, asking, segments) == plain(library, asking, budget)


@settings(deadline=None, max_examples=100)
@given(case=askings(), data=st.data(), budget=st.sampled_from([10, 30, 150_000]))
def test_who_is_left_out_is_as_if_it_had_no_features(
    case: tuple[list[Described], set[int], list[list[int]]], data: st.DataObject, budget: int
) -> None:
    library, asking, segments = case
    everyone = range(len(library))
    out = data.draw(st.sets(st.sampled_from(everyone))) if library else set()
    within = [[~at if at in out else at for at in positions] for positions in segments]
    nobody = random_described(np.random.default_rng(0), 0)
    rest = [nobody if at in out else library[at] for at in everyone]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queries, "BUDGET", budget)
        assert told(library, asking - out, within) == plain(rest, asking - out, budget)


@settings(deadline=None, max_examples=100)
@given(case=askings())
def test_what_is_found_is_part_of_what_all_photos_find_and_the_rest_others_ask_for(
    case: tuple[list[Described], set[int], list[list[int]]],
) -> None:
    """Of the pairs of the whole library that have an end among those who ask."""
    library, asking, segments = case
    whole = plain(library).keys()
    with_such_an_end = {pair for pair in whole if asking & set(pair)}
    found = told(library, asking, segments).keys()
    others = set(range(len(library))) - asking
    assert found <= with_such_an_end <= found | plain(library, others).keys()


def test_it_is_the_number_of_all_postings_that_the_budget_pays_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A word that is rare in one segment and common in another is a common one."""
    noise = np.random.default_rng(3)
    photo = random_described(noise, 40)
    library = [photo, copied(photo, noise), *(random_described(noise, 40) for _ in range(30))]
    monkeypatch.setattr(queries, "BUDGET", 100)
    few, all_ = list(range(2)), list(range(len(library)))
    assert told(library, {0}, [few]).keys() == {(0, 1)}
    assert told(library, {0}, [few, all_[2:]]) == {}


@settings(deadline=None, max_examples=150)
@given(library=feature_libraries())
def test_the_index_proposes_what_plain_loops_propose(library: list[Described]) -> None:
    assert proposed(library) == plain(library)


@settings(deadline=None, max_examples=50)
@given(library=feature_libraries(), budget=st.integers(0, 60))
def test_a_small_budget_is_spent_as_plain_loops_spend_it(
    library: list[Described], budget: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queries, "BUDGET", budget)
        assert proposed(library) == plain(library, budget=budget)


@settings(deadline=None, max_examples=50)
@given(library=feature_libraries(), order=st.randoms(use_true_random=False))
def test_the_order_of_the_photos_does_not_matter(
    library: list[Described], order: random.Random
) -> None:
    places = list(range(len(library)))
    order.shuffle(places)
    shuffled = proposed([library[place] for place in places])
    back = {
        (min(places[a], places[b]), max(places[a], places[b])): what
        for (a, b), what in shuffled.items()
    }
    assert back == proposed(library)


@pytest.fixture
def noise() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize(("turn", "octaves"), [(0, 0), (90, 0), (200, -2), (359, -3)])
def test_a_copy_is_proposed_however_it_was_turned_scaled_and_mirrored(
    noise: np.random.Generator, mirror: bool, turn: float, octaves: float
) -> None:
    photo, other = random_described(noise, 60), random_described(noise, 60)
    copy = copied(photo, noise, turn=turn, octaves=octaves, mirror=mirror)
    found = proposed([photo, other, copy])
    assert found.keys() == {(0, 2)}
    votes, mirrored = found[0, 2]
    assert mirrored is mirror
    assert votes > 50


def test_a_collage_is_proposed_to_all_that_it_shows_and_they_not_to_each_other(
    noise: np.random.Generator,
) -> None:
    photos = [random_described(noise, 60) for _ in range(3)]
    collage = joined(*(copied(chosen(photo, slice(30)), noise, octaves=-1) for photo in photos[:2]))
    assert proposed([*photos, collage]).keys() == {(0, 3), (1, 3)}


def test_matches_that_do_not_agree_on_turn_and_scale_are_chance(noise: np.random.Generator) -> None:
    photo = random_described(noise, 24)
    scattered = [
        copied(chosen(photo, [row]), noise, turn=45.0 * row, octaves=row % 3) for row in range(24)
    ]
    assert proposed([photo, joined(*scattered)]) == {}


def test_a_feature_that_repeats_itself_votes_once(noise: np.random.Generator) -> None:
    """Else a pattern would be the nearest relative of every photo that shows one of its tiles."""
    tile = random_described(noise, LEAST - 1)
    tiled = joined(*[tile] * 20)
    assert proposed([tile, tiled]) == {}
    assert proposed([random_described(noise, 3), tiled, joined(tile, tile)]) == {}


@pytest.mark.parametrize(("bits", "is_found"), [(22, True), (23, False)])
def test_signatures_are_the_same_up_to_22_bits(
    noise: np.random.Generator, bits: int, is_found: bool
) -> None:
    photo = random_described(noise, 60)
    assert bool(proposed([photo, copied(photo, noise, bits=bits)])) is is_found


def test_a_word_is_found_by_its_second_nearest_centroids_too(noise: np.random.Generator) -> None:
    """Near a border the same feature falls on this side in one picture and on that in another."""
    photo = random_described(noise, 40)
    swapped = photo.words.copy()
    swapped[:, 0] = swapped[:, 0, ::-1]
    copy = Described(photo.features, swapped, photo.signatures)
    assert proposed([photo, copy]).keys() == {(0, 1)}


def test_nothing_is_proposed_where_there_is_nothing(noise: np.random.Generator) -> None:
    nothing = random_described(noise, 0)
    assert proposed([]) == {}
    assert proposed([nothing]) == proposed([nothing, nothing]) == {}
    photo = random_described(noise, 30)
    assert proposed([nothing, photo, photo, nothing]).keys() == {(1, 2)}


class Counting:
    """Stands for `affordable` and adds up the signatures that queries look at."""

    def __init__(self) -> None:
        self.compared: list[int] = []
        self._real = queries.affordable

    def __call__(self, lengths: NDArray[np.int64]) -> NDArray[np.int64]:
        chosen = self._real(lengths)
        self.compared.append(int(lengths[chosen].sum()))
        return chosen


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counting]:
    count = Counting()
    monkeypatch.setattr(inverted, "affordable", count)
    monkeypatch.setattr(queries, "BUDGET", 600)
    return count


def test_the_work_grows_with_the_photos_and_not_with_their_square(
    noise: np.random.Generator, counting: Counting
) -> None:
    for count in (20, 80):
        counting.compared.clear()
        proposed([random_described(noise, 40) for _ in range(count)])
        assert len(counting.compared) == 2 * count  # upright and mirrored
        assert max(counting.compared) <= 600
        # Without a budget each would meet about a quarter of all features: many times as much.
        assert min(counting.compared) > 300


def test_what_is_in_every_photo_is_looked_up_last(
    noise: np.random.Generator, counting: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A date stamp in all photos neither brings them together nor hides the copy of one."""
    stamp = random_described(noise, 20, centroids=64)
    stamp.words[:] = [[0, 1], [0, 1]]
    own = [random_described(noise, 30, centroids=64) for _ in range(20)]
    library = [joined(stamp, each) for each in [*own, copied(own[0], noise)]]
    assert proposed(library, 64).keys() == {(0, 20)}
    assert max(counting.compared) <= 600
    monkeypatch.setattr(queries, "BUDGET", 100_000)
    assert len(proposed(library, 64)) > 20  # the stamp alone would do


def test_a_photo_is_compared_with_its_nearest_relatives_only(noise: np.random.Generator) -> None:
    """Of forty copies each names ten, the one with the most votes first."""
    photo = random_described(noise, 60)
    library = [photo, *(copied(chosen(photo, slice(20 + at)), noise) for at in range(40))]
    found = proposed(library)
    asked_by_the_photo = sorted(b for a, b in found if a == 0)
    assert set(range(34, 41)) <= set(asked_by_the_photo)
    assert all(len([1 for pair in found if at in pair]) >= 10 for at in range(len(library)))
    assert len(found) <= 10 * len(library)


def test_the_index_holds_14_bytes_a_feature_and_its_words(noise: np.random.Generator) -> None:
    library = [random_described(noise, count) for count in (0, 10, 25)]
    index = InvertedIndex([segment(library, range(3))], CENTROIDS)
    assert index.nbytes == 35 * 14 + (CENTROIDS**2 + 1) * 8
