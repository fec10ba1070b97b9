"""Rows say whether they are what was written, however long they are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dupfinder.storage.rows import is_short_and_sound, is_sound, sealed

VALUES = st.one_of(
    st.none(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.text(), st.binary()
)
LARGE = st.binary(min_size=101, max_size=300)


@given(st.lists(VALUES, max_size=8))
def test_a_short_row_is_sound_in_either_way(values: list[object]) -> None:
    row = sealed(values)
    assert is_short_and_sound(row)
    assert is_sound(row)


@given(st.lists(VALUES, max_size=4), LARGE)
def test_one_with_a_large_column_only_in_the_long_way(values: list[object], large: bytes) -> None:
    row = sealed([*values, large])
    assert not is_short_and_sound(row)
    assert is_sound(row)


@given(st.lists(VALUES | LARGE, min_size=1, max_size=6), st.data())
def test_a_change_of_any_column_is_met(values: list[object], data: st.DataObject) -> None:
    row = list(sealed(values))
    place = data.draw(st.integers(0, len(row) - 1))
    other = data.draw((VALUES | LARGE).filter(lambda new: repr(new) != repr(row[place])))
    changed = (*row[:place], other, *row[place + 1 :])
    assert not is_short_and_sound(changed)
    assert not is_sound(changed)
