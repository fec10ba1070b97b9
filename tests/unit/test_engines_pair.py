"""Two files compared: the same answer as a scan gives, from either side."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from shots import LIBRARY, copies, opened, truth

import dupfinder
from dupfinder.model import Comparison, Orientation, Relation

ALONE = dupfinder.Settings(workers=0)
PHOTO = LIBRARY / "2019 Summer" / "IMG_2054.jpg"


def compare(first: object, second: object) -> Comparison:
    return dupfinder.compare(LIBRARY / str(first), LIBRARY / str(second), ALONE)


@pytest.mark.parametrize(("original", "copy", "relation"), copies()[::3])
def test_copies_of_the_library_are_what_they_are(original: str, copy: str, relation: str) -> None:
    match = compare(original, copy).match
    assert match is not None
    assert match.relation == relation


@pytest.mark.parametrize("pair", [each[:2] for each in truth()["similar"]])
def test_other_shots_are_not_the_same_photo(pair: list[str]) -> None:
    match = compare(*pair).match
    assert match is None or match.relation is Relation.SIMILAR


def test_the_order_of_naming_changes_nothing_but_the_letters() -> None:
    original, copy, _ = next(each for each in copies() if each[2] == "copy")
    forth, back = compare(original, copy), compare(copy, original)
    assert (forth.first, forth.second) == (back.second, back.first)
    assert forth.match == back.match
    assert forth.plan == back.plan
    assert [each.distance for each in forth.distances] == [each.distance for each in back.distances]


def test_a_worker_finds_what_this_process_finds() -> None:
    original, copy, _ = next(each for each in copies() if each[2] == "copy")
    assert dupfinder.compare(LIBRARY / original, LIBRARY / copy) == compare(original, copy)


def test_a_turned_copy_is_near_for_every_hasher_once_it_is_turned(tmp_path: Path) -> None:
    picture = opened("2019 Summer/IMG_2054.jpg")
    picture.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "turned.png")
    comparison = compare(PHOTO, tmp_path / "turned.png")
    told: dict[str, list[int]] = {}
    for pair in comparison.distances:
        told.setdefault(pair.source, []).append(pair.distance)
    assert set(told) == {"dct256", "phash", "dhash", "ahash", "whash"}
    for upright, turned in told.values():
        assert turned < upright
        assert turned <= 8
    is_left = comparison.distances[1].left.path == str(PHOTO)
    expected = Orientation.TURNED_90 if is_left else Orientation.TURNED_270
    assert comparison.distances[1].orientation is expected


def test_a_crop_that_no_hash_sees_is_found_from_either_side(tmp_path: Path) -> None:
    picture = opened("2019 Summer/IMG_2054.jpg")
    width, height = picture.size
    picture.crop((width // 5, height // 5, width, height)).save(tmp_path / "crop.png")
    for pair in ((PHOTO, tmp_path / "crop.png"), (tmp_path / "crop.png", PHOTO)):
        match = compare(*pair).match
        assert match is not None
        assert match.base.path == str(PHOTO)
        (cropped,) = [edit for edit in match.edits if edit.kind == "cropped"]
        assert cropped.amount == pytest.approx(0.64, abs=0.03)


def test_the_pixels_are_compared_where_the_clock_refutes_the_pair(tmp_path: Path) -> None:
    picture = opened("2019 Summer/IMG_2054.jpg")
    for second, quality in ((1, 95), (2, 80)):
        exif = Image.Exif()
        exif.get_ifd(0x8769)[0x9003] = f"2024:05:01 10:00:0{second}"
        picture.save(tmp_path / f"{second}.jpg", quality=quality, exif=exif)
    comparison = compare(tmp_path / "1.jpg", tmp_path / "2.jpg")
    assert comparison.match is not None
    assert comparison.match.relation is Relation.SIMILAR
    assert comparison.match.evidence.agreement is not None
    assert comparison.plan is None


def test_one_file_by_two_names_is_told_from_one_named_twice(tmp_path: Path) -> None:
    photo, link = tmp_path / "a.jpg", tmp_path / "b.jpg"
    photo.write_bytes(PHOTO.read_bytes())
    os.link(photo, link)
    twice, linked = compare(photo, photo), compare(photo, link)
    assert twice.match is not None
    assert linked.match is not None
    assert twice.match.relation is linked.match.relation is Relation.IDENTICAL
    assert twice.plan is None
    assert linked.plan is not None
    assert linked.plan.reclaimed == 0


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("missing.jpg", None, "does not exist"),
        ("empty.jpg", b"", "empty"),
        ("note.txt", b"hello", "no picture"),
        ("renamed.jpg", b"hello", "content"),
        ("cut.jpg", PHOTO.read_bytes()[:2000], "truncated"),
        (".", None, "folder"),
    ],
)
def test_trouble_with_a_file_names_it_and_says_why(
    tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    for pair in ((PHOTO, tmp_path / name), (tmp_path / name, PHOTO)):
        with pytest.raises(dupfinder.UsageError, match=words) as caught:
            compare(*pair)
        assert str(tmp_path / name) in str(caught.value)


def test_the_pixel_limit_holds() -> None:
    with pytest.raises(dupfinder.UsageError, match="limit"):
        dupfinder.compare(PHOTO, PHOTO, replace(ALONE, max_pixels=1000))


def test_a_crash_over_the_pair_costs_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dupfinder.engines.pair.compare", sys.exit)  # ends the worker
    with pytest.raises(dupfinder.UsageError, match=r"IMG_2054.*crashed"):
        dupfinder.compare(PHOTO, PHOTO)


def test_a_toned_copy_without_a_clock_may_be_another_exposure(tmp_path: Path) -> None:
    picture = opened("2019 Summer/IMG_2054.jpg")
    picture.save(tmp_path / "a.png")
    picture.point(lambda level: level * 0.8).save(tmp_path / "b.png")
    comparison = compare(tmp_path / "a.png", tmp_path / "b.png")
    assert comparison.match is not None
    assert comparison.match.doubtful
    assert comparison.plan is not None
    assert comparison.plan.actions == ()
