"""`dupfinder undo` as a user meets it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from cleaning import clean_json, tree, write
from scanning import run


def test_the_last_run_comes_back_by_default_and_any_run_by_its_name(
    photos: Path, report: Path, tmp_path: Path
) -> None:
    before = tree(photos)
    first = clean_json(report, "--trash", "--only", "same_pixels")["run"]
    between = tree(photos)
    second = clean_json(report, "--quarantine", tmp_path / "aside", "--only", "identical")["run"]
    assert before != between != tree(photos)
    done = run("undo")
    assert done.returncode == 0
    assert second in done.stdout
    assert tree(photos) == between
    assert f"1 photo is back (run {first})" in run("undo", first).stdout
    assert tree(photos) == before
    assert "Nothing of run" in run("undo", first).stdout


def test_the_list_names_every_run_and_what_is_left_of_it(report: Path) -> None:
    assert run("undo", "--list").stdout == "No run has acted yet\n"
    assert json.loads(run("undo", "--list", "--format", "json").stdout)["runs"] == []
    done = clean_json(report, "--trash")
    head, line = run("undo", "--list").stdout.splitlines()
    assert head.split() == ["run", "when", "act", "photos", "to", "undo"]
    assert len(head) <= 80
    name, _, _, *rest = line.split()
    assert (name, *rest) == (done["run"], "trash", "3", "3")
    told = json.loads(run("undo", "--format", "json").stdout)
    assert told["kind"] == "undo"
    assert (told["run"], told["restored"], told["renamed"], told["failed"]) == (name, 3, [], [])
    (listed,) = json.loads(run("undo", "--list", "--format", "json").stdout)["runs"]
    assert (listed["run"], listed["done"], listed["left"]) == (name, 3, 0)
    assert listed["started"].startswith(f"{name[:4]}-{name[4:6]}-{name[6:8]}T")


def test_a_name_that_was_taken_meanwhile_is_not_overwritten(photos: Path, report: Path) -> None:
    done = clean_json(report, "--trash", "--only", "same_pixels")
    (outcome,) = done["outcomes"]
    taken = Path(outcome["path"])
    write(taken, b"a new file")
    undone = run("undo")
    assert undone.returncode == 0
    assert taken.read_bytes() == b"a new file"
    (line,) = [line for line in undone.stdout.splitlines() if line.startswith("renamed ")]
    back = line.removeprefix("renamed ").partition("  ")[0]
    assert Path(back).is_file()
    assert os.path.dirname(back) == str(taken.parent)
    assert photos in taken.parents


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "nothing to undo"),
        (("20200101-000000-000000-00000000",), "there is no run"),
        (("../../etc/passwd",), "there is no run"),
        (("20200101", "--list"), "--list shows all runs"),
    ],
)
def test_misuse_is_one_clear_sentence_and_exit_code_2(
    words: tuple[str, ...], sentence: str
) -> None:
    done = run("undo", *words)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_help_teaches_by_example() -> None:
    done = run("undo", "--help")
    assert done.returncode == 0
    assert "dupfinder undo --list" in done.stdout


def test_what_was_emptied_out_of_the_trash_is_told_and_not_counted(
    photos: Path, report: Path
) -> None:
    for outcome in clean_json(report, "--trash")["outcomes"][:2]:
        Path(outcome["places"][0]["path"]).unlink()
    before = len(tree(photos))
    done = run("undo")
    assert done.returncode == 3
    assert done.stdout.count("\nfailed  ") + done.stdout.startswith("failed  ") == 2
    assert "1 photo is back" in done.stdout
    assert len(tree(photos)) == before + 1
