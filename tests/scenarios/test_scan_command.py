"""`dupfinder scan` as a user meets it: output, files, exit codes."""

from __future__ import annotations

import json
import os
import pty
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from scanning import run

import dupfinder

LIBRARY = Path(__file__).resolve().parents[2] / "fixtures" / "library"
TRUTH = json.loads((LIBRARY.parent / "truth.json").read_text())


# Where it does not matter what is found.
QUICK = "--no-cache --workers 0 --level hash"


def scan(*words: object) -> subprocess.CompletedProcess[str]:
    return run("scan", *words, "--no-cache", "--workers", "0")


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    done = scan(LIBRARY, "--format", "json")
    assert done.returncode == 0
    loaded: dict[str, Any] = json.loads(done.stdout)
    return loaded


def test_standard_output_is_one_versioned_report_that_adds_up(report: dict[str, Any]) -> None:
    assert report["schema"] == 5
    counts = report["counts"]
    assert counts["discovered"] == counts["compared"] + counts["skipped"]
    assert counts["skipped"] == len(report["skipped"]) == len(TRUTH["skipped"])
    assert counts["copies"] == sum(len(each["members"]) - 1 for each in report["clusters"])


def test_every_copy_of_the_fixtures_is_found_and_nothing_else(report: dict[str, Any]) -> None:
    found = [
        {os.path.relpath(member["path"], LIBRARY) for member in cluster["members"]}
        for cluster in report["clusters"]
    ]
    for group in TRUTH["groups"]:
        members = {group["original"], *(member["path"] for member in group["members"])}
        assert members in found
    assert len(found) == len(TRUTH["groups"])


def test_every_edge_carries_its_evidence(report: dict[str, Any]) -> None:
    for cluster in report["clusters"]:
        for member in cluster["members"]:
            if member["path"] != cluster["representative"]:
                assert member["relation"] in {"identical", "same_pixels", "copy", "part"}
                assert member["evidence"]["verifier"]


def test_text_names_every_member_and_ends_with_the_sums() -> None:
    done = scan(LIBRARY)
    assert done.returncode == 0
    assert done.stderr == ""
    for group in TRUTH["groups"]:
        assert group["original"] in done.stdout
    assert done.stdout.splitlines()[-1].startswith("54 photos found · 51 compared · 3 skipped")


def test_the_dry_run_touches_nothing_and_keeps_what_truth_calls_the_original(
    steady_library: Path, tmp_path: Path
) -> None:
    before = {path: path.stat().st_mtime_ns for path in steady_library.rglob("*")}
    report = tmp_path / "found.json"
    done = scan(steady_library, "--delete-dry-run", "--format", "json", "-o", report)
    assert done.returncode == 0
    assert done.stdout == report.read_text()
    assert {path: path.stat().st_mtime_ns for path in steady_library.rglob("*")} == before
    plan = json.loads(done.stdout)["plan"]
    removed = {os.path.relpath(action["path"], steady_library) for action in plan["actions"]}
    originals = {group["original"] for group in TRUTH["groups"]}
    kept_for_a_shorter_path = {"2019 Summer/IMG_2041.jpg"}
    assert originals & removed <= kept_for_a_shorter_path
    assert all(action["rule"] and action["because"] for action in plan["actions"])


def test_a_report_is_written_whole_and_replaces_only_a_report(tmp_path: Path) -> None:
    target = tmp_path / "found.json"
    assert scan(LIBRARY / "Scans", "-o", target).returncode == 0
    assert scan(LIBRARY / "Scans", "-o", target).returncode == 0
    assert json.loads(target.read_text())["schema"] == 5
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"\xff\xd8\xff precious")
    done = scan(LIBRARY / "Scans", "-o", photo)
    assert done.returncode == 2
    assert "not overwritten" in done.stderr
    assert photo.read_bytes() == b"\xff\xd8\xff precious"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), 0),
        (("--exit-code",), 1),
        (("--strict",), 3),
        (("--exit-code", "--strict"), 3),
        (("--exit-code", "--exclude", "*"), 0),
    ],
)
def test_exit_codes(words: tuple[str, ...], code: int) -> None:
    assert scan(LIBRARY, "--level", "hash", *words).returncode == code


@pytest.mark.parametrize(
    "words",
    [
        ("scan",),
        ("scan", "nowhere"),
        ("scan", ".", "--radius", "-1"),
        ("scan", ".", "--min-size", "big"),
        ("scan", ".", "--hasher", "md5"),
        ("scan", ".", "-o", "no/such/folder/report.json"),
        ("scan", ".", "-o", "/dev/stdout"),
        ("scan", ".", "-o", "."),
        ("find",),
    ],
)
def test_misuse_is_one_clear_sentence_and_exit_code_2(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    done = run(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert "error: " in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_hostile_names_reach_no_terminal_raw(tmp_path: Path) -> None:
    source = (LIBRARY / "2019 Summer" / "IMG_2054.jpg").read_bytes()
    names = [
        b"\x1b[31mred\n.jpg",
        b"not utf-8 \xff.jpg",
        b"[bold]markup.jpg",
        b"x" * 251 + b".jpg",
    ]
    for name in names:
        with open(os.path.join(os.fsencode(tmp_path), name), "wb") as file:
            file.write(source)
    text = scan(tmp_path, "--color", "never").stdout
    assert "\x1b" not in text
    assert "[bold]markup.jpg" in text
    members = json.loads(scan(tmp_path, "--format", "json").stdout)["clusters"][0]["members"]
    assert len(members) == len(names)


def test_colour_only_where_it_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[" not in scan(LIBRARY / "Scans").stdout
    assert "\x1b[" in scan(LIBRARY / "Scans", "--color", "always").stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" in scan(LIBRARY / "Scans", "--color", "always").stdout


def test_progress_is_shown_on_a_terminal_and_nowhere_else() -> None:
    parent, child = pty.openpty()
    words = ["scan", str(LIBRARY), "--no-cache", "--workers", "0", "--level", "hash"]
    with subprocess.Popen(
        [sys.executable, "-m", "dupfinder.cli", *words],
        stdout=subprocess.PIPE,
        stderr=child,
        text=True,
    ) as running:
        os.close(child)
        shown = _all_of(parent)
        assert running.stdout is not None
        assert "\x1b" not in running.stdout.read()
    assert "fingerprint" in shown


def _all_of(terminal: int) -> str:
    """Everything that was written to a terminal until its other side was closed."""
    parts = []
    try:
        while part := os.read(terminal, 65536):
            parts.append(part)
    except OSError:
        pass  # Linux says so when the last writer is gone
    os.close(terminal)
    return b"".join(parts).decode()


def photos_in(cache: Path) -> int:
    """Of which a scan that is still running has made sure."""
    with (
        suppress(sqlite3.Error),
        closing(sqlite3.connect(f"file:{cache}?mode=ro", uri=True)) as seen,
    ):
        return int(seen.execute("SELECT count(*) FROM content").fetchone()[0])
    return 0


def test_an_interruption_exits_130_and_the_next_scan_goes_on(tmp_path: Path) -> None:
    cache = tmp_path / "cache.sqlite"
    library = tmp_path / "library"
    library.mkdir()
    data = (LIBRARY / "2019 Summer" / "IMG_2054.jpg").read_bytes()
    for number in range(2000):  # long enough to be interrupted in the middle
        comment = b"%05d" % number
        segment = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
        (library / f"{number}.jpg").write_bytes(data[:2] + segment + data[2:])
    words = ("scan", library, "--cache", cache, "--level", "hash", "--workers", "0")
    command = [sys.executable, "-m", "dupfinder.cli", *words]
    with subprocess.Popen(
        [*map(str, command)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        while photos_in(cache) == 0:  # on a busy machine even the start takes its time
            assert running.poll() is None
            time.sleep(0.1)
        running.send_signal(signal.SIGINT)
        _, trouble = running.communicate(timeout=60)
    assert running.returncode == 130
    assert trouble.startswith("interrupted")
    again = run(*words, "--format", "text")
    assert again.returncode == 0
    (line,) = [
        line for line in again.stdout.splitlines() if "from the cache" in line and "decoded" in line
    ]
    assert " 0 from the cache" not in line


def test_a_closed_pipe_ends_quietly() -> None:
    command = f"{sys.executable} -m dupfinder.cli scan '{LIBRARY}' {QUICK} | true"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 141
    assert done.stderr == ""


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_full_disk_under_the_output_is_one_sentence(form: str) -> None:
    scanning = f"{sys.executable} -m dupfinder.cli scan '{LIBRARY}' {QUICK} --format {form}"
    done = subprocess.run(
        ["bash", "-c", f"{scanning} > /dev/full"], check=False, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr == "error: No space left on device\n"


def test_a_lower_pixel_limit_holds_for_what_the_cache_knows(tmp_path: Path) -> None:
    words = ("scan", LIBRARY, "--cache", tmp_path / "cache.sqlite", "--format", "json")
    assert json.loads(run(*words).stdout)["counts"]["compared"] == 51
    limited = json.loads(run(*words, "--max-pixels", "1000").stdout)
    assert limited["counts"]["compared"] == 0
    assert {each["code"] for each in limited["skipped"]} >= {"too-many-pixels"}


def test_a_copy_without_a_time_brings_no_two_shots_together(tmp_path: Path) -> None:
    with Image.open(LIBRARY / "2019 Summer" / "IMG_2054.jpg") as picture:
        picture.load()
    for name, taken, quality in (("a", "10:00:00", 95), ("b", "10:00:01", 90), ("c", None, 85)):
        exif = Image.Exif()
        if taken:
            exif.get_ifd(0x8769)[0x9003] = f"2024:05:01 {taken}"
        size = (picture.width * 2, picture.height * 2) if name == "c" else picture.size
        picture.resize(size).save(tmp_path / f"{name}.jpg", quality=quality, exif=exif)
    (cluster,) = json.loads(scan(tmp_path, "--format", "json").stdout)["clusters"]
    names = {Path(member["path"]).stem for member in cluster["members"]}
    assert names in ({"a", "c"}, {"b", "c"})


def test_closed_streams_are_no_trouble() -> None:
    scanning = f"{sys.executable} -m dupfinder.cli scan '{LIBRARY}' {QUICK} --strict"
    done = subprocess.run(["bash", "-c", f"{scanning} >&- 2>&- <&-"], check=False)
    assert done.returncode == 3


def test_help_teaches_by_example_and_version_is_told() -> None:
    done = run("scan", "--help")
    assert done.returncode == 0
    assert "dupfinder scan ~/Photos" in done.stdout
    assert run("--version").stdout.startswith("dupfinder ")


def test_a_report_is_read_back_as_it_was_found(steady_library: Path, tmp_path: Path) -> None:
    target = tmp_path / "found.json"
    assert scan(steady_library / "Scans", "-o", target).returncode == 0
    settings = dupfinder.Settings(use_cache=False, workers=0)
    assert dupfinder.load(target) == dupfinder.find(steady_library / "Scans", settings)
    for name, content in (("no.json", b"{}"), ("bytes.json", b"\xff\xfe")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(dupfinder.UsageError):
            dupfinder.load(tmp_path / name)
    with pytest.raises(dupfinder.UsageError, match="cannot read"):
        dupfinder.load(tmp_path / "missing.json")
