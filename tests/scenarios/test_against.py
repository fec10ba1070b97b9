"""`--against`: photos that are only compared with are shown beside their copies, and never go."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from cleaning import OTHER, PHOTO, clean_json, commented, tree, write
from scanning import run

import dupfinder

FAST = ("--no-cache", "--workers", 0, "--level", "hash", "-q")


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A library with copies of its own, and a card with one of its photos and a new one."""
    write(tmp_path / "library" / "one.jpg", commented(PHOTO, b"longer, as if it said more"))
    write(tmp_path / "library" / "one again.jpg", PHOTO)
    write(tmp_path / "library" / "2020" / "other.jpg", OTHER)
    write(tmp_path / "library" / "2020" / "other (1).jpg", OTHER)
    write(tmp_path / "card" / "DSC_1.jpg", PHOTO)
    write(tmp_path / "card" / "DSC_2.jpg", commented(PHOTO))
    return tmp_path


def scanned(top: Path, *words: object) -> dict[str, Any]:
    done = run("scan", *words, *FAST, "-o", top / "found.json")
    assert done.returncode == 0, done.stderr
    loaded: dict[str, Any] = json.loads((top / "found.json").read_text())
    return loaded


def names(entries: list[dict[str, Any]]) -> set[str]:
    return {os.path.basename(each["path"]) for each in entries}


def test_only_clusters_with_something_new_are_shown(top: Path) -> None:
    report = scanned(top, top / "card", "--against", top / "library")
    assert [each["path"] for each in report["references"]] == [str(top / "library")]
    (cluster,) = report["clusters"]
    assert cluster["representative"].startswith(str(top / "library"))
    told = {os.path.basename(each["path"]): each["reference"] for each in cluster["members"]}
    library = {"path": str(top / "library")}
    assert told == {
        "one.jpg": library, "one again.jpg": library, "DSC_1.jpg": None, "DSC_2.jpg": None,
    }  # fmt: skip
    assert report["counts"]["discovered"] == 6
    assert dupfinder.load(top / "found.json").references == (str(top / "library"),)


def test_the_list_says_what_was_only_compared_with(top: Path) -> None:
    done = run("scan", top / "card", "--against", top / "library", *FAST)
    assert "= was only compared with" in done.stdout
    lines = [line for line in done.stdout.splitlines() if line.startswith(("*", "= "))]
    assert [line.split()[0] for line in lines if "library/" in line] == ["*=", "="]


@pytest.mark.parametrize("act", ["--trash", "--quarantine", "--hardlink"])
def test_what_is_only_compared_with_never_goes(top: Path, act: str) -> None:
    """C14, by the report as by a scan on the spot, whatever the keep rules say."""
    scanned(top, top / "card", "--against", top / "library")
    words = [act, *([top / "aside"] if act == "--quarantine" else [])]
    words += ["--keep", f"in:{top / 'card'},smallest,newest"]
    before = tree(top / "library")
    dry = clean_json(top / "found.json", *words, "--delete-dry-run")
    on_the_spot = clean_json(
        top / "card", "--against", top / "library", "--no-cache", "--level", "hash", *words,
        "--delete-dry-run",
    )  # fmt: skip
    assert on_the_spot["plan"] == dry["plan"]
    assert names(dry["plan"]["actions"]) <= {"DSC_1.jpg", "DSC_2.jpg"}

    done = clean_json(top / "found.json", *words)
    assert "DSC_1.jpg" in names([each for each in done["outcomes"] if each["done"]])
    after = {path: entry[:2] for path, entry in tree(top / "library").items()}
    assert after == {path: entry[:2] for path, entry in before.items()}


def test_new_photos_within_the_library_go_for_those_around_them(top: Path) -> None:
    write(top / "library" / "import" / "new.jpg", PHOTO)
    report = scanned(top, top / "library" / "import", "--against", top / "library")
    assert {each["reference"] is None for each in report["clusters"][0]["members"]} == {True, False}

    done = clean_json(top / "found.json", "--trash")
    assert names(done["outcomes"]) == {"new.jpg"}
    assert done["outcomes"][0]["done"]
    assert not (top / "library" / "import" / "new.jpg").exists()


def test_a_report_cannot_be_talked_out_of_its_references(top: Path) -> None:
    """C16: a photo that says of itself that it may go lies where nothing goes."""
    report = scanned(top, top / "card", "--against", top / "library")
    for member in report["clusters"][0]["members"]:
        member["reference"] = None
    report["roots"].append({"path": str(top)})
    found = top / "found.json"
    report["counts"]["reclaimable_bytes"] = sum(
        each["size"] for each in report["clusters"][0]["members"][1:]
    )
    found.write_text(json.dumps(report))

    done = clean_json(found, "--keep", "smallest,newest,shortest-path", "--trash", code=3)
    left = {os.path.basename(each["path"]): each["code"] for each in done["left"]}
    assert left["one again.jpg"] == "protected"
    assert (top / "library" / "one.jpg").exists()
    assert (top / "library" / "one again.jpg").exists()


def test_how_a_report_was_made_is_not_said_again(top: Path) -> None:
    scanned(top, top / "card", "--against", top / "library")
    done = run("clean", top / "found.json", "--against", top / "library")
    assert done.returncode == 2
    assert "how to scan was said when it was made" in done.stderr


def test_a_library_that_is_not_there_is_told(top: Path) -> None:
    scanned(top, top / "card", "--against", top / "library")
    os.rename(top / "library", top / "elsewhere")
    done = run("clean", top / "found.json", "--trash")
    assert done.returncode == 2
    assert "connect its drive" in done.stderr
