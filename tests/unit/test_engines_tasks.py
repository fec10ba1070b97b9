"""A group is solved the same whichever file comes first, and whatever happens to its files."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from shots import HASHER, photo_at, shot

from dupfinder.engines import tasks
from dupfinder.engines.clusters import clusters
from dupfinder.engines.solving import GroupTask
from dupfinder.engines.tasks import solve_group, solve_without_looking
from dupfinder.families import Family
from dupfinder.model import Edit, Photo, Relation
from dupfinder.settings import MAX_PIXELS


def group(*photos: Photo) -> GroupTask:
    return GroupTask(
        photos=tuple(sorted(photos, key=lambda photo: photo.order)),
        level="hash",
        hasher=HASHER.name,
        radius=HASHER.default_radius,
        fallback="none",
        max_pixels=MAX_PIXELS,
        thumbnails={},
        features={},
        known={},
        marked=frozenset(),
    )


@pytest.mark.parametrize("digests", [(b"1", b"2"), (b"2", b"1")], ids=["before", "after"])
@pytest.mark.parametrize(
    ("original", "copy", "expected"),
    [
        ("2020 Garden/DSC_0201.jpg", "Backup/DSC_0201 turned.jpg",
         {Edit("re-encoded"), Edit("turned", 90.0), Edit("resized", 0.6)}),
        ("2020 Garden/DSC_0201.jpg", "Backup/DSC_0201 mirrored.jpg",
         {Edit("re-encoded"), Edit("mirrored"), Edit("resized", 0.6)}),
        ("2021 Home/PXL_20211017_154210.jpg", "Backup/PXL_20211017_154210.jpg",
         {Edit("re-encoded"), Edit("turned", 270.0), Edit("resized", 0.6)}),
    ],
    ids=["turned left", "mirrored", "turned right"],
)  # fmt: skip
def test_a_match_is_seen_from_the_representative_whatever_the_digests(
    original: str, copy: str, expected: set[Edit], digests: tuple[bytes, bytes]
) -> None:
    """Pairs are compared in the order of their digests, which says nothing about who is better."""
    base = replace(shot(original), digest=digests[0])
    other = replace(shot(copy), digest=digests[1])
    task = group(base, other)
    solved = solve_group(task)
    (star,) = solved.stars
    family = Family(star.centre, dict.fromkeys(star.members, star.centre))
    judged = {(min(ends), max(ends)): each for ends, each in solved.accepted.items()}
    (cluster,) = clusters(task.photos, [family], judged)
    (match,) = cluster.matches
    assert (match.base, match.copy, match.relation) == (base, other, Relation.COPY)
    assert match.evidence.verifier == "thumbnail"  # found only in the right orientation
    exact = {edit for edit in match.edits if edit.kind != "toned"}
    assert {edit.kind for edit in exact} == {edit.kind for edit in expected}
    for edit in expected:
        (amount,) = (found.amount for found in exact if found.kind == edit.kind)
        assert amount == pytest.approx(edit.amount, abs=0.01)


def test_what_files_say_of_themselves_needs_no_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "Views", None)
    same = group(shot("2019 Summer/IMG_2041.jpg"), shot("Backup/IMG_2041 (1).jpg"))
    solved = solve_without_looking(same)
    assert solved is not None
    assert len(solved.stars) == 1
    assert solved.stars[0].members


def test_a_comparison_that_takes_a_look_is_left_to_the_workers() -> None:
    task = group(shot("2019 Summer/IMG_2072.jpg"), shot("Downloads/sunset-small.jpg"))
    assert solve_without_looking(task) is None
    solved = solve_group(task)
    known = {
        (pair.left.digest, pair.right.digest, int(pair.orientation)): verdict
        for pair, verdict in solved.fresh
    }
    remembered = solve_without_looking(replace(task, known=known))
    assert remembered is not None
    assert (remembered.stars, remembered.fresh) == (solved.stars, ())
    assert remembered.accepted == solved.accepted


@pytest.fixture
def sunsets(tmp_path: Path) -> list[Photo]:
    """Three sizes of one photo, in files that a test may remove."""
    names = ("2019 Summer/IMG_2072.jpg", "Downloads/sunset-small.jpg", "Downloads/sunset.webp")
    library = Path(shot(names[0]).path).parents[1]
    return [photo_at(shutil.copy2(library / name, tmp_path)) for name in names]


def test_a_vanished_member_is_skipped_alone(sunsets: list[Photo]) -> None:
    task = group(*sunsets)
    centre = task.photos[solve_group(task).stars[0].centre]
    gone = next(photo for photo in sunsets if photo is not centre)
    os.remove(gone.path)
    solved = solve_group(task)
    assert [(each.path, each.stage, each.code) for each in solved.skipped] == [
        (gone.path, "verify", "vanished")
    ]
    (star,) = solved.stars
    assert task.photos.index(gone) not in (star.centre, *star.members)


def test_a_vanished_representative_is_skipped_and_its_copies_find_each_other(
    sunsets: list[Photo],
) -> None:
    task = group(*sunsets)
    (before,) = solve_group(task).stars
    os.remove(task.photos[before.centre].path)
    solved = solve_group(task)
    assert [each.code for each in solved.skipped] == ["vanished"]
    (star,) = solved.stars
    assert {star.centre, *star.members} == set(before.members)


def test_a_representative_that_vanishes_midway_leaves_no_star_behind(
    sunsets: list[Photo],
) -> None:
    """The verdict on its first member is remembered; on the second it must be read."""
    task = group(*sunsets)
    solved = solve_group(task)
    (star,) = solved.stars
    pair, verdict = solved.accepted[star.centre, star.members[0]]
    known = {(pair.left.digest, pair.right.digest, int(pair.orientation)): verdict}
    os.remove(task.photos[star.centre].path)
    without = solve_group(replace(task, known=known))
    assert [each.path for each in without.skipped] == [task.photos[star.centre].path]
    assert all(each.centre != star.centre for each in without.stars)
