"""Frames that were never compared, and camera RAW: neither goes for what only looks like it."""

from __future__ import annotations

import pytest
from limiting import ONE, SMALL, found, gone, match, photo, reason, spared

from dupfinder.choose import plan
from dupfinder.model import Photo, Relation

ALL = [Relation.IDENTICAL, Relation.SAME_PIXELS, Relation.COPY]
RAW = {"format": "camera RAW (DNG)", "lossless": True}


@pytest.mark.parametrize("relation", ALL)
def test_what_has_more_frames_than_its_keeper_stays(relation: Relation) -> None:
    film = photo("/lib/2.gif", width=200, format="GIF", frames=1_200)
    made = plan(found(match(ONE, film, relation)), only=ALL)
    assert (gone(made), spared(made)) == ([], {"/lib/2.gif": "shows-more"})
    assert reason(made) == "has 1,200 frames, the photo kept has 1"


def test_one_frame_of_a_film_may_go_for_the_film() -> None:
    film, lesser = photo("/lib/1.tif", frames=2), photo("/lib/2.jpg", width=200)
    assert gone(plan(found(match(film, lesser)), only=ALL)) == ["/lib/2.jpg"]


@pytest.mark.parametrize("frames", [2, 3])
def test_of_two_films_only_one_with_the_same_contents_may_go(frames: int) -> None:
    film = photo("/lib/1.tif", format="TIFF", frames=3)
    lesser = photo("/lib/2.tif", width=200, format="TIFF", frames=frames)
    made = plan(found(match(film, lesser)), only=ALL)
    assert (gone(made), spared(made)) == ([], {"/lib/2.tif": "shows-more"})
    assert reason(made) == f"has {frames} frames, of which only the first was compared"
    for relation in (Relation.IDENTICAL, Relation.SAME_PIXELS):
        assert gone(plan(found(match(film, lesser, relation)), only=ALL)) == ["/lib/2.tif"]


def test_a_raw_and_a_picture_of_it_both_stay() -> None:
    kept_raw = photo("/lib/1.dng", width=4000, **RAW)
    made = plan(found(match(kept_raw, SMALL)), only=ALL)
    assert (gone(made), spared(made)) == ([], {"/lib/2.jpg": "raw"})
    assert reason(made) == "the photo kept is a camera RAW, this is a picture of another kind"
    lesser_raw = photo("/lib/2.dng", width=200, **RAW)
    made = plan(found(match(ONE, lesser_raw)), only=ALL)
    assert (gone(made), spared(made)) == ([], {"/lib/2.dng": "raw"})
    assert reason(made) == "a camera RAW, from which pictures are made: the photo kept is none"


def test_a_raw_that_would_be_the_better_keeper_leaves_that_to_a_picture() -> None:
    raw = photo("/lib/2.dng", width=4000, **RAW)
    made = plan(found(match(ONE, raw), match(ONE, photo("/lib/3.jpg", width=200))), only=ALL)
    assert [kept.path for kept in made.keepers] == ["/lib/1.jpg"]
    assert gone(made) == ["/lib/3.jpg"]


def test_of_two_raws_only_an_identical_one_may_go() -> None:
    def pair(relation: Relation) -> tuple[Photo, Photo]:
        digest = {"digest": b"same"} if relation is Relation.IDENTICAL else {}
        one = photo("/lib/1.dng", **RAW, **digest)
        return one, photo("/lib/2.dng", taken_at=None, **RAW, **digest)

    made = plan(found(match(*pair(Relation.COPY))), only=ALL)
    assert (gone(made), spared(made)) == ([], {"/lib/2.dng": "raw"})
    assert reason(made) == "a camera RAW that is not identical with the one kept"
    assert gone(plan(found(match(*pair(Relation.IDENTICAL), Relation.IDENTICAL)))) == ["/lib/2.dng"]


def test_copies_of_the_picture_beside_a_raw_still_go_for_the_picture() -> None:
    raw, copy = photo("/lib/2.dng", width=200, **RAW), photo("/lib/3.jpg", width=200)
    made = plan(found(match(ONE, raw), match(ONE, copy)), only=ALL)
    assert (gone(made), spared(made)) == (["/lib/3.jpg"], {"/lib/2.dng": "raw"})
