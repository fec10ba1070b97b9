"""`dupfinder mark` as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cleaning import clean_json, tree
from scanning import run

SCAN = ("--no-cache", "--workers", 0, "--level", "hash", "-q")


@pytest.fixture
def pair(photos: Path) -> tuple[Path, Path]:
    """Two with the same pixels."""
    return photos / "IMG_1.jpg", photos / "Backup/commented.jpg"


def test_what_is_marked_is_listed_kept_apart_and_told(
    photos: Path, pair: tuple[Path, Path]
) -> None:
    assert run("mark", "--list").stdout == "Nothing is marked\n"
    done = run("mark", *pair, "--not-duplicate")
    assert (done.returncode, done.stdout) == (0, "marked as no duplicates: 1 pair more\n")
    assert run("mark", *reversed(pair), "--not-duplicate").stdout.endswith(": 0 pairs more\n")
    listed = run("mark", "--list").stdout
    assert all(str(each) in listed for each in pair)
    told = run("scan", photos, *SCAN).stdout
    assert "1 pair of photos is marked as no duplicates, and kept apart" in " ".join(told.split())
    assert "commented.jpg" not in told
    assert "3 photos" in told
    assert run("mark", *pair, "--forget").stdout == "forgotten: 1 pair\n"
    again = run("scan", photos, *SCAN).stdout
    assert "commented.jpg" in again
    assert "note:" not in again


def test_an_older_report_does_not_let_go_what_was_marked_since(
    photos: Path, report: Path, pair: tuple[Path, Path]
) -> None:
    before = tree(photos)
    assert run("mark", *pair, "--not-duplicate").returncode == 0
    done = clean_json(report, "--trash", "--only", "same_pixels", code=3)
    (left,) = done["left"]
    assert (left["path"], left["code"]) == (str(pair[1]), "marked")
    assert tree(photos) == before


def test_an_export_is_imported_elsewhere(
    photos: Path, pair: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("mark", *pair, photos / "alone.jpg", "--not-duplicate")
    export = tmp_path / "verdicts.json"
    assert run("mark", "--export", export).stdout == "exported: 3 pairs\n"
    assert export.read_text() == run("mark", "--list", "--format", "json").stdout
    assert len(json.loads(export.read_text())["not_duplicates"]) == 3
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another machine"))
    assert run("mark", "--import", export).stdout == "imported: 3 pairs more\n"
    assert run("mark", "--import", export).stdout == "imported: 0 pairs more\n"
    assert run("mark", "--export", export).stdout == "exported: 3 pairs\n"


def test_an_export_replaces_nothing_but_an_export(photos: Path) -> None:
    before = tree(photos)
    done = run("mark", "--export", photos / "alone.jpg")
    assert done.returncode == 2
    assert "not overwritten" in done.stderr
    assert tree(photos) == before


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["IMG_1.jpg", "--not-duplicate"], "no duplicate of another one"),
        (["IMG_1.jpg", "IMG_1 (1).jpg", "--not-duplicate"], "hold the same bytes"),
        (["IMG_1.jpg", "gone.jpg", "--not-duplicate"], "does not exist"),
        (["IMG_1.jpg", "Backup", "--not-duplicate"], "is a folder"),
        (["IMG_1.jpg", "note.txt", "--not-duplicate"], "is no picture"),
        (["--forget"], "no photo is named"),
        (["IMG_1.jpg", "--list"], "about all photos"),
        (["IMG_1.jpg", "alone.jpg"], "required"),
        (["--import", "note.txt"], "cannot read the verdicts"),
        (["--import", "gone.json"], "cannot read 'gone.json'"),
        (["IMG_1.jpg", "alone.jpg", "--forget", "--format", "json"], "goes with --list"),
    ],
)
def test_a_wrong_call_is_told_and_marks_nothing(photos: Path, words: list[str], told: str) -> None:
    (photos / "note.txt").write_text("a note")
    done = run("mark", *words, cwd=photos)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert run("mark", "--list").stdout == "Nothing is marked\n"
