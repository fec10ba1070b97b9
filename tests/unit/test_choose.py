"""The plan: laws over any clusters, and what is left alone."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies_clusters import a_photo, clusters, photos, results

from dupfinder.choose import REMOVABLE, keeper, plan, rank, ranked
from dupfinder.errors import UsageError
from dupfinder.keeprules import DEFAULT_RULES, UNDAMAGED
from dupfinder.keeprules.files import Oldest
from dupfinder.keeprules.pictures import MostPixels
from dupfinder.keeprules.standing import Standing, standings
from dupfinder.model import (
    Cluster,
    Companion,
    Edit,
    Evidence,
    Found,
    Match,
    Photo,
    PhotoFile,
    Relation,
    Stamp,
)

rule_lists = st.permutations(DEFAULT_RULES).flatmap(
    lambda rules: st.integers(0, len(rules)).map(lambda count: rules[:count])
)


def photo(path: str = "/lib/a.jpg", **changes: Any) -> Photo:
    return a_photo(path, **changes)


def star(*members: Photo, relation: Relation = Relation.COPY) -> Found:
    matches = tuple(Match(members[0], m, relation, (), Evidence("orb")) for m in members[1:])
    return found_of(Cluster("c", members, matches))


def found_of(*stars: Cluster) -> Found:
    return Found(("/lib",), "copies", "dct256", 60, 0, 0, 0, stars, ())


def may_go(match: Match) -> bool:
    return match.relation in REMOVABLE and not match.doubtful


def was_compared(found: Found, match: Match) -> bool:
    """In the cluster, or by the digests of the contents."""
    if any(match is each for cluster in found.clusters for each in cluster.matches):
        return True
    if match.relation is Relation.IDENTICAL:
        return match.base.digest == match.copy.digest
    return match.base.pixel_digest is not None and (
        match.relation is Relation.SAME_PIXELS
        and match.base.pixel_digest == match.copy.pixel_digest
    )


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
    kept = {each.path for each in made.keepers}
    assert {action.keeper.path for action in made.actions} <= kept
    assert not removed & kept
    for cluster in found.clusters:
        assert kept & {member.path for member in cluster.members}


@given(results(), rule_lists)
def test_nothing_goes_without_a_direct_match_of_a_strict_relation(found, rules):
    for action in plan(found, rules).actions:
        assert was_compared(found, action.match)
        assert {action.match.base, action.match.copy} == {action.photo, action.keeper}
        assert action.match.relation not in (Relation.PART, Relation.SIMILAR)
        assert not action.match.doubtful


@given(results(), rule_lists)
def test_the_named_rule_is_the_first_that_tells_them_apart(found, rules):
    made = plan(found, rules)
    standing = {
        path: each for cluster in found.clusters for path, each in standings(cluster).items()
    }
    for action in made.actions:
        kept, gone = standing[action.keeper.path], standing[action.photo.path]
        deciding = next(rule for rule in (UNDAMAGED, *rules) if rule.key(kept) != rule.key(gone))
        assert action.rule == deciding.name
        assert deciding.key(kept) < deciding.key(gone)
        assert action.because == deciding.because(kept, gone) != ""
    for tie in made.ties:
        kept, other = standing[tie.keeper.path], standing[tie.photo.path]
        assert all(rule.key(kept) == rule.key(other) for rule in (UNDAMAGED, *rules))
        assert may_go(tie.match)


@given(results(), rule_lists)
def test_no_copy_of_the_representative_is_better_than_the_keeper(found, rules):
    for cluster in found.clusters:
        standing = standings(cluster)

        def worth(photo, standing=standing):
            each = standing[photo.path]
            return each.aside, [rule.key(each) for rule in (UNDAMAGED, *rules)]

        rivals = [match.copy for match in cluster.matches if may_go(match)]
        kept = keeper(cluster, rules)
        assert all(worth(kept) <= worth(rival) for rival in (cluster.representative, *rivals))


@given(clusters(), rule_lists)
def test_ranking_names_every_member_once_and_goes_by_the_rules(cluster, rules):
    order = ranked(cluster, rules)
    assert sorted(p.path for p in order) == sorted(p.path for p in cluster.members)
    standing = [standings(cluster)[photo.path] for photo in order]
    keys = [(each.aside, [rule.key(each) for rule in (UNDAMAGED, *rules)]) for each in standing]
    assert all(a <= b for a, b in pairwise(keys))


@given(clusters(), rule_lists)
def test_the_keeper_is_the_first_one_that_is_planned(cluster, rules):
    assert plan(found_of(cluster), rules).keepers[0] == keeper(cluster, rules)


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
    standing = standings(cluster)
    first, kept = standing[cluster.representative.path], standing[keeper(cluster, rules).path]
    told_apart = any(rule.key(kept) != rule.key(first) for rule in (UNDAMAGED, *rules))
    if kept.aside == first.aside and not told_apart:
        assert kept is first


@given(st.lists(st.integers(0, 10**6).flatmap(lambda n: photos(f"/lib/{n}")), min_size=3))
def test_each_rule_orders_all_photos(some):
    for rule in DEFAULT_RULES:
        keys = sorted(rule.key(Standing(each)) for each in some)
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
    assert [kept.path for kept in made.keepers] == ["/lib/1.jpg"]
    assert [spared.photo for spared in made.spared] == [larger]
    assert made.spared[0].match is not None
    assert made.actions == made.ties == ()


def test_a_doubtful_copy_is_spared_and_never_keeps():
    better = photo("/lib/2.jpg", width=800)
    match = Match(photo("/lib/1.jpg"), better, Relation.COPY, (), Evidence("orb"), doubtful=True)
    made = plan(found_of(Cluster("c", (match.base, better), (match,))))
    assert made.keepers == (match.base,)
    assert [spared.photo for spared in made.spared] == [better]


def test_a_screenshot_with_more_pixels_is_no_keeper_of_the_photo_it_shows():
    shot = photo("/lib/shot.png", width=1170, height=2532, camera=None)
    shown = photo("/lib/photo.jpg", width=1600, height=1200, camera=None)
    edits = (Edit("cropped", 0.3), Edit("resized", 1.4))
    match = Match(shot, shown, Relation.PART, edits, Evidence("orb", detail=0.3))
    cluster = Cluster("c", (shot, shown), (match,))
    assert ranked(cluster) == (shown, shot)
    assert plan(found_of(cluster)).actions == ()


def test_a_file_in_two_clusters_is_refused():
    # By cluster one /lib/b goes because /lib/a stays; by cluster two /lib/a goes.
    a, b = photo("/lib/a"), photo("/lib/b")
    one = star(a, b).clusters[0]
    two = star(b, a).clusters[0]
    with pytest.raises(UsageError, match="'/lib/b' stands in two clusters") as caught:
        plan(found_of(one, two))
    assert "scan again" in caught.value.hint


def test_a_hard_link_of_a_keeper_in_another_cluster_is_refused():
    linked = photo(file=PhotoFile("/lib/a", Stamp(1, 2, 9, 0, 0), links=("/lib/d",)))
    one = star(linked, photo("/lib/b")).clusters[0]
    two = star(photo("/lib/c"), photo("/lib/d")).clusters[0]
    with pytest.raises(UsageError, match="two clusters"):
        plan(found_of(one, two))


def test_earlier_rules_come_first():
    smaller_but_older = photo("/lib/b.jpg", width=100, taken_at="2001-01-01 00:00:00")
    made = plan(star(photo("/lib/a.jpg"), smaller_but_older))
    assert [(action.kind, action.rule) for action in made.actions] == [("remove", "most-pixels")]
    made = plan(star(photo("/lib/a.jpg"), smaller_but_older), [Oldest(), MostPixels()])
    assert made.keepers == (smaller_but_older,)
    assert made.rules == ("oldest", "most-pixels")


def test_what_a_camera_wrote_ranks_before_size_until_photos_are_compared():
    # An enlargement has more pixels and mostly no camera; nobody has looked at it yet.
    taken, larger = photo(width=400), photo(width=4000, camera=None, taken_at=None, exposure=None)
    assert rank(taken) < rank(larger)
    assert rank(photo(width=4000)) < rank(taken)


def test_before_any_comparison_a_frame_makes_no_photo_the_larger_one():
    bare = photo("/lib/bare.jpg", width=400, height=300)
    framed = photo("/lib/framed.jpg", width=480, height=360, inner=(380, 285))
    assert rank(bare) < rank(framed)


@pytest.mark.parametrize(
    ("better", "lesser"),
    [
        ({"quantization": 3.25}, {"quantization": 11.75}),
        ({"taken_at": "2019-07-14 18:22:05"}, {"taken_at": "2021-01-03 09:00:00"}),
        ({"path": "/lib/a.jpg"}, {"path": "/lib/a (1).jpg"}),
    ],
)
def test_before_any_comparison_the_file_itself_decides_among_equals(better, lesser):
    assert rank(photo(**better)) < rank(photo(**lesser))


def test_what_is_only_compared_with_ranks_first_and_a_camera_raw_last():
    # The first one is in the middle of a cluster, and all others are compared with it.
    small, large = photo("/lib/small.jpg", width=100), photo("/lib/large.jpg", width=4000)
    known = photo("/known/1.jpg", width=100)
    known = replace(known, file=replace(known.file, reference="/known"))
    raw = photo("/lib/raw.dng", width=6000, format="camera RAW (DNG)", lossless=True)
    known_raw = replace(raw, file=replace(raw.file, reference="/known"))
    assert sorted([small, raw, known_raw, large, known], key=rank) == [
        known, known_raw, large, small, raw,
    ]  # fmt: skip


def test_what_only_the_photo_that_goes_has_is_named():
    kept = photo("/lib/1.jpg", width=4000, annotations=("place",), taken_at=None)
    lesser = photo("/lib/2.jpg", annotations=("keywords", "place"), taken_at="2020-01-01 10:00:00")
    (action,) = plan(star(kept, lesser), (MostPixels(),)).actions
    assert action.loses == ("capture time", "keywords")


def test_what_only_a_sidecar_of_the_copy_says_is_told():
    beside = (Companion("/lib/2.jpg.xmp", "xmp", is_content=False),)
    file = PhotoFile("/lib/2.jpg", a_photo("/lib/2.jpg").file.stamp, companions=beside)
    kept, lesser = photo("/lib/1.jpg", width=4000), photo("/lib/2.jpg", file=file)
    (action,) = plan(star(kept, lesser), (MostPixels(),)).actions
    assert action.loses == ("xmp sidecar",)
    (action,) = plan(star(photo("/lib/1.jpg"), lesser)).actions
    assert (action.keeper, action.rule, action.loses) == (lesser, "most-metadata", ())
