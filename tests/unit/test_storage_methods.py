"""A number stands for one method, whatever becomes of the table that says for which."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from strategies_clusters import a_photo

from dupfinder.model import Fingerprint
from dupfinder.storage import Known, open_cache
from dupfinder.storage.methods import full_name, names_of

PHOTO = a_photo("/lib/a.jpg", fingerprints=(Fingerprint("dct256", 7, 256),))
METHODS = ("dct256=1;decode=1", "phash=4;decode=1", "dct256=1;decode=2")


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Of a cache in which each method knows the photo."""
    place = str(tmp_path / "cache.sqlite")
    for method in METHODS:
        with open_cache(place, method) as cache:
            cache.add_photo(PHOTO, method.encode())
    return place


def change(path: str, statement: str) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(statement)


def names(path: str) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as database:
        return names_of(database)


def thumbnail(path: str, method: str) -> bytes | None:
    """What is remembered of the photo under a method."""
    with open_cache(path, method) as cache:
        if cache.content(PHOTO.file, PHOTO.digest) is None:
            return None
        return cache.thumbnails([PHOTO])[PHOTO.digest]


def test_each_method_has_its_own_rows_from_one_opening_to_the_next(path: str) -> None:
    assert sorted(names(path).values()) == sorted(METHODS)
    for method in METHODS:
        assert thumbnail(path, method) == method.encode()
    assert len(names(path)) == len(METHODS)


def test_a_name_comes_from_a_number_and_what_else_a_verdict_depends_on() -> None:
    assert full_name("3", {"3": "dct256"}) == "dct256"
    assert full_name("3;verifiers=2;x", {"3": "dct256"}) == "dct256;verifiers=2;x"
    assert full_name("4;verifiers=2", {"3": "dct256"}) == ""


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE method SET name = 'phash=4;decode=1' WHERE number = '1'",
        "UPDATE method SET number = '77' WHERE number = '1'",
        "UPDATE method SET number = 'x' WHERE number = '1'",
        "DELETE FROM method WHERE number = '3'",
        "DELETE FROM method",
    ],
)
def test_a_method_that_is_damaged_passes_for_no_other(path: str, damage: str) -> None:
    change(path, damage)
    for method in (*METHODS, "ahash=4;decode=1"):
        assert thumbnail(path, method) in (None, method.encode())
    with open_cache(path, "whash=4;decode=1") as cache:
        assert cache.file(PHOTO.file) is None
        cache.add_photo(PHOTO, b"new")
        assert cache.file(PHOTO.file) == Known(photo=PHOTO)
    for method in METHODS:
        assert thumbnail(path, method) in (None, method.encode())
