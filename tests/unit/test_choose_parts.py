"""Which photo of a cluster is best where some show a part of others: crops, screens, collages."""

from __future__ import annotations

import pytest
from standing import (
    lossless,
    match,
    order,
    part,
    photo,
    removed_because,
    scaled,
    stand,
    taken,
)

from dupfinder.model import Edit, Relation


@pytest.mark.parametrize(
    ("factor", "detail", "best"),
    [
        (1.0, None, "whole"),  # cut out at the same scale
        (1.1, None, "whole"),  # nothing to go by
        (0.6, 0.3, "whole"),  # cut out and reduced
        (0.6, -0.3, "piece"),  # shown enlarged on a screen
        (1.6, 0.3, "piece"),  # shown reduced on a screen
        (1.6, -0.3, "whole"),  # cut out and enlarged
    ],
)
def test_what_shows_less_wins_only_where_it_is_no_crop(factor, detail, best):
    whole = photo("whole", width=1000, height=2000)
    piece = photo("piece", width=500, height=400)
    assert (
        order(part(whole, piece, Edit("cropped", 0.2), *scaled(factor), detail=detail))[0] == best
    )


@pytest.mark.parametrize(
    ("factor", "flat", "best"),
    [
        (1.0, 0.1, "whole"),  # the piece was cut from it
        (1.0, 0.9, "piece"),  # a screen with bands
        (1.0, 0.5, "whole"),  # not mostly bands
        (0.6, 0.1, "piece"),  # a screen or collage that shows the piece reduced
        (1.1, 0.1, "piece"),  # nothing to go by
    ],
)
def test_what_shows_more_wins_only_where_the_others_are_crops_of_it(factor, flat, best):
    piece = photo("piece", width=500, height=400)
    whole = photo("whole", width=1000, height=2000)
    found = part(piece, whole, Edit("extended", 0.2), *scaled(factor), beyond=(1.0, flat))
    assert order(found)[0] == best


def test_what_the_camera_wrote_tells_crops_from_screenshots():
    crop, whole = photo("crop"), taken("whole", width=4000, height=3000)
    assert order(part(crop, whole, Edit("extended", 0.1)))[0] == "whole"
    shown, shot = taken("shown"), photo("shot", width=4000, height=3000)
    assert order(part(shot, shown, Edit("cropped", 0.1)))[0] == "shown"


def test_a_crop_of_what_an_enlargement_was_made_from_is_a_crop():
    # By its scale alone the enlargement might be a screen that shows the crop.
    large, original = photo("large", width=800, height=600), photo("original")
    crop = photo("crop", width=200, quantization=1.0)
    found = [
        match(large, original, Edit("resized", 0.5), detail=-0.2),
        part(large, crop, Edit("cropped", 0.5), Edit("resized", 0.5), detail=-0.2),
    ]
    assert order(*found) == ["original", "crop", "large"]


def test_a_collage_takes_nothing_from_the_photos_in_it():
    shown, again = photo("shown"), photo("again", quantization=9.0)
    collage = photo("collage", width=4000, height=3000, quantization=1.0)
    found = [
        match(shown, again, Edit("re-encoded")),
        part(shown, collage, Edit("extended", 0.5), Edit("resized", 0.8)),
    ]
    assert order(*found) == ["shown", "again", "collage"]
    assert removed_because(*found) == {"again": "JPEG quantization step 3.25 against 9.00"}


def test_another_shot_comes_last():
    one, other = photo("one"), taken("other", width=4000, height=3000)
    assert order(match(one, other, relation=Relation.SIMILAR)) == ["one", "other"]


@pytest.mark.parametrize(("factor", "detail"), [(1 / 1.2, -0.3), (1.2, 0.3)])
def test_what_is_too_near_in_scale_is_taken_for_a_crop(factor, detail):
    edits = Edit("cropped", 0.2), Edit("resized", factor)
    found = stand(part(photo("whole"), photo("piece"), *edits, detail=detail))
    assert [each.aside for each in found.values()] == [False, False]


def test_crops_are_said_to_be_cropped_beside_all_else_that_was_done_to_them():
    piece, grey = photo("piece"), photo("grey")
    whole = photo("whole", width=1000, height=2000)
    found = stand(
        match(piece, grey, Edit("grey")),
        part(piece, whole, Edit("extended", 0.2), beyond=(1.0, 0.1)),
    )
    assert found["piece"].edited == {"cropped"}
    assert found["grey"].edited == {"cropped", "grey"}
    assert found["whole"].edited == set()


def test_a_screen_is_not_cropped_by_what_it_shows():
    shot, shown = photo("shot", width=1000, height=2000), photo("shown")
    found = stand(part(shot, shown, Edit("cropped", 0.2), Edit("resized", 0.6), detail=-0.3))
    assert (found["shot"].aside, found["shot"].edited) == (True, set())
    assert not found["shown"].aside


def test_what_only_shows_the_photo_stays_aside_whatever_else_is_found():
    shot = photo("shot")
    found = stand(
        part(shot, photo("shown"), Edit("cropped", 0.2), Edit("resized", 0.6), detail=-0.3),
        part(shot, photo("whole"), Edit("extended", 0.2), beyond=(1.0, 0.1)),
    )
    assert found["shot"].aside


def test_a_copy_of_a_crop_is_a_crop():
    crop, again = photo("crop", width=200), photo("again", width=200)
    found = stand(
        part(photo("whole"), crop, Edit("cropped", 0.2)), match(crop, again, Edit("re-encoded"))
    )
    assert (found["again"].aside, found["again"].edited) == (False, {"cropped"})


def test_a_collage_says_nothing_of_the_formats_of_the_photos_in_it():
    png, jpeg = lossless("png", "PNG"), photo("jpeg")
    collage = photo("collage", format="GIF")
    found = stand(
        match(png, jpeg, relation=Relation.SAME_PIXELS),
        part(png, collage, Edit("extended", 0.5), Edit("resized", 2.0)),
    )
    assert found["collage"].aside
    assert found["png"].converted_from == "JPEG"
    assert {each.best_scale for each in found.values()} == {1.0}


def test_another_shot_that_shows_more_is_no_origin():
    one, other = photo("one"), taken("other", width=4000, height=3000)
    found = match(one, other, Edit("extended", 0.2), relation=Relation.SIMILAR, beyond=(1.0, 0.1))
    assert order(found) == ["one", "other"]


def test_what_names_no_camera_is_no_origin_of_a_camera_file():
    shown, screen = taken("shown"), photo("screen", width=4000, height=3000)
    found = part(shown, screen, Edit("extended", 0.2), beyond=(1.0, 0.1))
    assert order(found) == ["shown", "screen"]


def test_a_part_of_which_nobody_knows_what_it_shows_is_no_origin():
    assert order(part(photo("one"), taken("other"))) == ["one", "other"]
