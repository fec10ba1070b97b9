"""Copies of copies: what is left alone beside the keeper may still lie there twice."""

from __future__ import annotations

from typing import Any

from limiting import EXACT, ONE, found, gone, match, photo, spared

from dupfinder.choose import plan
from dupfinder.model import Evidence, Match, Photo, Relation


def twin(path: str, **changes: Any) -> Photo:
    return photo(path, digest=b"twin", width=200, **changes)


def test_identical_copies_go_for_one_of_them_where_copies_may_not():
    pairs = found(match(ONE, twin("/lib/2.jpg")), match(ONE, twin("/lib/deeper/3.jpg")))
    made = plan(pairs, only=EXACT)
    assert [kept.path for kept in made.keepers] == ["/lib/1.jpg", "/lib/2.jpg"]
    (action,) = made.actions
    assert (action.photo.path, action.keeper.path) == ("/lib/deeper/3.jpg", "/lib/2.jpg")
    assert action.rule == "shortest-path"
    of = action.keeper, action.photo
    assert action.match == Match(*of, Relation.IDENTICAL, (), Evidence("bytes"))
    assert made.spared == ()


def test_copies_of_the_same_pixels_go_for_one_of_them():
    bare = photo("/lib/2.jpg", pixel_digest=b"p", camera=None)
    told = photo("/lib/3.jpg", pixel_digest=b"p")
    pairs = found(match(ONE, bare), match(ONE, told))
    (action,) = plan(pairs, only=EXACT).actions
    assert (action.photo, action.keeper, action.rule) == (bare, told, "camera-data")
    assert action.match == Match(told, bare, Relation.SAME_PIXELS, (), Evidence("pixels"))
    assert gone(plan(pairs, only=[Relation.IDENTICAL])) == []


def test_the_same_pixels_do_not_hide_identical_copies_where_only_those_may_go():
    best = photo("/lib/2.jpg", pixel_digest=b"p", width=800)
    same = [twin(f"/lib/{name}.jpg", pixel_digest=b"p") for name in ("3", "44")]
    pairs = found(*(match(photo("/lib/1.jpg", width=900), each) for each in (best, *same)))
    assert gone(plan(pairs, only=[Relation.IDENTICAL])) == ["/lib/44.jpg"]


def test_copies_of_other_pixels_are_no_copies_of_each_other():
    large = photo("/lib/2.jpg", pixel_digest=b"p", width=800)
    other = photo("/lib/3.jpg", pixel_digest=b"q")
    made = plan(found(match(ONE, large), match(ONE, other)))
    assert spared(made) == {"/lib/3.jpg": "not-compared"}


def test_of_pixels_without_a_digest_nothing_is_known():
    pairs = found(match(ONE, photo("/lib/2.jpg")), match(ONE, photo("/lib/33.jpg")))
    assert gone(plan(pairs, only=EXACT)) == []


def test_a_twin_of_the_keeper_goes_though_both_were_compared_with_another_one_only():
    best, same = (
        photo("/lib/2.jpg", digest=b"t", width=800),
        photo("/lib/33.jpg", digest=b"t", width=800),
    )
    made = plan(found(match(ONE, best), match(ONE, same)))
    assert gone(made) == ["/lib/1.jpg", "/lib/33.jpg"]


def test_twins_of_which_none_may_go_are_told_as_before():
    linked = [twin(f"/lib/{number}.jpg", link_count=2) for number in (2, 3)]
    made = plan(found(*(match(ONE, each) for each in linked)), only=EXACT)
    assert [kept.path for kept in made.keepers] == ["/lib/1.jpg"]
    assert spared(made) == {"/lib/2.jpg": "relation", "/lib/3.jpg": "relation"}


def test_a_protected_twin_is_the_one_that_stays():
    pairs = found(match(ONE, twin("/lib/2.jpg")), match(ONE, twin("/ref/deep/3.jpg")))
    made = plan(pairs, only=EXACT, protect=["/ref"])
    assert gone(made) == ["/lib/2.jpg"]


def test_a_twin_that_the_rules_like_better_than_the_keeper_stays():
    kept = photo("/lib/deeper/2.jpg", digest=b"t", width=800)
    same = photo("/lib/3.jpg", digest=b"t", width=800)
    doubtful = Match(ONE, same, Relation.COPY, (), Evidence("orb"), doubtful=True)
    made = plan(found(match(ONE, kept), doubtful))
    assert (gone(made), spared(made)) == (["/lib/1.jpg"], {"/lib/3.jpg": "better"})
    (left,) = made.spared
    assert left.reason == "better by shortest-path: path of 10 characters against 17"
    assert (left.keeper, left.match) == (
        kept, Match(kept, same, Relation.IDENTICAL, (), Evidence("bytes")),
    )  # fmt: skip
