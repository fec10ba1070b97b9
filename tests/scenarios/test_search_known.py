"""Searches that answer from what is known: what is damaged of that is made anew, and told."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from searching import decoded, drawn, hits, make_library, names, ranked, remembering, write

from dupfinder import Settings
from dupfinder.storage.rowfiles import RowFile


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return make_library(tmp_path / "library")


@pytest.fixture
def query(tmp_path: Path) -> Path:
    return write(tmp_path / "query.jpg", drawn("bridge", 60, 240))


def changed(settings: Settings, statement: str, of: str = "") -> None:
    connection = sqlite3.connect(f"{settings.cache}{of}")
    with connection:
        assert connection.execute(statement).rowcount > 0
    connection.close()


@pytest.mark.parametrize("by", ["phash", "graded", "kaze"])
def test_a_damaged_row_of_a_photo_that_is_found_is_read_again(
    by: str, library: Path, query: Path, tmp_path: Path
) -> None:
    settings = remembering(tmp_path)
    cold = ranked(query, library, settings, by=by)
    changed(settings, "UPDATE content SET quality = quality + 1")

    found = ranked(query, library, settings, by=by)

    assert hits(found) == hits(cold)
    assert any("damaged" in note for note in found.notes)
    assert hits(ranked(query, library, settings, by=by)) == hits(cold)


def test_a_photo_that_is_found_in_a_damaged_cache_and_is_gone_by_then_is_one_line(
    library: Path, query: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dupfinder.engines import ranking, search_stages  # noqa: PLC0415

    settings = remembering(tmp_path)
    cold = ranked(query, library, settings, by="phash")
    changed(settings, "UPDATE content SET quality = quality + 1")

    def later(*words: object) -> object:
        (library / "bridge.jpg").unlink()  # while others are looked at
        return ranking.ranked(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(search_stages, "ranked", later)
    found = ranked(query, library, settings, by="phash")

    assert names(found) == [name for name in names(cold) if name != "bridge.jpg"]
    assert {Path(each.path).name for each in found.skipped} == {"bridge.jpg", "cut.jpg"}
    assert found.discovered == found.compared + len(found.skipped)


@pytest.mark.parametrize("by", ["phash", "kaze", "color"])
def test_files_of_rows_that_are_damaged_are_made_anew(
    by: str, library: Path, query: Path, tmp_path: Path
) -> None:
    settings = remembering(tmp_path)
    cold = ranked(query, library, settings, by=by)
    (path,) = Path(f"{settings.cache}.rows").glob("*.rows")
    sound = path.read_bytes()
    for place in (len(sound) - 1, 20, 0):
        data = bytearray(sound)
        data[place] ^= 255
        path.write_bytes(data)

        found = ranked(query, library, settings, by=by)

        assert hits(found) == hits(cold)
        assert decoded(found) == 0
        assert path.read_bytes() == sound


@pytest.mark.parametrize("by", ["kaze", "graded"])
def test_a_descriptor_that_is_damaged_is_made_anew_when_its_photo_is_found(
    by: str, library: Path, query: Path, tmp_path: Path
) -> None:
    settings = remembering(tmp_path)
    cold = ranked(query, library, settings, by=by)
    changed(settings, "UPDATE vector SET packed = zeroblob(length(packed))", ".vectors")

    assert hits(ranked(query, library, settings, by=by)) == hits(cold)
    assert hits(ranked(query, library, settings, by=by)) == hits(cold)


def test_photos_that_come_and_go_are_found_and_not(
    library: Path, query: Path, tmp_path: Path
) -> None:
    settings = remembering(tmp_path)
    for index in ("exact", "hnsw", "lsh"):
        before = ranked(query, library, settings, by="kaze", index=index)
        new = write(library / "new.jpg", drawn("bridge", 50, 250))

        more = ranked(query, library, settings, by="kaze", index=index)
        new.unlink()
        again = ranked(query, library, settings, by="kaze", index=index)

        assert set(names(more)) == {*names(before), "new.jpg"}
        assert hits(again) == hits(before)


def test_where_no_rows_can_be_kept_all_is_compared_and_a_note_says_so(
    library: Path, query: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = ranked(query, library, by="kaze")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(RowFile, "add", full)
    found = ranked(query, library, remembering(tmp_path), by="kaze")

    assert hits(found) == hits(expected)
    (note,) = found.notes
    assert "the index of kaze cannot be kept" in note
    assert "No space left" in note
