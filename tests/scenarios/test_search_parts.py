"""A graded search finds parts of photos, by the features that a scan compares."""

from __future__ import annotations

import io
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from blake3 import blake3
from pictures import encoded
from PIL import Image, ImageOps
from searching import SCENES, cornered, drawn, hits, names, ranked, remembering, write

from dupfinder import Searched, Settings, find
from dupfinder.api import prune_cache
from dupfinder.engines import ranking, segments, stocktaking
from dupfinder.engines.reading import Reader


@pytest.fixture(autouse=True)
def _only_features_narrow(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The hash lets one photo through, and posting lists are kept of any library."""
    with monkeypatch.context() as patch:
        patch.setattr(ranking, "_PASSED", 1)
        patch.setattr(ranking, "_AT_LEAST", 1)
        patch.setattr(segments, "_WORTH_KEEPING", 1)
        patch.setattr(stocktaking, "_LEAST", 1)
        yield


@pytest.fixture
def library(tmp_path: Path) -> Path:
    for name in SCENES:
        image = Image.fromarray(cornered(SCENES.index(name), 960, 720))
        write(tmp_path / "library" / f"{name}.jpg", encoded(image, "JPEG", quality=92))
    return tmp_path / "library"


def part(library: Path, *, mirrored: bool = False) -> bytes:
    """The middle third of a photo, enlarged."""
    image = Image.open(io.BytesIO((library / "bridge.jpg").read_bytes()))
    image = image.crop((320, 240, 640, 480)).resize((480, 360))
    return encoded(ImageOps.mirror(image) if mirrored else image, "JPEG", quality=85)


def lists(settings: Settings) -> list[Path]:
    return sorted(Path(f"{settings.cache}.rows").glob("*.lists"))


def searched(query: Path, library: Path, settings: Settings) -> Searched:
    return ranked(query, library, settings, top=1)


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_part_that_no_hash_sees_is_found(library: Path, tmp_path: Path, mirrored: bool) -> None:
    query = write(tmp_path / "part.jpg", part(library, mirrored=mirrored))

    by_hash = ranked(query, library, remembering(tmp_path), by="dct256", top=1)
    graded = searched(query, library, remembering(tmp_path))

    assert names(by_hash) != ["bridge.jpg"]
    assert names(graded) == ["bridge.jpg"]
    scores = dict(hits(graded)[0].scores)
    assert scores["features"] > 0
    assert scores["dct256"] < ranking._SHARED
    assert hits(graded)[0].score >= ranking._SHARED / 2


def test_what_is_shared_and_not_confirmed_comes_before_chance_and_behind_copies() -> None:
    def score(by_hash: float, shared: float, by_orb: float = 0.0) -> float:
        return ranking._graded_score({"dct256": by_hash, "features": shared, "orb": by_orb})

    by_chance, shared, copy = score(0.68, 0), score(0.55, 0.03), score(0.95, 0)
    confirmed = [score(0.55, 0.125), score(0.55, 0, 0.125), score(0.9, 0.2, 0.3)]
    assert by_chance < shared < copy < 0.5 <= min(confirmed)
    assert confirmed == sorted(confirmed)
    assert max(confirmed) == (1 + 0.3) / 2
    assert score(1.0, 0) == 0.5 < min(confirmed)  # as far as the hash alone gets


def test_a_model_does_not_put_what_is_shared_behind_chance() -> None:
    def score(by_model: float, shared: float) -> float:
        told = {"dct256": 0.55, "features": shared, "orb": 0.0, "model": by_model}
        return ranking._graded_score(told)

    assert score(0.3, 0.03) == (0.75 + 0.03) / 2
    assert score(0.9, 0.03) == 0.9 / 2  # the model says more
    assert score(0.3, 0) == 0.3 / 2
    assert score(0.3, 0.125) == (1 + 0.3) / 2  # confirmed: the model orders


def test_posting_lists_are_kept_and_change_no_result(library: Path, tmp_path: Path) -> None:
    query = write(tmp_path / "part.jpg", part(library))
    settings = remembering(tmp_path)
    first = searched(query, library, settings)
    (kept,) = lists(settings)
    written = kept.stat()

    assert hits(searched(query, library, settings)) == hits(first)
    again = kept.stat()
    assert (again.st_ino, again.st_mtime_ns) == (written.st_ino, written.st_mtime_ns)

    kept.write_bytes(kept.read_bytes()[:-1])  # damaged: as good as none
    assert hits(searched(query, library, settings)) == hits(first)
    assert kept.stat().st_size == written.st_size

    write(library / "more.jpg", drawn("harbour", 70))  # more than lists may lack
    more = searched(query, library, settings)
    assert lists(settings) == [kept]
    assert kept.stat().st_size > written.st_size
    alone = searched(query, library, remembering(tmp_path / "other"))
    assert hits(more) == hits(alone)


def test_the_lists_of_a_scan_serve_a_search(library: Path, tmp_path: Path) -> None:
    query = write(tmp_path / "part.jpg", part(library))
    settings = remembering(tmp_path)
    find(library, settings)
    assert Path(f"{settings.cache}.lists").exists()

    found = searched(query, library, settings)

    assert names(found) == ["bridge.jpg"]
    assert lists(settings) == []
    assert hits(found) == hits(searched(query, library, remembering(tmp_path / "other")))


@pytest.mark.parametrize("has_lists", [True, False])
@pytest.mark.parametrize("is_damaged", [True, False])
def test_features_that_the_cache_lost_are_taken_again(
    library: Path, tmp_path: Path, has_lists: bool, is_damaged: bool
) -> None:
    """Nobody walks a library that has not changed: what is lost has to be missed by itself."""
    query = write(tmp_path / "part.jpg", part(library))
    settings = remembering(tmp_path)
    first = searched(query, library, settings)
    assert settings.cache is not None
    if is_damaged:
        with closing(sqlite3.connect(settings.cache)) as cache, cache:
            cache.execute("UPDATE postings SET packed = zeroblob(length(packed))")
    else:
        os.unlink(settings.cache)
    for kept in lists(settings) if not has_lists else ():
        kept.unlink()

    again = searched(query, library, settings)
    later = searched(query, library, settings)

    assert "discover" not in {each.stage for each in again.stages}
    assert hits(again) == hits(later) == hits(first)
    assert not [note for note in (*again.notes, *later.notes) if "lost" in note]
    assert not later.notes


def test_what_cannot_be_taken_again_has_no_features(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where reading takes too long now, say: with kept lists as without."""
    monkeypatch.setattr(Reader, "again", lambda *_: None)
    query = write(tmp_path / "part.jpg", part(library))
    settings = remembering(tmp_path)
    searched(query, library, settings)
    assert settings.cache is not None
    with closing(sqlite3.connect(settings.cache)) as cache, cache:
        digest = blake3(query.read_bytes()).digest()
        cache.execute("DELETE FROM postings WHERE digest != ?", (digest,))

    found = hits(searched(query, library, settings))

    assert all(dict(hit.scores)["features"] == 0 for hit in found)


def test_prune_takes_the_lists_along(library: Path, tmp_path: Path) -> None:
    query = write(tmp_path / "part.jpg", part(library))
    settings = remembering(tmp_path)
    first = searched(query, library, settings)
    (kept,) = lists(settings)

    dry = prune_cache(settings.cache, dry_run=True)
    assert {(each.part, each.rows, each.size) for each in dry.removed if each.part == "lists"} == {
        ("lists", 1, kept.stat().st_size)
    }
    assert prune_cache(settings.cache).removed == dry.removed

    assert lists(settings) == []
    assert hits(searched(query, library, settings)) == hits(first)
