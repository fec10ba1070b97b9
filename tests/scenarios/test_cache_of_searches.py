"""`dupfinder cache` and `dupfinder doctor` know what searches keep beside the cache."""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import tomllib
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from scanning import run
from searching import decoded, make_library, ranked, remembering

from dupfinder.engines.methods import description, is_searched
from dupfinder.engines.versions import PURPOSES, extras
from dupfinder.searchers import SEARCHERS
from dupfinder.storage.vectors import open_vectors

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return make_library(tmp_path / "library")


@pytest.fixture
def cache(photos: Path, tmp_path: Path) -> Path:
    """Of two searches among seven photos, six contents."""
    for by in ("phash", "color"):
        ranked(photos / "dunes.jpg", photos, remembering(tmp_path), by=by)
    return tmp_path / "cache.sqlite"


@pytest.fixture
def store(cache: Path) -> Path:
    return Path(f"{cache}.vectors")


def told(*words: object, code: int = 0) -> dict[str, Any]:
    done = run("cache", *words, "--format", "json")
    assert done.returncode == code, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def removed(found: dict[str, Any]) -> dict[str, int]:
    return {each["why"]: each["rows"] for each in found["removed"] if each["part"] == "vector"}


def rows_beside(cache: Path) -> dict[str, int]:
    """What indexes have made of descriptors, with sizes."""
    kept = Path(f"{cache}.rows").iterdir()
    return {path.name: path.stat().st_size for path in kept if path.suffix != ".lock"}


def damage(store: Path, rows: int) -> None:
    """Some descriptors of hashes are others now, as after a fault of the disk."""
    which = f"SELECT rowid FROM vector WHERE method LIKE 'phash%' LIMIT {rows}"
    with closing(sqlite3.connect(store)) as database, database:
        database.execute(f"UPDATE vector SET packed = x'00' WHERE rowid IN ({which})")


def test_show_counts_the_photos_of_each_method(cache: Path, store: Path) -> None:
    found = told("show", "--cache", cache)["descriptors"]

    assert (found["path"], found["state"]) == (str(store), "sound")
    assert found["bytes"] == store.stat().st_size
    assert found["rows_bytes"] == sum(rows_beside(cache).values()) > 0
    assert {(each["method"], each["contents"], each["used"]) for each in found["methods"]} == {
        (description(SEARCHERS[name].signature), 6, True) for name in ("phash", "color")
    }
    done = run("cache", "show", "--cache", cache)
    assert "Descriptors for searches" in done.stdout
    assert "6 photos" in done.stdout
    done = run("doctor", "--cache", cache)
    assert done.returncode == 0
    assert str(store) in done.stdout


def test_verify_finds_damaged_descriptors_and_prune_removes_them(
    photos: Path, cache: Path, store: Path, tmp_path: Path
) -> None:
    assert told("verify", "--cache", cache)["parts"][-1] == {
        "name": "vector", "rows": 12, "damaged": 0
    }  # fmt: skip
    damage(store, 2)

    found = told("verify", "--cache", cache, code=3)
    assert found["parts"][-1] == {"name": "vector", "rows": 12, "damaged": 2}
    assert not found["sound"]
    assert "The cache is damaged" in run("cache", "verify", "--cache", cache).stdout
    assert removed(told("prune", "--cache", cache, "--dry-run")) == {"damaged": 2}
    assert rows_beside(cache)
    assert removed(told("prune", "--cache", cache)) == {"damaged": 2}
    assert not rows_beside(cache)
    assert told("verify", "--cache", cache)["parts"][-1]["rows"] == 10
    again = ranked(photos / "dunes.jpg", photos, remembering(tmp_path), by="phash")
    assert decoded(again) == 2


def test_prune_removes_descriptors_of_photos_that_are_gone(
    photos: Path, cache: Path, store: Path, tmp_path: Path
) -> None:
    (photos / "market.jpg").unlink()
    (photos / "harbour.jpg").unlink()  # its twin still has that content
    before = store.read_bytes()

    dry = told("prune", "--cache", cache, "--dry-run")

    assert removed(dry) == {"of photos that no known file holds any more": 2}
    assert store.read_bytes() == before
    done = told("prune", "--cache", cache)
    assert done["removed"] == dry["removed"]
    assert done["bytes_before"] > done["bytes_after"]
    assert told("show", "--cache", cache)["descriptors"]["methods"][0]["contents"] == 5
    again = ranked(photos / "dunes.jpg", photos, remembering(tmp_path), by="color")
    assert decoded(again) == 0
    assert "Nothing to remove" in run("cache", "prune", "--cache", cache).stdout


def test_nothing_goes_because_a_folder_vanished(photos: Path, cache: Path) -> None:
    os.rename(photos, f"{photos} elsewhere")

    assert told("prune", "--cache", cache)["removed"] == []


def test_prune_removes_what_no_search_asks_for(cache: Path, store: Path) -> None:
    with open_vectors(str(store)) as vectors:
        (digest, *_) = vectors.known(description(SEARCHERS["phash"].signature))
        vectors.add(description("kaze=0;opencv=1"), digest, b"of an earlier version")
        vectors.add("hsv=1;opencv=4;decode=1", digest, b"of earlier decoders")
        vectors.add(description("model=1;of-somebody"), digest, b"of a model that is not here")

    found = told("prune", "--cache", cache)

    assert removed(found) == {"made by another version or its libraries": 2}
    assert told("verify", "--cache", cache)["parts"][-1]["rows"] == 13


def test_every_method_is_known_to_be_asked_for() -> None:
    for searcher in SEARCHERS.values():
        assert is_searched(description(searcher.signature))


def test_without_a_cache_only_what_is_of_no_use_anyway_goes(cache: Path, store: Path) -> None:
    cache.unlink()
    damage(store, 1)

    assert removed(told("prune", "--cache", cache)) == {"damaged": 1}
    assert told("verify", "--cache", cache)["parts"] == [
        {"name": "vector", "rows": 11, "damaged": 0}
    ]
    assert told("show", "--cache", cache)["descriptors"]["state"] == "sound"


def test_a_damaged_store_needs_attention_and_the_next_search_begins_it_anew(
    photos: Path, cache: Path, store: Path, tmp_path: Path
) -> None:
    data = store.read_bytes()
    store.write_bytes(data[:4096] + b"\xee" * (len(data) - 4096))
    before = cache.read_bytes()

    assert told("show", "--cache", cache, code=3)["descriptors"]["state"] == "damaged"
    assert told("verify", "--cache", cache, code=3)["problems"]
    done = run("doctor", "--cache", cache)
    assert done.returncode == 3
    assert "the store of searches" in " ".join(done.stdout.split())
    done = run("cache", "prune", "--cache", cache)
    assert done.returncode == 2
    assert "the store of descriptors" in done.stderr
    assert "Traceback" not in done.stderr
    assert cache.read_bytes() == before
    ranked(photos / "dunes.jpg", photos, remembering(tmp_path), by="phash")
    found = told("show", "--cache", cache)["descriptors"]
    assert found["state"] == "sound"
    assert [each["path"] for each in found["set_aside"]] == [f"{store}.unusable-1"]
    told("prune", "--cache", cache)
    assert not os.path.exists(f"{store}.unusable-1")


def test_while_a_search_runs_nothing_is_done(cache: Path, store: Path) -> None:
    before = cache.read_bytes()
    with open_vectors(str(store)):
        assert told("show", "--cache", cache)["descriptors"]["state"] == "in use"
        for action in ("verify", "prune"):
            done = run("cache", action, "--cache", cache)
            assert done.returncode == 2
            assert "another search is using" in done.stderr
    assert cache.read_bytes() == before


def test_somebody_elses_file_of_that_name_is_left_alone(cache: Path, store: Path) -> None:
    shutil.copyfile(PROJECT / "README.md", store)

    assert told("show", "--cache", cache, code=3)["descriptors"]["state"] == "foreign"
    for action in ("verify", "prune"):
        done = run("cache", action, "--cache", cache)
        assert done.returncode == 2
        assert "is no store of dupfinder" in done.stderr
    assert store.read_bytes() == (PROJECT / "README.md").read_bytes()


def test_doctor_names_the_extras_and_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    from rich.console import Console  # noqa: PLC0415

    from dupfinder.api import examine  # noqa: PLC0415
    from dupfinder.engines import versions  # noqa: PLC0415
    from dupfinder.reports.terminal.health import render  # noqa: PLC0415

    found = {each.name: each for each in extras()}
    assert found["mysql"].version is not None
    assert found["postgresql"].package == "psycopg"
    there = versions._installed
    monkeypatch.setattr(
        versions, "_installed", lambda name: None if name == "pymysql" else there(name)
    )
    console = Console(record=True, width=100, file=io.StringIO())
    render(examine(), console)
    text = " ".join(console.export_text().split())
    assert "MariaDB or MySQL: not installed: pip install 'dupfinder[mysql]'" in text


def test_the_purpose_of_every_extra_is_told() -> None:
    with open(PROJECT / "pyproject.toml", "rb") as file:
        named = tomllib.load(file)["project"]["optional-dependencies"]
    assert PURPOSES.keys() == named.keys()
