"""Families gather copies, hang parts on one photo alone, and never let two shots meet."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dupfinder.families import Family, Stars, gathered, indirect, settled
from dupfinder.families.links import Link, Region

Bases = dict[int, dict[int, int]]  # by centre, of each other member by whom it was verified


def box(left: float, top: float, right: float, bottom: float) -> Region:
    return (left, top), (right, top), (right, bottom), (left, bottom)


def copy(one: int, other: int, strength: int = 50) -> Link:
    return Link(min(one, other), max(one, other), strength)


def crop(photo: int, derived: int, strength: int = 50, region: Region = ()) -> Link:
    return Link(*sorted((photo, derived)), strength, derived, region=region)


def holds(container: int, photo: int, strength: int = 50) -> Link:
    """A collage or screenshot that shows a photo shrunk."""
    return Link(*sorted((photo, container)), strength, container, container=True)


def families(
    links: Iterable[Link],
    stars: Stars | None = None,
    shots: Collection[tuple[int, int]] = (),
) -> list[Family]:
    """The smaller a position, the better the photo; `shots` may not meet."""
    return gathered(
        stars or {},
        links,
        rank=lambda position: (position,),
        apart=lambda one, other: (min(one, other), max(one, other)) in shots,
    )


def bases(found: Iterable[Family]) -> Bases:
    return {family.centre: family.bases for family in found}


def test_copies_gather_round_the_best_of_them() -> None:
    assert bases(families([copy(3, 1), copy(1, 2), copy(4, 1)])) == {1: {2: 1, 3: 1, 4: 1}}


def test_a_copy_of_a_copy_joins_by_way_of_it() -> None:
    (family,) = families([copy(1, 2), copy(2, 3)])
    assert (family.centre, family.bases) == (1, {2: 1, 3: 2})
    assert list(indirect(family)) == [(1, 3)]


def test_chains_end_after_two_steps() -> None:
    """Who is further away may be anything: what is not near the best photo gathers anew."""
    found = families([copy(at, at + 1) for at in range(1, 7)])
    assert bases(found) == {1: {2: 1, 3: 2}, 4: {5: 4, 6: 5}}


def test_stars_are_joined_whole() -> None:
    stars = {2: (5, 6), 1: (3,)}
    (family,) = families([copy(1, 2)], stars)
    assert (family.centre, family.bases) == (1, {3: 1, 2: 1, 5: 2, 6: 2})
    assert family.members == (1, 2, 3, 5, 6)


def test_what_nobody_links_stays_as_it_was() -> None:
    assert bases(families([], {4: (7,), 2: (9,)})) == {2: {9: 2}, 4: {7: 4}}
    assert families([]) == []


def test_a_crop_hangs_on_its_photo_with_its_own_copies() -> None:
    assert bases(families([crop(1, 2), copy(2, 3)])) == {1: {2: 1, 3: 2}}


def test_a_crop_of_a_crop_hangs_on_the_photo_that_both_were_cut_from() -> None:
    assert bases(families([crop(1, 2), crop(2, 3), crop(1, 3)])) == {1: {2: 1, 3: 1}}


def test_a_crop_of_a_crop_hangs_on_that_one_where_no_more_is_known() -> None:
    assert bases(families([crop(1, 2), crop(2, 3)])) == {1: {2: 1, 3: 2}}


def test_two_photos_are_never_joined_by_what_shows_both() -> None:
    """A collage belongs to the photo of which it shows most."""
    links = [holds(9, 1, 30), holds(9, 2, 80), copy(1, 3), copy(2, 4)]
    assert bases(families(links)) == {1: {3: 1}, 2: {4: 2, 9: 2}}


def test_of_two_that_a_collage_shows_as_much_the_better_one_has_it() -> None:
    assert bases(families([holds(9, 1, 50), holds(9, 2, 60)])) == {1: {9: 1}}


def test_a_screenshot_of_a_crop_hangs_on_the_photo() -> None:
    links = [crop(1, 2), holds(9, 2, 60), holds(9, 1, 40)]
    assert bases(families(links)) == {1: {2: 1, 9: 1}}


def test_a_crop_of_a_collage_does_not_bring_the_next_photo_in() -> None:
    """It may show the other photo: all that it is known to show is the collage."""
    links = [holds(9, 1, 80), holds(9, 2, 30), crop(9, 10)]
    found = families(links)
    assert bases(found)[1] == {9: 1}
    assert all(10 not in family.members for family in found if family.centre in (1, 2))


def test_two_copies_of_a_collage_do_not_bring_its_photos_together() -> None:
    """Even if only the worse one is seen to show them."""
    links = [holds(4, 0), holds(4, 3), copy(1, 4), copy(0, 5), copy(3, 6)]
    assert bases(families(links)) == {0: {5: 0}, 1: {4: 1}, 3: {6: 3}}
    alone = [holds(4, 0), holds(4, 3), copy(1, 4)]
    assert bases(families(alone)) == {1: {4: 1}}


def test_what_holds_a_crop_of_a_photo_was_made_from_the_photo() -> None:
    """A poster at full size, of which a crop is known as a crop of the photo, too."""
    assert bases(families([crop(1, 3), crop(2, 3)])) == {1: {3: 1, 2: 3}}


def test_a_collage_at_full_size_is_turned_round() -> None:
    """Each photo looks like a crop of it; two crops of one photo would overlap or be told as such.

    So it was made from them, and hangs on one.
    """
    left, right = box(0, 0, 400, 300), box(400, 0, 800, 300)
    links = [crop(5, 1, 90, left), crop(5, 2, 70, right), copy(1, 3), copy(2, 4)]
    assert bases(families(links)) == {1: {3: 1, 5: 1}, 2: {4: 2}}


def test_two_crops_from_nearly_the_same_place_are_crops() -> None:
    links = [crop(1, 2, 90, box(0, 0, 500, 300)), crop(1, 3, 70, box(300, 0, 800, 300))]
    assert bases(families(links)) == {1: {2: 1, 3: 1}}


@pytest.mark.parametrize(
    "links",
    [
        [copy(1, 2), copy(1, 3)],
        [copy(1, 2), copy(2, 3)],
        [crop(1, 2), crop(1, 3)],
        [holds(2, 1), holds(3, 1)],
    ],
    ids=["copies", "chain", "crops", "screenshots"],
)
def test_two_shots_never_meet(links: list[Link]) -> None:
    (family,) = families(links, shots={(2, 3)})
    assert bases([family]) == {1: {2: 1}}


def test_two_shots_never_meet_within_stars_either() -> None:
    stars = {1: (5,), 2: (6,)}
    assert bases(families([copy(1, 2)], stars, shots={(5, 6)})) == {1: {5: 1}, 2: {6: 2}}
    assert bases(families([crop(1, 2)], stars, shots={(5, 6)})) == {1: {5: 1}, 2: {6: 2}}


def test_a_member_that_was_compared_with_the_centre_is_as_near_as_can_be() -> None:
    family = Family(1, {2: 1, 3: 2, 4: 3})
    (near,) = settled([family], {(1, 3)})
    assert near.bases == {2: 1, 3: 1, 4: 3}


def test_who_is_too_far_leaves_with_the_photo_he_was_verified_against() -> None:
    family = Family(1, {2: 1, 3: 2, 4: 3, 5: 4, 6: 3, 7: 2})
    assert bases(settled([family], set())) == {1: {2: 1, 7: 2}, 3: {4: 3, 5: 4, 6: 3}}


def test_a_star_that_hangs_on_another_family_stays_whole() -> None:
    members = dict.fromkeys(range(10, 60), 3)
    family = Family(1, {2: 1, 3: 2, **members})
    assert bases(settled([family], set())) == {1: {2: 1}, 3: members}


def test_a_long_chain_is_cut_into_families() -> None:
    chain = Family(1, {at + 1: at for at in range(1, 9)})
    found = settled([chain], set())
    assert bases(found) == {1: {2: 1}, 3: {4: 3}, 5: {6: 5}, 7: {8: 7, 9: 8}}


def test_the_centre_moves_to_a_member_that_was_verified_against_it() -> None:
    family = Family(1, {2: 1, 3: 1, 4: 2})
    family.move_to(2)
    assert (family.centre, family.bases) == (2, {1: 2, 3: 1, 4: 2})
    assert [family.steps(member) for member in family.members] == [0, 1, 2, 1]


@st.composite
def libraries(draw: st.DrawFn) -> tuple[Stars, list[Link], set[tuple[int, int]]]:
    """Disjoint stars, links between their centres and single photos, and pairs of shots.

    Few photos and many links of every kind: what contradicts itself must come out in order, too.
    """
    count = draw(st.integers(2, 12))
    home: dict[int, list[int]] = {}
    for position in range(count):
        centre = draw(st.sampled_from([position, *home]))
        home.setdefault(centre, []).append(position)
    stars = {centre: members for centre, (_, *members) in home.items() if members}
    ends = st.tuples(st.sampled_from(sorted(home)), st.sampled_from(sorted(home)))
    links = []
    for pair in sorted(
        {(min(e), max(e)) for e in draw(st.lists(ends, max_size=16)) if e[0] != e[1]}
    ):
        derived = draw(st.sampled_from([None, None, *pair]))
        across = draw(st.integers(0, 2)) * 300
        region = st.sampled_from([(), box(across, 0, across + 290, 200)])
        contains = derived is not None and draw(st.booleans())
        place = () if derived is None or contains else draw(region)
        links.append(Link(*pair, draw(st.integers(8, 30)), derived, contains, place))
    same_star = {(a, b) for members in home.values() for a in members for b in members}
    numbers = st.integers(0, count - 1)
    pairs = draw(st.lists(st.tuples(numbers, numbers), max_size=6))
    shots = {(min(p), max(p)) for p in pairs if p not in same_star and p[::-1] not in same_star}
    return stars, links, shots


Library = tuple[Stars, list[Link], set[tuple[int, int]]]


@settings(deadline=None, max_examples=100)
@given(library=libraries(), order=st.randoms(use_true_random=False))
def test_the_order_of_links_and_stars_does_not_matter(
    library: Library, order: random.Random
) -> None:
    stars, links, shots = library
    first = families(links, stars, shots)
    turned = list(stars.items())
    order.shuffle(turned)
    order.shuffle(links)
    assert families(links, dict(turned), shots) == first


def expect_sound(found: Sequence[Family], library: Library) -> None:
    """Everyone in one family, verified by a member of it, and no two shots in one."""
    stars, links, shots = library
    everyone = [member for family in found for member in family.members]
    assert len(everyone) == len(set(everyone))
    known = {(min(link.left, link.right), max(link.left, link.right)) for link in links}
    known |= {(min(s, m), max(s, m)) for s, of in stars.items() for m in of}
    for family in found:
        assert family.bases
        for member, base in family.bases.items():
            assert base in family.members
            assert (min(member, base), max(member, base)) in known
            assert 0 < family.steps(member) <= len(family.members)
        assert not any((a, b) in shots for a in family.members for b in family.members)


@settings(deadline=None, max_examples=100)
@given(library=libraries())
def test_everyone_is_in_one_family_and_was_verified_there(library: Library) -> None:
    stars, links, shots = library
    found = families(links, stars, shots)
    expect_sound(found, library)
    everyone = {member for family in found for member in family.members}
    assert everyone >= {member for centre, of in stars.items() for member in (centre, *of)}
    together = {member: family.centre for family in found for member in family.members}
    for centre, members in stars.items():
        assert {together[member] for member in members} == {together[centre]}


@settings(deadline=None, max_examples=100)
@given(library=libraries(), numbers=st.lists(st.tuples(*[st.integers(0, 11)] * 2), max_size=12))
def test_settled_families_are_no_deeper_than_two_steps(
    library: Library, numbers: list[tuple[int, int]]
) -> None:
    stars, links, shots = library
    gathering = families(links, stars, shots)
    wanted = {(min(p), max(p)) for family in gathering for p in indirect(family)}
    direct = {(min(p), max(p)) for p in numbers} & wanted
    found = settled(gathering, direct)
    new = [Link(*pair, 9) for pair in direct]
    expect_sound(found, (stars, links + new, shots))
    everyone = {member for family in gathering for member in family.members}
    assert {member for family in found for member in family.members} == everyone
    assert all(family.steps(member) <= 2 for family in found for member in family.members)


@settings(deadline=None, max_examples=100)
@given(library=libraries())
def test_nothing_comes_in_through_a_container_that_shows_it(library: Library) -> None:
    """A collage hangs on a photo, never the photo on the collage."""
    _, links, shots = library
    links = [link for link in links if not link.region]
    kinds = {(link.left, link.right): link for link in links}
    for family in families(links, {}, shots):
        for member, base in family.bases.items():
            link = kinds[min(member, base), max(member, base)]
            assert not (link.container and link.derived == base)


@pytest.mark.parametrize(
    ("gone", "left"),
    [
        (set(), {2: 1, 3: 2, 4: 3, 5: 1}),
        ({9}, {2: 1, 3: 2, 4: 3, 5: 1}),
        ({3}, {2: 1, 5: 1}),
        ({2}, {5: 1}),
        ({2, 5}, None),
        ({1}, None),
    ],
)
def test_who_went_bad_leaves_with_those_who_stand_on_him(
    gone: set[int], left: dict[int, int] | None
) -> None:
    family = Family(1, {2: 1, 3: 2, 4: 3, 5: 1})
    assert family.lose(gone) is (left is not None)
    if left is not None:
        assert family.bases == left
