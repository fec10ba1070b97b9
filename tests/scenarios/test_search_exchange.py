"""Vectors as HDF5 files: out, in again, read by other programs, and hostile ones refused."""

from __future__ import annotations

import contextlib
import shutil
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scanning import run
from searching import decoded, drawn, hits, make_library, remembering, write

from dupfinder import UsageError, export_vectors, import_vectors, search
from dupfinder.searchers import SEARCHERS
from dupfinder.storage import hdf5
from dupfinder.storage.hdf5 import About, Some, open_vectors_file, write_vectors

VECTORS = [name for name, each in SEARCHERS.items() if "lsh" in each.indexes]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library and its vectors by KAZE; the store that they come from is elsewhere."""
    folder = tmp_path_factory.mktemp("exchange")
    make_library(folder / "library")
    write(folder / "library" / "été" / "b.jpg", drawn("bridge", 80))
    export_vectors(
        folder / "kaze.h5", folder / "library", "kaze", remembering(folder / "elsewhere")
    )
    return folder


def test_names_and_vectors_are_as_other_programs_expect_them(made: Path) -> None:
    with h5py.File(made / "kaze.h5") as file:
        names = [name.decode() for name in file["names"]]
        features = file["features"][:]
        assert file.attrs["method"] == "kaze"
        assert file["digests"].shape == (8, 32)

    assert names == [
        "bridge.jpg", "copies/harbour again.jpg", "copies/harbour small.jpg", "dunes.jpg",
        "harbour.jpg", "market.jpg", "meadow.jpg", "été/b.jpg",
    ]  # fmt: skip
    assert features.shape == (8, 2048)
    assert features.dtype == np.float32
    assert np.linalg.norm(features, axis=1) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("by", VECTORS)
def test_what_was_exported_and_imported_is_searched_as_if_it_were_described(
    by: str, made: Path, tmp_path: Path
) -> None:
    library = made / "library"
    one, other = remembering(tmp_path / "one"), remembering(tmp_path / "other")
    query = write(tmp_path / "query.jpg", drawn("dunes", 70, 220))
    expected = search(query, library, one, by=by, top=5, verify=False)
    out = export_vectors(tmp_path / "out.h5", library, by, one)
    # The photos are known, by another method: but for one, all vectors come from the file.
    search(library / "dunes.jpg", library, other, by="phash", verify=False)

    taken = import_vectors(tmp_path / "out.h5", library, by, other)
    found = search(query, library, other, by=by, top=5, verify=False)

    assert out.vectors == taken.vectors == 8
    assert [Path(each.path).name for each in out.skipped] == ["cut.jpg"]
    assert hits(found) == hits(expected)
    assert decoded(found) == (by == "kaze")  # the mirror image of the query


def test_a_command_for_each_way(made: Path, tmp_path: Path) -> None:
    library, cache = made / "library", ("--cache", tmp_path / "cache.sqlite", "--workers", "0")
    file = tmp_path / "out.h5"

    out = run("search", "--by", "color", "--export", file, library, *cache)
    back = run("search", "--by", "color", "--import", file, library, *cache)
    again = run("search", "--by", "color", "--export", file, library, *cache)
    hashes = run("search", "--by", "phash", "--export", tmp_path / "b.h5", library, *cache)
    both = run("search", "--by", "color,kaze", "--export", tmp_path / "b.h5", library, *cache)

    assert out.stdout.startswith(f"8 vectors by color written to {file}\n")
    assert "cut.jpg" in out.stdout
    assert back.stdout.startswith(f"8 vectors by color taken from {file}\n")
    assert (again.returncode, hashes.returncode, both.returncode) == (2, 2, 2)
    assert "is there already" in again.stderr
    assert "what phash describes is no vector" in hashes.stderr
    assert "by one method" in both.stderr
    assert not (tmp_path / "b.h5").exists()


def test_names_that_are_not_there_are_one_sentence(made: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    shutil.copytree(made / "library", library)
    (library / "meadow.jpg").unlink()
    write(library / "market.jpg", drawn("market", 50))  # another content under this name

    taken = import_vectors(made / "kaze.h5", library, "kaze", remembering(tmp_path))

    assert taken.vectors == 6
    (note,) = taken.notes
    assert "names 2 photos that are not there or have changed, the first 'market.jpg'" in note


def test_a_file_that_names_none_of_the_photos_is_refused(made: Path, tmp_path: Path) -> None:
    write(tmp_path / "others" / "x.jpg", drawn("dunes"))

    with pytest.raises(UsageError, match="names no photo below"):
        import_vectors(made / "kaze.h5", tmp_path / "others", "kaze", remembering(tmp_path))


Change = Callable[[Any], None]


def replaced(name: str, data: Any, **how: Any) -> Change:
    def change(file: Any) -> None:
        del file[name]
        file.create_dataset(name, data=data, **how)

    return change


def linked(name: str, link: Any) -> Change:
    def change(file: Any) -> None:
        del file[name]
        file[name] = link

    return change


def virtual(file: Any) -> None:
    del file["features"]
    layout = h5py.VirtualLayout((8, 2048), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (8, 2048))
    file.create_virtual_dataset("features", layout)


def external(file: Any) -> None:
    del file["features"]
    file.create_dataset("features", (8, 2048), "f4", external=[("/etc/passwd", 0, 65536)])


def not_a_number(file: Any) -> None:
    file["features"][3, 7] = np.nan


def of_another(attribute: str) -> Change:
    def change(file: Any) -> None:
        file.attrs[attribute] = "other"

    return change


def without(name: str) -> Change:
    def change(file: Any) -> None:
        if name in file:
            del file[name]
        else:
            del file.attrs[name]

    return change


FEATURES = np.ones((8, 2048), np.float32)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (replaced("features", FEATURES[:5]), "it has 8 names and 5 rows of 'features'"),
        (replaced("features", FEATURES[:, :9]), "they have 9 entries, not 2,048"),
        (replaced("features", FEATURES.astype("i4")), "'features' holds int32, not floating point"),
        (replaced("features", FEATURES.ravel()), "'features' is no dataset of 2 dimensions"),
        (replaced("names", np.arange(8)), "'names' holds no strings"),
        (replaced("names", ["a" + "\udcff"[:0]] * 7 + [""]), "some of 'names' cannot be names"),
        (replaced("digests", np.zeros((8, 20), "u1")), "'digests' does not hold 32 bytes"),
        (not_a_number, "row 3 of 'features' has entries that are no numbers"),
        (linked("features", h5py.ExternalLink("/etc/passwd", "x")), "is a link to somewhere else"),
        (linked("names", h5py.SoftLink("/features")), "'names' is a link to somewhere else"),
        (virtual, "'features' lies in other files"),
        (external, "'features' lies in other files"),
        (
            replaced("features", FEATURES, chunks=(8, 2048), scaleoffset=3),
            "'features' is packed by a filter that is not loaded",
        ),
        (
            replaced(
                "features", None, shape=(8, 2048), dtype="f4", chunks=(20_000, 2048),
                maxshape=(None, None),
            ),
            "'features' has chunks of more than 64 MB",
        ),
        (without("features"), "it has no dataset 'features'"),
        (without("signature"), "it does not say by its attribute 'signature'"),
        (of_another("method"), "they are by 'other', not 'kaze'"),
        (of_another("signature"), "they were made by 'other', here it is 'kaze="),
    ],
)  # fmt: skip
def test_a_file_that_is_not_sound_is_refused_in_one_sentence_and_nothing_is_taken(
    change: Change, told: str, made: Path, tmp_path: Path
) -> None:
    path = tmp_path / "bad.h5"
    shutil.copyfile(made / "kaze.h5", path)
    with h5py.File(path, "r+") as file:
        change(file)
    settings = remembering(tmp_path)

    with pytest.raises(UsageError) as raised:
        import_vectors(path, made / "library", "kaze", settings)

    assert told in str(raised.value)
    assert "\n" not in str(raised.value)
    found = search(made / "library/dunes.jpg", made / "library", settings, by="kaze", verify=False)
    assert found.rankings[0].hits[0].score == 1


@given(data=st.data())
def test_a_damaged_file_is_refused_or_read_but_never_a_traceback(
    data: st.DataObject, made: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = bytearray((made / "kaze.h5").read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, 4_000))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("damaged") / "x.h5"
    path.write_bytes(content)

    with contextlib.suppress(UsageError), open_vectors_file(str(path)) as file:
        for some in file.rows():
            assert np.isfinite(some.features).all()


def test_a_file_that_is_none_and_one_that_is_missing(tmp_path: Path) -> None:
    (tmp_path / "x.h5").write_bytes(b"no HDF5")
    for name, told in (("x.h5", "cannot read"), ("none.h5", "cannot read")):
        with (
            pytest.raises(UsageError, match=told),
            open_vectors_file(str(tmp_path / name)),
        ):
            pass


@given(count=st.integers(0, 30), cut=st.integers(1, 30))
def test_any_rows_come_back_as_they_were_written(
    count: int, cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = str(tmp_path_factory.mktemp("rows") / "a.h5")
    noise = np.random.default_rng(count)
    features = noise.standard_normal((count, 5)).astype(np.float32)
    digests = [noise.bytes(32) for _ in range(count)]
    names = [f"é {at}".encode() + (b"\xff" if at % 3 == 0 else b"") for at in range(count)]
    bounds = [*range(0, count, cut), count]
    rows = [Some(names[a:b], features[a:b], digests[a:b]) for a, b in pairwise(bounds)]

    assert write_vectors(path, About("kaze", "s", 5), rows) == count

    with open_vectors_file(path) as file:
        assert file.about == About("kaze", "s", 5)
        found = list(file.rows())
    assert [name for some in found for name in some.names] == names
    assert [digest for some in found for digest in some.digests or ()] == digests
    if found:
        assert np.array_equal(np.concatenate([some.features for some in found]), features)


def test_files_without_digests_of_contents_are_believed_by_name(made: Path, tmp_path: Path) -> None:
    path = tmp_path / "theirs.h5"
    shutil.copyfile(made / "kaze.h5", path)
    with h5py.File(path, "r+") as file:
        del file["digests"]

    assert import_vectors(path, made / "library", "kaze", remembering(tmp_path)).vectors == 8


def test_without_its_library_one_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)

    with pytest.raises(UsageError, match="need the library h5py") as raised:
        hdf5.write_vectors(str(tmp_path / "x.h5"), About("kaze", "s", 5), [])

    assert raised.value.hint is not None
    assert "dupfinder[hdf5]" in raised.value.hint
