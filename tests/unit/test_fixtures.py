"""The drawn library in fixtures/ is what its generator draws; its truth is complete."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

pillow_heif = pytest.importorskip("pillow_heif")
pillow_heif.register_heif_opener()

FIXTURES = os.path.join(os.path.dirname(__file__), "..", "..", "fixtures")
LIBRARY = os.path.join(FIXTURES, "library")
LOSSLESS = (".png", ".tif")


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    return read_truth(FIXTURES)


@pytest.fixture(scope="module")
def redrawn(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = str(tmp_path_factory.mktemp("redrawn"))
    subprocess.run([sys.executable, os.path.join(FIXTURES, "make.py"), folder], check=True)
    return folder


def read_truth(folder: str) -> dict[str, Any]:
    with open(os.path.join(folder, "truth.json"), encoding="utf-8") as file:
        return json.load(file)


def files_below(root: str) -> list[str]:
    """Relative paths with forward slashes; some file systems store umlauts decomposed."""
    found = [os.path.join(folder, name) for folder, _, names in os.walk(root) for name in names]
    relative = (os.path.relpath(path, root).replace(os.sep, "/") for path in found)
    return sorted(unicodedata.normalize("NFC", path) for path in relative)


def contents(path: str, root: str = LIBRARY) -> bytes:
    with open(os.path.join(root, path), "rb") as file:
        return file.read()


def pixels(path: str, root: str = LIBRARY) -> np.ndarray:
    """The picture as it is shown."""
    with Image.open(os.path.join(root, path)) as picture:
        return np.asarray(ImageOps.exif_transpose(picture).convert("RGB"), np.int16)


def pictures(truth: dict[str, Any]) -> list[str]:
    grouped = [path for group in truth["groups"] for path in paths_of(group)]
    return grouped + [single["path"] for single in truth["singles"]]


def paths_of(group: dict[str, Any]) -> list[str]:
    return [group["original"], *(member["path"] for member in group["members"])]


def members(truth: dict[str, Any], relation: str) -> list[tuple[str, str]]:
    """(original, copy) of every copy of that relation."""
    return [
        (group["original"], member["path"])
        for group in truth["groups"]
        for member in group["members"]
        if member["relation"] == relation
    ]


def test_truth_mentions_every_file_exactly_once(truth: dict[str, Any]) -> None:
    skipped = [file["path"] for file in truth["skipped"]]
    assert sorted(pictures(truth) + skipped + truth["ignored"]) == files_below(LIBRARY)


def test_similar_pairs_never_share_a_group(truth: dict[str, Any]) -> None:
    group_of = {path: group["scene"] for group in truth["groups"] for path in paths_of(group)}
    for left, right in truth["similar"]:
        assert {left, right} <= set(pictures(truth))
        assert group_of.get(left, left) != group_of.get(right, right)


def test_every_relation_has_an_example(truth: dict[str, Any]) -> None:
    for relation in ("identical", "same_pixels", "copy", "part"):
        assert members(truth, relation), relation


def test_identical_files_and_only_they_are_equal_in_bytes(truth: dict[str, Any]) -> None:
    for original, copy in members(truth, "identical"):
        assert contents(original) == contents(copy)
    distinct = {contents(path) for path in files_below(LIBRARY)}
    assert len(distinct) == len(files_below(LIBRARY)) - len(members(truth, "identical"))


def test_files_of_the_same_pixels_decode_to_the_same_pixels(truth: dict[str, Any]) -> None:
    for original, copy in members(truth, "same_pixels"):
        assert np.array_equal(pixels(original), pixels(copy))


def test_no_copy_has_more_pixels_than_its_original(truth: dict[str, Any]) -> None:
    for group in truth["groups"]:
        sizes = [pixels(path).size for path in paths_of(group)]
        assert max(sizes) == sizes[0], group["scene"]


def test_unreadable_files_cannot_be_decoded(truth: dict[str, Any]) -> None:
    for file in truth["skipped"]:
        with pytest.raises(OSError, match=r"cannot identify|truncated"):
            pixels(file["path"])


def test_the_library_stays_small() -> None:
    assert sum(len(contents(path)) for path in files_below(LIBRARY)) < 4_000_000


def test_drawing_again_gives_the_same_names_and_the_same_truth(redrawn: str) -> None:
    assert files_below(os.path.join(redrawn, "library")) == files_below(LIBRARY)
    assert read_truth(redrawn) == read_truth(FIXTURES)


def test_drawing_again_gives_the_same_pictures(redrawn: str, truth: dict[str, Any]) -> None:
    # Mean difference in grey levels: lossless files leave room for the rounding of another
    # processor, the others for another version of their encoder.
    for path in pictures(truth):
        fresh = pixels(path, os.path.join(redrawn, "library"))
        committed = pixels(path)
        assert fresh.shape == committed.shape, path
        allowed = 0.1 if path.endswith(LOSSLESS) else 3.0
        assert np.abs(fresh - committed).mean() <= allowed, path
