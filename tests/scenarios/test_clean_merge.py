"""`dupfinder clean --merge-metadata`: what only a copy says stays beside the photo that is kept."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cleaning import PHOTO, clean_json, commented, path_of, reported, tree, write
from pictures import segment, with_segments
from scanning import run

from dupfinder.model import Metadata
from dupfinder.xmp import packet, parsed

SEA = Metadata(place=(48.5, -11.25), rating=4, keywords=("sea", "<b>"), description="At the sea")
SUN = Metadata(keywords=("sun",))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """One that is kept, two copies with something to say, and one with nothing."""
    folder = tmp_path / "photos"
    write(folder / "kept" / "IMG_1.jpg", commented(PHOTO))
    write(folder / "sea.jpg", saying(SEA))
    write(folder / "sun.jpg", saying(SUN))
    write(folder / "plain.jpg", PHOTO)
    return folder


def saying(metadata: Metadata) -> bytes:
    """The same pixels in a file that says something in XMP."""
    return with_segments(PHOTO, segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet(metadata)))


def words(photos: Path) -> list[object]:
    return ["--keep", f"in:{photos / 'kept'}", "--merge-metadata"]


def test_what_only_copies_say_is_written_beside_the_photo_kept_and_undone(
    photos: Path, tmp_path: Path
) -> None:
    report = reported(photos, tmp_path / "found.json")
    before = tree(photos)
    dry = clean_json(report, *words(photos), "--delete-dry-run")
    assert tree(photos) == before
    sidecars = {path_of(each): each["sidecar"] for each in dry["plan"]["actions"]}
    assert sidecars[os.fsencode(photos / "plain.jpg")] is None
    told = sidecars[os.fsencode(photos / "sea.jpg")]
    assert told["path"] == str(photos / "kept" / "IMG_1.jpg.xmp")
    assert told["holds"]["keywords"] == ["sea", "<b>", "sun"]

    done = clean_json(report, *words(photos), "--trash")
    assert [each["done"] for each in done["outcomes"]] == [True] * 3
    assert done["plan"] == dry["plan"]
    sidecar = photos / "kept" / "IMG_1.jpg.xmp"
    assert {*tree(photos)} == {b"kept", b"kept/IMG_1.jpg", b"kept/IMG_1.jpg.xmp"}
    said = parsed(sidecar.read_bytes())
    assert said == SEA.joined(SUN)
    assert (photos / "kept" / "IMG_1.jpg").read_bytes() == commented(PHOTO), "never into the photo"

    assert run("undo").returncode == 0
    assert tree(photos) == before


def test_the_plan_says_where_the_metadata_goes(photos: Path, tmp_path: Path) -> None:
    report = reported(photos, tmp_path / "found.json")
    text = run("clean", report, *words(photos), "--delete-dry-run").stdout
    lines = " ".join(text.split())
    written = "; description, keywords, place, rating are written into IMG_1.jpg.xmp"
    assert lines.count(written) == 2
    assert "only this one" not in lines
    without = " ".join(run("clean", report, *words(photos)[:-1], "--delete-dry-run").stdout.split())
    assert "only this one has description, keywords, place, rating" in without


def test_a_sidecar_that_another_photo_still_needs_stays_when_one_comes_home(
    photos: Path, tmp_path: Path
) -> None:
    """C17: whose trash was emptied has left what it said in the sidecar alone."""
    report = reported(photos, tmp_path / "found.json")
    before = tree(photos)
    assert run("clean", report, *words(photos), "--trash").returncode == 0
    hidden = tmp_path / "emptied"
    os.rename(tmp_path / "data" / "Trash" / "files" / "sun.jpg", hidden)
    sidecar = photos / "kept" / "IMG_1.jpg.xmp"

    assert run("undo").returncode == 3
    assert (photos / "sea.jpg").exists()
    assert parsed(sidecar.read_bytes()).keywords == ("sea", "<b>", "sun")

    os.rename(hidden, tmp_path / "data" / "Trash" / "files" / "sun.jpg")
    (name,) = (
        each["run"] for each in json.loads(run("undo", "--list", "--format", "json").stdout)["runs"]
    )
    assert run("undo", name).returncode == 0
    assert tree(photos) == before


def test_a_sidecar_that_was_edited_since_is_not_undone(photos: Path, tmp_path: Path) -> None:
    """E3, C17: what the user writes is his."""
    report = reported(photos, tmp_path / "found.json")
    assert run("clean", report, *words(photos), "--trash").returncode == 0
    sidecar = photos / "kept" / "IMG_1.jpg.xmp"
    sidecar.write_bytes(sidecar.read_bytes() + b"<!-- mine -->")

    assert run("undo").returncode == 0
    assert sidecar.read_bytes().endswith(b"<!-- mine -->")
    assert (photos / "sea.jpg").exists()


def test_a_second_run_finds_the_sidecar_and_writes_nothing_into_it(
    photos: Path, tmp_path: Path
) -> None:
    """The next copy goes if the sidecar says what it says, and stays if it does not."""
    report = reported(photos, tmp_path / "found.json")
    assert run("clean", report, *words(photos), "--trash").returncode == 0
    write(photos / "more" / "sun.jpg", saying(SUN))
    timed = Metadata(title="Sea", taken_at="2020-01-01 10:00:00", keywords=("x",))
    sidecar = photos / "kept" / "IMG_1.jpg.xmp"
    sidecar.write_bytes(packet(Metadata(keywords=("sun",))))
    write(photos / "more" / "title.jpg", saying(timed))
    again = reported(photos, tmp_path / "again.json")

    done = clean_json(again, *words(photos), "--trash", code=3)
    assert [os.path.basename(each["path"]) for each in done["left"]] == ["title.jpg"]
    assert done["left"][0]["code"] == "sidecar"
    assert [each["done"] for each in done["outcomes"]] == [True]
    assert parsed(sidecar.read_bytes()) == Metadata(keywords=("sun",))


@pytest.mark.parametrize("words_", [["--protect", "kept"], []])
def test_nothing_is_written_where_nothing_may_be_touched(
    photos: Path, tmp_path: Path, words_: list[str]
) -> None:
    """L11, G6: beside a protected photo, or one that a photo manager knows of."""
    if not words_:
        write(photos / "kept" / "Lightroom.lrcat", b"catalogue")
    report = reported(photos, tmp_path / "found.json")
    protect = [photos / each if each == "kept" else each for each in words_]

    done = clean_json(report, *words(photos), *protect, "--trash", code=3)
    left = {os.path.basename(each["path"]): each["code"] for each in done["left"]}
    code = "protected" if words_ else "library"
    assert left == {"sea.jpg": code, "sun.jpg": code}
    assert not (photos / "kept" / "IMG_1.jpg.xmp").exists()
    assert not (photos / "plain.jpg").exists(), "it has nothing to say"


def test_a_photo_that_changed_since_the_scan_is_not_read(photos: Path, tmp_path: Path) -> None:
    """C16: what it says now is not what was compared."""
    report = reported(photos, tmp_path / "found.json")
    write(photos / "sea.jpg", saying(SUN))

    done = clean_json(report, *words(photos), "--delete-dry-run")
    assert [each["code"] for each in done["left"]] == ["changed"]
    (sidecar,) = {json.dumps(each["sidecar"]) for each in done["plan"]["actions"]} - {"null"}
    assert json.loads(sidecar)["holds"]["keywords"] == ["sun"]


def test_a_script_merges_too(photos: Path, tmp_path: Path) -> None:
    report = reported(photos, tmp_path / "found.json")
    script = run("clean", report, *words(photos), "--trash", "--format", "script").stdout
    assert "'--merge-metadata'" in script
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    done = subprocess.run(
        ["sh"], check=False, input=script, env=os.environ | {"PATH": path},
        text=True, capture_output=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert parsed((photos / "kept" / "IMG_1.jpg.xmp").read_bytes()).rating == 4
