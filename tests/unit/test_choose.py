"""The plan: laws over any clusters, and what each keep rule says."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies_clusters import a_photo, clusters, photos, results

from dupfinder.choose import (
    DEFAULT_RULES,
    REMOVABLE,
    LeastCompressed,
    MostPixels,
    Oldest,
    ShortestPath,
    plan,
)
from dupfinder.errors import UsageError
from dupfinder.model import Cluster, Evidence, Found, Match, Photo, PhotoFile, Relation, Stamp

rule_lists = st.permutations(DEFAULT_RULES).flatmap(
    lambda rules: st.integers(0, len(rules)).map(lambda count: rules[:count])
)


def photo(path: str = "/lib/a.jpg", **changes: Any) -> Photo:
    return a_photo(path, **changes)


def file(path: str, mtime_s: int) -> PhotoFile:
    return PhotoFile(path, Stamp(1, 2, 1000, mtime_s * 10**9 + 123, 0))


def star(*members: Photo, relation: Relation = Relation.COPY) -> Found:
    matches = tuple(Match(members[0], m, relation, (), Evidence("orb")) for m in members[1:])
    return found_of(Cluster("c", members, matches))


def found_of(*stars: Cluster) -> Found:
    return Found(("/lib",), "copies", "dct256", 60, 0, 0, 0, stars, ())


# Laws


@given(results(), rule_lists)
def test_every_member_stands_in_exactly_one_place(found, rules):
    made = plan(found, rules)
    placed = [
        *made.keepers,
        *(action.photo for action in made.actions),
        *(tie.photo for tie in made.ties),
        *(spared.photo for spared in made.spared),
    ]
    members = [member for cluster in found.clusters for member in cluster.members]
    assert sorted(p.path for p in placed) == sorted(p.path for p in members)


@given(results(), rule_lists)
def test_a_keeper_is_never_removed_and_each_cluster_keeps_one(found, rules):
    made = plan(found, rules)
    removed = {action.photo.path for action in made.actions}
    assert not removed & {action.keeper.path for action in made.actions}
    assert not removed & {keeper.path for keeper in made.keepers}
    assert len(made.keepers) == len(found.clusters)
    for keeper, cluster in zip(made.keepers, found.clusters, strict=True):
        assert keeper in cluster.members


@given(results(), rule_lists)
def test_nothing_goes_without_a_direct_match_of_a_strict_relation(found, rules):
    verified = {id(match) for cluster in found.clusters for match in cluster.matches}
    for action in plan(found, rules).actions:
        assert id(action.match) in verified
        assert {action.match.base, action.match.copy} == {action.photo, action.keeper}
        assert action.match.relation in REMOVABLE


@given(results(), rule_lists)
def test_the_named_rule_is_the_first_that_tells_them_apart(found, rules):
    made = plan(found, rules)
    for action in made.actions:
        deciding = next(r for r in rules if r.key(action.keeper) != r.key(action.photo))
        assert action.rule == deciding.name
        assert deciding.key(action.keeper) < deciding.key(action.photo)
        assert action.because
    for tie in made.ties:
        assert all(rule.key(tie.photo) == rule.key(tie.keeper) for rule in rules)
        assert tie.match.relation in REMOVABLE


@given(results(), rule_lists)
def test_no_copy_of_the_representative_is_better_than_the_keeper(found, rules):
    for keeper, cluster in zip(plan(found, rules).keepers, found.clusters, strict=True):
        rivals = [m.copy for m in cluster.matches if m.relation in REMOVABLE]
        for rival in (cluster.representative, *rivals):
            assert [r.key(keeper) for r in rules] <= [r.key(rival) for r in rules]


@given(clusters(), st.data())
def test_the_order_of_the_members_changes_nothing(cluster, data):
    copies = list(zip(cluster.members[1:], cluster.matches, strict=True))
    shuffled = data.draw(st.permutations(copies))
    other = Cluster(
        cluster.id,
        (cluster.representative, *(member for member, _ in shuffled)),
        tuple(match for _, match in shuffled),
    )
    assert plan(found_of(other)) == plan(found_of(cluster))


@given(clusters(), rule_lists)
def test_a_tied_representative_is_the_keeper(cluster, rules):
    representative = cluster.representative
    (keeper,) = plan(found_of(cluster), rules).keepers
    if all(rule.key(keeper) == rule.key(representative) for rule in rules):
        assert keeper == representative


@given(st.lists(st.integers(0, 10**6).flatmap(lambda n: photos(f"/lib/{n}")), min_size=3))
def test_each_rule_orders_all_photos(some):
    for rule in DEFAULT_RULES:
        keys = sorted(rule.key(each) for each in some)
        assert all(a <= b for a, b in pairwise(keys))


# What is left alone


def test_a_copy_that_no_rule_tells_apart_is_a_tie():
    made = plan(star(photo("/lib/1.jpg"), photo("/lib/2.jpg")))
    assert (made.actions, made.spared) == ((), ())
    assert [(tie.photo.path, tie.keeper.path) for tie in made.ties] == [
        ("/lib/2.jpg", "/lib/1.jpg")
    ]


def test_a_member_never_compared_with_the_keeper_is_spared():
    representative, better, other = (
        photo("/lib/1.jpg"),
        photo("/lib/2.jpg", width=800),
        photo("/lib/3.jpg", width=200),
    )
    made = plan(star(representative, better, other))
    assert made.keepers == (better,)
    assert [action.photo for action in made.actions] == [representative]
    assert [(spared.photo, spared.match) for spared in made.spared] == [(other, None)]


@pytest.mark.parametrize("relation", [Relation.PART, Relation.SIMILAR])
def test_parts_and_similar_shots_are_spared_and_never_keep(relation):
    larger = photo("/lib/2.jpg", width=4000)
    made = plan(star(photo("/lib/1.jpg"), larger, relation=relation))
    assert [keeper.path for keeper in made.keepers] == ["/lib/1.jpg"]
    assert [spared.photo for spared in made.spared] == [larger]
    assert made.spared[0].match is not None
    assert made.actions == made.ties == ()


def test_a_file_in_two_clusters_is_refused():
    # By cluster one /lib/b goes because /lib/a stays; by cluster two /lib/a goes.
    a, b = photo("/lib/a"), photo("/lib/b")
    one = star(a, b).clusters[0]
    two = star(b, a).clusters[0]
    with pytest.raises(UsageError, match="'/lib/b' stands in two clusters"):
        plan(found_of(one, two))


def test_a_hard_link_of_a_keeper_in_another_cluster_is_refused():
    linked = photo(file=PhotoFile("/lib/a", Stamp(1, 2, 9, 0, 0), links=("/lib/d",)))
    one = star(linked, photo("/lib/b")).clusters[0]
    two = star(photo("/lib/c"), photo("/lib/d")).clusters[0]
    with pytest.raises(UsageError, match="two clusters"):
        plan(found_of(one, two))


def test_bytes_given_back_leave_out_hard_links():
    small = photo("/lib/2.jpg", width=200)
    linked = photo(
        "/lib/3.jpg",
        width=200,
        file=PhotoFile("/lib/3.jpg", Stamp(1, 3, 500, 0, 0), link_count=2),
    )
    made = plan(star(photo("/lib/1.jpg"), small, linked))
    assert len(made.actions) == 2
    assert made.reclaimed == 1000


# The rules, one by one: keeper, photo, words


@pytest.mark.parametrize(
    ("keeper", "lesser", "words"),
    [
        (
            photo(width=4000, height=3000),
            photo(width=2000, height=1500),
            "4000x3000 against 2000x1500 pixels",
        ),
        (
            photo(width=4000, height=3000),
            photo(width=4200, height=3200, inner=(3900, 2900)),
            "4000x3000 against 3900x2900 (frame left out) pixels",
        ),
    ],
)
def test_most_pixels(keeper, lesser, words):
    assert_beats(MostPixels(), keeper, lesser, words)


def png(**changes: Any) -> Photo:
    return photo(format="PNG", quantization=None, lossless=True, **changes)


def heic(size: int) -> Photo:
    stamp = Stamp(1, 2, size, 0, 0)
    return photo(format="HEIF", quantization=None, file=PhotoFile("/lib/a.heic", stamp))


@pytest.mark.parametrize(
    ("keeper", "lesser", "words"),
    [
        (png(), photo(), "lossless PNG against lossy JPEG"),
        (
            photo(quantization=3.25),
            photo(quantization=11.75),
            "JPEG quantization step 3.25 against 11.75",
        ),
        (
            photo(quantization=50.0),
            heic(10**6),
            "JPEG of known quality against HEIF, whose quality cannot be read",
        ),
        (heic(30_000), heic(12_000), "0.25 against 0.1 bytes per pixel"),
    ],
)
def test_least_compressed(keeper, lesser, words):
    assert_beats(LeastCompressed(), keeper, lesser, words)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (png(), photo(format="TIFF", quantization=None, lossless=True)),
        (photo(quantization=10.0), photo(quantization=9.9375)),
        (photo(quantization=0.0), photo(quantization=1.0)),
        (heic(30_000), heic(30_100)),
    ],
)
def test_least_compressed_cannot_tell(one, other):
    assert LeastCompressed().key(one) == LeastCompressed().key(other)


@pytest.mark.parametrize(
    ("keeper", "lesser", "words"),
    [
        (
            photo(taken_at="2019-07-14 18:22:05"),
            photo(taken_at="2021-01-03 09:00:00"),
            "taken 2019-07-14 18:22:05 against 2021-01-03 09:00:00",
        ),
        (
            photo(taken_at="2019-07-14 18:22:05", file=file("/lib/a", 10**9)),
            photo(taken_at=None, file=file("/lib/b", 0)),
            "taken 2019-07-14 18:22:05; the copy has no capture time",
        ),
        (
            photo(taken_at=None, file=file("/lib/a", 0)),
            photo(taken_at=None, file=file("/lib/b", 86400)),
            "file written 1970-01-01 00:00:00 UTC; the copy's 1970-01-02 00:00:00 UTC",
        ),
        (
            photo(taken_at=None, file=file("/lib/a", 0)),
            photo(taken_at=None, file=file("/lib/b", 10**15)),
            "file written 1970-01-01 00:00:00 UTC; the copy's at a time beyond the calendar",
        ),
    ],
)
def test_oldest(keeper, lesser, words):
    assert_beats(Oldest(), keeper, lesser, words)


def test_oldest_leaves_modification_times_out_where_a_camera_wrote_one():
    one, other = photo(file=file("/lib/a", 0)), photo(file=file("/lib/b", 86400))
    assert Oldest().key(one) == Oldest().key(other)


def test_oldest_leaves_fractions_of_a_second_out():
    # Software that drops the fraction must not make its copy the older photo.
    one, other = photo(taken_at="2019-07-14 18:22:05.25"), photo(taken_at="2019-07-14 18:22:05")
    assert Oldest().key(one) == Oldest().key(other)


def test_shortest_path():
    keeper, lesser = photo("/lib/a.jpg"), photo("/lib/a (1).jpg")
    assert_beats(ShortestPath(), keeper, lesser, "path of 10 characters against 14")


def assert_beats(rule, keeper: Photo, lesser: Photo, words: str) -> None:
    assert rule.key(keeper) < rule.key(lesser)
    assert rule.because(keeper, lesser) == words


def test_earlier_rules_come_first():
    smaller_but_older = photo("/lib/b.jpg", width=100, taken_at="2001-01-01 00:00:00")
    made = plan(star(photo("/lib/a.jpg"), smaller_but_older))
    assert [action.rule for action in made.actions] == ["most-pixels"]
    made = plan(star(photo("/lib/a.jpg"), smaller_but_older), [Oldest(), MostPixels()])
    assert made.keepers == (smaller_but_older,)
    assert made.rules == ("oldest", "most-pixels")
