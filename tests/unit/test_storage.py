"""What the cache remembers comes back unchanged, and only for what it was remembered of."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies_clusters import a_photo, evidences, names

from dupfinder.features.packing import Packed
from dupfinder.model import (
    Answer,
    CandidatePair,
    Evidence,
    Fingerprint,
    Orientation,
    Photo,
    PhotoFile,
    Relation,
    Skipped,
    Stamp,
    Verdict,
)
from dupfinder.storage import Cache, Known, layers, open_cache

METHOD = "dct256;decode=1"
VERIFIERS = "verifiers=1;fallback=kaze"
PRINT = Fingerprint("dct256", 2**255 + 1, 256)

# Times and inodes as file systems give them, also after the year 2262.
stamps = st.builds(
    Stamp,
    device=st.integers(0, 2**64 - 1),
    inode=st.integers(0, 2**64 - 1),
    size=st.integers(0, 2**63 - 1),
    mtime_ns=st.integers(-(2**80), time.time_ns() - 10**10),
    ctime_ns=st.integers(-(2**80), 2**80),
)


@st.composite
def photos(draw: st.DrawFn) -> Photo:
    name = draw(st.sampled_from(["dct256", "phash", "colorhash"]))
    length = draw(st.sampled_from([256, 64, 42]))
    prints = st.builds(Fingerprint, st.just(name), st.integers(0, 2**length - 1), st.just(length))
    sides = st.integers(1, 2**31)
    return Photo(
        file=PhotoFile(f"/lib/{draw(names)}", draw(stamps)),
        digest=draw(st.binary(min_size=32, max_size=32)),
        pixel_digest=draw(st.none() | st.binary(max_size=32)),
        format=draw(st.sampled_from(["JPEG", "PNG", "JPEG 2000"])),
        width=draw(sides),
        height=draw(sides),
        inner=(draw(sides), draw(sides)),
        taken_at=draw(st.none() | st.just("2019-07-14 18:22:05.37")),
        camera=draw(st.none() | st.just("Camera X")),
        exposure=draw(st.none() | st.just("t=0.01")),
        quality=draw(st.integers(0, 100)),
        quantization=draw(st.none() | st.floats(1, 255)),
        lossless=draw(st.booleans()),
        frames=draw(st.integers(1, 2**32)),
        damage=draw(st.sampled_from([None, None, "a complaint"])),
        fingerprints=tuple(draw(st.lists(prints, min_size=1, max_size=3))),
    )


@contextmanager
def in_memory(method: str = METHOD) -> Iterator[Cache]:
    with open_cache(None, method) as memory:
        yield memory


@settings(deadline=None, max_examples=50)
@given(photo=photos(), thumbnail=st.binary(max_size=4096))
def test_a_photo_comes_back_in_every_field(photo: Photo, thumbnail: bytes) -> None:
    with in_memory() as memory:
        memory.add_photo(photo, thumbnail)
        assert memory.file(photo.file) == Known(photo=photo)
        assert memory.content(photo.file, photo.digest) == photo
        assert memory.thumbnails([photo]) == {photo.digest: thumbnail}
        assert memory.sizes() == {photo.size}


def test_features_come_back_for_the_photos_that_have_them(tmp_path: Path) -> None:
    path = str(tmp_path / "cache.sqlite")
    deep, plain = some_photo("a"), some_photo("b")
    with open_cache(path, METHOD) as first:
        first.add_photo(deep, b"thumbnail", Packed(b"features", b"postings"))
        first.add_photo(plain, b"thumbnail")
    with open_cache(path, METHOD) as again:
        assert (again.features(deep.digest), again.features(plain.digest)) == (b"features", None)
        assert (again.postings(deep.digest), again.postings(plain.digest)) == (b"postings", None)
        assert again.all_features([deep, plain]) == {deep.digest: b"features"}
        again.add_photo(deep, None)  # seen again elsewhere: what is known stays
        assert again.features(deep.digest) == b"features"
    with open_cache(path, "dct256;decode=1;features=2") as other:
        assert other.features(deep.digest) is None


@settings(deadline=None, max_examples=50)
@given(
    answer=st.sampled_from(Answer),
    relation=st.none() | st.sampled_from(Relation),
    evidence=evidences,
    turn=st.sampled_from(Orientation),
)
def test_a_verdict_comes_back_in_every_field(
    answer: Answer, relation: Relation | None, evidence: Evidence, turn: Orientation
) -> None:
    left, right = some_photo("a"), some_photo("b")
    verdict = Verdict(answer, relation, evidence)
    with in_memory() as memory:
        memory.add_verdict(CandidatePair(left, right, "hash", 3, turn), VERIFIERS, verdict)
        known = memory.verdicts([left, right], VERIFIERS)
    assert known == {(left.digest, right.digest, int(turn)): verdict}


@given(reason=st.text(st.characters(codec=None), max_size=20), stamp=stamps)
@settings(deadline=None, max_examples=50)
def test_a_skipped_file_comes_back_with_its_reason(reason: str, stamp: Stamp) -> None:
    file = PhotoFile("/lib/broken.jpg", stamp)
    skipped = Skipped(file.path, "decode", "damaged", reason)
    with in_memory() as memory:
        memory.add_other(file, skipped)
        assert memory.file(file) == Known(skipped=skipped)


def test_a_file_that_is_no_picture_is_known_as_such() -> None:
    file = PhotoFile("/lib/notes.txt", Stamp(1, 2, 3, 4, 5))
    with in_memory() as memory:
        assert memory.file(file) is None
        memory.add_other(file, None)
        assert memory.file(file) == Known()


@pytest.mark.parametrize("field", ["inode", "size", "mtime_ns", "ctime_ns"])
def test_a_changed_stamp_makes_a_file_unknown(field: str) -> None:
    photo = some_photo("a")
    stamp = photo.file.stamp
    changed: dict[str, Any] = {field: getattr(stamp, field) + 1}
    with in_memory() as memory:
        memory.add_photo(photo, None)
        assert memory.file(replace(photo.file, stamp=replace(stamp, **changed))) is None


def test_a_photo_is_known_again_after_its_disk_was_mounted_anew() -> None:
    photo = some_photo("a")
    elsewhere = replace(photo.file, stamp=replace(photo.file.stamp, device=99))
    with in_memory() as memory:
        memory.add_photo(photo, None)
        assert memory.file(elsewhere) == Known(photo=replace(photo, file=elsewhere))


def test_a_file_written_a_moment_ago_is_not_known_by_its_stamp() -> None:
    now = time.time_ns()
    photo = some_photo("a", Stamp(1, 2, 1000, now, now))
    with in_memory() as memory:
        memory.add_photo(photo, None)
        assert memory.file(photo.file) is None
        assert memory.content(photo.file, photo.digest) == photo


def test_a_file_written_as_the_scan_began_is_not_known_though_the_scan_took_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    began = time.time_ns()
    photo = some_photo("a", Stamp(1, 2, 1000, began, began))
    with in_memory() as memory:
        monkeypatch.setattr(time, "time_ns", lambda: began + 10**11)
        memory.add_photo(photo, None)
        assert memory.file(photo.file) is None


def test_a_renamed_photo_is_known_by_its_content() -> None:
    photo = some_photo("a")
    renamed = replace(photo.file, path="/elsewhere/b.jpg")
    with in_memory() as memory:
        memory.add_photo(photo, None)
        assert memory.file(renamed) is None
        assert memory.content(renamed, photo.digest) == replace(photo, file=renamed)


def test_another_method_sees_nothing(tmp_path: Path) -> None:
    path = str(tmp_path / "cache.sqlite")
    left, right = some_photo("a"), some_photo("b")
    verdict = Verdict(Answer.SAME, Relation.COPY, Evidence("orb"))
    pair = CandidatePair(left, right, "hash", 3)
    with open_cache(path, METHOD) as first:
        first.add_photo(left, b"thumbnail")
        first.add_verdict(pair, VERIFIERS, verdict)
    with open_cache(path, "dct256;decode=2") as other:
        assert other.file(left.file) is None
        assert other.content(left.file, left.digest) is None
        assert other.thumbnails([left]) == {}
        assert other.sizes() == frozenset()
        assert other.verdicts([left, right], VERIFIERS) == {}
    with open_cache(path, METHOD) as again:
        assert again.verdicts([left, right], "verifiers=2") == {}
        assert again.verdicts([left, right], VERIFIERS) != {}


def test_two_methods_keep_their_own_rows_of_one_content(tmp_path: Path) -> None:
    path = str(tmp_path / "cache.sqlite")
    photo = some_photo("a")
    coarse = replace(photo, fingerprints=(Fingerprint("phash", 5, 64),))
    with open_cache(path, METHOD) as first:
        first.add_photo(photo, None)
    with open_cache(path, "phash") as second:
        second.add_photo(coarse, None)
    with open_cache(path, METHOD) as first:
        assert first.content(photo.file, photo.digest) == photo


def test_only_verdicts_among_the_photos_in_question_are_given() -> None:
    left, right, third = some_photo("a"), some_photo("b"), some_photo("c")
    verdict = Verdict(Answer.DIFFERENT, None, Evidence("orb"))
    with in_memory() as memory:
        memory.add_verdict(CandidatePair(left, right, "hash", 3), VERIFIERS, verdict)
        assert memory.verdicts([left, third], VERIFIERS) == {}


def test_work_is_kept_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is killed outright loses the last moments only."""
    monkeypatch.setattr(layers, "COMMIT_EVERY", 0.0)
    path = str(tmp_path / "cache.sqlite")
    photo = some_photo("a")
    with open_cache(path, METHOD) as first:
        first.add_photo(photo, None)
        with sqlite3.connect(path) as reader:
            (count,) = reader.execute("SELECT count(*) FROM content").fetchone()
        reader.close()
    assert count == 1


def test_a_cache_that_cannot_be_written_any_more_says_so_once_and_ends_no_run(
    tmp_path: Path,
) -> None:
    path = str(tmp_path / "cache.sqlite")
    photo = some_photo("a")
    with open_cache(path, METHOD) as failing:
        failing.add_photo(photo, None)
        failing._layers._connection.commit()
        failing._layers._connection.execute("PRAGMA query_only = ON")
        failing.add_photo(some_photo("b"), None)
        failing.add_photo(some_photo("c"), None)
        assert failing.file(photo.file) == Known(photo=photo)
        assert len(failing.notes) == 1
        assert "cannot be written any more" in failing.notes[0]


def test_a_row_that_cannot_be_read_is_unknown(tmp_path: Path) -> None:
    path = str(tmp_path / "cache.sqlite")
    left, right = some_photo("a"), some_photo("b")
    verdict = Verdict(Answer.SAME, Relation.COPY, Evidence("orb"))
    with open_cache(path, METHOD) as first:
        first.add_photo(left, None)
        first.add_verdict(CandidatePair(left, right, "hash", 3), VERIFIERS, verdict)
    vandal = sqlite3.connect(path)
    vandal.execute("UPDATE content SET format = CAST(x'ff' AS TEXT)")
    vandal.execute("UPDATE verdict SET evidence = '{'")
    vandal.commit()
    vandal.close()
    with open_cache(path, METHOD) as again:
        assert again.notes == ()
        assert again.file(left.file) is None
        assert again.content(left.file, left.digest) is None
        assert again.verdicts([left, right], VERIFIERS) == {}


def some_photo(name: str, stamp: Stamp | None = None) -> Photo:
    photo = a_photo(f"/lib/{name}.jpg", fingerprints=(PRINT,))
    return photo if stamp is None else replace(photo, file=PhotoFile(photo.path, stamp))


def test_names_that_are_not_utf8_are_remembered(tmp_path: Path) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.sqlite")
    photo = some_photo(os.fsdecode(b"caf\xe9\n\x1b[31m"))
    with open_cache(path, METHOD) as first:
        assert first.notes == ()
        first.add_photo(photo, None)
    with open_cache(path, METHOD) as again:
        assert again.file(photo.file) == Known(photo=photo)
