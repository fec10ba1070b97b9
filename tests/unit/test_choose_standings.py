"""Which photo of a cluster is best, from what its comparisons say of edits, scale and detail."""

from __future__ import annotations

import pytest
from standing import cluster, lossless, match, order, photo, removed_because, stand, taken

from dupfinder.choose import ranked
from dupfinder.keeprules.standing import standings
from dupfinder.model import Cluster, Edit, Relation


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
    assert stand(match(gif, jpeg))["gif"].converted_from == "JPEG"


def test_a_bad_jpeg_saved_again_finer_loses_to_the_camera_file():
    bad, finer = taken("bad", quantization=20.0), photo("finer", quantization=1.0)
    assert order(match(finer, bad, Edit("re-encoded")))[0] == "bad"


def test_gifs_among_themselves_were_made_from_nothing():
    found = match(lossless("gif", "GIF"), lossless("again", "GIF"), Edit("re-encoded"))
    assert [each.converted_from for each in stand(found).values()] == [None, None]


def test_a_copy_of_the_cameras_own_format_is_no_conversion():
    found = match(taken("camera"), photo("copy"), Edit("re-encoded"))
    assert stand(found)["copy"].converted_from is None


def test_the_pixels_of_a_jpeg_are_known_over_several_files():
    first, second, jpeg = lossless("first", "PNG"), lossless("second", "TIFF"), photo("jpeg")
    same = Relation.SAME_PIXELS
    found = [match(first, second, relation=same), match(second, jpeg, relation=same)]
    assert stand(*found)["first"].converted_from == "JPEG"


def test_of_a_copy_that_others_start_from_all_that_they_say_is_known():
    first, second, third = photo("first"), photo("second"), photo("third")
    found = stand(match(first, second), match(second, third, Edit("cleaned", 0.1)))
    assert [each.edited for each in found.values()] == [set(), {"written over"}, set()]


@pytest.mark.parametrize(("count", "edited"), [(10, {"written over"}), (11, set())])
def test_one_comparison_in_ten_is_believed_one_in_eleven_is_not(count, edited):
    others = [match(photo("first"), photo(f"{number:02}")) for number in range(count - 1)]
    odd = match(photo("first"), photo("odd"), Edit("cleaned", 0.01))
    assert stand(*others, odd)["first"].edited == edited


def test_the_best_scale_is_that_of_the_largest_true_picture():
    found = stand(
        match(photo("small"), photo("large"), Edit("resized", 2.0), detail=0.4),
        match(photo("small"), photo("enlarged"), Edit("resized", 3.0), detail=-0.4),
    )
    assert {each.best_scale for each in found.values()} == {2.0}
    assert [each.true_scale for each in found.values()] == [1.0, 2.0, 1.0]


def test_no_less_detail_is_no_enlargement():
    found = stand(match(photo("small"), photo("large"), Edit("resized", 1.5), detail=0.0))
    assert not any(each.enlarged for each in found.values())


@pytest.mark.parametrize("amount", [None, 0.0, -2.0])
def test_a_size_that_is_none_is_taken_for_the_same_size(amount):
    # A report may hold anything.
    found = stand(match(photo("one"), photo("other"), Edit("resized", amount), detail=-0.1))
    assert [each.scale for each in found.values()] == [1.0, 1.0]


@pytest.mark.parametrize(
    ("kinds", "beyond", "edited"),
    [
        (["tilted"], (0.1, 1.0), {"tilted"}),
        (["tilted", "perspective"], (0.1, 1.0), {"tilted", "perspective"}),
        (["re-encoded"], (0.1, 1.0), set()),  # it is no question of corners
        (["tilted"], (0.0, 0.3), set()),  # too little flatter to tell
        (["tilted"], None, set()),  # not known
    ],
)
def test_flat_corners_say_which_of_two_was_slanted_and_nothing_else(kinds, beyond, edited):
    edits = [Edit(kind) for kind in kinds]
    found = stand(match(photo("one"), photo("other"), *edits, beyond=beyond))
    assert [each.edited for each in found.values()] == [set(), edited]
