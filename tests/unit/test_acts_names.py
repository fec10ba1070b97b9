"""Names that are free: what variants of a name there are."""

from __future__ import annotations

import os
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from dupfinder.acts.places import free_names

SOME_NAMES = st.binary(min_size=1, max_size=255).map(
    lambda raw: os.fsdecode(raw.replace(b"/", b"_").replace(b"\0", b"_"))
)


def test_variants_count_on_and_keep_the_ending() -> None:
    assert list(islice(free_names("a.b.jpg"), 3)) == ["a.b.jpg", "a.b 2.jpg", "a.b 3.jpg"]


def test_a_character_is_not_cut_in_two() -> None:
    first, second = islice(free_names("ü" * 127 + "x"), 2)

    assert first == "ü" * 127 + "x"
    assert second == "ü" * 126 + " 2"
    assert list(islice(free_names("é" * 127 + "x"), 2))[1] == "é" * 126 + " 2"


def test_what_just_fits_is_not_cut() -> None:
    """B12."""
    assert list(islice(free_names("n" * 249 + ".jpg"), 2))[1] == "n" * 249 + " 2.jpg"
    assert list(islice(free_names("n" * 250 + ".jpg"), 2))[1] == "n" * 249 + " 2.jpg"
    assert list(islice(free_names("n" * 252), 2)) == ["n" * 252, "n" * 252 + " 2"]
    assert list(islice(free_names("n" * 245, spare=10), 1)) == ["n" * 245]
    assert list(islice(free_names("n" * 246, spare=10), 1)) == ["n" * 243 + " 2"]


def test_of_bytes_that_are_no_characters_a_name_is_made_as_well() -> None:
    """B11."""
    first, second = islice(free_names(os.fsdecode(b"\x80" * 255)), 2)
    assert (len(os.fsencode(first)), second) == (255, " 2")


def test_an_ending_counts_as_one_up_to_thirty_two_bytes() -> None:
    long, longer = "." + "e" * 31, "." + "e" * 32
    assert list(islice(free_names("n" + long), 2))[1] == f"n 2{long}"
    assert list(islice(free_names("n" + longer), 2))[1] == f"n{longer} 2"


@given(SOME_NAMES, st.sampled_from([0, 10]))
def test_every_variant_fits_and_no_two_are_the_same(name: str, spare: int) -> None:
    """B12: with room for what the trash appends."""
    names = list(islice(free_names(name, spare), 200))

    assert all(0 < len(os.fsencode(each)) <= 255 - spare for each in names)
    assert len(set(names)) == len(names)
