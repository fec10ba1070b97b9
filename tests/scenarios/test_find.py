"""`dupfinder.find` on the drawn library: what it finds, and that nothing else changes it."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from finding import ALONE, BY_HASH, below, expect_copies, relations
from shots import LIBRARY, expected_relation, truth

import dupfinder
from dupfinder import Found, Settings, cluster
from dupfinder.api.finding import Silent
from dupfinder.engines import pipeline
from dupfinder.engines.workers import Crashed, SerialWorkers
from dupfinder.model import Relation
from dupfinder.storage import open_cache


@pytest.fixture(scope="module")
def found() -> Found:
    return dupfinder.find(LIBRARY, ALONE)


@pytest.fixture(scope="module")
def by_hash() -> Found:
    return dupfinder.find(LIBRARY, BY_HASH)


def test_every_copy_is_found_with_its_relation_to_the_best_photo(
    found: Found, by_hash: Found
) -> None:
    expect_copies(found)
    expect_copies(by_hash)


def test_another_shot_that_the_pixels_leave_open_is_told_by_the_clock(found: Found) -> None:
    pairs = [{Path(each.base.path).name, Path(each.copy.path).name} for each in found.similar]
    assert {"PXL_20210306_101500.jpg", "PXL_20210306_101931.jpg"} in pairs


def test_nothing_is_found_that_is_no_copy(found: Found, by_hash: Found) -> None:
    for result in (found, by_hash):
        for copy, (base, relation) in relations(result).items():
            assert relation is expected_relation(base, copy)


def test_other_shots_are_told_as_such_and_nothing_else_is(found: Found) -> None:
    pairs = {
        (below(LIBRARY, each.base.path), below(LIBRARY, each.copy.path)) for each in found.similar
    }
    assert pairs
    assert pairs <= {(left, right) for left, right in truth()["similar"]}
    assert all(each.relation is Relation.SIMILAR for each in found.similar)


def test_what_no_hash_can_see_takes_local_features(found: Found, by_hash: Found) -> None:
    later = {m["path"] for group in truth()["groups"] for m in group["members"] if m["later"]}
    assert later
    assert later <= set(relations(found))
    assert not later & set(relations(by_hash))


def test_unreadable_files_are_skipped_with_a_reason_and_others_ignored(found: Found) -> None:
    codes = {"empty": "empty", "truncated": "truncated", "not_a_picture": "not-a-picture"}
    expected = {file["path"]: codes[file["why"]] for file in truth()["skipped"]}
    assert {below(LIBRARY, each.path): each.code for each in found.skipped} == expected
    assert all(each.stage == "decode" and each.reason for each in found.skipped)
    assert found.other_files == len(truth()["ignored"])


def test_the_counts_are_those_of_the_library(found: Found) -> None:
    groups = truth()["groups"]
    pictures = len(truth()["singles"]) + sum(1 + len(group["members"]) for group in groups)
    assert found.compared == pictures
    assert found.discovered == pictures + len(truth()["skipped"])
    assert found.discovered == found.compared + len(found.skipped)


def test_clusters_and_their_members_stand_in_order(found: Found, by_hash: Found) -> None:
    for result in (found, by_hash):
        firsts = [os.fsencode(cluster.representative.path) for cluster in result.clusters]
        assert firsts == sorted(firsts)
        for star in result.clusters:
            paths = [os.fsencode(photo.path) for photo in star.members[1:]]
            assert paths == sorted(paths)
            assert [match.copy for match in star.matches] == list(star.members[1:])
            near = {match.copy for match in star.matches if match.base == star.representative}
            assert all(match.base in {star.representative, *near} for match in star.matches)
            if result is by_hash:
                assert len(near) == len(star.matches)


def test_the_id_of_a_cluster_comes_from_what_its_files_hold(found: Found, tmp_path: Path) -> None:
    moved = shutil.copytree(LIBRARY, tmp_path / "photos")
    os.rename(moved / "Backup", moved / "Old backup")
    ids = {cluster.id for cluster in dupfinder.find(moved, ALONE).clusters}
    assert ids == {cluster.id for cluster in found.clusters}


def test_roots_in_any_order_nested_and_repeated_give_the_same_clusters(found: Found) -> None:
    roots = [entry.path for entry in os.scandir(LIBRARY)] * 2
    roots.append(str(LIBRARY / "Scans" / "Archive"))
    random.Random(3).shuffle(roots)
    shuffled = dupfinder.find(roots, ALONE)
    assert shuffled.clusters == found.clusters
    assert shuffled.skipped == found.skipped
    assert dupfinder.find([*roots, str(LIBRARY)][::-1], ALONE).discovered == found.discovered
    assert shuffled == dupfinder.find(roots[::-1], ALONE)


class ShufflingWorkers(SerialWorkers):
    """Results in an order that no caller may rely on."""

    def run(
        self,
        task: Callable[[Any], Any],
        chunks: Iterable[Sequence[Any]],
        *how: Any,
        **further: Any,
    ) -> Iterator[tuple[Any, Any | Crashed]]:
        results = list(super().run(task, chunks, *how, **further))
        random.Random(len(results)).shuffle(results)
        yield from results


def test_results_in_any_order_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    # With a single judge the middle of a group depends on who stands first.
    monkeypatch.setattr(cluster, "_JUDGES", 1)
    with open_cache(None, "") as cache:
        shuffled = pipeline.find(
            pipeline.Places([str(LIBRARY)]), ALONE, cache, ShufflingWorkers(), Silent()
        )
    assert shuffled == dupfinder.find(LIBRARY, ALONE)


@pytest.mark.parametrize("count", [2, 3, None])
def test_any_number_of_workers_finds_the_same(found: Found, count: int | None) -> None:
    assert dupfinder.find(LIBRARY, Settings(workers=count, use_cache=False)) == found


SCRIPT = """
import sys
import dupfinder
found = dupfinder.find(sys.argv[1], dupfinder.Settings(workers=2, use_cache=False))
assert len(found.clusters) == int(sys.argv[2]), found
"""


def test_a_script_needs_no_main_guard_and_nothing_is_printed(found: Found, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    command = [sys.executable, str(script), str(LIBRARY), str(len(found.clusters))]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_a_folder_that_is_not_there_is_misuse(tmp_path: Path) -> None:
    with pytest.raises(dupfinder.UsageError):
        dupfinder.find(tmp_path / "nothing", ALONE)


@pytest.mark.parametrize("workers", [1, 2])
def test_an_empty_folder_holds_nothing(tmp_path: Path, workers: int) -> None:
    empty = dupfinder.find(tmp_path, Settings(workers=workers, use_cache=False))
    assert (empty.discovered, empty.compared, empty.clusters) == (0, 0, ())
