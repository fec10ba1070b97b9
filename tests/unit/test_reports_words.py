"""Words and units."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies_clusters import a_photo

from dupfinder.model import Edit, Evidence, Match, PhotoFile, Relation, Spared, Stamp, Tie
from dupfinder.reports.words import (
    RELATIONS,
    bytes_of,
    counted,
    dated,
    duration,
    proof_of,
    relation_of,
    relation_to_keeper,
)


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (9_949, "9.9 kB"),
        (9_951, "10 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (3_412_345, "3.4 MB"),
        (120 * 10**9, "120 GB"),
        (10**19, "10000 PB"),
    ],
)
def test_bytes(size, words):
    assert bytes_of(size) == words


@given(st.integers(0, 10**15))
def test_sizes_are_short_and_right_to_a_few_per_cent(size):
    amount, unit = bytes_of(size).split()
    factor = 1000 ** ["B", "kB", "MB", "GB", "TB", "PB"].index(unit)
    assert float(amount) * factor == pytest.approx(size, rel=0.06)
    assert len(bytes_of(size)) <= 6


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (125.2, "2 min 05 s"),
        (3599.7, "1 h 00 min"),
        (7380, "2 h 03 min"),
    ],
)
def test_durations(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("count", "noun", "words"),
    [
        (0, "photo", "0 photos"),
        (1, "copy", "1 copy"),
        (2, "copy", "2 copies"),
        (5116, "photo", "5,116 photos"),
    ],
)
def test_counts(count, noun, words):
    assert counted(count, noun) == words


def test_every_relation_has_a_word():
    assert set(RELATIONS) == set(Relation)


@pytest.mark.parametrize(
    ("relation", "edits", "words"),
    [
        (Relation.IDENTICAL, (), "identical"),
        (Relation.SAME_PIXELS, (), "same pixels"),
        (
            Relation.COPY,
            (Edit("re-encoded"), Edit("resized", 0.5)),
            "copy: re-encoded, resized to 50 %",
        ),
        (Relation.COPY, (Edit("resized", 12.5),), "copy: resized to 1250 %"),
        (
            Relation.COPY,
            (Edit("mirrored"), Edit("turned", 90.0)),
            "copy: mirrored, turned 90° counter-clockwise",
        ),
        (Relation.COPY, (Edit("turned", 180.0),), "copy: turned 180°"),
        (Relation.COPY, (Edit("turned", 270.0),), "copy: turned 90° clockwise"),
        (Relation.COPY, (Edit("toned", 12.25), Edit("framed", 0.9)), "copy: toned, framed"),
        (
            Relation.COPY,
            (Edit("cropped", 0.8), Edit("tilted", -2.5)),
            "copy: cropped to 80 %, tilted 2.5° clockwise",
        ),
        (
            Relation.COPY,
            (Edit("resized", 0.012), Edit("stretched", 1.1)),
            "copy: resized to 1.2 %, stretched 110 %",
        ),
        (
            Relation.COPY,
            (Edit("written over", 0.04), Edit("perspective"), Edit("letterboxed", 0.75)),
            "copy: written over (4 %), in perspective, letterboxed",
        ),
        (
            Relation.COPY,
            (Edit("cleaned", 0.04), Edit("unframed", 0.9), Edit("grey"), Edit("cleaned")),
            "copy: writing removed (4 %), frame removed, converted to grey, writing removed",
        ),
        (
            Relation.COPY,
            (Edit("coloured"), Edit("recoloured"), Edit("tilted", 0.8)),
            "copy: coloured, recoloured, tilted 0.8° counter-clockwise",
        ),
        (Relation.COPY, (Edit("extended", 0.8),), "copy: extended to 125 %"),
        (Relation.PART, (Edit("cropped", 0.5),), "shows a part: cropped to 50 %"),
        (Relation.PART, (Edit("extended", 0.25),), "contains it: extended to 400 %"),
        (
            Relation.PART,
            (Edit("extended"), Edit("extended", 0.0)),
            "contains it: extended, extended",
        ),
        (Relation.PART, (), "shows a part"),
        (Relation.COPY, (Edit("of the future", 3.0),), "copy: of the future"),
        (Relation.COPY, (Edit("\x1b[31m"),), r"copy: \x1b[31m"),
    ],
)
def test_relations(relation, edits, words):
    one = a_photo("/a")
    assert relation_of(Match(one, one, relation, edits, Evidence("orb"))) == words


@pytest.mark.parametrize(
    ("relation", "edits", "words"),
    [
        (Relation.IDENTICAL, (), "identical to b.jpg"),
        (Relation.SAME_PIXELS, (), "same pixels as b.jpg"),
        (Relation.COPY, (Edit("mirrored"),), "copy of b.jpg: mirrored"),
        (Relation.PART, (Edit("cropped", 0.5),), "shows a part of b.jpg: cropped to 50 %"),
        (Relation.PART, (Edit("extended", 0.5),), "contains b.jpg: extended to 200 %"),
        (Relation.SIMILAR, (), "similar to b.jpg"),
    ],
)
def test_the_base_is_named_where_it_must_be(relation, edits, words):
    one = a_photo("/a")
    assert relation_of(Match(one, one, relation, edits, Evidence("orb")), "b.jpg") == words


def test_what_cannot_be_told_from_another_exposure_is_not_called_a_copy():
    one = a_photo("/a")
    doubtful = Match(
        one, one, Relation.COPY, (Edit("toned", 30.0),), Evidence("orb"), doubtful=True
    )
    assert relation_of(doubtful) == "copy, or another exposure: cannot tell (toned)"
    assert relation_of(doubtful, "b.jpg").startswith("copy of b.jpg, or another exposure: ")
    assert relation_of(replace(doubtful, edits=())) == "copy, or another exposure: cannot tell"
    assert "cannot tell" in relation_to_keeper(Spared(one, one, doubtful))


def test_a_relation_is_told_from_the_keeper_or_without_its_direction():
    small, large = a_photo("/small"), a_photo("/large", width=800, height=600)
    match = Match(small, large, Relation.COPY, (Edit("resized", 2.0),), Evidence("orb"))
    assert relation_to_keeper(Tie(large, small, match)) == "copy: resized to 200 %"
    # Of the small photo that would be the wrong way round.
    assert relation_to_keeper(Tie(small, large, match)) == "copy"
    assert relation_to_keeper(Spared(small, large, None)) == ""


def test_whoever_shows_a_part_is_told_from_whoever_contains_it():
    whole, crop = a_photo("/whole"), a_photo("/crop")
    cut = Match(whole, crop, Relation.PART, (Edit("cropped", 0.5),), Evidence("orb"))
    assert relation_to_keeper(Spared(crop, whole, cut)) == "shows a part: cropped to 50 %"
    assert relation_to_keeper(Spared(whole, crop, cut)) == "contains it"
    grown = replace(cut, base=crop, copy=whole, edits=(Edit("extended", 0.5),))
    assert relation_to_keeper(Spared(whole, crop, grown)) == "contains it: extended to 200 %"
    assert relation_to_keeper(Spared(crop, whole, grown)) == "shows a part"


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        (Evidence("bytes"), ""),
        (Evidence("orb", distance=1), "1 bit"),
        (Evidence("orb", 24, 213, 0.8123, 1.0, 0.974), "24 bits, 213 inliers (81 %), agree 0.97"),
        (Evidence("orb", inliers=13), "13 inliers"),
        (Evidence("orb", inliers=1), "1 inlier"),
    ],
)
def test_proofs(evidence, words):
    assert proof_of(evidence) == words


def test_dates_in_brackets_are_the_files_own():
    taken = a_photo("/a", taken_at="2019-07-14 18:22:05.25")
    stamp = Stamp(1, 2, 9, 86_400 * 10**9, 0)
    unknown = a_photo("/a", taken_at=None, file=PhotoFile("/a", stamp))
    broken = a_photo("/a", taken_at=None, file=PhotoFile("/a", Stamp(1, 2, 9, 10**30, 0)))
    assert dated(taken, to_the_minute=True) == " 2019-07-14 18:22 "
    assert dated(taken, to_the_minute=False) == " 2019-07-14 "
    assert dated(unknown, to_the_minute=True) == "(1970-01-02 00:00)"
    assert dated(broken, to_the_minute=True) == " no date "
