"""What each keep rule says: keeper, lesser photo, words."""

from __future__ import annotations

from typing import Any

import pytest
from strategies_clusters import a_photo

from dupfinder.keeprules.files import (
    Largest,
    LeastCompressed,
    MostMetadata,
    Newest,
    Oldest,
    OriginalFormat,
    Smallest,
)
from dupfinder.keeprules.pictures import MostPixels, NotEdited, TrueResolution
from dupfinder.keeprules.places import ShortestPath
from dupfinder.keeprules.standing import Standing
from dupfinder.model import Photo, PhotoFile, Stamp


def photo(path: str = "/lib/a.jpg", **changes: Any) -> Photo:
    return a_photo(path, **changes)


def file(path: str, mtime_s: int) -> PhotoFile:
    return PhotoFile(path, Stamp(1, 2, 1000, mtime_s * 10**9 + 123, 0))


def png(**changes: Any) -> Photo:
    return photo(format="PNG", quantization=None, lossless=True, **changes)


def heic(size: int) -> Photo:
    stamp = Stamp(1, 2, size, 0, 0)
    return photo(format="HEIF", quantization=None, file=PhotoFile("/lib/a.heic", stamp))


def assert_beats(rule, keeper: Standing, lesser: Standing, words: str) -> None:
    assert rule.key(keeper) < rule.key(lesser)
    assert rule.because(keeper, lesser) == words


def test_true_resolution_prefers_the_larger():
    assert_beats(
        TrueResolution(),
        Standing(photo(width=4000, height=3000)),
        Standing(photo(width=2000, height=1500), scale=0.5, true_scale=0.5),
        "4000x3000 against 2000x1500 pixels, the same at 50 % of the size",
    )


@pytest.mark.parametrize(
    ("scale", "words"),
    [(1.6, "80 %"), (1.992, "100 %"), (0.2, "10 %"), (0.1024, "5.1 %"), (0.01, "0.5 %")],
)
def test_a_share_is_told_as_exactly_as_it_can_be_read(scale, words):
    keeper = Standing(photo(width=4000), scale=2.0, true_scale=2.0)
    lesser = Standing(photo(width=200), scale=scale, true_scale=scale)
    assert TrueResolution().because(keeper, lesser).endswith(f"the same at {words} of the size")


def test_true_resolution_counts_an_enlarged_photo_as_what_it_was():
    assert_beats(
        TrueResolution(),
        Standing(photo(width=1000)),
        Standing(photo(width=1500, height=450), scale=1.5, true_scale=1.0),
        "1500x450 pixels were enlarged from 67 % or less",
    )


def test_true_resolution_leaves_sizes_open_that_are_too_near_to_judge():
    near = Standing(photo(), scale=0.9, true_scale=0.9)
    assert TrueResolution().key(Standing(photo())) == TrueResolution().key(near)


@pytest.mark.parametrize(("times", "same"), [(1, False), (3, False), (0.99, True)])
def test_true_resolution_counts_in_whole_steps_from_the_best(times, same):
    # As exactly as it is said: a logarithm that falls short of a step by nothing is that step.
    best = Standing(photo(), scale=1.2**times, true_scale=1.2**times, best_scale=1.2**times)
    lesser = Standing(photo(), best_scale=1.2**times)
    assert (TrueResolution().key(best) == TrueResolution().key(lesser)) is same
    nearly = Standing(photo(), scale=1.2, true_scale=1.2, best_scale=1.2**times)
    assert (TrueResolution().key(nearly) < TrueResolution().key(lesser)) is not same


def test_not_edited():
    assert_beats(
        NotEdited(),
        Standing(photo(), edited=frozenset({"framed"})),
        Standing(photo(), edited=frozenset({"written over", "cropped", "framed"})),
        "the copy is cropped, written over",
    )


@pytest.mark.parametrize(
    ("lesser", "words"),
    [
        (photo(width=2000, height=1500), "4000x3000 against 2000x1500 pixels"),
        (photo(width=4000, height=2000), "4000x3000 against 4000x2000 pixels"),
    ],
)
def test_most_pixels(lesser, words):
    assert_beats(MostPixels(), Standing(photo(width=4000, height=3000)), Standing(lesser), words)


def test_most_pixels_leaves_a_frame_out():
    framed = photo(width=4200, height=3200, inner=(3900, 2900))
    assert_beats(
        MostPixels(),
        Standing(photo(width=4000, height=3000)),
        Standing(framed, edited=frozenset({"framed"})),
        "4000x3000 against 3900x2900 (frame left out) pixels",
    )


def test_most_pixels_believes_a_frame_only_where_a_comparison_saw_it():
    # The dark sky of a night photo looks like a bar, its brightened copy has none.
    night, bright = photo(inner=(400, 200)), photo()
    assert MostPixels().key(Standing(night)) == MostPixels().key(Standing(bright))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"camera": None}, "tells camera; the copy does not"),
        ({"camera": None, "taken_at": None}, "tells camera and capture time; the copy does not"),
        ({"annotations": ()}, "tells keywords and place; the copy does not"),
        ({"annotations": ("keywords",)}, "tells place; the copy does not"),
        (
            {"camera": None, "annotations": ("rating",)},
            "tells camera and keywords and place; the copy does not",
        ),
    ],
)
def test_most_metadata(changes, words):
    told = photo(annotations=("keywords", "place"))
    lesser = photo(**{"annotations": told.annotations} | changes)
    assert_beats(MostMetadata(), Standing(told), Standing(lesser), words)


def test_original_format():
    assert_beats(
        OriginalFormat(),
        Standing(photo()),
        Standing(png(), converted_from="JPEG"),
        "JPEG; the PNG was made from a JPEG",
    )


@pytest.mark.parametrize(
    ("keeper", "lesser", "words"),
    [
        (png(), photo(), "lossless PNG against lossy JPEG"),
        (
            photo(quantization=3.25),
            photo(quantization=11.75),
            "JPEG quantization step 3.25 against 11.75",
        ),
        (
            photo(quantization=50.0),
            heic(10**6),
            "JPEG of known quality against HEIF, whose quality cannot be read",
        ),
        (heic(30_000), heic(12_000), "0.25 against 0.1 bytes per pixel"),
    ],
)
def test_least_compressed(keeper, lesser, words):
    assert_beats(LeastCompressed(), Standing(keeper), Standing(lesser), words)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (png(), photo(format="TIFF", quantization=None, lossless=True)),
        (photo(quantization=10.0), photo(quantization=9.9375)),
        (photo(quantization=0.0), photo(quantization=1.0)),
        (heic(30_000), heic(30_100)),
    ],
)
def test_least_compressed_cannot_tell(one, other):
    assert LeastCompressed().key(Standing(one)) == LeastCompressed().key(Standing(other))


@pytest.mark.parametrize(
    ("keeper", "lesser", "words"),
    [
        (
            photo(taken_at="2019-07-14 18:22:05"),
            photo(taken_at="2021-01-03 09:00:00"),
            "taken 2019-07-14 18:22:05 against 2021-01-03 09:00:00",
        ),
        (
            photo(taken_at="2019-07-14 18:22:05", file=file("/lib/a", 10**9)),
            photo(taken_at=None, file=file("/lib/b", 0)),
            "taken 2019-07-14 18:22:05; the copy has no capture time",
        ),
        (
            photo(taken_at=None, file=file("/lib/a", 0)),
            photo(taken_at=None, file=file("/lib/b", 86400)),
            "file written 1970-01-01 00:00:00 UTC; the copy's 1970-01-02 00:00:00 UTC",
        ),
        (
            photo(taken_at=None, file=file("/lib/a", 0)),
            photo(taken_at=None, file=file("/lib/b", 10**15)),
            "file written 1970-01-01 00:00:00 UTC; the copy's at a time beyond the calendar",
        ),
    ],
)
def test_oldest(keeper, lesser, words):
    assert_beats(Oldest(), Standing(keeper), Standing(lesser), words)


def test_oldest_leaves_modification_times_out_where_a_camera_wrote_one():
    one, other = photo(file=file("/lib/a", 0)), photo(file=file("/lib/b", 86400))
    assert Oldest().key(Standing(one)) == Oldest().key(Standing(other))


def test_oldest_leaves_fractions_of_a_second_out():
    # Software that drops the fraction must not make its copy the older photo.
    one, other = photo(taken_at="2019-07-14 18:22:05.25"), photo(taken_at="2019-07-14 18:22:05")
    assert Oldest().key(Standing(one)) == Oldest().key(Standing(other))


def test_shortest_path():
    keeper, lesser = Standing(photo("/lib/a.jpg")), Standing(photo("/lib/a (1).jpg"))
    assert_beats(ShortestPath(), keeper, lesser, "path of 10 characters against 14")


@pytest.mark.parametrize(
    ("keeper", "lesser", "words"),
    [
        (
            photo(taken_at="2021-01-03 09:00:00"),
            photo(taken_at="2019-07-14 18:22:05"),
            "taken 2021-01-03 09:00:00 against 2019-07-14 18:22:05",
        ),
        (
            photo(taken_at="2019-07-14 18:22:05", file=file("/lib/a", 0)),
            photo(taken_at=None, file=file("/lib/b", 10**9)),
            "taken 2019-07-14 18:22:05; the copy has no capture time",
        ),
        (
            photo(taken_at=None, file=file("/lib/a", 86400)),
            photo(taken_at=None, file=file("/lib/b", 0)),
            "file written 1970-01-02 00:00:00 UTC; the copy's 1970-01-01 00:00:00 UTC",
        ),
    ],
)
def test_newest(keeper, lesser, words):
    assert_beats(Newest(), Standing(keeper), Standing(lesser), words)


def test_newest_leaves_fractions_of_a_second_out():
    one, other = photo(taken_at="2019-07-14 18:22:05.25"), photo(taken_at="2019-07-14 18:22:05")
    assert Newest().key(Standing(one)) == Newest().key(Standing(other))


@pytest.mark.parametrize("rule", [Oldest(), Newest()], ids=lambda rule: rule.name)
def test_times_of_files_count_in_whole_seconds(rule):
    def at(mtime_ns: int) -> Standing:
        written = PhotoFile("/lib/a", Stamp(1, 2, 1000, mtime_ns, 0))
        return Standing(photo(taken_at=None, file=written))

    assert rule.key(at(3_000_000_000)) == rule.key(at(3_999_999_999))
    assert (rule.key(at(3 * 10**9)) < rule.key(at(4 * 10**9))) is (rule.name == "oldest")


@pytest.mark.parametrize(
    ("early", "late"),
    [
        ("2019-07", "2019-07-14 18:22:06"),
        ("2019-07-14 18:22:05", "2019-07-14 18:22:06"),
        ("2019-07-14 18:22:05", "2021"),
    ],
)
def test_newest_is_the_reverse_of_oldest(early, late):
    # A report may hold times of any form.
    one, other = Standing(photo(taken_at=early)), Standing(photo(taken_at=late))
    assert Oldest().key(one) < Oldest().key(other)
    assert Newest().key(other) < Newest().key(one)


def test_largest_and_smallest_go_by_the_bytes():
    large, small = Standing(heic(30_000)), Standing(heic(1_200))
    assert_beats(Largest(), large, small, "30,000 against 1,200 bytes")
    assert_beats(Smallest(), small, large, "1,200 against 30,000 bytes")
