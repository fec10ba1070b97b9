"""Of the posting lists that are kept it is known whose they are, and what is lost is in none."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from strategies_clusters import a_photo
from strategies_features import random_described

from dupfinder.engines import segments, sharing
from dupfinder.engines.photos import Library
from dupfinder.features.packing import packed
from dupfinder.model import Fingerprint, Photo
from dupfinder.storage import open_cache
from dupfinder.storage.looking import look
from dupfinder.storage.pruning import prune

METHOD = "dct256;decode=1;features=1"
ALIKE = packed(random_described(np.random.default_rng(1), 60))


@pytest.fixture(autouse=True)
def few_are_worth_keeping() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segments, "_WORTH_KEEPING", 1)
        yield


def photos(count: int) -> list[Photo]:
    return [
        a_photo(
            f"/{n}.jpg",
            digest=n.to_bytes(32, "big"),
            fingerprints=(Fingerprint("dct256", n, 256),),
        )
        for n in range(1, count + 1)
    ]


def pairs(path: Path, count: int) -> set[tuple[str, str]]:
    with open_cache(str(path), METHOD) as cache:
        found = sharing.proposals(Library(photos(count)), range(count), cache)
    return {(pair.left.path, pair.right.path) for pair in found.pairs}


def test_what_was_lost_when_lists_were_made_is_there_once_it_is_known_again(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite"
    with open_cache(str(path), METHOD) as cache:
        for photo in photos(3):
            cache.add_photo(photo, None, ALIKE)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM postings WHERE digest = ?", ((2).to_bytes(32, "big"),))
        connection.commit()
    assert pairs(path, 3) == {("/1.jpg", "/3.jpg")}
    with open_cache(str(path), METHOD) as cache:
        cache.add_photo(photos(3)[1], None, ALIKE)
    assert pairs(path, 3) == {("/1.jpg", "/2.jpg"), ("/1.jpg", "/3.jpg"), ("/2.jpg", "/3.jpg")}


def test_photos_beyond_the_lists_are_compared_with_those_in_them(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite"
    for count in (20, 21):
        with open_cache(str(path), METHOD) as cache:
            for photo in photos(count):
                cache.add_photo(photo, None, ALIKE)
        lists = tmp_path / "cache.sqlite.lists"
        before = lists.read_bytes() if lists.exists() else b""
        found = pairs(path, count)
        assert any(f"/{count}.jpg" in pair for pair in found)
        assert (lists.read_bytes() == before) is (count == 21)  # one in twenty may be missing


def test_lists_are_shown_with_the_cache_and_go_once_no_scan_would_read_them(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite"
    with open_cache(str(path), METHOD) as cache:
        for photo in photos(3):
            cache.add_photo(photo, None, ALIKE)
    pairs(path, 3)
    lists = tmp_path / "cache.sqlite.lists"
    size = lists.stat().st_size
    assert look(str(path), lambda _: True).lists == size

    def pruned(*, used: bool, dry_run: bool = False) -> list[tuple[str, int]]:
        found = prune(str(path), lambda _: used, lambda _: (), dry_run=dry_run)
        return [(each.why, each.size) for each in found.removed if each.part == "lists"]

    assert pruned(used=True) == []
    why = "made by another version or its libraries"
    assert pruned(used=False, dry_run=True) == [(why, size)]
    assert lists.exists()
    lists.write_bytes(lists.read_bytes()[:-1])
    assert look(str(path), lambda _: True).lists == size - 1
    assert pruned(used=True) == [("damaged", size - 1)]
    assert not lists.exists()
    lists.write_text("somebody's own")
    assert look(str(path), lambda _: True).lists == 0
    assert pruned(used=True) == []
    assert lists.exists()
