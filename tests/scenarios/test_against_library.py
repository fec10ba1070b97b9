"""`--against` finds of new photos what a scan of everything finds, and looks at nothing else."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from finding import ALONE, below, compared, details, remembering
from PIL import Image
from shots import LIBRARY

import dupfinder
from dupfinder import Found
from dupfinder.choose import ranked
from dupfinder.engines import segments
from dupfinder.reports.json import to_json


@pytest.fixture(scope="module", params=[3, 4], ids=["a third is new", "a quarter is new"])
def parted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The drawn library, of which each third or fourth file is new, the others known."""
    top = tmp_path_factory.mktemp("parted")
    files = sorted(each for each in LIBRARY.rglob("*") if each.is_file())
    for number, file in enumerate(files):
        side = "known" if number % request.param else "new"
        target = top / side / file.relative_to(LIBRARY)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, target)
    return top


def told_of_new(found: Found, top: Path) -> dict[frozenset[str], str | None]:
    """The new photos of each cluster that has any, and the best of the known ones in it."""
    clusters = {}
    for cluster in found.clusters:
        names = [below(top, photo.path) for photo in ranked(cluster)]
        new = frozenset(name for name in names if name.startswith("new"))
        known = [name for name in names if not name.startswith("new")]
        if new:
            clusters[new] = known[0] if known else None
    return clusters


@pytest.mark.parametrize("level", ["identical", "hash", "copies"])
def test_new_photos_are_found_with_those_that_a_scan_of_everything_finds(
    parted: Path, level: str
) -> None:
    settings = remembering(parted, level=level)
    whole = dupfinder.find([parted / "new", parted / "known"], settings)
    against = dupfinder.find(parted / "new", settings, against=parted / "known")
    assert told_of_new(against, parted) == told_of_new(whole, parted)
    assert len(told_of_new(against, parted)) == len(against.clusters)
    assert against.discovered == whole.discovered
    assert against.discovered == against.compared + len(against.skipped)


def test_the_result_is_the_same_cold_and_warm_and_with_processes(parted: Path) -> None:
    def scan(**changes: object) -> str:
        settings = replace(ALONE, **changes)  # type: ignore[arg-type]
        found = dupfinder.find(parted / "new", settings, against=parted / "known")
        return "".join(to_json(found))

    reports = [
        scan(),
        scan(use_cache=True, cache=str(parted / "fresh.sqlite")),
        scan(use_cache=True, cache=str(parted / "fresh.sqlite")),
        scan(workers=2),
    ]
    assert len(set(reports)) == 1


def test_what_is_kept_of_the_index_changes_no_result(
    parted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kept, used, used for most of the library, damaged, and begun anew."""
    monkeypatch.setattr(segments, "_WORTH_KEEPING", 1)
    monkeypatch.setattr(segments, "_MAY_LACK", 1.0)
    cache = tmp_path / "cache.sqlite"
    lists = tmp_path / "cache.sqlite.lists"
    settings = replace(ALONE, use_cache=True, cache=str(cache))

    def scan(*folders: str, **against: Path) -> str:
        return "".join(
            to_json(dupfinder.find([parted / each for each in folders], settings, **against))
        )

    known = {"against": parted / "known"}
    whole, part = scan("known", "new"), scan("new", **known)
    assert lists.exists()
    kept = lists.read_bytes()
    assert (scan("known", "new"), scan("new", **known)) == (whole, part)
    assert lists.read_bytes() == kept
    lists.unlink()
    scan("known")
    of_known = lists.read_bytes()
    assert 0 < len(of_known) < len(kept)
    assert (scan("known", "new"), scan("new", **known)) == (whole, part)
    assert lists.read_bytes() == of_known
    monkeypatch.setattr(segments, "_MAY_LACK", 0.0)
    assert scan("known", "new") == whole
    assert len(lists.read_bytes()) == len(kept)
    lists.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
    assert scan("new", **known) == part
    assert lists.read_bytes() != kept[:-1] + bytes([kept[-1] ^ 1])
    assert scan("known", "new") == whole


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """The drawn library, which is known, and beside it a folder with nothing yet."""
    shutil.copytree(LIBRARY, tmp_path / "known")
    (tmp_path / "new").mkdir()
    return tmp_path


def a_new_photo(path: Path) -> None:
    """A photo of which there is no copy: noise, as coarse as a picture is."""
    noise = np.random.default_rng(1).integers(0, 256, (24, 32, 3), np.uint8)
    Image.fromarray(noise).resize((640, 480), Image.Resampling.BICUBIC).save(path)
    os.utime(path, (1_600_000_000, 1_600_000_000))


def test_a_known_library_is_not_read_again_and_its_copies_are_not_looked_for(top: Path) -> None:
    settings = remembering(top)
    a_new_photo(top / "new" / "one.jpg")
    first = dupfinder.find(top / "new", settings, against=top / "known")
    assert first.clusters == ()
    assert compared(first) == 0
    a_new_photo(top / "new" / "two.png")
    again = dupfinder.find(top / "new", settings, against=top / "known")
    told = [f"1 decoded, {again.discovered + again.other_files - 1} from the cache"]
    assert details(again, "fingerprint") == told
    assert [len(cluster.members) for cluster in again.clusters] == [2]
    assert compared(again) == 2  # found to be a copy, then asked what was done to it


def test_where_nothing_is_new_nothing_is_found(top: Path) -> None:
    (top / "new" / "notes.txt").write_text("no picture")
    for level in ("identical", "hash", "copies"):
        settings = remembering(top, level=level)
        found = dupfinder.find(top / "new", settings, against=top / "known")
        assert found.clusters == found.similar == ()
        assert found.discovered == found.compared + len(found.skipped) > 50
        assert compared(found) == 0
