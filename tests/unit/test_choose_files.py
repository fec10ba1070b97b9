"""What files say of each other where only a little tells them apart."""

from __future__ import annotations

import pytest
from limiting import EXACT, found, gone, match
from limiting import photo as a_file
from strategies_clusters import a_photo

from dupfinder.choose import plan
from dupfinder.keeprules.files import LeastCompressed, MostMetadata, Newest
from dupfinder.keeprules.pictures import MostPixels
from dupfinder.keeprules.standing import Standing
from dupfinder.model import Edit, PhotoFile, Relation, Stamp


def jpeg(quantization: float) -> Standing:
    return Standing(a_photo("/lib/a.jpg", quantization=quantization))


def test_the_finest_jpeg_is_not_without_loss():
    png = Standing(a_photo("/lib/a.png", format="PNG", quantization=None, lossless=True))
    assert LeastCompressed().key(png) < LeastCompressed().key(jpeg(1.0))


@pytest.mark.parametrize(("finer", "coarser"), [(1.0, 1.05), (1.0, 1.5), (10.0, 10.5)])
def test_a_few_percent_of_compression_tell_two_jpegs_apart(finer, coarser):
    assert LeastCompressed().key(jpeg(finer)) < LeastCompressed().key(jpeg(coarser))


def test_one_second_tells_which_file_is_newer():
    def at(seconds: int) -> Standing:
        written = PhotoFile("/lib/a", Stamp(1, 2, 1000, seconds * 10**9, 0))
        return Standing(a_photo("/lib/a", taken_at=None, file=written))

    assert Newest().key(at(4)) < Newest().key(at(3))


def test_the_exposure_is_named_where_only_one_tells_it():
    told, silent = (Standing(a_photo("/lib/a", exposure=each)) for each in ("f=8", None))
    assert MostMetadata().because(told, silent).startswith("tells exposure;")


def test_twins_are_found_beside_a_better_photo_that_is_spared_as_well():
    one = a_file("/lib/1.jpg", width=900)
    better = a_file("/lib/4.jpg", width=800)
    twins = [a_file(f"/lib/{name}.jpg", digest=b"twin", width=200) for name in ("2", "33")]
    pairs = found(*(match(one, each) for each in (better, *twins)))
    assert gone(plan(pairs, only=EXACT)) == ["/lib/33.jpg"]


def test_of_copies_that_differ_in_nothing_else_the_oldest_is_kept():
    new, old = (a_photo(f"/lib/{at}.jpg", taken_at=f"20{at}-01-01 00:00:00") for at in (20, 19))
    made = plan(found(match(new, old)))
    assert [(each.photo, each.rule) for each in made.actions] == [(new, "oldest")]


def test_bars_on_two_sides_are_a_frame():
    plain, barred = a_photo("/lib/1.jpg"), a_photo("/lib/2.jpg", height=500, inner=(400, 300))
    made = plan(found(match(plain, barred, Relation.COPY, Edit("letterboxed", 0.6))))
    assert [each.because for each in made.actions] == ["the copy is letterboxed"]
    told = Standing(barred, edited=frozenset({"letterboxed"}))
    assert MostPixels().key(told) == MostPixels().key(Standing(plain))
