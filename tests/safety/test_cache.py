"""Whatever happens to a cache, a scan finds what it finds without one, and says what happened.

`pytest -m slow -s tests/safety/test_cache.py` flips 2,000 bytes and prints what came of them.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from blake3 import blake3
from caching import COMMAND, FOLDERS, scan
from finding import compared, decoded

from dupfinder import Found

SENTENCES = (
    "set aside",
    "the cache is damaged",
    "nothing new is remembered",
    "cannot be written any more",
)


@pytest.fixture(scope="module")
def unjudged(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same cache without its verdicts: thumbnails and fingerprints are asked."""
    folder = tmp_path_factory.mktemp("unjudged") / "cache"
    shutil.copytree(filled, folder)
    return without_verdicts(folder)


@pytest.fixture(scope="module")
def deep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with local features."""
    folder = tmp_path_factory.mktemp("deep")
    scan(folder, "copies")
    return folder


@pytest.fixture(scope="module")
def deep_unjudged(deep: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same without verdicts: the features are asked."""
    folder = tmp_path_factory.mktemp("deep unjudged") / "cache"
    shutil.copytree(deep, folder)
    return without_verdicts(folder)


def without_verdicts(folder: Path) -> Path:
    with closing(sqlite3.connect(folder / "cache.sqlite")) as database, database:
        database.execute("DELETE FROM verdict")
    return folder


def pairs(found: Found) -> set[tuple[str, str, str]]:
    return {
        (match.base.path, match.copy.path, match.relation)
        for cluster in found.clusters
        for match in cluster.matches
    }


def groups(found: Found) -> list[set[str]]:
    return [{photo.path for photo in cluster.members} for cluster in found.clusters]


def flipped(filled: Path, folder: Path, number: int) -> int:
    """A copy of the cache with one byte changed; where that is."""
    chance = random.Random(number)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(filled, folder)
    path = folder / "cache.sqlite"
    data = bytearray(path.read_bytes())
    place = chance.randrange(len(data))
    data[place] ^= chance.randrange(1, 256)
    path.write_bytes(data)
    return place


def told(found: Found) -> str:
    """What the user learns of the damage."""
    if not found.notes:
        return "decoded again" if decoded(found) else "nothing was lost"
    words = [next(each for each in SENTENCES if each in note) for note in found.notes]
    return ", ".join(sorted(set(words)))


def flip(truth: Found, filled: Path, folder: Path, numbers: range) -> Counter[str]:
    """Flip a byte, scan, and scan again: what came of each."""
    came: Counter[str] = Counter()
    for number in numbers:
        place = flipped(filled, folder, number)
        found = scan(folder, truth.level)
        where = (number, place, found.notes)
        # Where a thumbnail or features are lost a pair may be measured otherwise, or missed: the
        # user is told to scan again.
        exact = found == truth
        assert exact or "scan again" in found.notes[-1], where
        assert pairs(found) == pairs(truth) or truth.level == "copies", where
        assert all(any(each <= whole for whole in groups(truth)) for each in groups(found)), where
        came[told(found) + ("" if exact else ", scan again")] += 1
        again = scan(folder, truth.level)
        assert again == truth, where
        # Features that are lost are told of, and computed by the next scan.
        last = scan(folder, truth.level) if decoded(again) else again
        came["known again"] += (last, decoded(last), last.notes) == (truth, 0, ())
    return came


def test_a_flipped_byte_never_changes_what_is_found(
    truth: dict[str, Found], filled: Path, unjudged: Path, tmp_path: Path
) -> None:
    came = flip(truth["hash"], filled, tmp_path / "flipped", range(20))
    assert came["known again"] >= 18
    flip(truth["hash"], unjudged, tmp_path / "flipped", range(3000, 3012))


def test_nor_does_one_of_a_cache_with_features(
    truth: dict[str, Found], deep: Path, tmp_path: Path
) -> None:
    came = flip(truth["copies"], deep, tmp_path / "flipped", range(8))
    assert came["known again"] >= 6


@pytest.mark.slow
@pytest.mark.parametrize("level", ["hash", "copies"])
def test_no_byte_of_two_thousand_changes_what_is_found(
    truth: dict[str, Found], filled: Path, deep: Path, tmp_path: Path, level: str
) -> None:
    cache = filled if level == "hash" else deep
    came = flip(truth[level], cache, tmp_path / "flipped", range(1000, 3000))
    size = os.path.getsize(cache / "cache.sqlite")
    print(f"\n2,000 flipped bytes of a cache of {size:,}, {level}: {dict(came)}")  # noqa: T201
    assert came["known again"] >= 1900


@pytest.mark.slow
@pytest.mark.parametrize(("level", "number"), [("hash", 500), ("copies", 100)])
def test_nor_where_nothing_was_judged_yet(
    truth: dict[str, Found],
    unjudged: Path,
    deep_unjudged: Path,
    tmp_path: Path,
    level: str,
    number: int,
) -> None:
    cache = unjudged if level == "hash" else deep_unjudged
    came = flip(truth[level], cache, tmp_path / "flipped", range(3000, 3000 + number))
    print(f"\n{number} of one without verdicts, {level}: {dict(came)}")  # noqa: T201


def test_every_byte_of_the_header_may_be_flipped(
    truth: dict[str, Found], filled: Path, tmp_path: Path
) -> None:
    data = (filled / "cache.sqlite").read_bytes()
    for place in range(0, 100, 7):
        folder = tmp_path / str(place)
        shutil.copytree(filled, folder)
        (folder / "cache.sqlite").write_bytes(
            data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :]
        )
        found = scan(folder)
        assert found == truth["hash"], place
        assert told(found), place


def kill(folder: Path, seconds: float, level: str) -> bool:
    """Begin a scan and kill it; whether it was still running."""
    command = [*COMMAND, "--cache", str(folder / "cache.sqlite"), "--level", level]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as scan:
        time.sleep(seconds)
        was_running = scan.poll() is None
        scan.send_signal(signal.SIGKILL)
    return was_running


def known(folder: Path) -> int:
    """Files that the cache knows by path or content, when what was half done is rolled back."""
    if not (folder / "cache.sqlite").exists():
        return 0
    with closing(sqlite3.connect(folder / "cache.sqlite")) as database:
        if database.execute("SELECT * FROM sqlite_master").fetchall() == []:
            return 0
        paths = {path for (path,) in database.execute("SELECT path FROM file")}
        contents = {digest for (digest,) in database.execute("SELECT digest FROM content")}
    return sum(
        os.fsencode(file) in paths or blake3(file.read_bytes()).digest() in contents
        for top in FOLDERS
        for file in top.rglob("*.*")
    )


def expect_it_goes_on(truth: Found, folder: Path) -> int:
    """Nothing that was known is decoded again; how many files were known."""
    before = known(folder)
    found = scan(folder, truth.level)
    assert found == truth
    assert found.notes == ()
    assert decoded(found) == truth.discovered + truth.other_files - before
    again = scan(folder, truth.level)
    assert (again, decoded(again), compared(again)) == (truth, 0, 0)
    return before


def expect_a_killed_scan_costs_nothing(
    truth: Found, folder: Path, moments: list[float]
) -> tuple[int, int]:
    """How many scans were killed, and how many files the caches that they left knew."""
    killed = kept = 0
    for number, moment in enumerate(moments):
        place = folder / str(number)
        place.mkdir()
        killed += kill(place, moment, truth.level)
        kept += expect_it_goes_on(truth, place)
    return killed, kept


def test_a_killed_scan_leaves_a_cache_that_can_be_used(
    truth: dict[str, Found], tmp_path: Path
) -> None:
    killed, _ = expect_a_killed_scan_costs_nothing(truth["hash"], tmp_path, [0.3, 0.6, 0.9])
    assert killed > 0


@pytest.mark.slow
@pytest.mark.parametrize(("level", "longest"), [("hash", 3.0), ("copies", 8.0)])
def test_a_scan_can_be_killed_at_any_moment(
    truth: dict[str, Found], tmp_path: Path, level: str, longest: float
) -> None:
    chance = random.Random(7)
    moments = sorted(chance.uniform(0.2, longest) for _ in range(40))
    killed, kept = expect_a_killed_scan_costs_nothing(truth[level], tmp_path, moments)
    print(f"\n{level}: 40 scans, {killed} killed, {kept} files not decoded again")  # noqa: T201
    assert killed > 10


@pytest.mark.parametrize("rows", [1, 6, 25, 40, 61])
def test_what_was_decoded_before_a_kill_is_not_decoded_again(
    truth: dict[str, Found], tmp_path: Path, rows: int
) -> None:
    """Killed before a row is written, with what was written since the last commit half done."""
    code = f"""
import os, signal, sys
sys.path[:0] = {sys.path!r}
from dupfinder.storage import layers
layers.COMMIT_EVERY, layers.COMMIT_ROWS = 0.0, 5
sound = layers.sealed
left = [{rows}]
def torn(values):
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    return sound(values)
layers.sealed = torn
import dupfinder
dupfinder.find({[str(each) for each in FOLDERS]!r},
    dupfinder.Settings(workers=0, level="hash", cache={str(tmp_path / "cache.sqlite")!r}))
"""
    died = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
    assert died.returncode == -signal.SIGKILL, died.stderr
    # Five rows at a time are made sure of, and each photo has three.
    assert expect_it_goes_on(truth["hash"], tmp_path) >= (rows - 1) // 5 * 5 // 3 - 1
