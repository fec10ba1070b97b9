"""Decisions of a review: each of one state, none of what is not there, verdicts with them."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies_clusters import a_photo, results

from dupfinder.decide import apart
from dupfinder.model import (
    Cluster,
    Contents,
    Decision,
    DecisionKind,
    Evidence,
    Found,
    Match,
    Outcome,
    Photo,
    Relation,
    contents_of,
)
from dupfinder.web.desk import Desk, Marks, Stale

KEEP, REMOVE, NONE, LATER = (
    DecisionKind.KEEP, DecisionKind.REMOVE, DecisionKind.NOT_DUPLICATE, DecisionKind.LATER,
)  # fmt: skip


class Store:
    """Verdicts as the store keeps them."""

    def __init__(self, known: frozenset[Contents] = frozenset()) -> None:
        self.pairs = set(known)
        self.marks = Marks(self.mark, self.forget, known)

    def mark(self, pairs: Iterable[tuple[Photo, Photo]]) -> None:
        self.pairs |= {contents_of(one.digest, other.digest) for one, other in pairs}

    def forget(self, pairs: Iterable[tuple[Photo, Photo]]) -> None:
        self.pairs -= {contents_of(one.digest, other.digest) for one, other in pairs}


def copies(*names: str) -> Found:
    """A cluster of copies, all compared with the first."""
    photos = tuple(a_photo(f"/lib/{name}") for name in names)
    matches = tuple(
        Match(photos[0], photo, Relation.COPY, (), Evidence("orb")) for photo in photos[1:]
    )
    return Found(
        roots=("/lib",), level="copies", hasher="dct256", radius=60, discovered=len(photos),
        compared=len(photos), other_files=0, clusters=(Cluster("c", photos, matches),), skipped=(),
    )  # fmt: skip


def desk_of(found: Found, store: Store | None = None, protect: tuple[str, ...] = ()) -> Desk:
    return Desk(found, protect, (store or Store()).marks)


def gone(desk: Desk) -> list[str]:
    return [action.photo.path for action in desk.planned()[1].actions]


def test_what_was_decided_is_the_plan() -> None:
    desk = desk_of(copies("a", "b", "c"))
    assert gone(desk) == []
    assert desk.change(0, {1: REMOVE}) == 1
    assert desk.change(1, {2: REMOVE, 0: KEEP}) == 2
    assert gone(desk) == ["/lib/b", "/lib/c"]
    assert desk.change(2, {1: None}) == 3
    assert (gone(desk), dict(desk.choices)) == (["/lib/c"], {0: KEEP, 2: REMOVE})
    assert desk.planned()[0] == 3


@pytest.mark.parametrize("version", [-1, 0, 2])
def test_a_page_of_another_state_changes_nothing(version: int) -> None:
    desk = desk_of(copies("a", "b"))
    desk.change(0, {1: LATER})
    with pytest.raises(Stale):
        desk.change(version, {1: REMOVE})
    assert (desk.version, dict(desk.choices)) == (1, {1: LATER})


@pytest.mark.parametrize("number", [-1, 2, 10**9])
def test_a_number_of_no_photo_changes_nothing(number: int) -> None:
    desk = desk_of(copies("a", "b"))
    with pytest.raises(Stale):
        desk.change(0, {1: REMOVE, number: REMOVE})
    assert (desk.version, dict(desk.choices)) == (0, {})


def test_the_last_copy_and_what_is_protected_stay_whatever_is_decided() -> None:
    found = copies("a", "b", "c")
    desk = desk_of(found)
    desk.change(0, dict.fromkeys(range(3), REMOVE))
    assert gone(desk) == []
    desk = desk_of(found, protect=("/lib/b",))
    desk.change(0, {1: REMOVE, 2: REMOVE})
    assert gone(desk) == ["/lib/c"]


def moved(desk: Desk) -> list[Outcome]:
    return [Outcome(each, True, "done", "") for each in desk.planned()[1].actions]


def test_for_the_sake_of_what_is_in_the_trash_nothing_goes() -> None:
    desk = desk_of(copies("a", "b", "c"))
    desk.change(0, {0: REMOVE, 1: KEEP})
    desk.done("run", moved(desk))
    assert (dict(desk.gone), dict(desk.choices)) == ({0: "run"}, {1: KEEP})
    with pytest.raises(Stale):
        desk.change(desk.version, {0: KEEP})
    desk.change(desk.version, {2: REMOVE})
    assert gone(desk) == [], "c was compared with a alone"
    desk.is_back("run", but={"/lib/a"})
    assert dict(desk.gone) == {0: "run"}
    desk.is_back("another")
    assert dict(desk.gone) == {0: "run"}
    desk.is_back("run")
    assert dict(desk.gone) == {}
    assert gone(desk) == ["/lib/c"]


def test_what_did_not_go_is_still_decided() -> None:
    desk = desk_of(copies("a", "b"))
    desk.change(0, {1: REMOVE})
    (action,) = desk.planned()[1].actions
    desk.done("run", [Outcome(action, False, "changed", "it changed")])
    assert (dict(desk.gone), dict(desk.choices)) == ({}, {1: REMOVE})


def test_a_verdict_that_cannot_be_kept_changes_nothing() -> None:
    def full(_: object) -> None:
        raise OSError("no room")

    desk = Desk(copies("a", "b"), (), Marks(full, full))
    with pytest.raises(OSError, match="no room"):
        desk.change(0, {1: NONE})
    assert (desk.version, dict(desk.choices), desk.marked) == (0, {}, ())


changes = st.lists(
    st.dictionaries(st.integers(0, 11), st.none() | st.sampled_from(DecisionKind), max_size=3),
    max_size=8,
)


@given(found=results(), steps=changes, data=st.data())
def test_the_store_holds_what_the_decisions_say_and_what_it_held_before(
    found: Found, steps: list[dict[int, DecisionKind | None]], data: st.DataObject
) -> None:
    photos = [(photo, cluster) for cluster in found.clusters for photo in cluster.members]
    digests = sorted({photo.digest for photo, _ in photos})
    before: set[Contents] = set()
    if len(digests) > 1:
        before = data.draw(st.sets(st.sampled_from([(digests[0], each) for each in digests[1:]])))
    store = Store(frozenset(before))
    desk = desk_of(found, store)
    for step in steps:
        desk.change(desk.version, {n: kind for n, kind in step.items() if n < len(photos)})
        said = [
            Decision(kind, photos[n][1].id, photos[n][0].path, photos[n][0].digest)
            for n, kind in desk.choices.items()
        ]
        now = {contents_of(a.digest, b.digest) for a, b in apart(found, said)}
        assert store.pairs == now | before
    desk.change(desk.version, dict.fromkeys(desk.choices))
    assert store.pairs == before
