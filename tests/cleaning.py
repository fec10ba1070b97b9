"""What the tests of `clean` and `undo` share: a small library, its report, and looking at trees."""

from __future__ import annotations

import json
import os
from base64 import b64decode
from pathlib import Path
from typing import Any

from scanning import run

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "library"
PHOTO = (FIXTURES / "2019 Summer" / "IMG_2054.jpg").read_bytes()
OTHER = (FIXTURES / "2020 City" / "DSC_0117.jpg").read_bytes()

# Where names end, what they hold, and what a shell or a terminal would do with them.
HOSTILE = (
    b"new\nline; touch MARK.jpg",
    b"quo'te'; touch MARK; '.jpg",
    b"$(touch MARK).jpg",
    b"`touch MARK`.jpg",
    b"-rf.jpg",
    b"\x1b[31mred\x07.jpg",
    b"not utf-8 \xff.jpg",
    b"back\\slash.jpg",
)

Tree = dict[bytes, tuple[Any, ...]]


def photos_in(folder: Path) -> Path:
    """Three with the same bytes, one with the same pixels, and one that is alone."""
    for name, data in {
        "IMG_1.jpg": PHOTO,
        "IMG_1 (1).jpg": PHOTO,
        "Backup/from phone/IMG_1.jpg": PHOTO,
        "Backup/commented.jpg": commented(PHOTO),
        "alone.jpg": OTHER,
    }.items():
        write(folder / name, data)
    return folder


def commented(photo: bytes, comment: bytes = b"hello") -> bytes:
    """The same pixels in another file."""
    return photo[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2) + comment + photo[2:]


def write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (1_600_000_000, 1_600_000_000))  # delete leaves alone what is just written


def reported(folder: Path, report: Path, level: str = "hash") -> Path:
    """A report of the folder."""
    words = ("--no-cache", "--workers", 0, "--level", level, "-q")
    done = run("scan", folder, "-o", report, *words)
    assert done.returncode == 0, done.stderr
    return report


def tree(folder: Path) -> Tree:
    """Everything below a folder: content, times, mode."""
    found: Tree = {}
    for parent, folders, names in os.walk(os.fsencode(folder)):
        for name in (*folders, *names):
            path = os.path.join(parent, name)
            status = os.lstat(path)
            is_folder = name in folders
            with open(os.devnull if is_folder else path, "rb") as file:
                data = file.read()
            # The time of a folder tells of every visit, and is no part of the photos.
            times = () if is_folder else (status.st_mtime_ns, status.st_nlink)
            found[os.path.relpath(path, os.fsencode(folder))] = (data, status.st_mode, *times)
    return found


def path_of(entry: dict[str, str]) -> bytes:
    """The path that an object in a JSON document names."""
    if "path_base64" in entry:
        return b64decode(entry["path_base64"])
    return os.fsencode(entry["path"])


def clean_json(*words: object, code: int = 0) -> dict[str, Any]:
    """What `clean --format json` says."""
    done = run("clean", *words, "--format", "json")
    assert done.returncode == code, done.stderr
    loaded: dict[str, Any] = json.loads(done.stdout)
    return loaded
