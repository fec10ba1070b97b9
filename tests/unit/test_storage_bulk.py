"""Of many files at once the cache says what it says of each, also where it is damaged."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies_clusters import a_photo

from dupfinder.features.packing import Packed
from dupfinder.model import Fingerprint, Photo, PhotoFile, Skipped, Stamp
from dupfinder.storage import Cache, Known, Listed, Stored, bulk, open_cache
from dupfinder.storage.layers import Layers
from dupfinder.storage.schema import TABLES

METHOD = "dct256;decode=1;features=1"
OTHER = "dct256;decode=2;features=1"


def a_file(name: str, inode: int = 1) -> PhotoFile:
    return PhotoFile(name, Stamp(1, inode, 1000, 0, 0))


def photo_of(file: PhotoFile, content: int) -> Photo:
    return a_photo(
        file.path,
        file=file,
        digest=content.to_bytes(32, "little"),
        fingerprints=(Fingerprint("dct256", content, 256),),
    )


def told(cache: Cache, files: Sequence[PhotoFile]) -> list[Known | None]:
    """What is known of each, of photos as photos."""
    found = list(cache.files(files))
    assert [file for file, _ in found] == list(files)
    return [Known(photo=k.photo()) if isinstance(k, Stored) else k for _, k in found]


def listed(cache: Cache, files: Sequence[PhotoFile]) -> list[Known | None]:
    """The same by the short way: what it lists as a photo is asked for."""
    found = list(cache.listed(files))
    assert [file for file, _ in found] == list(files)
    return [
        Known(photo=cache.content(k.file, k.digest)) if isinstance(k, Listed) else k
        for _, k in found
    ]


@pytest.fixture(autouse=True, scope="module")
def small_limits() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bulk, "_TOGETHER", 3)
        yield


names = st.sampled_from([f"/{top}/{name}" for top in ("a", "b", "é") for name in "1234567"])


@settings(deadline=None, max_examples=100)
@given(
    kept=st.dictionaries(names, st.integers(-2, 5)),
    asked=st.dictionaries(names, st.booleans()),
    data=st.data(),
)
def test_what_was_remembered_of_each_file_is_known_of_all(
    kept: dict[str, int], asked: dict[str, bool], data: st.DataObject
) -> None:
    """Photos, some of one content; -1 is no picture and -2 a broken one; changed are unknown."""
    expected: dict[str, Known] = {}
    with open_cache(None, METHOD) as cache:
        for name, content in kept.items():
            file = a_file(name)
            if content >= 0:
                cache.add_photo(photo_of(file, content), None)
                expected[name] = Known(photo=photo_of(file, content))
            else:
                skipped = Skipped(name, "decode", "broken", "torn") if content == -2 else None
                cache.add_other(file, skipped)
                expected[name] = Known(skipped=skipped)
        files = [a_file(name, inode=1 + changed) for name, changed in sorted(asked.items())]
        known = [None if asked[file.path] else expected.get(file.path) for file in files]
        assert told(cache, files) == known
        assert [cache.file(file) for file in files] == known
        assert listed(cache, files) == known
        shuffled = data.draw(st.permutations(files))
        assert dict(zip(shuffled, told(cache, shuffled), strict=True)) == dict(
            zip(files, known, strict=True)
        )
        assert not cache.notes


@pytest.fixture
def cache_file(tmp_path: Path) -> Path:
    """Twenty photos, each with features, and three files that are none."""
    path = tmp_path / "cache.sqlite"
    with open_cache(str(path), METHOD) as cache:
        for number in range(20):
            photo = photo_of(a_file(f"/lib/{number:02}.jpg"), number)
            cache.add_photo(photo, b"thumbnail", Packed(b"features", b"postings of %d" % number))
        for number in range(3):
            cache.add_other(a_file(f"/lib/{number:02}.txt"), None)
    return path


LIBRARY = [
    a_file(f"/lib/{number:02}.{ending}")
    for number in range(20)
    for ending in ("jpg", "txt")
    if ending == "jpg" or number < 3
]


def damage(path: Path, statement: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()


@pytest.mark.parametrize("few", [False, True], ids=["most of the cache", "few of it"])
def test_a_row_that_is_not_what_was_written_is_not_known_and_the_others_are(
    cache_file: Path, few: bool
) -> None:
    damage(cache_file, "UPDATE content SET quality = 7 WHERE hex(digest) LIKE '05%'")
    damage(cache_file, "UPDATE file SET code = 'x' WHERE path = CAST('/lib/01.txt' AS BLOB)")
    files = [file for file in LIBRARY if file.path[5:7] in ("01", "05")] if few else LIBRARY
    with open_cache(str(cache_file), METHOD) as cache:
        known = {f.path: k is not None for f, k in zip(files, told(cache, files), strict=True)}
        assert [path for path, is_known in known.items() if not is_known] == [
            "/lib/01.txt",
            "/lib/05.jpg",
        ]
        assert "damaged" in cache.notes[-1]


@pytest.mark.parametrize("few", [False, True], ids=["most of the cache", "few of it"])
def test_a_photo_that_is_listed_is_asked_for_before_it_is_believed(
    cache_file: Path, few: bool
) -> None:
    damage(cache_file, "UPDATE content SET quality = 7 WHERE hex(digest) LIKE '05%'")
    damage(cache_file, "UPDATE file SET code = 'x' WHERE path = CAST('/lib/01.txt' AS BLOB)")
    files = [file for file in LIBRARY if file.path[5:7] in ("01", "05")] if few else LIBRARY
    with open_cache(str(cache_file), METHOD) as cache:
        assert list(cache.listed([])) == []
        found = {f.path: k for f, k in zip(files, listed(cache, files), strict=True)}
        assert found["/lib/01.txt"] is None
        assert found["/lib/05.jpg"] == Known()
        assert all(k is not None and k.photo for p, k in found.items() if "01.jpg" in p)
        assert "damaged" in cache.notes[-1]


def test_what_another_method_knows_is_not_known(cache_file: Path) -> None:
    with open_cache(str(cache_file), OTHER) as cache:
        assert told(cache, LIBRARY) == [None] * len(LIBRARY)
        assert cache.postings(bytes(32)) is None


def test_postings_that_are_damaged_are_told_and_the_others_come(cache_file: Path) -> None:
    damage(cache_file, "UPDATE postings SET checksum = 1 WHERE hex(digest) LIKE '01%'")
    with open_cache(str(cache_file), METHOD) as cache:
        found = [cache.postings(number.to_bytes(32, "little")) for number in range(3)]
        assert found == [b"postings of 0", None, b"postings of 2"]
        assert "what it held of 1 photo is lost" in cache.notes[-1]


def test_what_is_new_is_known_beside_a_cache_that_is_only_read(cache_file: Path) -> None:
    fresh = photo_of(a_file("/lib/99.jpg", 2), 99)
    passing = sqlite3.connect(":memory:")
    passing.executescript(TABLES)
    behind = sqlite3.connect(cache_file)
    ((number,),) = behind.execute("SELECT number FROM method").fetchall()
    layers = Layers(passing, iter(()), behind=behind)
    with contextlib.closing(Cache(layers, number, is_deep=True)) as cache:
        cache.add_photo(fresh, None, Packed(b"", b"new"))
        known = told(cache, [*LIBRARY, fresh.file])
        assert None not in known
        assert known[-1] == Known(photo=fresh)
        first = bytes(32)
        assert cache.postings(fresh.digest) == b"new"
        assert cache.postings(first) == b"postings of 0"
