"""What is left alone whatever the rules say, each with its code and its reason."""

from __future__ import annotations

from typing import Any

import pytest
from limiting import (
    EXACT,
    ONE,
    SMALL,
    WITH_PARTS,
    found,
    found_of,
    gone,
    match,
    photo,
    reason,
    spared,
)

from dupfinder.choose import PROTECT, REMOVABLE, plan
from dupfinder.errors import UsageError
from dupfinder.keeprules.files import Smallest
from dupfinder.keeprules.limits import limits
from dupfinder.keeprules.pictures import MostPixels
from dupfinder.keeprules.standing import Standing
from dupfinder.model import Action, Companion, Edit, Evidence, Match, Photo, Relation

# Relations


@pytest.mark.parametrize("relation", sorted(REMOVABLE))
def test_only_the_relations_that_were_named_let_a_photo_go(relation):
    pair = found(match(ONE, SMALL, relation))
    assert gone(plan(pair)) == ["/lib/2.jpg"]
    assert gone(plan(pair, only=[relation])) == ["/lib/2.jpg"]
    without = plan(pair, only=REMOVABLE - {relation})
    assert (gone(without), spared(without)) == ([], {"/lib/2.jpg": "relation"})


def test_a_relation_that_was_not_named_is_told():
    made = plan(found(match(ONE, SMALL)), only=EXACT)
    assert reason(made) == "copy, and only identical and same pixels may go"


def test_other_shots_are_never_removed():
    with pytest.raises(UsageError, match="other shots") as caught:
        plan(found(match(ONE, SMALL)), only=[Relation.IDENTICAL, Relation.SIMILAR])
    assert "--similar" in caught.value.hint


def test_a_better_copy_is_no_keeper_where_copies_may_not_go():
    larger, twin = photo("/lib/3.jpg", width=4000), photo("/lib/2.jpg", taken_at=None)
    pairs = found(match(ONE, larger), match(ONE, twin, Relation.SAME_PIXELS))
    assert gone(plan(pairs)) == ["/lib/1.jpg"]
    made = plan(pairs, only=EXACT)
    assert [kept.path for kept in made.keepers] == ["/lib/1.jpg"]
    assert gone(made) == ["/lib/2.jpg"]


def test_a_doubtful_copy_is_told_to_be_one():
    doubtful = Match(ONE, SMALL, Relation.COPY, (), Evidence("orb"), doubtful=True)
    assert spared(plan(found(doubtful))) == {"/lib/2.jpg": "doubtful"}


def test_who_was_not_compared_with_the_keeper_is_told():
    larger = photo("/lib/3.jpg", width=4000)
    made = plan(found(match(ONE, SMALL), match(ONE, larger)))
    assert spared(made) == {"/lib/2.jpg": "not-compared"}
    assert reason(made) == "never compared directly with the photo kept"
    assert [each.keeper for each in made.spared] == [larger]


# Parts


CROP = photo("/lib/crop.jpg", width=200, size=500)
WHOLE = photo("/lib/whole.jpg")


@pytest.mark.parametrize(
    "pair",
    [
        match(WHOLE, CROP, Relation.PART, Edit("cropped", 0.5)),
        match(CROP, WHOLE, Relation.PART, Edit("extended", 0.5)),
    ],
)
def test_a_crop_goes_only_where_parts_were_named(pair):
    assert gone(plan(found(pair))) == []
    (left,) = plan(found(pair)).spared
    assert (left.code, left.reason) == ("relation", "not a copy of the photo kept")
    assert gone(plan(found(pair), only=WITH_PARTS)) == ["/lib/crop.jpg"]


@pytest.mark.parametrize(
    "pair",
    [
        match(WHOLE, CROP, Relation.PART, Edit("cropped", 0.5)),
        match(CROP, WHOLE, Relation.PART, Edit("extended", 0.5)),
    ],
)
def test_a_whole_never_goes_for_its_crop(pair):
    made = plan(found(pair), [Smallest()], WITH_PARTS)
    assert (gone(made), spared(made)) == ([], {"/lib/whole.jpg": "shows-more"})


def test_parts_that_both_show_something_of_their_own_stay():
    edits = (Edit("cropped", 0.5), Edit("extended", 0.5))
    made = plan(found(match(WHOLE, CROP, Relation.PART, *edits)), only=WITH_PARTS)
    assert spared(made) == {"/lib/crop.jpg": "shows-more"}


def test_a_screenshot_never_goes_for_the_photo_in_it():
    shot = photo("/lib/shot.png", camera=None)
    edits = (Edit("extended", 0.3), Edit("resized", 0.5))
    made = plan(found(match(WHOLE, shot, Relation.PART, *edits)), only=WITH_PARTS)
    assert (gone(made), spared(made)) == ([], {"/lib/shot.png": "shows-more"})


def test_what_holds_the_photo_among_other_things_is_no_copy_of_it_whatever_its_match_says():
    pair = match(ONE, SMALL)
    limit = limits(found(pair).clusters, REMOVABLE, ())
    assert limit.left_alone(Standing(SMALL), Standing(ONE), pair) is None
    why = limit.left_alone(Standing(SMALL, aside=True), Standing(ONE), pair)
    assert why == ("shows-more", "shows what the photo kept does not")


# Protection


def test_what_is_protected_is_kept_and_its_copies_go_for_it():
    album, large = photo("/ref/2.jpg", taken_at=None), photo("/lib/1.jpg", size=2000)
    pair = found(match(large, album, Relation.IDENTICAL))
    assert gone(plan(pair)) == ["/ref/2.jpg"]
    made = plan(pair, protect=["/ref"])
    because = "/ref is protected"
    (match_of,) = pair.clusters[0].matches
    assert made.actions == (Action("remove", large, album, match_of, "protect", because),)


def test_protection_tells_photos_apart_that_no_rule_does():
    made = plan(found(match(ONE, photo("/ref/2.jpg"))), [MostPixels()], protect=["/ref"])
    assert (gone(made), made.ties) == (["/lib/1.jpg"], ())


@pytest.mark.parametrize("relation", [Relation.SAME_PIXELS, Relation.COPY])
def test_a_photo_that_is_better_than_the_protected_one_stays(relation):
    made = plan(found(match(ONE, photo("/ref/2.jpg", width=200), relation)), protect=["/ref"])
    assert (gone(made), spared(made)) == ([], {"/lib/1.jpg": "better"})
    assert reason(made) == "better by most-pixels: 400x300 against 200x300 pixels"


def test_the_best_of_several_protected_photos_is_the_keeper():
    small, large = photo("/ref/2.jpg", width=200), photo("/ref/3.jpg", width=800)
    made = plan(found(match(small, ONE), match(small, large)), protect=["/ref"])
    assert [kept.path for kept in made.keepers] == ["/ref/3.jpg"]
    assert spared(made) == {"/lib/1.jpg": "not-compared", "/ref/2.jpg": "protected"}
    assert "/ref is protected" in [each.reason for each in made.spared]


def test_of_two_protected_photos_none_goes():
    made = plan(found(match(photo("/ref/1.jpg"), photo("/ref/2.jpg", width=200))), protect=["/ref"])
    assert (gone(made), spared(made)) == ([], {"/ref/2.jpg": "protected"})


def test_a_protected_photo_that_is_no_copy_does_not_keep_copies_from_going():
    other = photo("/ref/3.jpg")
    pairs = found(match(ONE, SMALL), match(ONE, other, Relation.SIMILAR))
    made = plan(pairs, protect=["/ref"])
    assert (gone(made), spared(made)) == (["/lib/2.jpg"], {"/ref/3.jpg": "protected"})


@pytest.mark.parametrize(
    "aliased",
    [
        photo("/lib/2.jpg", width=200, links=("/ref/2.jpg",)),
        photo("/lib/../ref/2.jpg", width=200),
        photo("/lib/2.jpg", Companion("/ref/2.xmp", "xmp", False), width=200),
    ],
)
def test_a_photo_is_protected_under_any_of_its_names(aliased):
    made = plan(found(match(ONE, aliased)), protect=["/ref"])
    assert (gone(made), spared(made)) == ([], {"/lib/1.jpg": "better"})


def test_a_folder_with_a_longer_name_is_not_protected():
    reference = found(match(ONE, photo("/reference/2.jpg", width=200)))
    assert gone(plan(reference, protect=["/ref"])) == ["/reference/2.jpg"]


def test_a_photo_that_is_only_compared_with_stays_and_its_copies_go_for_it():
    """Where nobody asked to protect its folder, and by whatever name it was reached."""
    known = photo("/any/2.jpg", reference="/known")
    made = plan(found(match(ONE, known)))
    assert [(each.photo, each.keeper, each.rule) for each in made.actions] == [
        (ONE, known, PROTECT)
    ]
    assert made.actions[0].because == "/known is protected"
    other = photo("/any/3.jpg", width=200, reference="/known")
    made = plan(found(match(known, other)))
    assert (gone(made), spared(made)) == ([], {"/any/3.jpg": "protected"})
    assert reason(made) == "/known is protected"


@pytest.mark.parametrize("path", ["ref", "~/ref", "/lib/../ref", "/ref/", ""])
def test_a_path_that_would_protect_nothing_is_refused(path):
    with pytest.raises(UsageError, match="cannot be protected") as caught:
        plan(found(match(ONE, SMALL)), protect=[path])
    assert "real path" in caught.value.hint


# Hard links


@pytest.mark.parametrize("names", [{"link_count": 2}, {"links": ("/lib/z.jpg",), "link_count": 1}])
def test_a_file_with_several_names_stays(names):
    made = plan(found(match(ONE, photo("/lib/2.jpg", width=200, **names))))
    assert (gone(made), spared(made)) == ([], {"/lib/2.jpg": "linked"})
    assert "frees nothing" in reason(made)


def test_a_file_with_several_names_may_be_the_keeper():
    assert gone(plan(found(match(photo("/lib/1.jpg", link_count=3), SMALL)))) == ["/lib/2.jpg"]


# Companions


def live(path: str, *kinds: str, **changes: Any) -> Photo:
    """A photo with a movie, a RAW file or sidecars beside it."""
    stem = path.removesuffix(".jpg")
    beside = (Companion(f"{stem}.{kind}", kind, kind in ("movie", "raw")) for kind in kinds)
    return photo(path, *beside, **changes)


@pytest.mark.parametrize(
    ("kept", "lesser", "said"),
    [
        ((), ("movie",), "its movie 2.movie is nowhere else"),
        ((), ("raw",), "its RAW 2.raw is nowhere else"),
        (("raw", "xmp"), ("movie",), "its movie 2.movie is nowhere else"),
        (("movie",), ("movie", "raw"), "its RAW 2.raw is nowhere else"),
    ],
)
def test_a_movie_or_raw_that_the_keeper_has_not_keeps_the_photo(kept, lesser, said):
    made = plan(found(match(live("/lib/1.jpg", *kept), live("/lib/2.jpg", *lesser, width=200))))
    assert (gone(made), spared(made)) == ([], {"/lib/2.jpg": "companion-only-here"})
    assert reason(made) == said


@pytest.mark.parametrize(
    ("kept", "lesser"),
    [(("movie",), ("movie",)), (("movie", "raw"), ()), ((), ("xmp", "aae")), (("xmp",), ("xmp",))],
)
def test_companions_that_the_keeper_has_too_and_sidecars_keep_nothing_here(kept, lesser):
    pair = match(live("/lib/1.jpg", *kept), live("/lib/2.jpg", *lesser, width=200))
    assert gone(plan(found(pair))) == ["/lib/2.jpg"]


def test_a_photo_does_not_take_along_what_belongs_to_another_one():
    sidecar = Companion("/lib/x.xmp", "xmp", False)
    one, small = photo("/lib/1.jpg", sidecar), photo("/lib/2.jpg", sidecar, width=200)
    made = plan(found(match(one, small)))
    assert (gone(made), spared(made)) == ([], {"/lib/2.jpg": "companion-shared"})
    assert reason(made) == "x.xmp belongs to another photo as well"


def test_what_a_photo_outside_of_all_clusters_has_too_is_said_to_be_shared():
    shared = Companion("/lib/2.xmp", "xmp-shared-0123456789abcdef", True)
    made = plan(found(match(photo("/lib/1.jpg"), photo("/lib/2.jpg", shared, width=200))))
    assert spared(made) == {"/lib/2.jpg": "companion-shared"}
    assert reason(made) == "2.xmp belongs to another photo as well"


def test_a_photo_does_not_take_along_the_keeper_of_another_cluster():
    raw = Companion("/lib/raw.dng", "raw", True)
    pair = found(match(photo("/lib/1.jpg", raw), photo("/lib/2.jpg", raw, width=200)))
    other = found(match(photo("/lib/raw.dng"), photo("/lib/z.jpg", width=200)))
    made = plan(found_of(*pair.clusters, *other.clusters))
    assert spared(made) == {"/lib/2.jpg": "companion-shared"}
    assert gone(made) == ["/lib/z.jpg"]
