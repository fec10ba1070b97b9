"""Which photo of a cluster is best, from what its comparisons say of edits, scale and detail."""

from __future__ import annotations

from typing import Any

import pytest
from strategies_clusters import a_photo

from dupfinder.choose import plan, ranked
from dupfinder.keeprules.standing import standings
from dupfinder.model import Cluster, Edit, Evidence, Found, Match, Photo, Relation


def photo(name: str, **changes: Any) -> Photo:
    """A photo of which nothing but its picture is known."""
    bare = {"camera": None, "taken_at": None, "exposure": None}
    return a_photo(f"/lib/{name}", **(bare | changes))


def taken(name: str, **changes: Any) -> Photo:
    """A photo as a camera wrote it."""
    return a_photo(f"/lib/{name}", **changes)


def match(base: Photo, copy: Photo, *edits: Edit, **changes: Any) -> Match:
    relation = changes.pop("relation", Relation.COPY)
    return Match(base, copy, relation, edits, Evidence("orb", **changes))


def cluster(*matches: Match) -> Cluster:
    return Cluster("c", (matches[0].base, *(each.copy for each in matches)), matches)


def order(*matches: Match) -> list[str]:
    return [each.path.removeprefix("/lib/") for each in ranked(cluster(*matches))]


def removed_because(*matches: Match) -> dict[str, str]:
    found = Found(("/lib",), "copies", "dct256", 60, 0, 0, 0, (cluster(*matches),), ())
    return {each.photo.path.removeprefix("/lib/"): each.because for each in plan(found).actions}


@pytest.mark.parametrize("enlarged_first", [True, False])
def test_an_enlarged_copy_loses_to_what_it_was_made_from(enlarged_first):
    small, large = photo("small"), photo("large", width=600, height=450)
    first, second = (large, small) if enlarged_first else (small, large)
    factor = second.width / first.width
    found = match(first, second, Edit("resized", factor), detail=-0.2)
    assert order(found) == ["small", "large"]
    assert removed_because(found) == {"large": "600x450 pixels were enlarged from 67 % or less"}


def test_a_truly_larger_photo_wins_over_its_reduction():
    small, large = photo("small", quantization=1.0), photo("large", width=800, height=600)
    assert order(match(small, large, Edit("resized", 2.0), detail=0.4)) == ["large", "small"]


def test_an_enlargement_ranks_by_the_pixels_it_was_made_from():
    # Larger than the original by its sides, smaller than it by its detail.
    original = photo("original", width=800, height=600)
    small, large = photo("small"), photo("large", width=1600, height=1200)
    found = [
        match(large, small, Edit("resized", 0.25), detail=0.4),
        match(large, original, Edit("resized", 0.5), detail=-0.2),
    ]
    assert order(*found) == ["original", "large", "small"]


def test_what_is_known_of_a_photo_holds_for_its_twins():
    small, large = photo("small"), photo("large", width=600, height=450)
    twin = photo("twin", width=600, height=450)
    found = [
        match(large, small, Edit("resized", 2 / 3), detail=-0.2),
        match(large, twin, relation=Relation.IDENTICAL),
    ]
    assert order(*found)[0] == "small"


@pytest.mark.parametrize(
    ("said_of_copy", "said_of_base", "words"),
    [
        (Edit("cropped", 0.9), Edit("extended", 0.9), "the copy is cropped"),
        (Edit("framed", 0.8), Edit("unframed", 0.8), "the copy is framed"),
        (Edit("written over", 0.1), Edit("cleaned", 0.1), "the copy is written over"),
        (Edit("grey"), Edit("coloured"), "the copy is grey"),
    ],
)
def test_the_spoilt_one_loses_whichever_was_the_base(said_of_copy, said_of_base, words):
    # Finer compression does not make up for it.
    clean, spoilt = photo("clean"), photo("spoilt", quantization=1.0)
    assert removed_because(match(clean, spoilt, said_of_copy)) == {"spoilt": words}
    assert removed_because(match(spoilt, clean, said_of_base)) == {"spoilt": words}


def test_copies_of_a_spoilt_photo_are_spoilt_alike():
    framed, clean, again = photo("framed"), photo("clean", quantization=9.0), photo("again")
    found = [match(framed, clean, Edit("unframed", 0.8)), match(framed, again, Edit("re-encoded"))]
    assert order(*found)[0] == "clean"
    assert standings(cluster(*found))[again.path].edited == {"framed"}


def test_one_odd_comparison_in_many_does_not_spoil_a_photo():
    first = photo("first")
    others = [match(first, photo(f"{number:02}")) for number in range(20)]
    odd = match(first, photo("odd"), Edit("cleaned", 0.01))
    assert standings(cluster(*others, odd))[first.path].edited == frozenset()
    assert standings(cluster(*others[:5], odd))[first.path].edited == {"written over"}


def test_edits_add_up_over_a_second_representative():
    first, cropped = photo("first"), photo("cropped")
    both = photo("both")
    found = [match(first, cropped, Edit("cropped", 0.9)), match(cropped, both, Edit("grey"))]
    assert standings(cluster(*found))[both.path].edited == {"cropped", "grey"}


def test_comparisons_are_followed_in_whatever_order_they_come():
    first, second, third = photo("first"), photo("second"), photo("third")
    found = [match(second, third, Edit("grey")), match(first, second, Edit("cropped", 0.9))]
    chain = Cluster("c", (first, third, second), tuple(found))
    assert [each.path for each in ranked(chain)] == [first.path, second.path, third.path]


def test_of_two_tilted_against_each_other_the_one_with_flat_corners_was_turned():
    straight, tilted = photo("straight"), photo("tilted", quantization=1.0)
    assert order(match(straight, tilted, Edit("tilted", 5.0), beyond=(0.1, 1.0)))[0] == "straight"
    assert order(match(tilted, straight, Edit("tilted", -5.0), beyond=(1.0, 0.1)))[0] == "straight"
    unknown = standings(cluster(match(straight, tilted, Edit("tilted", 5.0), beyond=(1.0, 1.0))))
    assert [each.edited for each in unknown.values()] == [frozenset(), frozenset()]


def lossless(name: str, coding: str, **changes: Any) -> Photo:
    return photo(name, format=coding, lossless=True, quantization=None, **changes)


def test_a_lossless_file_with_the_pixels_of_a_jpeg_was_made_from_it():
    png, jpeg = lossless("png", "PNG"), photo("jpeg")
    found = match(png, jpeg, relation=Relation.SAME_PIXELS)
    assert removed_because(found) == {"png": "JPEG; the PNG was made from a JPEG"}


def test_a_scan_saved_without_loss_wins_over_the_jpeg_made_from_it():
    tiff, jpeg = lossless("tiff", "TIFF"), photo("jpeg")
    assert order(match(jpeg, tiff, Edit("re-encoded")))[0] == "tiff"


@pytest.mark.parametrize("coding", ["PNG", "TIFF", "GIF"])
def test_what_no_camera_is_named_in_loses_to_the_camera_file(coding):
    jpeg, other = taken("jpeg", quantization=20.0), lossless("other", coding)
    assert order(match(other, jpeg, Edit("re-encoded")))[0] == "jpeg"
    assert standings(cluster(match(other, jpeg)))[other.path].converted_from == "JPEG"


def test_another_shot_of_another_format_makes_nothing_a_conversion():
    png, shot = lossless("png", "PNG"), taken("shot")
    found = cluster(match(png, shot, relation=Relation.SIMILAR))
    assert [each.converted_from for each in standings(found).values()] == [None, None]


def test_a_palette_loses_to_a_photo_of_all_colours():
    gif, jpeg = lossless("gif", "GIF"), photo("jpeg", quantization=20.0)
    assert order(match(gif, jpeg, Edit("re-encoded")))[0] == "jpeg"


def test_a_bad_jpeg_saved_again_finer_loses_to_the_camera_file():
    bad, finer = taken("bad", quantization=20.0), photo("finer", quantization=1.0)
    assert order(match(finer, bad, Edit("re-encoded")))[0] == "bad"


# Parts: crops on one side, screenshots and collages on the other


def part(base: Photo, copy: Photo, *edits: Edit, **changes: Any) -> Match:
    return match(base, copy, *edits, relation=Relation.PART, **changes)


def scaled(factor: float) -> list[Edit]:
    return [Edit("resized", factor)] if factor != 1 else []


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
