"""What a person decides: laws over any decisions about any clusters, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies_clusters import a_photo, results

from dupfinder.decide import PERMITTED, RULE, decide, freedoms
from dupfinder.errors import UsageError
from dupfinder.model import (
    Cluster,
    Companion,
    Decided,
    Decision,
    DecisionKind,
    Evidence,
    Found,
    Match,
    Photo,
    PhotoFile,
    Relation,
    Stamp,
)

KEEP, REMOVE = DecisionKind.KEEP, DecisionKind.REMOVE
NOT_DUPLICATE, LATER = DecisionKind.NOT_DUPLICATE, DecisionKind.LATER


def photo(path: str, **changes: Any) -> Photo:
    return a_photo(path, **changes)


A, B, C = photo("/lib/a.jpg"), photo("/lib/b.jpg"), photo("/lib/c.jpg")


def star(*members: Photo, relation: Relation = Relation.COPY, **told: Any) -> Found:
    matches = tuple(
        Match(members[0], m, relation, (), Evidence("orb"), **told) for m in members[1:]
    )
    return found_of(Cluster("c", members, matches))


def found_of(*stars: Cluster) -> Found:
    return Found(("/lib",), "copies", "dct256", 60, 0, 0, 0, stars, ())


def decided(found: Found, *chosen: tuple[Photo, DecisionKind], **told: Any) -> Decided:
    return decide(
        found,
        [Decision(kind, found.clusters[0].id, each.path, each.digest) for each, kind in chosen],
        **told,
    )


def removals(made: Decided) -> dict[str, str]:
    return {action.photo.path: action.keeper.path for action in made.plan.actions}


def reasons(made: Decided) -> dict[str, str]:
    return {spared.photo.path: spared.code for spared in made.plan.spared}


@st.composite
def choices(draw: st.DrawFn, found: Found) -> list[Decision]:
    """Decisions about any photos, several about some, and some about photos of yesterday."""
    members = [(star.id, photo) for star in found.clusters for photo in star.members]
    if not members:
        return []
    kinds = st.sampled_from([REMOVE, REMOVE, *DecisionKind])
    return [
        Decision(
            draw(kinds),
            draw(st.sampled_from([name, name, name, "gone"])),
            each.path,
            draw(st.sampled_from([each.digest, each.digest, each.digest, b"other"])),
        )
        for name, each in draw(st.lists(st.sampled_from(members), max_size=12))
    ]


@st.composite
def cases(draw: st.DrawFn) -> tuple[Found, list[Decision], list[str]]:
    found = draw(results(references=(None, None, "/known")))
    protect = draw(st.sampled_from([[], ["/lib/000000"], ["/lib/000001", "/lib/001000"]]))
    return found, draw(choices(found)), protect


# Laws


@given(cases())
def test_nothing_goes_but_what_was_chosen_and_for_what_it_was_compared_with(case):
    found, chosen, protect = case
    made = decide(found, chosen, protect=protect)
    last = {(each.cluster, each.path, each.digest): each.kind for each in chosen}
    homes = {each.path: star for star in found.clusters for each in star.members}
    for action in made.plan.actions:
        cluster = homes[action.photo.path]
        assert REMOVE in {
            kind
            for (name, path, digest), kind in last.items()
            if (name, path, digest) == (cluster.id, action.photo.path, action.photo.digest)
        }
        assert homes[action.keeper.path] is cluster
        assert {action.match.base, action.match.copy} == {action.photo, action.keeper}
        equal = action.photo.digest == action.keeper.digest
        same_pixels = action.photo.pixel_digest == action.keeper.pixel_digest is not None
        assert action.match in cluster.matches or equal or same_pixels
        assert action.match.relation is not Relation.SIMILAR
        assert action.rule == RULE


@given(cases())
def test_a_keeper_never_goes_and_each_cluster_keeps_a_photo(case):
    found, chosen, protect = case
    made = decide(found, chosen, protect=protect)
    gone = {action.photo.path for action in made.plan.actions}
    kept = {each.path for each in made.plan.keepers}
    assert not gone & kept
    assert {action.keeper.path for action in made.plan.actions} <= kept
    for cluster in found.clusters:
        assert {member.path for member in cluster.members} - gone


@given(cases())
def test_what_is_protected_or_only_compared_with_stays(case):
    found, chosen, protect = case
    for action in decide(found, chosen, protect=protect).plan.actions:
        assert action.photo.file.reference is None
        assert not any(action.photo.path.startswith(folder + "/") for folder in protect)
        assert action.photo.file.link_count == 1
        assert not action.photo.file.links


@given(cases())
def test_every_member_of_a_decided_cluster_stands_in_exactly_one_place(case):
    found, chosen, protect = case
    made = decide(found, chosen, protect=protect)
    placed = [
        *made.plan.keepers,
        *(action.photo for action in made.plan.actions),
        *(spared.photo for spared in made.plan.spared),
    ]
    valid = {each.cluster for each in chosen if each not in made.stale}
    members = [each for star in found.clusters if star.id in valid for each in star.members]
    assert sorted(each.path for each in placed) == sorted(each.path for each in members)


@given(cases(), st.randoms())
def test_the_order_of_decisions_about_different_photos_changes_nothing(case, random):
    found, chosen, protect = case
    single = list({(each.cluster, each.path): each for each in chosen}.values())
    shuffled = random.sample(single, len(single))
    one, other = (decide(found, each, protect=protect) for each in (single, shuffled))
    assert one.plan == other.plan


@given(results())
def test_without_decisions_nothing_is_planned(found):
    made = decide(found, [])
    assert (made.plan.keepers, made.plan.actions, made.plan.spared) == ((), (), ())


@given(results(references=(None, "/known")))
def test_who_may_go_goes_for_each_photo_that_is_named_and_for_no_other(found):
    told = freedoms(found)
    for star in found.clusters:
        for member in star.members:
            others = [each for each in star.members if each.path != member.path]
            for kept in others:
                gone = [Decision(NOT_DUPLICATE, star.id, o.path, o.digest) for o in others]
                gone = [each for each in gone if each.path != kept.path]
                chosen = [*gone, Decision(REMOVE, star.id, member.path, member.digest)]
                actions = decide(found, chosen).plan.actions
                assert bool(actions) == (kept in told[member.path].keepers)
            assert bool(told[member.path].stays) == (not told[member.path].keepers)


def test_of_many_equal_files_a_few_are_named_as_what_another_one_may_go_for():
    equal = [replace(photo(f"/lib/{n:04}.jpg"), digest=b"same") for n in range(400)]
    told = freedoms(star(*equal, relation=Relation.IDENTICAL))
    assert len(told[equal[0].path].keepers) == 399
    assert {len(told[each.path].keepers) for each in equal[1:]} <= {50, 51}


# What is chosen


def test_a_photo_is_told_as_a_copy_only_of_what_it_is_one_of_without_a_doubt() -> None:
    a_part = star(A, B, relation=Relation.PART)
    for found, copies in ((star(A, B), (A,)), (star(A, B, doubtful=True), ()), (a_part, ())):
        freedom = freedoms(found)[B.path]
        assert (freedom.keepers, freedom.copies, freedom.stays) == ((A,), copies, "")


def test_a_plan_tells_by_what_a_photo_goes_and_what_another_one_was_compared_with() -> None:
    found = star(A, B, C)
    match_of_b, match_of_c = found.clusters[0].matches

    plan = decided(found, (B, REMOVE), (C, LATER)).plan

    (action,), (spared,) = plan.actions, plan.spared
    assert (plan.rules, plan.ties) == ((RULE,), ())
    assert (action.kind, action.photo, action.keeper) == ("remove", B, A)
    assert (action.match, action.rule) == (match_of_b, RULE)
    assert (spared.photo, spared.keeper, spared.match) == (C, A, match_of_c)


def test_of_several_reasons_that_of_a_comparison_is_told() -> None:
    found = star(A, B, C, relation=Relation.PART)

    made = decided(found, (B, REMOVE), (C, KEEP), only={Relation.COPY})

    (spared,) = [each for each in made.plan.spared if each.photo == B]
    assert spared.code != "not-compared"  # with C, which is asked first


def test_what_was_chosen_goes_for_the_representative_and_the_rest_is_left():
    made = decided(star(A, B, C), (B, REMOVE))
    assert removals(made) == {B.path: A.path}
    assert reasons(made) == {C.path: "undecided"}
    assert made.plan.actions[0].because == "chosen by you"


def test_the_keeper_can_be_chosen():
    made = decided(star(A, B, C), (A, REMOVE), (B, KEEP), (C, LATER))
    assert removals(made) == {A.path: B.path}
    assert reasons(made) == {C.path: "later"}


def test_of_two_that_were_compared_with_it_the_chosen_one_keeps():
    found = found_of(
        Cluster(
            "c",
            (A, B, C),
            (
                Match(A, B, Relation.COPY, (), Evidence("orb")),
                Match(B, C, Relation.COPY, (), Evidence("orb")),
            ),
        )
    )
    assert removals(decided(found, (B, REMOVE))) == {B.path: A.path}
    assert removals(decided(found, (B, REMOVE), (C, KEEP))) == {B.path: C.path}


def test_the_later_of_two_decisions_counts():
    found = star(A, B)
    assert removals(decided(found, (B, REMOVE), (B, KEEP))) == {}
    assert removals(decided(found, (B, KEEP), (B, REMOVE))) == {B.path: A.path}


def test_a_person_may_decide_about_doubtful_copies_and_parts():
    assert removals(decided(star(A, B, doubtful=True), (B, REMOVE))) == {B.path: A.path}
    assert removals(decided(star(A, B, relation=Relation.PART), (A, REMOVE))) == {A.path: B.path}


# What is refused


def test_the_last_copy_stays():
    made = decided(star(A, B, C), (A, REMOVE), (B, REMOVE), (C, REMOVE))
    assert removals(made) == {}
    assert set(reasons(made).values()) == {"last"}


def test_what_is_no_duplicate_keeps_nothing():
    made = decided(star(A, B), (A, REMOVE), (B, NOT_DUPLICATE))
    assert removals(made) == {}


def test_what_was_never_compared_directly_with_what_stays_stays():
    made = decided(star(A, B, C), (A, REMOVE), (B, REMOVE))
    # B and C were only compared with A, which goes.
    assert removals(made) == {A.path: C.path}
    assert reasons(made) == {B.path: "not-compared"}


def test_equal_contents_need_no_other_comparison():
    twin = replace(C, digest=B.digest)
    made = decided(star(A, B, twin), (A, REMOVE), (B, REMOVE))
    assert removals(made) == {A.path: twin.path, B.path: twin.path}


def test_another_shot_never_goes():
    assert reasons(decided(star(A, B, relation=Relation.SIMILAR), (B, REMOVE))) == {
        B.path: "relation"
    }
    with pytest.raises(UsageError, match="other shots"):
        decided(star(A, B), (B, REMOVE), only=list(Relation))


def test_relations_that_are_not_named_stay():
    made = decided(star(A, B), (B, REMOVE), only=[Relation.IDENTICAL])
    assert reasons(made) == {B.path: "relation"}
    assert Relation.SIMILAR not in PERMITTED


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"file": PhotoFile("/lib/b.jpg", Stamp(1, 2, 9, 0, 0), reference="/lib")}, "protected"),
        ({"file": PhotoFile("/lib/b.jpg", Stamp(1, 2, 9, 0, 0), link_count=2)}, "linked"),
        (
            {
                "file": PhotoFile(
                    "/lib/b.jpg",
                    Stamp(1, 2, 9, 0, 0),
                    companions=(Companion("/lib/b.mov", "movie", is_content=True),),
                )
            },
            "companion-only-here",
        ),
        ({"frames": 3}, "shows-more"),
        ({"format": "camera RAW (DNG)"}, "raw"),
    ],
)
def test_what_the_page_does_not_show_stays(changes: dict[str, Any], code: str):
    other = photo("/lib/b.jpg", **changes)
    assert reasons(decided(star(A, other), (other, REMOVE))) == {other.path: code}


def test_a_whole_photo_does_not_go_for_a_damaged_one():
    damaged = replace(A, damage="premature end")
    assert reasons(decided(star(damaged, B), (B, REMOVE))) == {B.path: "damaged"}
    assert removals(decided(star(B, damaged), (damaged, REMOVE))) == {damaged.path: B.path}


def test_what_was_decided_about_other_contents_is_told_and_not_done():
    found = star(A, B)
    old = Decision(REMOVE, "c", B.path, b"another photo")
    unknown = Decision(REMOVE, "another cluster", B.path, B.digest)
    elsewhere = Decision(REMOVE, "c", "/lib/z.jpg", B.digest)
    made = decide(found, [old, unknown, elsewhere])
    assert made.stale == (old, unknown, elsewhere)
    assert made.plan.actions == ()


def test_a_file_in_two_clusters_is_refused():
    one, two = star(A, B).clusters[0], replace(star(B, C).clusters[0], id="d")
    with pytest.raises(UsageError, match="stands in two clusters"):
        decide(found_of(one, two), [])
