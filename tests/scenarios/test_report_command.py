"""`dupfinder report` and the formats of `scan` as a user meets them."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cleaning import tree
from scanning import run

from dupfinder.cli.written import write


def test_a_report_is_shown_as_the_scan_showed_it(photos: Path, tmp_path: Path) -> None:
    words = ("--no-cache", "--workers", 0, "--level", "hash", "-q")
    report = tmp_path / "found.json"
    scanned = run("scan", photos, "-o", report, *words).stdout
    shown = run("report", report)
    assert shown.returncode == 0
    # How long each stage took is no part of the report.
    clusters = scanned[: scanned.index("\n\n  discover")]
    assert shown.stdout.startswith(clusters)


@pytest.mark.parametrize("name", ["json", "jsonl", "csv", "fdupes", "paths0"])
def test_scan_and_report_print_the_same_in_every_format(
    name: str, photos: Path, report: Path
) -> None:
    words = ("--no-cache", "--workers", 0, "--level", "hash", "-q")
    scanned = run("scan", photos, "--format", name, *words)
    shown = run("report", report, "--format", name)
    assert (scanned.returncode, shown.returncode) == (0, 0)
    assert scanned.stdout == shown.stdout != ""


def test_the_formats_say_what_they_promise(report: Path) -> None:
    told = json.loads(report.read_text(encoding="ascii"))
    (members,) = (each["members"] for each in told["clusters"])
    rows = list(csv.DictReader(io.StringIO(run("report", report, "--format", "csv").stdout)))
    assert {row["path"] for row in rows} == {each["path"] for each in members}
    going = [
        path for path in run("report", report, "--format", "paths0").stdout.split("\0") if path
    ]
    sets = run("report", report, "--format", "fdupes").stdout.strip("\n").split("\n")
    assert sorted(sets[1:]) == sorted(going)
    assert {sets[0], *going} == {each["path"] for each in members}


def test_bare_names_are_never_written_to_a_terminal(report: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "dupfinder.cli", "report", str(report), "--format", "paths0"]
    with open(theirs, "wb") as terminal:
        done = subprocess.run(
            command, stdout=terminal, stderr=subprocess.PIPE, check=False, timeout=60
        )
    os.close(ours)
    assert done.returncode == 2
    assert b"for programs" in done.stderr


def test_a_page_replaces_a_page_of_ours_and_nothing_else(report: Path, tmp_path: Path) -> None:
    page, other = tmp_path / "page.html", tmp_path / "mine.html"
    other.write_text("<!DOCTYPE html>\n<html>my own page</html>")
    assert run("report", report, "--html", page).returncode == 0
    first = page.read_bytes()
    assert run("report", report, "--html", page).returncode == 0
    assert page.read_bytes() == first
    refused = run("report", report, "--html", other)
    assert refused.returncode == 2
    assert "not overwritten" in refused.stderr
    assert "my own page" in other.read_text()
    assert run("report", report, "--html", "-").stdout.encode() == first
    assert run("report", report, "--html", page, "--format", "csv").returncode == 2


def test_a_page_that_is_interrupted_leaves_the_older_one_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("older")

    def lines() -> Iterator[str]:
        yield "newer"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(str(page), lines(), "utf-8")
    assert page.read_text() == "older"
    assert list(tmp_path.iterdir()) == [page]


def test_showing_touches_nothing(photos: Path, report: Path, tmp_path: Path) -> None:
    before = tree(photos)
    assert run("report", report, "--html", tmp_path / "page.html").returncode == 0
    assert tree(photos) == before


def test_what_is_no_report_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{}")
    done = run("report", broken, "--html", tmp_path / "page.html")
    assert done.returncode == 2
    assert not (tmp_path / "page.html").exists()
