"""`dupfinder compare` as a user meets it: output, the picture, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

LIBRARY = Path(__file__).resolve().parents[2] / "fixtures" / "library"
PHOTO = LIBRARY / "2019 Summer" / "IMG_2041.jpg"
BACKUP = LIBRARY / "Backup" / "IMG_2041 (1).jpg"
SMALLER = LIBRARY / "WhatsApp" / "IMG-20190714-WA0003.jpg"
OTHER = LIBRARY / "2020 City" / "DSC_0117.jpg"


def compare(*words: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command as a process of its own."""
    command = [sys.executable, "-m", "dupfinder.cli", "compare", *map(str, words)]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, timeout=120
    )


def test_a_copy_is_explained_in_text() -> None:
    done = compare(PHOTO, SMALLER)
    assert (done.returncode, done.stderr) == (0, "")
    for words in (
        str(PHOTO),
        str(SMALLER),
        "B is a copy of A",
        "resized",
        "of 256",
        "The better copy\n  A ",
    ):
        assert words in done.stdout


@pytest.mark.parametrize(("other", "code"), [(BACKUP, 0), (OTHER, 1)])
def test_the_exit_code_answers_whether_it_is_the_same_photo(other: Path, code: int) -> None:
    done = compare(PHOTO, other, "--format", "json")
    assert done.returncode == code
    content = json.loads(done.stdout)
    assert content["schema"] == 1
    assert content["same"] is (code == 0)


def test_the_picture_is_drawn_beside_the_text_and_overwrites_nothing(tmp_path: Path) -> None:
    target = tmp_path / "why.png"
    drawn = compare(PHOTO, SMALLER, "--picture", target)
    assert drawn.returncode == 0
    assert "B is a copy of A" in drawn.stdout
    with Image.open(target) as picture:
        assert picture.format == "PNG"
        assert picture.width > 800
    before = target.read_bytes()
    again = compare(PHOTO, SMALLER, "--picture", target)
    assert again.returncode == 2
    assert "not overwritten" in again.stderr
    assert again.stdout == ""
    assert target.read_bytes() == before


@pytest.mark.parametrize(
    "words",
    [
        (),
        (PHOTO,),
        (PHOTO, "nowhere.jpg"),
        (PHOTO, LIBRARY),
        (PHOTO, LIBRARY / "Phone" / "IMG_0006.jpg"),
        (PHOTO, LIBRARY / "2019 Summer" / "notes.txt"),
        (PHOTO, BACKUP, OTHER),
        (PHOTO, BACKUP, "--picture", "why.jpg"),
        (PHOTO, BACKUP, "--picture", "no/such/folder/why.png"),
        (PHOTO, BACKUP, "--max-pixels", "0"),
    ],
)
def test_misuse_and_broken_files_are_one_clear_sentence_and_exit_code_2(
    words: tuple[object, ...], tmp_path: Path
) -> None:
    done = compare(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert "error: " in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert os.listdir(tmp_path) == []


def test_hostile_names_reach_no_terminal_raw_and_can_be_drawn(tmp_path: Path) -> None:
    name = os.path.join(os.fsencode(tmp_path), b"\x1b[31m[bold]x\n\xff.jpg")
    with open(name, "wb") as file:
        file.write(SMALLER.read_bytes())
    done = compare(PHOTO, os.fsdecode(name), "--picture", tmp_path / "why.png")
    assert done.returncode == 0
    assert "\\x1b[31m[bold]x\\n\\xff.jpg" in done.stdout
    assert "\x1b" not in done.stdout
    assert (tmp_path / "why.png").stat().st_size > 0


def test_a_closed_pipe_ends_quietly() -> None:
    command = f"{sys.executable} -m dupfinder.cli compare '{PHOTO}' '{SMALLER}' | true"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 141)  # 0 if all was written before the reader went
    assert done.stderr == ""


def test_help_teaches_by_example_and_tells_the_exit_codes() -> None:
    done = compare("--help")
    assert done.returncode == 0
    assert "--picture why.png" in done.stdout
    assert "exit codes:" in done.stdout
