"""What would be lost with photos that go, planned into sidecars of those that stay."""

from __future__ import annotations

from dataclasses import replace

import pytest
from strategies_clusters import a_photo

from dupfinder.merge import merge
from dupfinder.model import (
    Action,
    Companion,
    Evidence,
    Match,
    Metadata,
    Photo,
    Plan,
    Relation,
    Skipped,
)
from dupfinder.xmp import parsed

SEA = Metadata(keywords=("sea",), rating=4)
HOME = Metadata(place=(48.5, 11.25))


def photo(path: str, *annotations: str, taken_at: str | None = None, xmp: str = "") -> Photo:
    made = a_photo(path, taken_at=taken_at, annotations=annotations)
    beside = (Companion(xmp, "xmp", is_content=False),) if xmp else ()
    return replace(made, file=replace(made.file, companions=beside))


KEPT = photo("/p/kept.jpg")


def action(gone: Photo, kept: Photo = KEPT) -> Action:
    match = Match(kept, gone, Relation.SAME_PIXELS, (), Evidence("pixels"))
    return Action("remove", gone, kept, match, "oldest", "a day before")


def plan(*actions: Action) -> Plan:
    return Plan(("oldest",), (KEPT,), actions, (), ())


def test_what_only_a_photo_that_goes_says_is_kept_beside_the_one_that_stays() -> None:
    made, left = merge(plan(action(photo("/p/a.jpg", "keywords", "rating"))), {"/p/a.jpg": SEA})

    (each,) = made.actions
    assert left == ()
    assert each.sidecar is not None
    assert each.sidecar.path == "/p/kept.jpg.xmp"
    assert parsed(each.sidecar.content) == each.sidecar.holds == SEA


def test_what_several_say_goes_into_one_sidecar_that_all_of_them_wait_for() -> None:
    one, two = photo("/p/1.jpg", "keywords", "rating"), photo("/p/2.jpg", "keywords", "place")
    plain = photo("/p/3.jpg")
    told = {"/p/1.jpg": SEA, "/p/2.jpg": replace(HOME, keywords=("sun", "sea"))}
    made, left = merge(plan(action(two), action(plain), action(one)), told)

    second, third, first = made.actions
    assert left == ()
    assert third.sidecar is None, "it says nothing that would be lost"
    assert first.sidecar == second.sidecar
    assert first.sidecar is not None
    assert first.sidecar.holds == replace(HOME, rating=4, keywords=("sea", "sun"))


def test_what_the_photo_that_stays_says_itself_is_not_written_again() -> None:
    kept = photo("/p/kept.jpg", "rating", taken_at="2020-01-01 10:00:00")
    told = {"/p/a.jpg": replace(SEA, taken_at="2020-01-01 10:00:00")}
    made, _ = merge(plan(action(photo("/p/a.jpg", "keywords", "rating"), kept)), told)

    (each,) = made.actions
    assert each.sidecar is not None
    assert each.sidecar.holds == Metadata(keywords=("sea",))


def test_two_that_contradict_each_other_do_not_both_go() -> None:
    one, two = photo("/p/1.jpg", "place"), photo("/p/2.jpg", "place")
    told = {"/p/1.jpg": HOME, "/p/2.jpg": Metadata(place=(48.5, 11.26))}
    made, (left,) = merge(plan(action(two), action(one)), told)

    assert [each.photo.path for each in made.actions] == ["/p/1.jpg"]
    assert (left.action.photo.path, left.code) == ("/p/2.jpg", "metadata-differs")
    assert left.reason == "its place is not that of another copy that goes"
    rounded = {"/p/1.jpg": HOME, "/p/2.jpg": Metadata(place=(48.5, 11.250000001))}
    assert merge(plan(action(two), action(one)), rounded)[1] == ()


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (Metadata(), "metadata-unread"),
        (Metadata(keywords=("sea",)), "metadata-unread"),
        (
            Skipped("/p/a.jpg", "decode", "changed", "the file changed since it was found"),
            "changed",
        ),
    ],
)
def test_a_photo_of_which_nobody_knows_what_it_says_stays(
    told: Metadata | Skipped, code: str
) -> None:
    made, (left,) = merge(plan(action(photo("/p/a.jpg", "keywords", "rating"))), {"/p/a.jpg": told})

    assert made.actions == ()
    assert (left.done, left.code) == (False, code)


@pytest.mark.parametrize(
    ("theirs", "codes"),
    [
        (Metadata(), ["sidecar"]),
        (Metadata(rating=1), ["sidecar"]),
        (SEA, []),
        (Metadata(rating=1, keywords=("other",)), []),
        (Skipped("/p/kept.xmp", "decode", "unreadable", "cannot be read"), ["sidecar"]),
    ],
)
def test_a_sidecar_that_is_there_is_never_written_into(
    theirs: Metadata | Skipped, codes: list[str]
) -> None:
    """Either it says what would be lost, or the photo stays."""
    kept = photo("/p/kept.jpg", xmp="/p/kept.xmp")
    gone = photo("/p/a.jpg", "keywords", "rating")
    made, left = merge(plan(action(gone, kept)), {"/p/a.jpg": SEA, "/p/kept.xmp": theirs})

    assert [each.code for each in left] == codes
    assert [each.sidecar for each in made.actions] == ([] if codes else [None])


def test_what_the_sidecar_of_a_photo_that_goes_says_is_kept_too() -> None:
    gone = photo("/p/a.jpg", xmp="/p/a.xmp")
    made, _ = merge(plan(action(gone)), {"/p/a.jpg": SEA})

    (each,) = made.actions
    assert each.sidecar is not None
    assert each.sidecar.holds == SEA
