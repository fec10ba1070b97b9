"""Arrays beside the cache come back as they were written, or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from dupfinder.storage.arrays import ArrayFile, Arrays

DTYPES = st.sampled_from(["|u1", "<u4", "<u8", "<i8", "<f4"])
ARRAYS = st.dictionaries(
    st.text("abc", min_size=1, max_size=2),
    DTYPES.flatmap(
        lambda dtype: npst.arrays(
            dtype, npst.array_shapes(min_dims=1, max_dims=2, min_side=0, max_side=40)
        )
    ),
    max_size=4,
)
SOME: Arrays = {"one": np.arange(50, dtype=np.uint64), "two": np.arange(7, dtype=np.uint8)}


def same(left: Arrays | None, right: Arrays) -> bool:
    return (
        left is not None
        and left.keys() == right.keys()
        and all(left[name].dtype == right[name].dtype for name in right)
        and all(left[name].tobytes() == right[name].tobytes() for name in right)
        and all(left[name].shape == right[name].shape for name in right)
    )


@given(arrays=ARRAYS, method=st.text(max_size=60))
def test_what_was_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, arrays: Arrays, method: str
) -> None:
    file = ArrayFile(str(tmp_path_factory.mktemp("arrays") / "lists"), method)
    assert file.read() is None
    file.write(arrays)
    assert same(file.read(), arrays)


def test_they_cannot_be_changed_and_nobody_else_reads_them(tmp_path: Path) -> None:
    file = ArrayFile(str(tmp_path / "lists"), "a method")
    file.write(SOME)
    found = file.read()
    assert found is not None
    with pytest.raises(ValueError, match="read-only"):
        found["one"][0] = 1
    assert stat.S_IMODE((tmp_path / "lists").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["lists"]


def test_another_method_does_not_see_them_and_takes_their_place(tmp_path: Path) -> None:
    one, other = (ArrayFile(str(tmp_path / "lists"), name) for name in ("one", "other"))
    one.write(SOME)
    assert other.read() is None
    other.write({})
    assert other.read() == {}
    assert one.read() is None


def test_each_flipped_or_missing_byte_is_met(tmp_path: Path) -> None:
    path = tmp_path / "lists"
    file = ArrayFile(str(path), "a method")
    file.write(SOME)
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert file.read() is None
        path.write_bytes(whole[:at])
        assert file.read() is None
    file.write(SOME)
    assert same(file.read(), SOME)


def test_a_foreign_file_is_neither_read_nor_written_over(tmp_path: Path) -> None:
    for name in ("lists", "lists.new"):
        place = tmp_path / name
        place.write_text("somebody's own")
        file = ArrayFile(str(tmp_path / "lists"), "a method")
        file.write(SOME)
        assert file.read() is None
        assert place.read_text() == "somebody's own"
        place.unlink()


def test_what_cannot_be_written_leaves_nothing_and_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = ArrayFile(str(tmp_path / "lists"), "a method")
    file.write(SOME)
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
    file.write({})
    assert same(file.read(), SOME)
    assert [path.name for path in tmp_path.iterdir()] == ["lists"]
    ArrayFile(str(tmp_path / "nowhere" / "lists"), "a method").write(SOME)
