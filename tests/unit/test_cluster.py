"""A star holds what was verified directly against its centre, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from strategies_clusters import a_photo

from dupfinder import cluster
from dupfinder.cluster import PATIENCE, Star, stars
from dupfinder.model import Fingerprint, Orientation, Photo

BITS = 256
RADIUS = 60

Pair = frozenset[int]


@dataclass
class Album:
    """A group of photos with tables of who is near whom and who is a copy of whom.

    `asked` collects the comparisons in their order, `measured` the photos whose distances were
    taken. The widest photo is worth most.
    """

    distances: NDArray[np.uint16]
    copies: set[Pair]
    turns: NDArray[np.uint8] | None = None
    widths: list[int] = field(default_factory=list)
    asked: list[tuple[int, int, int, Orientation]] = field(default_factory=list)
    measured: list[int] = field(default_factory=list)

    @property
    def photos(self) -> list[Photo]:
        return [
            a_photo(
                f"/{number:05}.jpg",
                width=self.widths[number] if self.widths else 400,
                fingerprints=(Fingerprint("dct256", 0, BITS),),
            )
            for number in range(len(self.distances))
        ]

    def near(self, position: int) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
        self.measured.append(position)
        upright = np.zeros(len(self.distances), np.uint8)
        return self.distances[position], upright if self.turns is None else self.turns[position]

    def same(self, centre: int, other: int, distance: int, orientation: Orientation) -> bool:
        self.asked.append((centre, other, distance, orientation))
        return frozenset((centre, other)) in self.copies

    def stars(self) -> list[Star]:
        return stars(self.photos, self.near, RADIUS, self.same, lambda photo: (-photo.pixels,))


def all_near(count: int, copies: set[Pair]) -> Album:
    distances = np.full((count, count), RADIUS, np.uint16)
    np.fill_diagonal(distances, 0)
    return Album(distances, copies)


def pairs(*ends: tuple[int, int]) -> set[Pair]:
    return {frozenset(pair) for pair in ends}


@st.composite
def albums(draw: st.DrawFn) -> Album:
    """Random distances, symmetric as distances are; copies are mostly near, and not transitive."""
    count = draw(st.integers(1, 12))
    distances = np.zeros((count, count), np.uint16)
    copies = set()
    for a in range(count):
        for b in range(a):
            distances[a, b] = distances[b, a] = draw(st.sampled_from([0, 9, 16, 60, 61, 120]))
            if draw(st.booleans()):
                copies.add(frozenset((a, b)))
    widths = draw(st.lists(st.sampled_from([100, 200]), min_size=count, max_size=count))
    return Album(distances, copies, widths=widths)


@settings(deadline=None)
@given(album=albums())
def test_every_member_was_accepted_by_its_centre(album: Album) -> None:
    for star in album.stars():
        assert star.members
        for member in star.members:
            assert frozenset((star.centre, member)) in album.copies
            assert any(asked[:2] == (star.centre, member) for asked in album.asked)


@settings(deadline=None)
@given(album=albums())
def test_no_photo_is_in_two_stars(album: Album) -> None:
    found = [position for star in album.stars() for position in (star.centre, *star.members)]
    assert len(found) == len(set(found))


@settings(deadline=None)
@given(album=albums())
def test_members_are_in_ascending_order(album: Album) -> None:
    for star in album.stars():
        assert list(star.members) == sorted(star.members)


@settings(deadline=None)
@given(album=albums())
def test_no_pair_is_compared_twice_and_none_with_itself(album: Album) -> None:
    album.stars()
    compared = [frozenset(asked[:2]) for asked in album.asked]
    assert all(len(pair) == 2 for pair in compared)
    assert len(compared) == len(set(compared))


@settings(deadline=None)
@given(album=albums())
def test_photos_that_are_left_alone_are_no_copies_of_each_other_within_the_radius(
    album: Album,
) -> None:
    """Few enough photos for patience to last: whatever is left was refused directly."""
    found = {position for star in album.stars() for position in (star.centre, *star.members)}
    alone = set(range(len(album.distances))) - found
    for pair in album.copies:
        if pair <= alone:
            a, b = pair
            assert album.distances[a, b] > RADIUS


@pytest.mark.parametrize("seed", range(40))
def test_the_order_of_the_photos_decides_nothing(seed: int) -> None:
    noise = np.random.default_rng(seed)
    count = 12
    upper = np.triu(noise.integers(17, RADIUS + 60, (count, count)), 1)
    distances = (upper + upper.T).astype(np.uint16)
    copies = {frozenset(pair) for pair in combinations(range(count), 2) if noise.random() < 0.5}
    order = noise.permutation(count)  # the photo that stands at each position of the other album
    place = np.argsort(order)
    widths = (100 + noise.permutation(count)).tolist()
    shuffled = Album(
        distances[np.ix_(order, order)],
        {frozenset(place[[*pair]].tolist()) for pair in copies},
        widths=[widths[photo] for photo in order],
    )
    relabelled = {
        (int(order[star.centre]), frozenset(order[[*star.members]].tolist()))
        for star in shuffled.stars()
    }
    plain = Album(distances, copies, widths=widths).stars()
    assert relabelled == {(star.centre, frozenset(star.members)) for star in plain}


@pytest.mark.parametrize("best", [0, 1])
def test_of_two_copies_the_better_is_the_centre_however_far_apart(best: int) -> None:
    album = all_near(2, pairs((0, 1)))
    album.widths = [200 if photo == best else 100 for photo in range(2)]
    assert album.stars() == [Star(best, (1 - best,))]


@pytest.mark.parametrize("widths", list(permutations([100, 200, 300])))
def test_no_chains(widths: tuple[int, ...]) -> None:
    """A is a copy of B and B of C, but C none of A: only B can bring all three together."""
    album = all_near(3, pairs((0, 1), (1, 2)))
    album.distances[:] = np.where(album.distances > 0, 10, 0)  # all central: the best is the centre
    album.widths = list(widths)
    (star,) = album.stars()
    assert star.centre == widths.index(300)
    assert star.members == ((0, 2) if star.centre == 1 else (1,))


def test_what_is_left_over_is_clustered_again() -> None:
    """Two photos of one look: each has its own copies, and finds them."""
    album = all_near(6, pairs((0, 2), (0, 4), (1, 3), (1, 5)))
    album.distances[:] = np.where(album.distances > 0, 10, 0)
    album.widths = [300, 200, 100, 100, 100, 100]
    assert album.stars() == [Star(0, (2, 4)), Star(1, (3, 5))]


def test_of_several_central_photos_the_best_becomes_the_centre() -> None:
    album = all_near(3, pairs((0, 1), (0, 2), (1, 2)))
    album.distances[:] = [[0, 16, 16], [16, 0, 16], [16, 16, 0]]
    album.widths = [100, 100, 200]
    assert album.stars() == [Star(2, (0, 1))]


def test_a_better_photo_that_is_not_central_stays_a_member() -> None:
    album = all_near(3, pairs((0, 1), (0, 2), (1, 2)))
    album.distances[:] = [[0, 5, 17], [5, 0, 17], [17, 17, 0]]
    album.widths = [100, 90, 200]
    assert album.stars() == [Star(0, (1, 2))]


def test_a_copy_of_a_copy_is_reached_through_it_and_verified_against_the_centre() -> None:
    """What is far from the centre for a hash is offered with both turns, one after the other."""
    far = 2 * RADIUS
    distances = np.array([[0, 10, far], [10, 0, 50], [far, 50, 0]], np.uint16)
    turn, mirror = Orientation.TURNED_90, Orientation.MIRRORED
    turns = np.zeros((3, 3), np.uint8)
    turns[0, 1], turns[1, 0] = turn, turn.inverse
    turns[1, 2], turns[2, 1] = mirror, mirror
    album = Album(distances, pairs((0, 1), (0, 2)), turns, widths=[300, 200, 100])
    assert album.stars() == [Star(0, (1, 2))]
    assert album.asked == [(0, 1, 10, turn), (0, 2, far, turn.then(mirror))]


def test_what_is_near_a_refused_photo_is_not_reached_through_it() -> None:
    far = 2 * RADIUS
    distances = np.array([[0, 10, far], [10, 0, 50], [far, 50, 0]], np.uint16)
    album = Album(distances, pairs((0, 2)), widths=[300, 200, 100])
    assert album.stars() == []
    assert (0, 2) not in [asked[:2] for asked in album.asked]


def test_a_photo_without_a_copy_is_in_no_star() -> None:
    assert all_near(3, set()).stars() == []
    assert all_near(1, set()).stars() == []


@pytest.mark.parametrize("count", [100, 200])
def test_photos_that_all_refuse_each_other_cost_a_number_that_grows_with_their_number(
    count: int,
) -> None:
    album = all_near(count, set())
    assert album.stars() == []
    assert count < len(album.asked) <= PATIENCE * count
    # Once each to judge the middle, then for a few centres only.
    assert len(album.measured) <= count + 3 * PATIENCE


def test_a_group_larger_than_the_judges_is_split_by_the_same_rules(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cluster, "_JUDGES", 2)
    album = all_near(6, pairs((0, 1), (0, 2), (3, 4), (3, 5)))
    found = album.stars()
    members = sorted(sorted((star.centre, *star.members)) for star in found)
    assert members == [[0, 1, 2], [3, 4, 5]]
