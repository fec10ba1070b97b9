"""`dupfinder.find` a second time, and when something happens in the middle."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from finding import (
    ALONE,
    BY_HASH,
    below,
    compared,
    decoded,
    details,
    expect_copies,
    relations,
    remembering,
)
from shots import LIBRARY, truth

import dupfinder
from dupfinder import Found, Settings
from dupfinder.api.finding import Silent
from dupfinder.engines import pipeline, tasks
from dupfinder.engines.workers import Crashed, SerialWorkers
from dupfinder.fingerprint import fingerprint
from dupfinder.storage import open_cache


@pytest.fixture(scope="module")
def found() -> Found:
    return dupfinder.find(LIBRARY, ALONE)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A copy of the library that a test may change, as old as the library itself."""
    return Path(shutil.copytree(LIBRARY, tmp_path / "photos"))


def refuse(*_: object, **__: object) -> None:
    raise AssertionError("this was remembered")


def test_a_warm_scan_decodes_nothing_and_finds_the_same(
    found: Found, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cold = dupfinder.find(LIBRARY, remembering(tmp_path))
    monkeypatch.setattr(tasks, "fingerprint", refuse)
    monkeypatch.setattr(tasks, "content_digest", refuse)
    monkeypatch.setattr(tasks, "Views", refuse)
    warm = dupfinder.find(LIBRARY, remembering(tmp_path))
    assert warm == cold == found
    assert warm.notes == ()
    assert decoded(cold) == cold.discovered + cold.other_files
    assert decoded(warm) == 0
    assert compared(cold) > 0
    assert compared(warm) == 0


def test_a_moved_library_is_read_and_not_decoded(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = dupfinder.find(own, remembering(tmp_path))
    moved = tmp_path / "moved"
    os.rename(own, moved)
    seen: list[str] = []

    def counting(file: Any, *rest: Any, **options: Any) -> Any:
        seen.append(below(moved, file.path))
        return fingerprint(file, *rest, **options)

    monkeypatch.setattr(tasks, "fingerprint", counting)
    after = dupfinder.find(moved, remembering(tmp_path))
    assert relations(after, moved) == relations(before, own)
    broken = {file["path"] for file in truth()["skipped"]}
    assert set(seen) == broken | set(truth()["ignored"])  # these have no content to be known by
    assert compared(after) == 0


def test_a_file_that_changed_is_decoded_again(own: Path, tmp_path: Path) -> None:
    first = dupfinder.find(own, remembering(tmp_path))
    victim = own / "Backup" / "IMG_2041 (1).jpg"
    shutil.copyfile(own / "2020 City" / "DSC_0120.jpg", victim)
    os.utime(victim, (1e9, 1e9))
    second = dupfinder.find(own, remembering(tmp_path))
    assert second == dupfinder.find(own, ALONE)
    assert second != first


def test_another_hasher_is_not_served_from_the_results_of_the_first(tmp_path: Path) -> None:
    folder = LIBRARY / "2019 Summer"
    dupfinder.find(folder, remembering(tmp_path))
    mixed = dupfinder.find(folder, remembering(tmp_path, hasher="phash"))
    assert mixed == dupfinder.find(folder, Settings(workers=0, use_cache=False, hasher="phash"))


def test_a_pixel_limit_is_not_remembered(tmp_path: Path) -> None:
    folder = LIBRARY / "2019 Summer"
    small = dupfinder.find(folder, remembering(tmp_path, max_pixels=1000))
    assert {each.code for each in small.skipped} == {"too-many-pixels"}
    assert dupfinder.find(folder, remembering(tmp_path)).skipped == ()


class Interrupted(Silent):
    """Ctrl-C after so many steps of a stage."""

    def __init__(self, stage: str, steps: int) -> None:
        self._at = stage
        self._left = steps
        self._now = ""

    def stage(self, name: str, total: int | None) -> None:  # noqa: ARG002  # the seam
        self._now = name

    def advance(self, steps: int = 1) -> None:
        if self._now == self._at:
            self._left -= steps
            if self._left < 0:
                raise KeyboardInterrupt


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupted_scan_goes_on_where_it_was(
    found: Found, tmp_path: Path, workers: int
) -> None:
    settings = Settings(workers=workers, cache=str(tmp_path / "cache.sqlite"))
    with pytest.raises(KeyboardInterrupt):
        dupfinder.find(LIBRARY, settings, Interrupted("fingerprint", 20))
    rest = dupfinder.find(LIBRARY, settings)
    assert rest == found
    total = found.discovered + found.other_files
    assert 0 < decoded(rest) <= total - 20


def test_an_interrupted_comparison_goes_on_where_it_was(found: Found, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        dupfinder.find(LIBRARY, remembering(tmp_path), Interrupted("verify", 10))
    rest = dupfinder.find(LIBRARY, remembering(tmp_path))
    assert rest == found
    assert decoded(rest) == 0
    assert not details(rest, "verify")[0].endswith(" 0 from the cache")


class Vandal(Silent):
    """Removes files when a stage begins."""

    def __init__(self, stage: str, *paths: Path) -> None:
        self._at = stage
        self._paths = paths

    def stage(self, name: str, total: int | None) -> None:  # noqa: ARG002  # the seam
        if name == self._at:
            for path in self._paths:
                os.remove(path)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(
    ("stage", "told"), [("fingerprint", "decode"), ("candidates", "verify"), ("verify", "verify")]
)
def test_a_file_that_vanishes_is_skipped_and_the_others_are_compared(
    own: Path, stage: str, told: str, workers: int
) -> None:
    # It takes keypoints to compare these two: the file is opened again.
    gone = own / "Edited" / "postcard.jpg"
    settings = Settings(workers=workers, use_cache=False)
    seen = dupfinder.find(own, settings, Vandal(stage, gone))
    assert [(each.stage, each.code) for each in seen.skipped if each.path == str(gone)] == [
        (told, "vanished")
    ]
    assert seen.discovered == seen.compared + len(seen.skipped)
    expect_copies(seen, own, without="Edited/postcard.jpg")


def expect_each_photo_once(seen: Found) -> None:
    """Compared or skipped, and what is skipped is in no cluster."""
    assert seen.discovered == seen.compared + len(seen.skipped)
    members = {photo.path for cluster in seen.clusters for photo in cluster.members}
    assert not members & {each.path for each in seen.skipped}


@pytest.mark.parametrize(
    "name",
    [
        "Edited/IMG_2041 hut.jpg",
        "Edited/postcard.jpg",
    ],
)
def test_a_file_that_vanishes_before_parts_are_compared_counts_once(own: Path, name: str) -> None:
    expect_each_photo_once(dupfinder.find(own, ALONE, Vandal("parts", own / name)))


class CrashingWorkers(SerialWorkers):
    """As if a child died over each item of a kind."""

    def __init__(self, dies: Callable[[Any], bool]) -> None:
        self._dies = dies

    def run(
        self,
        task: Callable[[Any], Any],
        chunks: Iterable[Sequence[Any]],
        *how: Any,
        **further: Any,
    ) -> Iterator[tuple[Any, Any]]:
        for item, result in super().run(task, chunks, *how, **further):
            yield item, Crashed("killed by signal 11") if self._dies(item) else result


def crashing(folder: Path, dies: Callable[[Any], bool], settings: Settings = ALONE) -> Found:
    with open_cache(str(folder / "cache.sqlite"), "") as cache:
        return pipeline.find(
            pipeline.Places([str(LIBRARY)]), settings, cache, CrashingWorkers(dies), Silent()
        )


def test_a_file_that_crashes_the_decoder_is_skipped_and_tried_again(
    found: Found, tmp_path: Path
) -> None:
    victim = str(LIBRARY / "Edited" / "postcard.jpg")

    def is_the_victim(item: Any) -> bool:
        return isinstance(item, tasks.ReadTask) and item.file.path == victim

    seen = crashing(tmp_path, is_the_victim)
    (skipped,) = [each for each in seen.skipped if each.path == victim]
    assert (skipped.stage, skipped.code) == ("decode", "crashed")
    assert "killed by signal 11" in skipped.reason
    assert (seen.discovered, seen.compared) == (found.discovered, found.compared - 1)
    expect_copies(seen, without="Edited/postcard.jpg")
    assert crashing(tmp_path, lambda _: False) == found


def has_the_harbour(item: Any) -> bool:
    return isinstance(item, tasks.GroupTask) and any(
        photo.path.endswith("IMG_2054.jpg") for photo in item.photos
    )


def test_a_group_that_crashes_the_comparison_counts_as_not_compared(tmp_path: Path) -> None:
    found = dupfinder.find(LIBRARY, BY_HASH)
    seen = crashing(tmp_path, has_the_harbour, BY_HASH)
    lost = [each for each in seen.skipped if each.code == "crashed"]
    (whole,) = [star for star in found.clusters if star not in seen.clusters]
    assert {each.path for each in lost} == {photo.path for photo in whole.members}
    assert {each.stage for each in lost} == {"verify"}
    assert seen.discovered == found.discovered
    expect_each_photo_once(seen)


def test_a_group_that_crashed_is_not_found_by_its_features_and_skipped_as_well(
    tmp_path: Path,
) -> None:
    expect_each_photo_once(crashing(tmp_path, has_the_harbour))


def test_pairs_that_crash_the_comparison_cost_no_photo_its_cluster(
    found: Found, tmp_path: Path
) -> None:
    seen = crashing(tmp_path, lambda item: isinstance(item, tasks.PairsTask))
    assert seen.discovered == found.discovered
    expect_each_photo_once(seen)
