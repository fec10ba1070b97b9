"""Which photos a person's decisions say are no duplicates of each other."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st
from strategies_clusters import a_photo, results

from dupfinder.decide import apart
from dupfinder.model import (
    Cluster,
    Decision,
    DecisionKind,
    Evidence,
    Found,
    Match,
    Photo,
    Relation,
)

NONE = DecisionKind.NOT_DUPLICATE


def path_of(photo: Photo) -> str:
    return photo.path


@st.composite
def decided(draw: st.DrawFn) -> tuple[Found, dict[str, DecisionKind]]:
    found = draw(results())
    kinds = st.none() | st.sampled_from(DecisionKind)
    chosen = {
        photo.path: kind
        for cluster in found.clusters
        for photo in cluster.members
        if (kind := draw(kinds)) is not None
    }
    return found, chosen


def decisions(found: Found, chosen: dict[str, DecisionKind]) -> list[Decision]:
    return [
        Decision(chosen[photo.path], cluster.id, photo.path, photo.digest)
        for cluster in found.clusters
        for photo in cluster.members
        if photo.path in chosen
    ]


@given(case=decided())
def test_what_is_no_duplicate_is_none_of_anybody_of_whom_that_was_not_said(
    case: tuple[Found, dict[str, DecisionKind]],
) -> None:
    found, chosen = case
    none = {path for path, kind in chosen.items() if kind is DecisionKind.NOT_DUPLICATE}

    def are_apart(one: Photo, other: Photo, everyone: bool) -> bool:
        said = {one.path, other.path} & none
        return (len(said) == 1 or (everyone and len(said) == 2)) and one.digest != other.digest

    expected = {
        frozenset((one.path, other.path))
        for cluster in found.clusters
        for one, other in combinations(cluster.members, 2)
        if are_apart(one, other, all(photo.path in none for photo in cluster.members))
    }
    pairs = apart(found, decisions(found, chosen))
    assert {frozenset((one.path, other.path)) for one, other in pairs} == expected
    assert len(pairs) == len(expected)


@given(case=decided())
def test_of_other_contents_than_were_looked_at_nothing_is_said(
    case: tuple[Found, dict[str, DecisionKind]],
) -> None:
    found, chosen = case
    stale = [
        Decision(each.kind, each.cluster, each.path, each.digest + b"x")
        for each in decisions(found, chosen)
    ]
    assert apart(found, stale) == ()


def test_of_photos_of_which_it_was_said_of_all_each_is_apart_from_each() -> None:
    members = tuple(a_photo(f"/lib/{name}.jpg") for name in "abc")
    matches = tuple(
        Match(members[0], each, Relation.COPY, (), Evidence("orb")) for each in members[1:]
    )
    cluster = Cluster("c", members, matches)
    found = Found(("/lib",), "copies", "dct256", 60, 0, 0, 0, (cluster,), ())

    pairs = apart(found, decisions(found, dict.fromkeys(map(path_of, members), NONE)))

    assert [(path_of(one), path_of(other)) for one, other in pairs] == [
        ("/lib/a.jpg", "/lib/b.jpg"),
        ("/lib/a.jpg", "/lib/c.jpg"),
        ("/lib/b.jpg", "/lib/c.jpg"),
    ]
