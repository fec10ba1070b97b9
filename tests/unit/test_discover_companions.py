"""What belongs to a photo is found with it, whatever the rules of the walk leave out."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from walking import DEFAULT, change_listings, files, write

from dupfinder.discover import discover
from dupfinder.model import PhotoFile
from dupfinder.settings import WalkRules


def found(*roots: Path, rules: WalkRules = DEFAULT) -> dict[str, PhotoFile]:
    walked = files(discover([str(root) for root in roots], rules))
    return {os.path.basename(file.path): file for file in walked}


def names(file: PhotoFile) -> list[str]:
    """The companions' names; they lie beside the photo."""
    assert {os.path.dirname(each.path) for each in file.companions} <= {os.path.dirname(file.path)}
    return [os.path.basename(each.path) for each in file.companions]


def test_a_photo_carries_its_companions_which_are_files_of_their_own(tmp_path: Path) -> None:
    for name in ("a.jpg", "a.xmp", "a.MOV", "b.jpg", "sub/a.AAE", "sub/a.jpg"):
        write(tmp_path / name)

    walked = files(discover([str(tmp_path)], DEFAULT))

    assert [(os.path.relpath(file.path, tmp_path), names(file)) for file in walked] == [
        ("a.MOV", []),
        ("a.jpg", ["a.MOV", "a.xmp"]),
        ("a.xmp", []),
        ("b.jpg", []),
        ("sub/a.AAE", []),
        ("sub/a.jpg", ["a.AAE"]),
    ]


def test_only_regular_files_belong_to_a_photo(tmp_path: Path) -> None:
    for name in ("a.jpg", "elsewhere/a.MOV", "elsewhere/a.heic"):
        write(tmp_path / name)
    (tmp_path / "a.xmp").mkdir()
    (tmp_path / "a.MOV").symlink_to(tmp_path / "elsewhere/a.MOV")
    (tmp_path / "a.heic").symlink_to(tmp_path / "elsewhere/a.heic")  # nor are they photos
    os.mkfifo(tmp_path / "a.AAE")
    write(tmp_path / "a.dng")

    (raw,) = found(tmp_path)["a.jpg"].companions

    assert (raw.path, raw.kind, raw.is_content) == (f"{tmp_path}/a.dng", "raw", True)


@pytest.mark.parametrize("rules", [WalkRules(min_size=100), WalkRules(exclude=("*.xmp", "/a.CR2"))])
def test_what_the_walk_leaves_out_still_belongs_to_its_photo(
    tmp_path: Path, rules: WalkRules
) -> None:
    write(tmp_path / "a.jpg", bytes(100))
    write(tmp_path / "a.xmp")
    write(tmp_path / "a.CR2")

    walked = found(tmp_path, rules=rules)

    assert list(walked) == ["a.jpg"]
    assert names(walked["a.jpg"]) == ["a.CR2", "a.xmp"]


def test_a_photo_that_the_walk_leaves_out_shares_all_the_same(tmp_path: Path) -> None:
    for name in ("a.jpg", "a.heic", "a.xmp"):
        write(tmp_path / name)

    (companion,) = found(tmp_path, rules=WalkRules(exclude=("*.heic",)))["a.jpg"].companions

    assert companion.kind.startswith("xmp-shared-")


def test_a_photo_with_several_names_has_the_companions_of_the_one_that_counts(
    tmp_path: Path,
) -> None:
    b = write(tmp_path / "b.jpg")
    write(tmp_path / "b.xmp")
    write(tmp_path / "a.aae")
    (tmp_path / "a.jpg").hardlink_to(b)

    file = found(tmp_path)["a.jpg"]

    assert (file.links, names(file)) == ((str(b),), ["a.aae"])


def test_a_single_file_has_its_companions_too(tmp_path: Path) -> None:
    for name in ("a.jpg", "a.xmp", "b.jpg", "b.xmp"):
        write(tmp_path / name)

    for roots in (["a.jpg"], ["a.jpg", "b.jpg"], ["a.jpg", "."]):
        walked = found(*(tmp_path / root for root in roots))
        assert {name: names(file) for name, file in walked.items() if file.companions} == {
            root: [root.replace(".jpg", ".xmp")]
            for root in (["a.jpg", "b.jpg"] if "." in roots else roots)
        }


def test_a_single_file_in_a_folder_that_cannot_be_listed_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "a.jpg")
    write(tmp_path / "a.xmp")

    def refuse(folder: str, _: object) -> Iterable[Any]:
        raise PermissionError(13, "Permission denied", folder)

    change_listings(monkeypatch, refuse)
    assert found(tmp_path / "a.jpg")["a.jpg"].companions == ()


def test_what_the_system_says_nothing_about_is_no_companion(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.jpg", "a.xmp", "a.mov"):
        write(tmp_path / name)

    def refuse(**_: bool) -> bool:
        raise PermissionError(13, "Permission denied")

    def blind(_: str, entries: Iterator[os.DirEntry[str]]) -> Iterator[Any]:
        for entry in entries:
            told = refuse if entry.name == "a.xmp" else entry.is_file
            yield SimpleNamespace(
                name=entry.name, path=entry.path, stat=entry.stat, is_file=told
            )  # fmt: skip

    change_listings(monkeypatch, blind)
    assert names(found(tmp_path)["a.jpg"]) == ["a.mov"]
