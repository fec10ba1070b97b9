"""What was marked as no duplicate never meets again: in no order, by no name, warm or cold."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from cleaning import OTHER, PHOTO, commented, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shots import LIBRARY

import dupfinder
from dupfinder import Found, Settings
from dupfinder.model import Contents, Mark, Photo, Relation, contents_of
from dupfinder.storage import verdicts


def mark(state: Path, pairs: set[Contents]) -> None:
    path = state / "verdicts.sqlite"
    path.unlink(missing_ok=True)
    said = [Mark(pair, ("/a", "/b"), "2026-01-02 03:04:05") for pair in sorted(pairs)]
    verdicts.add(str(path), said)


def met(photos: Sequence[Photo]) -> set[Contents]:
    return {contents_of(one.digest, other.digest) for one, other in combinations(photos, 2)}


def expect_apart(found: Found, said: set[Contents]) -> None:
    for cluster in found.clusters:
        assert not met(cluster.members) & said
        assert len(cluster.members) == 1 + len(cluster.matches)
    for match in found.similar:
        assert not met((match.base, match.copy)) & said


@pytest.fixture(scope="module", params=["hash", "copies"])
def warm(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("warm")
    told = Settings(
        level=request.param, workers=0, cache=str(folder / "cache.sqlite"), state=str(folder)
    )
    dupfinder.find(LIBRARY, told)
    return told


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_marked_photos_meet_in_no_cluster_whatever_was_said(
    warm: Settings, data: st.DataObject
) -> None:
    """Of the pairs that would meet, and of some that would not."""
    assert warm.state is not None
    mark(Path(warm.state), set())
    before = dupfinder.find(LIBRARY, warm)
    together = [pair for each in before.clusters for pair in sorted(met(each.members))]
    together = [pair for pair in together if pair[0] != pair[1]]
    together += sorted(met([match.base for match in before.similar][:4]))
    said = data.draw(st.sets(st.sampled_from(together), max_size=12))
    mark(Path(warm.state), said)
    found = dupfinder.find(LIBRARY, warm)
    expect_apart(found, said)
    assert (found.discovered, found.compared) == (before.discovered, before.compared)
    assert dupfinder.find(LIBRARY, warm) == found
    assert sum("marked as no duplicates" in note for note in found.notes) == bool(said)
    # Where nothing was said nothing changes: whole clusters stay what they were.
    untouched = [each for each in before.clusters if not met(each.members) & said]
    if warm.level != "copies":
        assert all(each in found.clusters for each in untouched)


def test_cold_or_warm_in_any_order_and_on_any_number_of_cores_it_is_the_same(
    tmp_path: Path,
) -> None:
    state = tmp_path / "state"
    told = Settings(workers=2, cache=str(tmp_path / "cache.sqlite"), state=str(state))
    before = dupfinder.find(LIBRARY, told)
    pairs = sorted(pair for each in before.clusters for pair in met(each.members))
    said = set(random.Random(6).sample([pair for pair in pairs if pair[0] != pair[1]], 9))
    mark(state, said)
    cold = dupfinder.find(LIBRARY, replace(told, workers=0, use_cache=False))
    expect_apart(cold, said)
    assert cold != before
    assert dupfinder.find(LIBRARY, told) == cold
    assert dupfinder.find(LIBRARY, told) == cold
    folders = sorted(str(each) for each in LIBRARY.iterdir())
    forward, backward = (dupfinder.find(order, told) for order in (folders, folders[::-1]))
    assert forward == backward
    assert forward.clusters == cold.clusters


COPY = commented(PHOTO)
SECOND = commented(PHOTO, b"second")


@pytest.fixture
def told(tmp_path: Path) -> Settings:
    return Settings(level="hash", workers=0, use_cache=False, state=str(tmp_path / "state"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    for name, data in {"a.jpg": PHOTO, "b.jpg": COPY, "other.jpg": OTHER}.items():
        write(folder / name, data)
    return folder


def clusters(found: Found) -> list[list[str]]:
    return [sorted(os.path.basename(each.path) for each in c.members) for c in found.clusters]


def test_a_pair_stays_decided_when_its_files_are_renamed_and_moved(
    folder: Path, told: Settings
) -> None:
    assert clusters(dupfinder.find(folder, told)) == [["a.jpg", "b.jpg"]]
    assert dupfinder.mark([folder / "a.jpg", folder / "b.jpg"], told.state) == 1
    assert clusters(dupfinder.find(folder, told)) == []
    (folder / "elsewhere").mkdir()
    os.rename(folder / "a.jpg", folder / "elsewhere" / "new name.jpg")
    shutil.copy(folder / "b.jpg", folder / "elsewhere" / "b again.jpg")
    found = dupfinder.find(folder, told)
    assert clusters(found) == [["b again.jpg", "b.jpg"]]
    assert found.clusters[0].matches[0].relation is Relation.IDENTICAL
    assert dupfinder.forget([folder / "b.jpg"], told.state)
    assert clusters(dupfinder.find(folder, told)) == [["b again.jpg", "b.jpg", "new name.jpg"]]


def test_a_third_photo_does_not_bring_two_together_that_were_marked(
    folder: Path, told: Settings
) -> None:
    write(folder / "c.jpg", SECOND)
    assert clusters(dupfinder.find(folder, told)) == [["a.jpg", "b.jpg", "c.jpg"]]
    dupfinder.mark([folder / "a.jpg", folder / "b.jpg"], told.state)
    ((*members,),) = clusters(dupfinder.find(folder, told))
    assert len(members) == 2
    assert "c.jpg" in members


def test_an_edited_photo_is_asked_about_again(folder: Path, told: Settings) -> None:
    dupfinder.mark([folder / "a.jpg", folder / "b.jpg"], told.state)
    write(folder / "b.jpg", SECOND)
    assert clusters(dupfinder.find(folder, told)) == [["a.jpg", "b.jpg"]]


def test_verdicts_that_cannot_be_read_stop_a_scan(folder: Path, told: Settings) -> None:
    """Going on could propose to remove what somebody wants to keep."""
    assert told.state is not None
    write(Path(told.state) / "verdicts.sqlite", b"damaged")
    with pytest.raises(dupfinder.StoreError, match="verdicts"):
        dupfinder.find(folder, told)
